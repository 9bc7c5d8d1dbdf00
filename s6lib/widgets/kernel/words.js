// Numbers of a kernel as they are written and read, the sum written out, and what is worth noticing in it.

import { format, local, parseNumber, tidy } from "../kit/numbers.js";
import { plural, t } from "../kit/words.js";
import { outside, patchAt, total } from "./engine.js";

/** That a number of the kernel may be, with either sign; also in __init__.py. */
export const LARGEST = 10;

/** A number of a kernel as its field shows it: in full, and a ninth as 1/9. `readWeight` reads it. */
export function spell(weight) {
  const whole = format(weight);
  if (whole.length <= 6) return whole;
  for (let n = 2; n <= 16; n++) {
    if (Math.round(weight * n) / n === weight) return `${Math.round(weight * n)}/${n}`;
  }
  return whole;
}

/** The number from −10 to 10 that `text` spells, as itself or as one over another, else null. */
export function readWeight(text) {
  const [above, below = "1", more] = tidy(text).split("/").map((part) => parseNumber(part));
  if (above === null || !below || more !== undefined) return null;
  const weight = above / Number(below);
  return Math.abs(weight) <= LARGEST ? weight : null;
}

/** A number as sums show it: two places, or fewer where they say it all. */
export function short(value) {
  const text = Number.isInteger(value) ? String(value + 0) : value.toFixed(2);
  return local((Number(text) ? text : "0").replace("-", "−"));
}

/** `all` with signs between them. */
export const written = (all) =>
  all.map((one, k) => k === 0 ? short(one) : (one < 0 ? "− " : "+ ") + short(Math.abs(one))).join(" ");

/** What is worth noticing at `place`, in a sentence, or "". */
export function remark(given, place) {
  const weights = given.kernel.flat(), nine = patchAt(given, place), rim = outside(given, place);
  if (!weights.some(Boolean)) return t`Nine zeros: whatever is in the picture, the sum is 0.`;
  if (rim) {
    return plural(
      rim,
      "{0} of the nine lies on the rim of zeros around the picture.",
      "{0} of the nine lie on the rim of zeros around the picture.",
    );
  }
  if (nine.every((one) => one === nine[0])) {
    const one = short(nine[0]), sum = short(total(weights));
    return t`All nine pixels are equal: the sum is the pixel, ${one}, times the sum of the kernel, ${sum}.`;
  }
  return "";
}
