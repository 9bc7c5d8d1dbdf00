// Wrong gradients by name, and which of them somebody has computed: s6lib/slips.py on the page. The slips
// come from there, as its `table()`; the numbers of a network as {weights, inputs, targets, rate}.

import { formula } from "./formula.js";
import { parseNumber, tidy } from "./numbers.js";

const COMPILED = new Map();
const EIGHT = [1, 2, 3, 4, 5, 6, 7, 8];
const FACTORS = ["dE_da_o1", "dE_da_o2", "da_o1_do1", "da_o2_do2", "da_h1_dh1", "da_h2_dh2"];

/** Every quantity of one training step by its name, right or with these slips. Without a rate there are no
 *  new weights. */
export const quantities = (table, numbers, slipNames = []) =>
  stepValues(table, numbers, replaced(table, slipNames));

/** The wrong formulas of these slips together, by their quantities. */
const replaced = (table, slipNames) =>
  Object.assign({}, ...slipNames.map((name) => table.slips.find((each) => each.name === name).formulas));

function stepValues(table, { weights, inputs, targets, rate }, changed) {
  const values = rate === undefined ? {} : { rate };
  for (const [letter, list] of Object.entries({ w: weights, i: inputs, t: targets })) {
    list.flat(3).forEach((value, k) => values[`${letter}${k + 1}`] = value);
  }
  for (const name of Object.keys(table.formulas)) {
    const text = changed[name] ?? table.formulas[name];
    if (!COMPILED.has(text)) COMPILED.set(text, formula(text));
    if (rate !== undefined || !needsRate(text)) values[name] = COMPILED.get(text)(values);
  }
  return values;
}

const needsRate = (text) => /\brate\b/.test(text);

/** The eight derivatives; of a wrong update, what the step takes from the weights, divided by the rate. */
function gradientOf(table, numbers, changed) {
  const values = stepValues(table, numbers, changed);
  return EIGHT.map((k) =>
    "w1_new" in changed ? (values[`w${k}`] - values[`w${k}_new`]) / values.rate : values[`dE_dw${k}`]
  );
}

/** Which slip somebody made who computed this `gradient`, eight numbers or texts in any shape, as
 *  s6lib.slips.diagnose says it: {right, weights, slips, others, sure, changes}. `of`: "gradient", or
 *  "update" where they come from the weights before and after a step. Throws a TypeError for what are not
 *  eight numbers. */
export function diagnose(table, gradient, numbers, digits, of = "gradient") {
  const known = numbers.rate !== undefined;
  const slips = table.slips.filter((slip) =>
    slip.of === "gradient" ? known || !Object.values(slip.formulas).some(needsRate) : of === "update"
  );
  const right = gradientOf(table, numbers, {}), noise = noiseOf(table, numbers, right);
  const { given, units } = readGradient(gradient, digits);
  const inside = (values) => values.map((value, k) => Math.abs(value - given[k]) <= units[k] / 2 + noise[k]);
  const ok = inside(right), fits = slips.map((slip) => inside(gradientOf(table, numbers, slip.formulas)));
  const found = explained(
    ok,
    fits,
    slips,
    (one, two) => inside(gradientOf(table, numbers, { ...one.formulas, ...two.formulas })),
  );
  return diagnosis({ table, given, right, ok, found });
}

/** How far float64 may have carried each derivative, by whatever right formula it was computed. */
function noiseOf(table, numbers, right) {
  const noise = right.map((value) => 1e-12 * Math.abs(value));
  for (const name of FACTORS) {
    const moved = gradientOf(table, numbers, { [name]: `${table.formulas[name]} + 1` });
    moved.forEach((value, k) => noise[k] += 5e-16 * Math.abs(value - right[k]));
  }
  return noise;
}

/** All explanations of the best kind: one slip, one at some of its weights, two at once, up to three at
 *  different weights. Each is {slips, fits}: which of the eight each of its slips explains. */
function explained(ok, fits, slips, both) {
  const all = (list) => list.every(Boolean), or = (one, two) => one.map((yes, k) => yes || two[k]);
  const single = slips.map((slip, k) => ({ slips: [slip], fits: [fits[k]] }));
  const full = single.filter((each) => all(each.fits[0]));
  if (all(ok) || full.length) return full;
  const partly = single.filter((each) => all(or(each.fits[0], ok)));
  if (partly.length) return partly;
  const pairs = pairsOf(slips).map((two) => ({ slips: two, fits: Array(2).fill(both(...two)) }));
  const fullPairs = pairs.filter((each) => all(each.fits[0]));
  if (fullPairs.length) return fullPairs;
  const useful = single.filter((each) => each.fits[0].some((yes, k) => yes && !ok[k]));
  for (const count of [2, 3]) {
    const groups = groupsOf(useful, count).filter((group) =>
      all(group.reduce((sum, each) => or(sum, each.fits[0]), ok))
    );
    if (groups.length) {
      return groups.map((group) => ({
        slips: group.flatMap((each) => each.slips),
        fits: group.flatMap((each) => each.fits),
      }));
    }
  }
  return pairs.filter((each) => all(or(each.fits[0], ok)));
}

/** Each group of `count` of the list, in its order. */
const groupsOf = (list, count) =>
  !count
    ? [[]]
    : list.flatMap((each, k) => groupsOf(list.slice(k + 1), count - 1).map((group) => [each, ...group]));

const pairsOf = (slips) =>
  groupsOf(slips, 2).filter(([one, two]) => !Object.keys(one.formulas).some((name) => name in two.formulas));

function diagnosis({ table, given, right, ok, found }) {
  const correct = ok.every(Boolean), best = correct ? undefined : found[0];
  const names = ({ slips }) => slips.map((slip) => slip.name);
  const others = found.slice(best ? 1 : 0).map(names);
  return {
    right: correct,
    weights: EIGHT.map((key, k) => ({
      name: `dE_dw${key}`,
      given: given[k],
      right: right[k],
      factor: right[k] ? given[k] / right[k] : NaN,
      ok: ok[k],
      slips: ok[k] || !best ? [] : names(best).filter((_, n) => best.fits[n][k]),
    })),
    slips: best ? names(best) : [],
    others,
    sure: (correct || best !== undefined) && !others.length,
    changes: (best?.slips ?? []).flatMap((slip) =>
      Object.entries(table.formulas).filter(([name]) => name in slip.formulas)
        .map(([name, right]) => [name, slip.formulas[name], right])
    ),
  };
}

/** The numbers given, and what a one in the last digit of each is worth. A comma is a decimal sign in all of
 *  them if it can be nothing else in one. */
function readGradient(gradient, digits) {
  const list = gradient.flat(3).map((each) => (typeof each === "string" ? tidy(each) : each));
  const comma = list.some((each) => /^[+-]?0?,|,(\d{1,2}|\d{4,})(?!\d)/.test(each));
  const texts = list.map((each) => (comma && typeof each === "string" ? each.replace(",", ".") : each));
  const given = texts.map((each) => (typeof each === "string" ? parseNumber(each) : each));
  if (given.length !== 8 || !given.every(Number.isFinite)) {
    throw new TypeError(`gradient: got ${list}; takes eight finite numbers, w1 to w8`);
  }
  if (digits) return { given, units: given.map((value) => lastPlace(value, digits)) };
  if (!texts.some((each) => typeof each === "string")) return { given, units: roundedAlike(given) };
  const units = texts.map((each) => lastDigit(each).unit);
  return { given, units: units.map((unit) => Number.isFinite(unit) ? unit : 0) };
}

/** What a one in the last of so many significant digits is worth. */
const lastPlace = (value, digits) => value ? 10 ** (Math.floor(Math.log10(Math.abs(value))) - digits + 1) : 0;

/** What a one in the last digit is worth, and how many digits there are. Only a text keeps last zeros; one
 *  that is a bare 0 was not rounded. */
export function lastDigit(given) {
  const [mantissa, exponent = 0] = tidy(given).toLowerCase().replace(",", ".").split("e");
  const [whole, places = ""] = mantissa.split(".");
  const kept = typeof given === "string" ? places : places.replace(/0+$/, "");
  const figures = `${whole}${kept}`.replace(/\D/g, "").replace(/^0+/, "");
  const bare = !figures && !(typeof given === "string" && kept);
  return { unit: bare ? Infinity : 10 ** (exponent - kept.length), figures: figures.length };
}

/** The same for floats, which have lost their last zeros: the finest of them tells how all were rounded, to
 *  so many places or so many digits, whichever is coarser. */
function roundedAlike(given) {
  const own = given.map(lastDigit), places = Math.min(...own.map((each) => each.unit));
  const most = Math.max(...own.map((each) => each.figures));
  if (places === Infinity) return given.map(() => 0);
  return given.map((value, k) => Math.min(own[k].unit, Math.max(places, lastPlace(value, most))));
}
