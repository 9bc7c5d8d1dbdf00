// Numbers of the reader's own in the address of a page, `?w1=0.3&t2=0.9`: its steppers start from them.

import { make } from "../kit/dom.js";
import { parseNumber } from "../kit/numbers.js";
import { t } from "../kit/words.js";

/** What the chapters take; also in toy.py. */
const RANGES = { w: [-10, 10], i: [-10, 10], t: [0, 1], l: [1e-9, 1000] };

/** The numbers that the part of an address from its ? on gives to a network, {given: {name: number},
 *  refused: {name: text}}. A name that stands there twice is refused, with all its texts. */
export function ownNumbers(search) {
  const given = {}, refused = {}, query = new URLSearchParams(search);
  for (const name of new Set(query.keys())) {
    if (!/^(w[1-8]|[it][12]|learning_rate)$/.test(name)) continue;
    const texts = query.getAll(name), [low, high] = RANGES[name[0]];
    const value = texts.length === 1 ? parseNumber(texts[0]) : null;
    if (value !== null && low <= value && value <= high) given[name] = value;
    else refused[name] = texts.join(" / ");
  }
  return { given, refused };
}

/** Says at the head of a stepper which numbers came by the address, and which could not; takes them along to
 *  other pages of the book. */
export function tellOwn(live, { given, refused }) {
  const list = (numbers) => Object.entries(numbers).map((pair) => pair.join(" = ")).join(", ");
  const taken = list(given), left = list(refused);
  if (!taken && !left) return;
  for (const link of document.querySelectorAll("a[href*='.html']")) {
    if (link.host === location.host) link.search ||= location.search;
  }
  live.prepend(make(
    "p",
    "own muted",
    taken && t`From the address of this page: ${taken}. The text keeps its own numbers.` + " ",
    left && t`Left out, for no chapter takes it: ${left}.` + " ",
    make("a", { href: location.pathname }, t`Back to the numbers of the text`),
  ));
}
