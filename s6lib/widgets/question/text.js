// The texts of questions: `names of quantities`, *emphasis*, {numbers}, [[blanks]]. The twin of `text.py`.

import { make } from "../kit/dom.js";
import { formula } from "../kit/formula.js";
import { kindOf, mathOf } from "../kit/symbols.js";
import { worth, written } from "./judge.js";

const QUANTITY = /^(?:[iwhot]\d+|a_[ho]\d+|E(?:\d|_total)?|rate|d(?:E|a_[ho]\d|[ho]\d)_d\w+)$/;

/** Whether `name` is that of a quantity. */
export const isQuantity = (name) => QUANTITY.test(name);

const PART = /`([^`]+)`|\*([^*\s](?:[^*]*[^*\s])?)\*|\{([^{}]+)\}|\[\[(\w+)\]\]/g;

/** The numbers that the texts of a question may name: its own, and where it asks for one, the right one. */
export const withRight = (spec, values) =>
  spec.kind === "number" ? { ...values, right: worth(spec.blanks[0].right, values) } : values;

/** `text` as nodes. `blank(name)` makes what stands for a blank. */
export function rich(text, spec, values, blank = () => null) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(PART)) {
    nodes.push(typeset(text.slice(end, found.index)));
    end = found.index + found[0].length;
    const [, name, emphasis, number, hole] = found;
    if (name) nodes.push(named(name));
    else if (emphasis) nodes.push(make("em", {}, typeset(emphasis)));
    else if (number) nodes.push(numberIn(number, spec, values));
    else nodes.push(blank(hole));
  }
  return [...nodes, typeset(text.slice(end))].filter((node) => node);
}

/** With the apostrophes of the book around it. */
const typeset = (text) => text.replaceAll("'", "’");

const named = (name) =>
  isQuantity(name) ? make("span", `n ${kindOf(name)}`, mathOf(name)) : make("code", {}, name);

/** The number that stands for {content}: a formula, and after a colon how many digits it has. */
function numberIn(content, { given }, values) {
  const [text, digits] = content.split(":"),
    fixed = Object.hasOwn(given, text) && typeof given[text] !== "string";
  const shown = written(formula(text)(values), Number(digits ?? (fixed ? 6 : 4)));
  return make("b", `n ${isQuantity(text) ? kindOf(text) : ""}`, shown);
}
