// What formulas say and what cells hold. The twin of `Formulas` and `Numbers` in s6lib/worksheet/check.py.

import { t } from "../kit/words.js";
import { evaluate } from "./evaluate.js";
import { addressOf, cellsOf, FormulaError, parse, quoted } from "./formulas.js";
import { plainNumber } from "./texts.js";
import { keyOf } from "./workbook.js";

/** Cells that a formula may follow one after the other. */
export const FURTHEST = 60;

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
  /** The tree of a formula that stands in a sheet. Throws a FormulaError, for a sheet that is not there
   *  too. */
  tree(text, sheet) {
    const key = `${sheet}!${text}`;
    if (!this.#trees.has(key)) this.#trees.set(key, this.#read(text, sheet));
    const tree = this.#trees.get(key);
    if (tree instanceof FormulaError) throw tree;
    return tree;
  }
  #read(text, sheet) {
    try {
      const tree = parse(text, sheet, this.book.names),
        other = cellsOf(tree).find((one) => !this.#sheet(one.sheet));
      return other ? new FormulaError("external", t`there is no sheet ${other.sheet}`) : tree;
    } catch (error) {
      if (error instanceof FormulaError) return error;
      throw error;
    }
  }
  /** A sheet by its name, capital or small, or undefined. */
  #sheet(name) {
    if (!this.#sheets.has(name)) {
      const small = name.toLowerCase();
      this.#sheets.set(name, this.book.sheets.find((one) => one.name.toLowerCase() === small));
    }
    return this.#sheets.get(name);
  }
  /** The cell there; null where it is empty. */
  at({ sheet, row, column }) {
    return this.#sheet(sheet)?.cells.get(keyOf(row, column)) ?? null;
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
      throw new FormulaError("value", t`${addressOf(row, column)} holds ${quoted(cell.value.slice(0, 20))}`);
    }
    const key = this.trees.key(place);
    if (!this.#computed.has(key)) {
      if (this.#open.includes(key) || this.#open.length > FURTHEST) {
        throw new FormulaError("circular", t`${addressOf(row, column)} refers to itself`);
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
    const cell = this.trees.at(place);
    if (!cell || typeof cell.value === "number") return cell?.value ?? null;
    return calmly(() => this.look(place.sheet, place.row, place.column));
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
