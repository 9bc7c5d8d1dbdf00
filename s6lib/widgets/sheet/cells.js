// What formulas say and what cells hold. The twin of `Formulas` and `Numbers` in s6lib/worksheet/check.py.

import { evaluate } from "./evaluate.js";
import { addressOf, FormulaError, parse, quoted } from "./formulas.js";
import { plainNumber } from "./texts.js";
import { keyOf } from "./workbook.js";

/** Cells that a formula may follow one after the other. */
export const FURTHEST = 150;

/** The trees of a book's formulas, each read once, and its cells. */
export class Formulas {
  #trees = new Map();
  #sheets = new Map();
  #ids = new Map();
  constructor(book) {
    this.book = book;
    for (const sheet of book.sheets) this.#sheets.set(sheet.name, sheet);
  }
  /** A number for a place, {sheet, row, column}, no other has. */
  key({ sheet, row, column }) {
    if (!this.#ids.has(sheet)) this.#ids.set(sheet, this.#ids.size);
    return this.#ids.get(sheet) * 4e10 + keyOf(row, column);
  }
  tree(text, sheet) {
    const key = `${sheet}!${text}`;
    if (!this.#trees.has(key)) {
      try {
        this.#trees.set(key, parse(text, sheet, this.book.names));
      } catch (error) {
        if (!(error instanceof FormulaError)) throw error;
        this.#trees.set(key, error);
      }
    }
    const tree = this.#trees.get(key);
    if (tree instanceof FormulaError) throw tree;
    return tree;
  }
  /** The cell there, or null. Names of sheets are the same in capitals. */
  at({ sheet: name, row, column }) {
    if (!this.#sheets.has(name)) {
      const same = this.book.sheets.find((one) => one.name.toLowerCase() === name.toLowerCase());
      if (!same) throw new FormulaError("external", `there is no sheet ${name}`);
      this.#sheets.set(name, same);
    }
    return this.#sheets.get(name).cells.get(keyOf(row, column)) ?? null;
  }
}

/** What stands in the cells: the numbers that the file holds, else what its formulas come to. */
export class Numbers {
  #computed = new Map();
  #open = [];
  constructor(trees) {
    this.trees = trees;
  }
  /** The number in a cell for a formula: an empty one is 0. Throws a FormulaError where there is none. */
  look = (sheet, row, column) => {
    const place = { sheet, row, column }, cell = this.trees.at(place);
    if (!cell) return 0;
    const value = plainNumber(cell.value);
    if (value !== null) return value;
    if (cell.value !== null) {
      throw new FormulaError("value", `${addressOf(row, column)} holds ${quoted(cell.value.slice(0, 20))}`);
    }
    const key = this.trees.key(place);
    if (!this.#computed.has(key)) {
      if (this.#open.includes(key) || this.#open.length > FURTHEST) {
        throw new FormulaError("circular", `${addressOf(row, column)} refers to itself`);
      }
      this.#open.push(key);
      try {
        this.#computed.set(key, evaluate(this.trees.tree(cell.formula, sheet), this.look));
      } catch (error) {
        if (!(error instanceof FormulaError)) throw error;
        this.#computed.set(key, error);
      }
      this.#open.pop();
    }
    const number = this.#computed.get(key);
    if (number instanceof FormulaError) throw number;
    return number;
  };
  /** The number in a cell, or null. */
  get(place) {
    return calmly(() => (this.trees.at(place) ? this.look(place.sheet, place.row, place.column) : null));
  }
}

/** What `f` returns; null where a formula cannot be judged. */
export function calmly(f) {
  try {
    return f();
  } catch (error) {
    if (error instanceof FormulaError) return null;
    throw error;
  }
}
