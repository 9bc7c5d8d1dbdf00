// Why columns are wrong: they follow from others, or somebody made a slip. The twin of that part of `_Judge`
// in s6lib/worksheet/check.py.

import { calmly, FURTHEST } from "./cells.js";
import { cellsOf } from "./formulas.js";
import { near } from "./judge.js";
import { GIVEN, WEIGHTS } from "./trials.js";

const NAMES = /[A-Za-z]\w*/g;
const newOf = (name) => (WEIGHTS.includes(name) ? `${name}_new` : name);
const formulaOf = (judge, name) => judge.words.formulas[name];

/** Columns that follow from wrong ones: their own formula is right, and what it refers to is not. */
export function blame(judge, judged) {
  for (const name of Object.keys(judge.words.formulas)) {
    const found = judged[name];
    if (!found || name.endsWith("_new")) continue;
    for (const up of upstream(judge, name, found)) {
      if (up === name || !judged[up]?.wrong.length) continue;
      if (found.verdict === "wrong" && !follows(judge, name, found)) continue;
      found.because = judged[up].because ?? up;
      if (found.verdict !== "wrong") {
        found.verdict = "wrong";
        found.step = judged[up].step;
        found.wrong = judged[up].wrong.map(([at]) => [at, "follows"]);
      }
      break;
    }
  }
}

/** The columns of the same row that a column is computed from. */
function upstream(judge, name, found) {
  const cell = judge.cell(name, found.step);
  if (!cell?.formula) {
    return formulaOf(judge, name).match(NAMES).filter((up) =>
      judge.has(up) && !WEIGHTS.includes(up) && !GIVEN.includes(up)
    );
  }
  return found.wrong.length ? [] : refers(judge, cell.formula, judge.place(name, found.step), found.step);
}

/** Quantities of this step that a formula refers to, through other cells too. */
function refers(judge, formula, { sheet }, step) {
  const found = [], waiting = [[formula, sheet]], seen = new Set();
  while (waiting.length && seen.size < FURTHEST) {
    const [text, at] = waiting.pop();
    for (const one of calmly(() => cellsOf(judge.trees.tree(text, at))) ?? []) {
      const key = judge.trees.key(one), meant = judge.meaning(one);
      if (seen.has(key)) continue;
      seen.add(key);
      if (meant) {
        if (meant[1] === step && !WEIGHTS.includes(meant[0]) && !GIVEN.includes(meant[0])) {
          found.push(meant[0]);
        }
      } else {
        const cell = judge.trees.at(one);
        if (cell?.formula) waiting.push([cell.formula, one.sheet]);
      }
    }
  }
  return found;
}

/** Whether a wrong number is what its formula makes of the wrong numbers in the other columns. */
function follows(judge, name, { step }) {
  const given = judge.given(step),
    value = judge.number(name, step),
    unit = (each) => judge.unit(each, step);
  if (given === null || value === null) return false;
  const put = {};
  for (const each of formulaOf(judge, name).match(NAMES)) {
    const number = judge.has(each) && !(each in given) ? judge.number(each, step) : null;
    if (number !== null) put[each] = number;
  }
  const right = judge.compute(given, {}, put)[name];
  let leeway = 1e-9 * Math.abs(value) + unit(name);
  for (const each in put) {
    const moved = judge.compute(given, {}, { ...put, [each]: put[each] + unit(each) });
    leeway += Math.abs(moved[name] - right);
  }
  return Math.abs(value - right) <= 1.5 * leeway;
}

/** The slip of each wrong column: of those that fit it, the one that fits the table best. */
export function nameSlips(judge, judged) {
  const all = judge.words.slips, fits = {};
  for (const name in judged) {
    const found = judged[name];
    if (!found.wrong.length || found.because) continue;
    const fitting = all.filter((slip) => slipFits(judge, slip, name, found));
    const written = found.wrong[0][1] === "formula"; // with other numbers too, where there are such
    const free = written ? fitting.filter((slip) => slipFits(judge, slip, name, found, judge.free)) : [];
    if (fitting.length) fits[name] = free.length ? free : fitting;
  }
  const scores = new Map(Object.values(fits).flat().map((slip) => [slip, score(judge, slip, fits, judged)]));
  for (const name in fits) {
    const better = (one, other) => scores.get(other) > scores.get(one) ? other : one; // the first of the best
    judged[name].slip = fits[name].reduce(better);
  }
  for (const found of Object.values(judged)) if (found.because) found.slip = judged[found.because].slip;
}

/** Columns that a slip explains, less those that it would have made wrong and that are right. */
function score(judge, slip, fits, judged) {
  const [network] = judge.own, explained = Object.values(fits).filter((each) => each.includes(slip)).length;
  const spared = Object.keys(judged).filter((name) => {
    const target = newOf(name);
    return judged[name].verdict === "right" && direct(judge, slip, name) &&
      !near([network.slipped(0, slip)[target]], [network.at(0)[target]]);
  });
  return explained - spared.length;
}

/** Whether a slip stands in the formula of this column, not only in one that this column refers to. */
function direct(judge, slip, name) {
  if (`${name}_new` in slip.formulas || name in slip.formulas) return true;
  return !Object.keys(slip.formulas).some((each) => judge.has(each)) || !judge.cell(name, 0)?.formula;
}

function slipFits(judge, slip, name, found, networks = judge.own) {
  const [step, kind] = found.wrong[0],
    update = WEIGHTS.includes(name),
    target = newOf(name),
    at = update ? -1 : 0;
  const updates = update || name.endsWith("_new");
  if (slip.of === "update" ? !updates : updates && judge.has(`dE_d${target.slice(0, 2)}`)) return false;
  if (kind !== "formula") return slipFitsNumbers(judge, slip, name, found);
  const values = networks.map((network) => judge.on(network, name, step));
  if (values.includes(null)) return false;
  const wrongs = networks.map((network) => network.slipped(at, slip)[target]);
  return near(values, wrongs) && !near(wrongs, networks.map((network) => network.at(at)[target]));
}

/** Whether a slip explains the numbers, in a few of the wrong rows. */
function slipFitsNumbers(judge, slip, name, found) {
  return found.wrong.slice(0, 4).every(([step]) => {
    const target = newOf(name), column = `dE_d${name.slice(0, 2)}`, at = step - (target === name ? 0 : 1);
    const given = judge.given(at), right = judge.expected(name, step), value = judge.number(name, step);
    if (given === null || right === null || value === null) return false;
    const put = target.endsWith("_new") && judge.has(column) ? { [column]: judge.number(column, at) } : {};
    if (put[column] === null) return false; // the sheet's own slope, be it right or not
    const wrong = judge.compute(given, slip.formulas, put)[target];
    const wider = right[0] ? Math.max(1, Math.abs(wrong / right[0])) : 1;
    const leeway = right[1] * wider + judge.unit(name, step) + 1e-9 * Math.abs(wrong);
    return Math.abs(value - wrong) <= 1.5 * leeway && Math.abs(wrong - right[0]) > 3 * leeway;
  });
}
