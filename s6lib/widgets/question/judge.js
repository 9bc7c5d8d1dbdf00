// Which numbers a reader gets, and what an answer is worth. Pure functions; the twin of `judging.py`.

import { formula } from "../kit/formula.js";
import { format } from "../kit/numbers.js";
import { readings } from "../kit/spelling.js";

const DRAWS = 50;

/** A generator of whole numbers below 2^32 from a text in ASCII: FNV-1a, then mulberry32. */
export function random(key) {
  let state = 2166136261;
  for (const letter of key) state = Math.imul(state ^ letter.charCodeAt(0), 16777619);
  return () => {
    state = (state + 0x6D2B79F5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** The numbers 0 to count - 1 in an order that `key` decides. */
export function shuffled(count, key) {
  const order = Array.from({ length: count }, (_, k) => k), one = random(key);
  for (let last = count - 1; last > 0; last--) {
    const place = one() % (last + 1);
    [order[last], order[place]] = [order[place], order[last]];
  }
  return order;
}

/** The same in an order that is never their own. */
export function mixed(count, key) {
  const order = shuffled(count, key);
  return order.every((each, k) => each === k) ? [...order.slice(1), 0] : order;
}

/** Whether each reader gets other numbers. */
export const varies = (spec) => Object.values(spec.given).some(Array.isArray);

/** The numbers by name that the readers with the set `chosen` get. Where a mistake would come too near the
 *  right answer, others are drawn. */
export function numbersOf(spec, chosen = 1) {
  let values;
  for (let draw = 0; draw < DRAWS; draw++) {
    values = drawn(spec, random(`${chosen}/${spec.name}/${draw}`));
    if (!varies(spec) || !near(spec, values)) break;
  }
  return values;
}

function drawn(spec, one) {
  const values = {};
  for (const [name, each] of Object.entries(spec.given)) {
    if (Array.isArray(each)) {
      const [low, high, step] = each, places = Math.floor((high - low) / step + 1e-9) + 1;
      values[name] = Number((low + step * (one() % places)).toFixed(10));
    } else values[name] = worth(each, values);
  }
  return values;
}

/** A number, or what a formula comes to. */
export const worth = (number, values) => (typeof number === "string" ? formula(number)(values) : number);

/** Whether two answers of a blank are too near to be told apart. */
function near(spec, values) {
  return (spec.blanks ?? []).some((blank) => {
    const all = [blank.right, ...blank.wrong.map(([wrong]) => wrong)].map((each) => worth(each, values));
    return all.some((one, k) =>
      all.slice(0, k).some((other) => Math.abs(one - other) <= allowed(blank, one) + allowed(blank, other))
    );
  });
}

/** How far an answer may lie from `value`: one in the last of its digits, unless the question says. */
export function allowed(blank, value) {
  if ("absolute" in blank) return blank.absolute;
  if ("relative" in blank) return blank.relative * Math.abs(value);
  const first = Number(value.toExponential(16).split("e")[1]);
  return 10 ** (value ? first - blank.digits + 1 : -blank.digits);
}

const fits = (blank, answer, value) =>
  Math.abs(answer - value) <= allowed(blank, value) * (1 + 1e-9) + 1e-12 * Math.abs(value);

/** Whether `answer` is `value` to fewer digits. A bare 0 is no rounding of 0.4. */
const rounded = (answer, half, value) =>
  Math.abs(answer - value) <= half * (1 + 1e-9) && half < Math.abs(value) / 2;

/** ["right", "wrong" or "told", what it says] of a number as it was typed; of a right one it says "". */
export function judgeNumber(blank, values, text) {
  const { numbers, told } = readings(text, blank.unit), right = worth(blank.right, values);
  if (!numbers.length) return ["told", told];
  const means = (value) => numbers.some(([answer]) => fits(blank, answer, value));
  if (means(right)) return ["right", ""];
  const [answer, half] = numbers[0], mistakes = blank.wrong.map(([wrong]) => worth(wrong, values));
  const named = mistakes.findIndex(means);
  if (rounded(answer, half, right)) {
    const alike = named >= 0 || mistakes.some((wrong) => rounded(answer, half, wrong));
    return [
      "told",
      alike ? "Too few digits to tell: give more." : "Right so far, but rounded: give more digits.",
    ];
  }
  if (named >= 0) return ["wrong", blank.wrong[named][1]];
  return told ? ["told", told] : unknown(blank, answer, right);
}

/** The same of a mistake without a name. */
function unknown(blank, answer, right) {
  if (right && fits(blank, -answer, right)) return ["wrong", "The size is right, the sign is not."];
  for (let power = -6; power <= 6; power++) {
    if (power && answer && right && fits(blank, answer * 10 ** power, right)) {
      if (blank.unit === "%" && power === 2) return ["told", "Right so far: give it in percent."];
      return ["wrong", "The digits are right, the decimal point is not."];
    }
  }
  return ["wrong", answer > right ? "It is less than that." : "It is more than that."];
}

/** The same of the places of the choices that were taken. */
export function judgeChoice({ choices }, ticked) {
  const slip = ticked.find((place) => !choices[place].right);
  if (slip !== undefined) return ["wrong", choices[slip].says];
  if (!ticked.length) return ["told", "Choose an answer first."];
  const missing = choices.filter(({ right }) => right).length - new Set(ticked).size;
  return missing ? ["told", "Right so far, and there is more."] : ["right", ""];
}

/** The same of the places of the items, in the order of the answer. */
export function judgeOrder({ wrong }, order) {
  const place = order.findIndex((item, k) => item !== k);
  if (place < 0) return ["right", ""];
  const named = wrong.find(([items]) =>
    items.every((item, k) => !k || order.indexOf(items[k - 1]) < order.indexOf(item))
  );
  if (named) return ["wrong", named[1]];
  if (place > 1) return ["wrong", `The first ${place} are right.`];
  return ["wrong", place ? "The first is right." : "Something else comes first."];
}

/** The same of the heights of a curve. */
export function judgeCurve({ right, wrong, absolute, at }, curve) {
  const off = (other) => Math.max(...curve.map((mine, k) => Math.abs(mine - other[k])));
  if (off(right) <= absolute) return ["right", ""];
  const [nearest] = wrong.map(([each, says]) => [off(each), says]).sort(([one], [other]) => one - other);
  if (nearest && nearest[0] < off(right)) return ["wrong", nearest[1]];
  const apart = curve.map((mine, k) => Math.abs(mine - right[k]));
  const place = apart.indexOf(Math.max(...apart)), high = curve[place] > right[place];
  return ["wrong", `At ${written(at[place])} it is too ${high ? "high" : "low"}.`];
}

/** `value` as a text shows it, with at most so many significant digits. */
export const written = (value, digits = 6) => format(Number(value.toPrecision(digits))).replaceAll("-", "−");
