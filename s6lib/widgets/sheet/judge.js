// The columns of a table, each right, wrong or not calculated: formulas are tried on random networks, numbers
// held against their own row. The twin of the middle part of `_Judge` in s6lib/worksheet/check.py.

import { t } from "../kit/words.js";
import { calmly, FURTHEST } from "./cells.js";
import { evaluate } from "./evaluate.js";
import { addressOf, allOf, cellsOf, copier, FormulaError, pattern, without } from "./formulas.js";
import { Known } from "./known.js";
import { compute, GIVEN, WEIGHTS } from "./trials.js";
import { ERRORS } from "./tables.js";
import { plainNumber } from "./texts.js";

/** How near is equal. */
export const near = (values, rights) =>
  values.every((value, k) => Math.abs(value - rights[k]) <= 1e-9 * Math.abs(rights[k]) + 1e-13);

/** How many digits a number is written with, and how many of its decimals: 0.0275 has 3 and 4. */
export function digitsOf(value) {
  const [digits, exponent] = Math.abs(value).toExponential().replace(".", "").split("e");
  return [digits.length, digits.length - 1 - Number(exponent)];
}
/** To what a bias may be added. */
export const SUMS = ["h1", "h2", "o1", "o2"];
const half = (places) => 0.5 * Number(`1e${-places}`);

export class Judge extends Known {
  hopeless = new Set();
  biased = false;
  #steps = new Map();
  #digits = new Map();
  #pinned = new Map();

  constructor(all, table) {
    super(all, table);
    this.study(all.named);
    this.biased = SUMS.some((name) => calmly(() => this.#hasBias(name)));
  }

  // Formulas on random networks

  /** What the formula of a cell comes to on a network, or null. */
  on(network, name, step) {
    const cell = this.cell(name, step);
    if (!cell?.formula) return null;
    const here = this.place(name, step);
    return calmly(() => this.value(this.trees.tree(cell.formula, here.sheet), here, step, network));
  }
  /** What a formula comes to on a network, at a step of the table: each cell that it names is the quantity
   *  that it holds; other cells are followed to such. `here`: where it stands. Throws a FormulaError. */
  value(tree, here, step, network) {
    const followed = new Map(), waiting = [], own = this.trees.key(here);
    const circle = ({ row, column }) =>
      new FormulaError("circular", `${addressOf(row, column)} refers to itself`);
    const look = (name, row, column) => {
      const at = { sheet: name, row, column }, key = this.trees.key(at);
      if (key === own) throw circle(at);
      const meant = this.meaning(at), held = meant ? null : this.constant(at);
      if (meant) return network.at(meant[1] - step)[meant[0]];
      if (held) return network.at(0)[held];
      const cell = this.trees.at(at);
      if (!cell) return 0;
      if (!cell.formula) return this.numbers.look(name, row, column);
      if (!followed.has(key)) {
        if (waiting.includes(key) || waiting.length > FURTHEST) throw circle(at);
        waiting.push(key);
        followed.set(key, evaluate(this.trees.tree(cell.formula, name), look));
        waiting.pop();
      }
      return followed.get(key);
    };
    return evaluate(tree, look);
  }
  /** Whether a formula comes to what belongs in this cell, on networks with the sheet's own numbers, or
   *  others. Throws a FormulaError. */
  isRight(text, name, step, networks = this.own) {
    return this.isRightTree(this.trees.tree(text, this.place(name, step).sheet), name, step, networks);
  }
  isRightTree(given, name, step, networks) {
    const here = this.place(name, step);
    const tree = this.biased && SUMS.includes(name) ? this.unbiased(given) : given;
    return networks.every((network) => near([this.value(tree, here, step, network)], [network.at(0)[name]]));
  }

  // Biases, which the network of Part 1 does not have

  /** Whether a sum is right but for a bias that is added to it. */
  #hasBias(name) {
    const cell = this.has(name) ? this.cell(name, 0) : null;
    if (!cell?.formula) return false;
    const tree = this.trees.tree(cell.formula, this.place(name, 0).sheet), less = this.unbiased(tree);
    const right = (one) => this.isRightTree(one, name, 0, this.own);
    return less !== tree && right(less) && !right(tree);
  }
  /** The formula of a sum without the bias; the same tree where there is none. */
  unbiased(tree) {
    let found = false;
    const less = without(tree, (part) => {
      const factors = part.kind === "binary" && part.sign === "*" ? [part.left, part.right] : [part];
      const is = factors.every((one) =>
        one.kind === "number" || (one.kind === "cell" && this.#holdsBias(one, FURTHEST))
      );
      found ||= is;
      return is;
    });
    return found && cellsOf(less).length ? less : tree;
  }
  /** Whether a cell holds a number that is none of the network's: typed, or carried on from step to step. */
  #holdsBias(at, left) {
    const cell = this.trees.at(at);
    if (!cell || this.meaning(at) || this.constant(at) || !left) return false;
    if (!cell.formula) return plainNumber(cell.value) !== null;
    const inside = cellsOf(this.trees.tree(cell.formula, at.sheet)),
      along = this.table.across ? "row" : "column";
    const carried = inside.some((one) =>
      one.sheet === at.sheet && one[along] === at[along] && this.trees.key(one) !== this.trees.key(at)
    );
    return carried || inside.every((one) => this.#holdsBias(one, left - 1));
  }

  // Verdicts

  /** The columns that are judged. */
  get names() {
    return [...this.table.columns.keys()].filter((name) => !GIVEN.includes(name));
  }
  /** How many columns are right in their first row. */
  score() {
    return this.names.filter((name) => this.startsRight(name)).length;
  }
  /** Whether a column is right in its first row. */
  startsRight(name) {
    if (!this.has(name)) return false;
    const step = WEIGHTS.includes(name) ? 1 : 0;
    if (step >= this.table.rows) return true;
    const cell = this.cell(name, step);
    if (cell?.formula) return calmly(() => this.isRight(cell.formula, name, step)) ?? false;
    const value = this.number(name, step), right = this.expected(name, step);
    if (value === null || right === null) return false;
    return Math.abs(value - right[0]) <= 1.5 * (right[1] + this.unit(name, step));
  }

  /** What is found of a column: which step is wrong first, which formula, by how much, notes. Yields now
   *  and then, so that a page stays alive. */
  *column(name) {
    const first = WEIGHTS.includes(name) ? 1 : 0;
    const found = {
      verdict: "right",
      step: first,
      wrong: [],
      unknown: [],
      notes: [],
      coarse: 0,
      because: null,
      slip: null,
    };
    const kinds = [], groups = new Map();
    for (let step = first; step < this.table.rows; step++) kinds.push([step, this.#kind(name, step, found)]);
    const count = (kind) => kinds.filter((one) => one[1] === kind).length, written = count("formula");
    for (const [step, kind] of kinds) {
      if (step % 50 === 49) yield null;
      if (kind === "formula") this.#judgeFormula(name, step, groups, found);
      else if (kind === "number") {
        if (written && written >= count("number")) found.notes.push(["pasted", step]);
        this.#judgeNumber(name, step, found);
      } else if (kind === "text") found.unknown.push([step, t`text stands where a number belongs`]);
    }
    const filled = kinds.filter(([, kind]) => kind !== "empty"), last = filled.at(-1)?.[0] ?? -1;
    const ends = kinds.filter(([step]) => last >= 0 && step > last);
    for (const [step, kind] of kinds) { // of the last step, many have a part only
      if (kind === "empty" && (step < last || ends.length > 1) && last >= 0) {
        found.notes.push(["empty", step]);
      }
    }
    const judged = written + count("number") - found.unknown.length;
    if (found.wrong.length) [found.verdict, found.step] = ["wrong", found.wrong[0][0]];
    else if (found.unknown.length || (!judged && kinds.length)) {
      [found.verdict, found.step] = ["not calculated", found.unknown[0]?.[0] ?? first];
    }
    found.patterns = groups.size;
    return found;
  }
  #kind(name, step, found) {
    const cell = this.cell(name, step);
    if (!cell) return "empty";
    if (cell.formula) return "formula";
    if (typeof cell.value !== "string") return "number";
    if (plainNumber(cell.value) === null) return "text";
    found.notes.push(["text", step]);
    return "number";
  }
  #judgeFormula(name, step, groups, found) {
    const place = this.place(name, step), cell = this.trees.at(place);
    if (ERRORS.includes(cell.value)) found.notes.push([`error ${cell.value}`, step]);
    let key = this.#patternOf(place, cell.formula, found);
    try {
      if (!this.#pinned.has(key)) {
        this.#pinned.set(key, this.#isPinned(this.trees.tree(cell.formula, place.sheet)));
      }
      if (this.#pinned.get(key)) key += ` ${step}`;
      if (!groups.has(key)) {
        groups.set(key, this.#verdict(cell.formula, name, step));
        const tree = this.trees.tree(cell.formula, place.sheet);
        if (allOf(tree).some((one) => one.kind === "rounded")) found.notes.push(["rounded", step]);
        if (this.biased && SUMS.includes(name) && this.unbiased(tree) !== tree) {
          found.notes.push(["biased", step]);
        }
      }
    } catch (error) {
      if (!(error instanceof FormulaError)) throw error;
      groups.set(key = `error ${step}`, ["unknown", error]);
    }
    const [kind, why] = groups.get(key);
    if (kind === "wrong") found.wrong.push([step, "formula"]);
    if (kind === "typed") found.notes.push(["typed", step]);
    if (kind !== "unknown") return;
    if (["external", "unknown"].includes(why.kind) && plainNumber(cell.value) !== null) {
      found.notes.push([`judged ${why.message}`, step]);
      this.#judgeNumber(name, step, found);
    } else found.unknown.push([step, why.message]);
  }
  /** The pattern of a formula: that of the one before it in its column, if it is a copy of that. */
  #patternOf({ row, column }, text, found) {
    if (this.table.across) return pattern(text, row, column);
    if (found.copied?.(row) !== text) {
      found.copied = copier(text, row);
      found.pattern = pattern(text, row, column);
    }
    return found.pattern;
  }
  /** Whether a formula holds fast ($) to a row of the table: then it changes its sense from row to row. */
  #isPinned(tree) {
    return cellsOf(tree).some((one) => {
      const meant = this.meaning(one), fixed = this.table.across ? one.fixedColumn : one.fixedRow;
      return fixed ? meant && (!GIVEN.includes(meant[0]) || this.varied) : !meant || this.hasGaps(meant[0]);
    });
  }
  #verdict(text, name, step) {
    try {
      if (!this.isRight(text, name, step)) return ["wrong"];
    } catch (error) {
      if (error instanceof FormulaError) return ["unknown", error];
      throw error;
    }
    return [calmly(() => this.isRight(text, name, step, this.free)) ?? true ? "right" : "typed"];
  }

  // Numbers

  /** Weights, inputs, targets and rate as the sheet has them at a step; null where one is missing. */
  given(step) {
    const numbers = {};
    for (const name of [...WEIGHTS, ...GIVEN]) {
      const place = this.has(name) ? this.place(name, step) : null;
      if (place && (WEIGHTS.includes(name) || this.meaning(place))) numbers[name] = this.numbers.get(place);
      else {
        const held = this.constants.find((one) => one.name === name);
        numbers[name] = this.known[name] ?? (name === "rate" ? 1 : held ? this.numbers.get(held.at) : null);
      }
      if (numbers[name] === null) return null;
    }
    return numbers;
  }
  /** Every quantity of the table's network from what is given. */
  compute(given, slip = {}, put = {}) {
    return compute(this.words.formulas, given, slip, put);
  }
  /** What belongs in a cell by its own row, [number, how far it may be off for the digits of the others],
   *  or null. */
  expected(name, step) {
    const before = WEIGHTS.includes(name) ? step - 1 : step, given = this.given(before);
    if (given === null) return null;
    const update = WEIGHTS.includes(name) || name.endsWith("_new");
    if (!update && !this.#steps.has(step)) this.#steps.set(step, this.#exactly(step, given));
    const found = update
      ? this.#expectedUpdate(name, before, given)
      : this.#steps.get(step).map((each) => each[name]);
    return found?.every(Number.isFinite) ? found : null;
  }
  #expectedUpdate(name, step, given) {
    if (!("rate" in this.known) && !this.has("rate")) return null;
    const weight = name.slice(0, 2), column = `dE_d${weight}`;
    let slope = null, unit = 0;
    if (this.has(column)) [slope, unit] = [this.number(column, step), this.unit(column, step)];
    for (const [other, sign] of [[`change_${weight}`, -1], [`step_${weight}`, 1]]) {
      const number = slope === null && this.has(other) && given.rate ? this.number(other, step) : null;
      if (number !== null) [slope, unit] = [sign * number / given.rate, this.unit(other, step) / given.rate];
    }
    if (slope === null) {
      slope = this.compute(given)[column];
      unit = 1e-9 * Math.abs(slope);
    }
    const value = given[weight] - given.rate * slope;
    return [value, this.unit(weight, step) + given.rate * unit + 1e-12 * Math.abs(value)];
  }
  /** All quantities of a row, and how far each may be off because those that it comes from are rounded:
   *  each of them is moved by half of its last digit. */
  #exactly(step, given) {
    const put = {}, leeways = {};
    for (const name of this.biased ? SUMS : []) {
      const number = this.has(name) ? this.number(name, step) : null;
      if (number !== null) put[name] = number;
    }
    const rights = this.compute(given, {}, put);
    for (const name in rights) leeways[name] = 1e-9 * Math.abs(rights[name]) + 1e-15;
    for (const each of this.table.columns.keys()) {
      const unit = each in rights ? this.unit(each, step) : 0;
      if (!unit) continue;
      const moved = each in given
        ? this.compute({ ...given, [each]: given[each] + unit }, {}, put)
        : this.compute(given, {}, { ...put, [each]: rights[each] + unit });
      for (const name in leeways) if (name !== each) leeways[name] += Math.abs(moved[name] - rights[name]);
    }
    return [rights, leeways];
  }
  /** Half of the last digit of a number that is rounded; 0 for a formula, for what is given, and for
   *  numbers of 14 digits and more. A number that ends in a zero shows a digit less than it has: the others
   *  of its column tell how many those are. */
  unit(name, step) {
    if (!this.has(name)) return 0;
    const cell = this.cell(name, step), value = cell && !cell.formula ? plainNumber(cell.value) : null;
    if (value === null) return 0;
    const given = GIVEN.includes(name) || (WEIGHTS.includes(name) && this.table.rows === 1);
    if (given && digitsOf(value)[0] <= 3) return 0;
    if (!this.#digits.has(name)) this.#digits.set(name, this.#digitsIn(name));
    const [most, places] = this.#digits.get(name);
    if (most >= 14) return 0;
    if (!value) return half(places);
    const size = Math.floor(Math.log10(Math.abs(value)));
    return Math.min(half(digitsOf(value)[1]), Math.max(half(places), half(most - 1 - size)));
  }
  /** The most digits and decimals of the numbers of a column. */
  #digitsIn(name) {
    let most = 0, places = 0;
    for (let step = 0; step < this.table.rows; step++) {
      const value = plainNumber(this.cell(name, step)?.value),
        [digits, decimals] = value ? digitsOf(value) : [0, 0];
      most = Math.max(most, digits);
      places = Math.max(places, decimals);
    }
    return [most, places];
  }
  #judgeNumber(name, step, found) {
    const value = this.number(name, step), right = value === null ? null : this.expected(name, step);
    if (right === null) {
      found.unknown.push([step, t`numbers alone, and too few to say: ${this.#lacking(name, step)}`]);
      return;
    }
    const leeway = right[1] + this.unit(name, step);
    if (Math.abs(value - right[0]) > 1.5 * leeway) found.wrong.push([step, "number"]);
    else if (right[0]) found.coarse = Math.max(found.coarse, leeway / Math.abs(right[0]));
  }
  #lacking(name, step) {
    if (this.number(name, step) === null) return t`there is no number`;
    const lacking = [...WEIGHTS, ...GIVEN.slice(0, 4)].filter((each) =>
      !(each in this.known) && (!this.has(each) || this.number(each, step) === null)
    );
    return t`${lacking.join(", ") || t`the learning rate`} not found`;
  }
}
