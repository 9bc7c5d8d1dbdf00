// Two formulas side by side: which of their tokens differ.

import { tokens } from "./formulas.js";

/** The parts of a formula's text, or the text where it is none. */
function textsOf(text) {
  try {
    return tokens(text).map((token) => token.text);
  } catch {
    return [text];
  }
}

/** Two texts as [[part, differs]], as few parts as possible marked. */
export function differences(before, after) {
  const [a, b] = [textsOf(before), textsOf(after)];
  const longest = Array.from({ length: a.length + 1 }, () => new Array(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i][j] = a[i] === b[j]
        ? longest[i + 1][j + 1] + 1
        : Math.max(longest[i + 1][j], longest[i][j + 1]);
    }
  }
  const marked = [[], []];
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      marked[0].push([a[i++], false]);
      marked[1].push([b[j++], false]);
    } else if (j === b.length || (i < a.length && longest[i + 1][j] >= longest[i][j + 1])) {
      marked[0].push([a[i++], true]);
    } else marked[1].push([b[j++], true]);
  }
  return marked.map(runs);
}

/** Neighbours of a kind as one. */
function runs(parts) {
  const all = [];
  for (const [text, differs] of parts) {
    if (all.at(-1)?.[1] === differs) all.at(-1)[0] += text;
    else all.push([text, differs]);
  }
  return all;
}
