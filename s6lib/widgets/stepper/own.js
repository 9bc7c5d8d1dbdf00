// Numbers of the reader's own in the address of a page, `?w1=0.3&t2=0.9`: its steppers start from them.

import { make } from "../kit/dom.js";
import { parseNumber } from "../kit/numbers.js";
import { t } from "../kit/words.js";

/** The numbers that the part of an address from its ? on gives to a network, {given: {name: number}, refused:
 *  {name: text}, twice: {name: its texts}}. `ranges`: the least and the largest, by a name's first letter. */
export function ownNumbers(search, ranges) {
  const given = {}, refused = {}, twice = {}, query = new URLSearchParams(search);
  for (const name of new Set(query.keys())) {
    if (!/^(w[1-8]|[it][12]|learning_rate)$/.test(name)) continue;
    const texts = query.getAll(name), value = parseNumber(texts[0]), [low, high] = ranges[name[0]];
    if (texts.length > 1) twice[name] = texts.join(" / ");
    else if (value !== null && low <= value && value <= high) given[name] = value;
    else refused[name] = texts[0];
  }
  return { given, refused, twice };
}

/** Says at the head of a stepper which numbers came by the address, and which could not; takes them along to
 *  other pages of the book. */
export function tellOwn(live, { given, refused, twice }) {
  const list = (numbers) => Object.entries(numbers).map((pair) => pair.join(" = ")).join(", ");
  const taken = list(given), left = list(refused), many = list(twice);
  if (!taken && !left && !many) return;
  for (const link of document.querySelectorAll("a[href*='.html']")) {
    if (link.host === location.host) link.search ||= location.search;
  }
  live.prepend(make(
    "p",
    "own muted",
    taken && t`From the address of this page: ${taken}. The text keeps its own numbers.` + " ",
    left && t`Left out, for no chapter takes it: ${left}.` + " ",
    many && t`Left out, for the address gives more than one: ${many}.` + " ",
    make("a", { href: location.pathname }, t`Back to the numbers of the text`),
  ));
}
