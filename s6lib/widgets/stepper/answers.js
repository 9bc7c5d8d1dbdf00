// What a reader typed for the value of an operation: right, or the mistake that leads to it.

import { parseNumber, tidy } from "../kit/numbers.js";
import { lastDigit, quantities } from "../kit/slips.js";

/** How many significant digits an answer has at least, unless it is exact. */
export const LEAST = 3;

/** What `text` spells, a number or a fraction of two: {value, unit, figures}, what a one in its last digit is
 *  worth and how many digits it has; else null. */
export function readAnswer(text) {
  const plain = tidy(text).replace(/^(about|approx\.?|roughly|[=~≈])\s*/i, "");
  const parts = plain.split("/"), [top, bottom = 1] = parts.map(parseNumber);
  if (parts.length > 2 || top === null || !bottom) return null;
  const { unit, figures } = lastDigit(plain);
  if (parts.length > 1) return { value: top / bottom, unit: 0, figures: 17 };
  return { value: top, unit: Number.isFinite(unit) ? unit : 0, figures };
}

/** How an answer stands to `right`, the value of the quantity `name`: {verdict: "right", "short" (of digits)
 *  or "wrong", says: sentences}. The slips come from `table`; `numbers` are as kit/slips.js takes them. */
export function judge({ value, unit, figures }, name, right, table, numbers) {
  const off = Math.abs(value - right), near = (other) => off <= Math.abs(other);
  const cut = value * right > 0 && Math.abs(value) < Math.abs(right); // not rounded: as good
  if (near(unit * (cut ? 1 : 0.5) * (1 + 1e-9)) || near(1e-9 * right)) {
    const enough = figures >= LEAST || near(1e-9 * right);
    return { verdict: enough ? "right" : "short", says: [] };
  }
  const made = (slip) => quantities(table, numbers, [slip.name])[name];
  const slack = Math.max(unit / 2, 1e-6 * Math.abs(value)) * (1 + 1e-9);
  const fits = (slip, wrong = made(slip)) =>
    Math.abs(wrong - value) <= slack && Math.abs(wrong - right) > slack;
  const slips = figures > 1 ? table.slips.filter((slip) => fits(slip)) : [];
  if (slips.length) return { verdict: "wrong", says: slips.slice(0, 2).map(({ says }) => says) };
  if (near(0.5 * 10 ** -LEAST * right)) return { verdict: "right", says: [] };
  return { verdict: "wrong", says: [general(value, right)].filter(Boolean) };
}

/** What is wrong with a number whose digits are right. */
function general(value, right) {
  const shift = Math.log10(Math.abs(value / right)), alike = 0.5 * 10 ** -LEAST;
  if (!(Math.abs(shift - Math.round(shift)) < alike)) return "";
  if (Math.round(shift)) return "The digits are right; the decimal point is not.";
  return value * right < 0 ? "The number is right; its sign is not." : "";
}
