// What formulas come to. The twin of the second half of s6lib/worksheet/formulas.py.

import { LANGUAGE } from "../kit/language.js";
import { t } from "../kit/words.js";
import { FormulaError } from "./formulas.js";

const WIDEST = 20_000;
const BEYOND = t`it divides by zero, or grows beyond all numbers`,
  NO_NUMBER = t`it comes to no number`,
  ENDLESS = t`it refers to a cell, which refers to another, and so on`;

/** What a formula comes to; `look(sheet, row, column)` is the number in a cell. Throws a FormulaError where
 *  it comes to no number. */
export function evaluate(tree, look) {
  let result;
  try {
    result = valueOf(tree, look);
  } catch (error) {
    throw error instanceof RangeError ? new FormulaError("circular", ENDLESS) : error;
  }
  if (Array.isArray(result) || !Number.isFinite(result)) throw new FormulaError("value", NO_NUMBER);
  return result;
}

function valueOf(tree, look) {
  const { kind } = tree;
  if (kind === "number") return tree.value;
  if (kind === "cell") return look(tree.sheet, tree.row, tree.column);
  if (kind === "binary" && isText(tree)) return compared(tree, look);
  if (kind === "binary") return binary(tree.sign, numberIn(tree.left, look), numberIn(tree.right, look));
  if (kind === "minus") return -numberIn(tree.of, look);
  // Whoever rounds means the number: it is judged as it was before.
  if (["plus", "bracket", "rounded"].includes(kind)) return valueOf(tree.of, look);
  if (kind === "percent") return numberIn(tree.of, look) / 100;
  if (kind === "call") return call(tree.name, tree.given, look);
  if (kind === "range") return rangeOf(tree, look);
  throw new FormulaError("value", t`it holds text`);
}

/** Whether a text is compared. */
const isText = ({ sign, left, right }) =>
  ["=", "<>"].includes(sign) && [left, right].some(({ kind }) => kind === "text");

/** Whether a text is what stands beside it, as in IF(A5="", ...): a number is none. */
function compared({ sign, left, right }, look) {
  const [one, other] = [left, right].map((part) =>
    part.kind === "text" ? part.value.toLowerCase() : numberIn(part, look)
  );
  return Number((one === other) === (sign === "="));
}

function numberIn(tree, look) {
  const value = valueOf(tree, look);
  if (!Array.isArray(value)) return value;
  if (value.length !== 1) throw new FormulaError("value", t`a range stands where a number belongs`);
  return value[0];
}

/** A number that numbers made: beyond all is none. */
function bounded(value, ...from) {
  if (!Number.isFinite(value) && from.every(Number.isFinite)) throw new FormulaError("value", BEYOND);
  return value;
}

const SIGNS = {
  "+": (x, y) => x + y,
  "-": (x, y) => x - y,
  "*": (x, y) => x * y,
  "=": (x, y) => Number(x === y),
  "<": (x, y) => Number(x < y),
  ">": (x, y) => Number(x > y),
  "<=": (x, y) => Number(x <= y),
  ">=": (x, y) => Number(x >= y),
  "<>": (x, y) => Number(x !== y),
  "/": (x, y) => {
    if (y === 0) throw new FormulaError("value", BEYOND);
    return x / y;
  },
  "^": (x, y) => {
    if (x < 0 && !Number.isInteger(y)) {
      throw new FormulaError("value", t`it takes the root of a negative number`);
    }
    return bounded(x ** y, x, y);
  },
};
const binary = (sign, x, y) => SIGNS[sign](x, y);

function rangeOf({ from, to }, look) {
  const [top, bottom] = [Math.min(from.row, to.row), Math.max(from.row, to.row)];
  const [left, right] = [Math.min(from.column, to.column), Math.max(from.column, to.column)];
  if ((bottom - top + 1) * (right - left + 1) > WIDEST) {
    throw new FormulaError("value", t`a range of more than ${WIDEST.toLocaleString(LANGUAGE)} cells`);
  }
  const all = [];
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) all.push(look(from.sheet, row, column));
  }
  return all;
}

function call(name, given, look) {
  if (name === "IF" && (given.length === 2 || given.length === 3)) {
    const chosen = given[numberIn(given[0], look) ? 1 : 2];
    return chosen ? numberIn(chosen, look) : 0;
  }
  if (name === "IFERROR" && given.length === 2) {
    try {
      return numberIn(given[0], look);
    } catch (error) {
      if (!(error instanceof FormulaError)) throw error;
      return numberIn(given[1], look);
    }
  }
  const values = given.map((one) => valueOf(one, look)), flat = values.flat();
  if (name === "SUMPRODUCT") {
    const lists = values.map((one) => (Array.isArray(one) ? one : [one]));
    if (new Set(lists.map(({ length }) => length)).size !== 1) {
      throw new FormulaError("value", t`SUMPRODUCT of ranges of different lengths`);
    }
    return total(lists[0].map((_, k) => multiplied(lists.map((one) => one[k]))));
  }
  if (Object.hasOwn(MANY, name) && flat.length) return MANY[name](flat);
  if (!Object.hasOwn(ALONE, name)) {
    throw new FormulaError("unknown", t`the function ${name} is not known here`);
  }
  const [lengths, known] = ALONE[name];
  if (!lengths.includes(flat.length)) throw new FormulaError("syntax", t`${name} of ${flat.length} numbers`);
  const value = known(...flat);
  if (Number.isNaN(value)) throw new FormulaError("value", t`${name} of a number that it does not take`);
  return bounded(value, ...flat);
}

const total = (values) => values.reduce((all, one) => all + one, 0);
const multiplied = (values) => values.reduce((all, one) => all * one, 1);
const MANY = {
  SUM: total,
  PRODUCT: multiplied,
  AVERAGE: (values) => total(values) / values.length,
  SUMSQ: (values) => total(values.map((one) => one * one)),
  MIN: (values) => Math.min(...values),
  MAX: (values) => Math.max(...values),
};

/** Halves away from zero, as spreadsheets do. */
function rounded(value, digits = 0) {
  const scale = 10 ** Math.trunc(digits), size = Math.floor(Math.abs(value) * scale + 0.5) / scale;
  return value < 0 ? -size : size;
}

const ofPositive = (f) => (x, ...more) => (x > 0 ? f(x, ...more) : NaN);
const raised = (x, y) => (x < 0 && !Number.isInteger(y) ? NaN : x ** y);
const ALONE = {
  POWER: [[2], raised],
  POW: [[2], raised],
  EXP: [[1], Math.exp],
  SQRT: [[1], Math.sqrt],
  ABS: [[1], Math.abs],
  LN: [[1], ofPositive(Math.log)],
  LOG: [[1, 2], ofPositive((x, base = 10) => Math.log(x) / ofPositive(Math.log)(base))],
  LOG10: [[1], ofPositive(Math.log10)],
  TANH: [[1], Math.tanh],
  PI: [[0], () => Math.PI],
  ROUND: [[1, 2], rounded],
  MINUS: [[2], (x, y) => x - y],
  MULTIPLY: [[2], (x, y) => x * y],
  ADD: [[2], (x, y) => x + y],
  DIVIDE: [[2], SIGNS["/"]],
};
