// Where in a book of cells the tables of the network stand, found by their headings. The twin of the second
// half of s6lib/worksheet/tables.py.

import { t } from "../kit/words.js";
import { addressOf } from "./formulas.js";
import { LONGEST_HEADING } from "./headings.js";
import { plainNumber } from "./texts.js";
import { GIVEN, WEIGHTS } from "./trials.js";
import { keyOf } from "./workbook.js";
import { Unreadable } from "./zip.js";

const FEWEST = 5, MOST_ROWS = 20_000, TABLES = 100;
export const ERRORS = ["#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"];
export const GRADIENT = WEIGHTS.map((name) => `dE_d${name}`);

/** A table: its `sheet`, the place of its `heading`, its `columns` by quantity, {sheet, row, column,
 *  heading}, how many `rows` it has, whether it lies on its side (`across`), and its `area`, [top, left,
 *  bottom, right]. */
export function place(table, name, step) {
  const { sheet, row, column } = table.columns.get(name);
  return table.across ? { sheet, row, column: column + step } : { sheet, row: row + step, column };
}

/** The first cell of a table's heading, as A32. */
export const headingOf = ({ heading }) => addressOf(...heading);

/** All tables of a book, sheet by sheet, from the top. */
export function find(book, headings) {
  const found = [];
  const firsts = (table) => [...table.columns.values()].map(({ row, column }) => keyOf(row, column));
  for (const sheet of book.sheets) {
    const upright = inSheet(sheet, headings, false), taken = new Set(upright.flatMap(firsts));
    const side = upright.length ? [] : inSheet(turned(sheet), headings, true);
    if (found.length + upright.length + side.length > TABLES) {
      throw new Unreadable(t`more than ${TABLES} tables`);
    }
    found.push(...upright, ...side.filter((table) => !firsts(table).some((one) => taken.has(one))));
  }
  return joined(found);
}

/** The sheet with its rows and columns exchanged. */
function turned({ name, cells, merged }) {
  const around = new Map();
  for (const cell of cells.values()) {
    const { row, column } = cell;
    around.set(keyOf(column, row), { ...cell, row: column, column: row });
  }
  return {
    name,
    cells: around,
    merged: merged.map((ends) => ends.map(({ row, column }) => ({ row: column, column: row }))),
  };
}

function inSheet(sheet, headings, across) {
  const byRow = new Map();
  for (const cell of sheet.cells.values()) {
    if (!byRow.has(cell.row)) byRow.set(cell.row, new Map());
    byRow.get(cell.row).set(cell.column, cell);
  }
  const found = [], spread = spreadOf(sheet);
  let below = 0;
  for (const row of [...byRow.keys()].sort((a, b) => a - b)) {
    const texts = [...byRow.get(row).values()].filter(({ value }) => typeof value === "string").length;
    if (row <= below || texts < FEWEST) continue;
    const here = blocks(headingsOf(byRow, spread, row), headings)
      .map((block) => tableOf(sheet.name, byRow, row, block, across)).filter(Boolean);
    found.push(...here);
    if (here.length) below = row;
  }
  return found;
}

/** What stands in each cell of a merged range: the text of its first. {row: {column: cell}} as Maps. */
function spreadOf({ cells, merged }) {
  const spread = new Map();
  for (const [from, to = from] of merged) {
    const first = cells.get(keyOf(from.row, from.column));
    if (!first || (to.row - from.row + 1) * (to.column - from.column + 1) > 1000) continue;
    for (let row = from.row; row <= to.row; row++) {
      if (!spread.has(row)) spread.set(row, new Map());
      for (let column = from.column; column <= to.column; column++) spread.get(row).set(column, first);
    }
  }
  return spread;
}

function textAt(byRow, spread, row, column) {
  const cell = byRow.get(row)?.get(column) ?? spread.get(row)?.get(column);
  return cell && typeof cell.value === "string" && cell.value && !cell.formula ? cell.value : null;
}

/** [{column, own, over, above}] of a row: the text itself, the one above it, and the one that stands above
 *  several. */
function headingsOf(byRow, spread, row) {
  const columns = new Set([...byRow.get(row).keys(), ...spread.get(row)?.keys() ?? []]), result = [];
  let above = null;
  for (const column of [...columns].sort((a, b) => a - b)) {
    const own = textAt(byRow, spread, row, column), over = textAt(byRow, spread, row - 1, column);
    above = over ?? above;
    if (own) result.push({ column, own, over, above });
  }
  return result;
}

/** Whether "h1" and "o1" alone mean sums or activations: activations where sums are named too; and "y1"
 *  what the network says, where targets are named too. */
function plainOf(texts, headings) {
  const names = new Set(texts.map((text) => headings.quantity(text, { h: "plain h", o: "plain o" })));
  const meant = (layer) => (names.has(`${layer}1`) && !names.has(`a_${layer}1`) ? `a_${layer}` : layer);
  const plain = { h: meant("h"), o: meant("o"), y: "y" };
  const targets = texts.some((text) => /^t[12]$/.test(headings.quantity(text, plain)));
  return { ...plain, y: targets ? "a_o" : "t" };
}

/** The headings of a row as one Map of {quantity: {column, text}} for each table: where a name comes again
 *  that is no weight, the next table begins. */
function blocks(given, headings) {
  const plain = plainOf(given.map(({ own }) => own), headings), all = [];
  const meant = given.map(({ own }) => headings.quantity(own, plain));
  const named = given.map((one, k) => {
    const often = meant.indexOf(meant[k]) !== meant.lastIndexOf(meant[k]);
    return {
      ...one,
      names: inWords(meant[k], one, often, plain, headings).filter((name) => headings.isKnown(name)),
    };
  });
  let current = new Map();
  named.forEach(({ column, own, names }, at) => {
    let free = names.find((name) => !current.has(name));
    if (names.length && free === undefined) {
      const later = new Set(named.slice(at).map((one) => one.names[0]));
      const again = [...current.keys()].filter((name) => later.has(name)).length;
      const computed = [...current.keys()].filter((name) => !WEIGHTS.includes(name)).length;
      if (again * 2 > current.size) { // most names come again: the next table
        all.push(current);
        current = new Map();
        free = names[0];
      } else if (WEIGHTS.includes(names[0]) && !current.has(`${names[0]}_new`) && computed > 3) {
        free = `${names[0]}_new`;
      }
    }
    if (free !== undefined) current.set(free, { column, text: own });
  });
  all.push(current);
  return all.filter(isTable);
}

/** What a heading may mean, the likeliest first: by itself; where that is nothing, or stands there more
 *  than once, with the words above it. */
function inWords(name, { own, over, above }, often, plain, headings) {
  const uppers = often || name === null ? [over, above].filter(Boolean) : [];
  const both = uppers.map((upper) => combined(upper, own, plain, headings)).filter((each) =>
    each && each !== name
  );
  return name === null ? both : WEIGHTS.includes(name) ? [...both, name] : [name, ...both];
}

const SLOPES = /^(?:.*(?:gradient|derivative|slope|partial|backprop).*|de(?:total|tot|t)?\/?d?w?)s?$/;

function combined(upper, own, plain, headings) {
  const found = headings.quantity(upper + own, plain) ?? headings.quantity(own + upper, plain);
  if (found) return found;
  const key = headings.normal([...upper].slice(0, LONGEST_HEADING).join("")),
    name = headings.quantity(own, plain);
  if (!WEIGHTS.includes(name)) return null;
  return SLOPES.test(key) ? `dE_d${name}` : /new|updated|next|after/.test(key) ? `${name}_new` : null;
}

function isTable(block) {
  const computed = [...block.keys()].filter((name) => !GIVEN.includes(name) && !WEIGHTS.includes(name));
  return block.size >= FEWEST && computed.length >= 3;
}

function tableOf(sheet, byRow, row, block, across) {
  const columns = [...block.values()].map(({ column }) => column),
    isRow = (at, begun) => isData(byRow.get(at), columns, begun);
  let start = row + 1, rows = 0;
  while (start <= row + 3 && !isRow(start, 0)) start++;
  while (rows < MOST_ROWS && isRow(start + rows, rows)) rows++;
  if (!rows) return null;
  const [left, right] = [Math.min(...columns), Math.max(...columns)],
    turn = (list) => (across ? list.map((_, k) => list[k ^ 1]) : list);
  const found = new Map();
  for (const [name, { column, text }] of block) {
    const [at, to] = turn([start, column]);
    found.set(name, { sheet, row: at, column: to, heading: text });
  }
  const area = turn([row, left, start + rows - 1, right]);
  return { sheet, heading: turn([row, left]), columns: found, rows, across, area };
}

/** Whether a row holds numbers or formulas under half of the headings; once begun, under a fifth. */
function isData(cells, columns, begun) {
  let filled = 0, texts = 0;
  for (const column of columns) {
    const cell = cells?.get(column);
    if (!cell || (cell.value === null && !cell.formula)) continue;
    if (cell.formula || plainNumber(cell.value) !== null || ERRORS.includes(cell.value)) filled++;
    else texts++;
  }
  return filled >= Math.max(1, columns.length * (begun ? 0.2 : 0.5)) && texts < filled;
}

/** Halves of one table, which have as many steps and no heading in common, as one. */
function joined(found) {
  const result = [], whole = ({ columns }) => WEIGHTS.every((name) => columns.has(name));
  for (const table of found) {
    const at = result.findIndex((other) =>
      !(whole(table) && whole(other)) && Math.abs(table.rows - other.rows) <= 1 &&
      table.across === other.across &&
      ![...table.columns.keys()].some((name) => other.columns.has(name) && !GIVEN.includes(name))
    );
    if (at < 0) result.push(table);
    else {
      const other = result[at], columns = new Map([...table.columns, ...other.columns]);
      result[at] = { ...other, columns, rows: Math.max(table.rows, other.rows) };
    }
  }
  return result;
}

/** The columns that a table lacks though it has others like them; and of `all` those that it lacks. */
export function missing({ columns }, all = []) {
  const groups = [WEIGHTS, GRADIENT, ["h1", "h2"], ["a_h1", "a_h2"], ["o1", "o2"], ["a_o1", "a_o2"]];
  const like = groups.filter((names) => names.some((name) => columns.has(name))).flat();
  return [...new Set([...all, ...like])].filter((name) => !columns.has(name));
}

/** Numbers outside of tables that have a name left of them or above: [{name, at: {sheet, row, column},
 *  value}]. The place is null where name and number are one text, as "LR = 0.5". */
export function labels(book, found, headings) {
  const result = [];
  for (const { name: sheet, cells } of book.sheets) {
    const areas = found.filter((table) => table.sheet === sheet).map(({ area }) => area);
    const within = (row, column) =>
      areas.some(([top, left, bottom, right]) =>
        top <= row && row <= bottom && left <= column && column <= right
      );
    for (const { row, column, value, formula } of cells.values()) {
      if (
        typeof value !== "string" || [...value].length > LONGEST_HEADING || formula || within(row, column)
      ) continue;
      const [, before, sign, digits] = /^(.*?)([\s=:–-]+)([\d.,]+(?:e[-+]?\d+)?)\s*$/i.exec(value) ?? [];
      const typed = plainNumber(digits), called = typed === null ? null : headings.quantity(before);
      if (typed !== null && (called === "rate" || /[=:]/.test(sign))) {
        if (GIVEN.includes(called)) result.push({ name: called, at: null, value: typed });
        continue;
      }
      const name = headings.quantity(value);
      if (!GIVEN.includes(name) && !WEIGHTS.includes(name)) continue;
      for (const [r, c] of [[row, column + 1], [row, column + 2], [row + 1, column]]) {
        const beside = cells.get(keyOf(r, c)), number = beside ? plainNumber(beside.value) : null;
        if (!beside || within(r, c) || (!beside.formula && number === null)) continue;
        result.push({ name, at: { sheet, row: r, column: c }, value: number });
        break;
      }
    }
  }
  return result;
}
