// What a reader typed for the value of an operation: right, or the mistake that leads to it.

import { quantities } from "../kit/slips.js";
import { readings } from "../kit/spelling.js";

/** How many significant digits an answer has at least, unless it is exact. */
export const LEAST = 3;

/** How what was typed stands to `right`, the value of the quantity `name`: {verdict: "right", "short" (of
 *  digits), "wrong" or "told" (how to type it), says: sentences}. The slips come from `table`; `numbers` are
 *  as kit/slips.js takes them. */
export function judge(text, name, right, table, numbers) {
  const read = readings(text), told = { verdict: "told", says: [read.told] };
  const all = read.numbers.map(([value, half]) =>
    judgeNumber({ value, unit: 2 * half, figures: figuresOf(value, 2 * half) }, name, right, table, numbers)
  );
  return all.find(({ verdict }) => verdict !== "wrong") ?? (read.told ? told : all[0]);
}

/** How many significant digits a number has whose last digit is worth `unit`; a fraction has them all. */
function figuresOf(value, unit) {
  if (!unit) return 17;
  const [first, last] = [value, unit].map((each) => Number(each.toExponential(9).split("e")[1]));
  return value ? Math.max(0, first - last + 1) : 0;
}

function judgeNumber({ value, unit, figures }, name, right, table, numbers) {
  const off = Math.abs(value - right), near = (other) => off <= Math.abs(other);
  const cut = value * right > 0 && Math.abs(value) < Math.abs(right); // not rounded: as good
  if ((unit < Math.abs(right) && near(unit * (cut ? 1 : 0.5) * (1 + 1e-9))) || near(1e-9 * right)) {
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
