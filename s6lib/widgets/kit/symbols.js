// The names of quantities as mathematics, in the colour of what they are.

import { make, unseen } from "./dom.js";
import { t } from "./words.js";

const FRACTION = /^d(E|a_[ho]\d|[ho]\d)_d(\w+)$/;

/** How the line of a fraction is heard. */
export const BY = t`by`;

/** `name` as mathematics: w5, a_h1, E_total, dE_dw5 (a fraction). */
export function mathOf(name) {
  const fraction = FRACTION.exec(name);
  if (fraction) {
    const part = (inner) => make("span", {}, "∂", mathOf(inner));
    return make("span", "frac", part(fraction[1]), unseen(` ${BY} `), part(fraction[2]));
  }
  if (name === "rate") return make("var", {}, "η");
  if (name === "E") return make("var", {}, "E");
  const [letter, index] = name[1] === "_" ? name.split("_") : [name[0], name.slice(1)];
  return make("var", {}, letter, make("sub", {}, index));
}

/** What a quantity is, which is also its colour. */
export const kindOf = (name) =>
  /^d/.test(name) ? "gradient" : /^(w\d|rate)/.test(name) ? "weight" : /^t\d/.test(name) ? "target" : "value";
