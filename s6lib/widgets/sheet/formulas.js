// The arithmetic of spreadsheets, read and evaluated: a grammar of its own, and nothing else is carried out.
// The twin of s6lib/worksheet/formulas.py.

import { LANGUAGE } from "../kit/language.js";
import { t } from "../kit/words.js";

const LONGEST = 8192, DEEPEST = 60;
const PART = new RegExp(
  "\\s*(?:" + [
    /((?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)(?![a-z_])/,
    /("(?:[^"]|"")*")/,
    /(?:(?:'(?:[^']|'')+'|[\p{L}_][\p{L}\p{N}_.]*)!)?(\$?[a-z]{1,3}\$?[0-9]{1,7})(?![\p{L}\p{N}_(.])/u,
    /((?:_xlfn\.|_xlws\.)?[\p{L}_][\p{L}\p{N}_.]*)/u,
    /(<=|>=|<>|[-+*/^%(),;:=<>&@−×])/,
  ].map(({ source }) => source).join("|") + ")",
  "iuy",
);
const KINDS_OF_PART = ["number", "text", "cell", "name", "sign"];
const CELL = /^(\$?)([A-Z]{1,3})(\$?)(\d{1,7})$/i;

/** A formula that is not judged, and why; `kind`: "external", "unknown", "circular", "value" or "syntax". */
export class FormulaError extends Error {
  constructor(kind, says) {
    super(says);
    this.kind = kind;
  }
}

/** The letters of a column: 1 is A, 27 is AA. */
export function letters(column) {
  let text = "";
  for (let rest = column; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    text = String.fromCharCode(65 + (rest - 1) % 26) + text;
  }
  return text;
}

/** The number of a column by its letters. */
export function numberOf(text) {
  let number = 0;
  for (let k = 0; k < text.length; k++) number = 26 * number + (text.charCodeAt(k) & 31);
  return number;
}

/** How a cell is written: B33, or $B$33. */
export const addressOf = (row, column, fixed = false) =>
  fixed ? `$${letters(column)}$${row}` : letters(column) + row;

/** {row, column, fixedRow, fixedColumn} of a cell's name. */
export function placeOf(text) {
  const [, fixedColumn, column, fixedRow, row] = CELL.exec(text);
  return {
    row: Number(row),
    column: numberOf(column),
    fixedRow: Boolean(fixedRow),
    fixedColumn: Boolean(fixedColumn),
  };
}

export const quoted = (text) => (text.includes("'") && !text.includes('"') ? `"${text}"` : `'${text}'`);

/** The parts of a formula in order, {kind, start, end, text}, without the leading =. */
export function tokens(text) {
  if (text.length > LONGEST) {
    const [given, most] = [text.length, LONGEST].map((count) => count.toLocaleString(LANGUAGE));
    throw new FormulaError("syntax", t`a formula of ${given} characters; read are ${most}`);
  }
  if (text.includes("[")) {
    throw new FormulaError("external", t`it refers to another file, or to a table by its name`);
  }
  const found = [];
  let at = text.startsWith("=") ? 1 : 0;
  const last = text.trimEnd().length;
  while (at < last) {
    PART.lastIndex = at;
    const match = PART.exec(text);
    if (!match) {
      throw new FormulaError("syntax", t`${quoted(text.slice(at, at + 12).trim())} is not understood`);
    }
    const end = PART.lastIndex, start = end - match[0].trimStart().length;
    let k = 1;
    while (match[k] === undefined) k++;
    const kind = KINDS_OF_PART[k - 1];
    found.push({ kind, start, end, text: text.slice(start, end) });
    at = end;
  }
  return found;
}

/** The tree of a formula that stands in `sheet`. `names`: what defined names stand for, cells or numbers. */
export function parse(text, sheet, names = {}) {
  const reader = new Reader(tokens(text), sheet, names), tree = reader.compare();
  if (reader.at < reader.parts.length) {
    throw new FormulaError("syntax", t`${quoted(reader.parts[reader.at].text)} is not understood`);
  }
  return tree;
}

/** To so many decimals as are typed. */
const ROUNDING = ["ROUND", "ROUNDUP", "ROUNDDOWN", "TRUNC"];
/** How strongly signs bind what stands beside them; and signs that a word processor puts. */
const STRENGTH = {
  "=": 1,
  "<": 1,
  ">": 1,
  "<=": 1,
  ">=": 1,
  "<>": 1,
  "+": 2,
  "-": 2,
  "−": 2,
  "*": 3,
  "×": 3,
  "/": 3,
  "^": 4,
};
const PLAINLY = { "−": "-", "×": "*" };

/** Signs by their strength, all from left to right; as in Excel, -2^2 is 4, and 2^3^2 is 64. */
class Reader {
  constructor(parts, sheet, names) {
    Object.assign(this, { parts, sheet, names, at: 0, depth: 0 });
  }
  peek() {
    return this.kind() === "sign" ? this.parts[this.at].text : null;
  }
  kind() {
    return this.parts[this.at]?.kind;
  }
  compare(least = 1) {
    let left = this.signed();
    for (let strength; (strength = STRENGTH[this.peek()] ?? 0) >= least;) {
      const { start: from, end: to, text } = this.parts[this.at++], right = this.compare(strength + 1);
      const sign = PLAINLY[text] ?? text, { start } = left, { end } = right;
      left = { kind: "binary", start, end, sign, left, right, from, to };
    }
    return left;
  }
  signed() {
    let inner;
    if (["-", "+", "−", "@"].includes(this.peek())) {
      const { start, text } = this.parts[this.at++];
      this.deeper();
      inner = this.signed();
      this.depth--;
      inner = { kind: "-−".includes(text) ? "minus" : "plus", start, end: inner.end, of: inner };
    } else inner = this.single();
    while (this.peek() === "%") {
      inner = { kind: "percent", start: inner.start, end: this.parts[this.at++].end, of: inner };
    }
    return inner;
  }
  deeper() {
    if (++this.depth > DEEPEST) {
      throw new FormulaError("syntax", t`more than ${DEEPEST} brackets within brackets`);
    }
  }
  single() {
    if (this.at >= this.parts.length) throw new FormulaError("syntax", t`the formula breaks off`);
    const { kind, start, end, text } = this.parts[this.at++];
    if (kind === "number") return { kind, start, end, value: Number(text) };
    if (kind === "text") return { kind, start, end, value: text.slice(1, -1).replaceAll('""', '"') };
    if (kind === "cell") return this.cell(start, end, text);
    if (kind === "name") return this.peek() === "(" ? this.call(start, text) : this.named(start, end, text);
    if (text !== "(") throw new FormulaError("syntax", t`${quoted(text)} is not understood`);
    this.deeper();
    const inner = this.compare();
    this.depth--;
    return { kind: "bracket", start, end: this.closed(), of: inner };
  }
  closed() {
    if (this.peek() !== ")") throw new FormulaError("syntax", t`a bracket is not closed`);
    return this.parts[this.at++].end;
  }
  cell(start, end, text) {
    const cut = text.lastIndexOf("!"), given = text.slice(0, Math.max(0, cut));
    const sheet = given.startsWith("'") ? given.slice(1, -1).replaceAll("''", "'") : given;
    const from = {
      kind: "cell",
      start,
      end,
      sheet: sheet || this.sheet,
      ...placeOf(text.slice(cut + 1)),
      other: Boolean(sheet),
    };
    if (this.peek() !== ":") return from;
    this.at++;
    if (this.kind() !== "cell") throw new FormulaError("syntax", t`a range without its end`);
    const last = this.parts[this.at++];
    const to = {
      ...last,
      kind: "cell",
      sheet: from.sheet,
      ...placeOf(last.text.slice(last.text.lastIndexOf("!") + 1)),
      other: false,
    };
    return { kind: "range", start, end: last.end, from, to };
  }
  call(start, text) {
    const name = text.toUpperCase().replace(/^_XLFN\./, "").replace(/^_XLWS\./, ""), given = [];
    this.at++;
    this.deeper();
    if (this.peek() !== ")") {
      do given.push(this.compare()); while ([",", ";"].includes(this.peek()) && ++this.at);
    }
    this.depth--;
    const end = this.closed(), [of, digits] = given;
    if (ROUNDING.includes(name) && given.length === 2 && digits.kind === "number" && digits.value >= 1) {
      return { kind: "rounded", start, end, of };
    }
    return { kind: "call", start, end, name, given };
  }
  named(start, end, text) {
    if (/^(true|false)$/i.test(text)) return { kind: "number", start, end, value: Number(/^t/i.test(text)) };
    const meant = Object.hasOwn(this.names, text.toLowerCase()) ? this.names[text.toLowerCase()] : null;
    if (meant === null) throw new FormulaError("unknown", t`the name ${text} is not known`);
    if (typeof meant === "number") return { kind: "number", start, end, value: meant };
    return { kind: "cell", start, end, ...meant, fixedRow: true, fixedColumn: true, other: true };
  }
}

/** The trees right below this one. */
export const partsOf = ({ kind, left, right, given, of, from, to }) =>
  kind === "binary"
    ? [left, right]
    : kind === "call"
    ? given
    : kind === "range"
    ? [from, to]
    : of
    ? [of]
    : [];

/** This tree and everything below it. */
export function allOf(tree) {
  const found = [], waiting = [tree]; // a list, for a long sum is a deep tree
  while (waiting.length) {
    const one = waiting.pop();
    found.push(one);
    waiting.push(...[...partsOf(one)].reverse());
  }
  return found;
}

/** Every cell that a formula names, in the order of its text. */
export const cellsOf = (tree) =>
  allOf(tree).filter(({ kind }) => kind === "cell").sort((a, b) => a.start - b.start);

/** The tree with other cells, {sheet, row, column}, at these positions of its text. Where it says that
 *  things stand is as before. */
export function exchangedIn(tree, places) {
  if (tree.kind === "cell") return places.has(tree.start) ? { ...tree, ...places.get(tree.start) } : tree;
  const inner = (one) => exchangedIn(one, places);
  if (tree.kind === "binary") return { ...tree, left: inner(tree.left), right: inner(tree.right) };
  if (tree.kind === "call") return { ...tree, given: tree.given.map(inner) };
  return tree.of ? { ...tree, of: inner(tree.of) } : tree;
}

/** The tree less those of its summands for which `drop(summand)` is true: 0 stands there. Of a
 *  sum without end, no more than the last ones are looked at. */
export function without(tree, drop, left = DEEPEST) {
  const { kind, start, end } = tree, inner = (one) => without(one, drop, left - 1);
  if (!left) return tree;
  if (drop(tree)) return { kind: "number", start, end, value: 0 };
  if (kind === "binary" && "+-".includes(tree.sign)) {
    return { ...tree, left: inner(tree.left), right: inner(tree.right) };
  }
  if (["plus", "bracket", "rounded"].includes(kind)) return { ...tree, of: inner(tree.of) };
  return kind === "call" && tree.name === "SUM" ? { ...tree, given: tree.given.map(inner) } : tree;
}

const WORD = /"(?:[^"]|"")*"|'(?:[^']|'')+'|[\p{L}\p{N}_.$\\]+[(!]?/gu;

/** A formula as it reads when it is copied `rows` down and `columns` to the right. */
export const moved = (text, rows, columns) =>
  text.replace(WORD, (word) => {
    if (!CELL.test(word)) return word;
    const { row, column, fixedRow, fixedColumn } = placeOf(word);
    const down = row + (fixedRow ? 0 : rows), right = column + (fixedColumn ? 0 : columns);
    if (down < 1 || right < 1) return "#REF!";
    return `${fixedColumn ? "$" : ""}${letters(right)}${fixedRow ? "$" : ""}${down}`;
  });

const PLACES = /"[^"]*"|'[^']*'!|[a-z_.][\w.]*[(!]|(\$?)\b([a-z]{1,3})(\$?)(\d{1,7})(?![\w.(!])/gi;

/** What stays the same where a formula is copied: each place as seen from its own cell. No formula is read
 *  for it. */
export const pattern = (text, row, column) =>
  text.replace(PLACES, (word, fixedColumn, letter, fixedRow, digits) => {
    if (!digits) return word;
    const down = fixedRow ? `R${digits}` : `R[${digits - row}]`;
    return `${down}${fixedColumn ? `C${letter}` : `C[${numberOf(letter) - column}]`}`;
  }).replaceAll(" ", "").toUpperCase();

/** Writes a formula of `row` as it reads when it is copied down to another one: a quick way to see that it
 *  was. */
export function copier(text, row) {
  const parts = [], offsets = [];
  let at = 0;
  for (const { 0: { length }, 3: fixedRow, 4: digits, index } of text.matchAll(PLACES)) {
    if (digits === undefined || fixedRow) continue;
    parts.push(text.slice(at, index + length - digits.length));
    offsets.push(digits - row);
    at = index + length;
  }
  const end = text.slice(at);
  return (to) => parts.reduce((all, part, k) => all + part + (to + offsets[k]), "") + end;
}
