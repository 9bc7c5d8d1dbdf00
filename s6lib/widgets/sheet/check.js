// A book is checked: what is right and what is wrong, column by column, in sentences. The twin of
// s6lib/worksheet/check.py.

import { local } from "../kit/numbers.js";
import { t } from "../kit/words.js";
import { blame, nameSlips } from "./causes.js";
import { calmly, Formulas, Numbers } from "./cells.js";
import { evaluate } from "./evaluate.js";
import { addressOf, letters, pattern } from "./formulas.js";
import { Headings } from "./headings.js";
import { Judge } from "./judge.js";
import { mended } from "./repair.js";
import { find, GRADIENT, headingOf, labels, missing } from "./tables.js";
import { general, plainNumber } from "./texts.js";
import { WEIGHTS } from "./trials.js";
import { Unreadable } from "./zip.js";

/** What is right and what is wrong in a book: one finding for each column, table by table, as they come.
 *  Throws Unreadable where there is no table. `words`: what Python gives, headings, formulas and slips. */
export function* findings(book, file, words) {
  const headings = new Headings(words), found = find(book, headings);
  if (!found.length) {
    const held = book.sheets.flatMap(({ cells }) =>
      [...cells.values()].map(({ value }) => plainNumber(value))
    );
    throw new Unreadable(
      held.includes(null) || !held.length
        ? t`no table of the network: no row (or column) of headings like w1, h1, E_total, dE/dw1`
        : t`numbers without headings: takes a table with its headings, like w1, h1, E_total, dE/dw1`,
    );
  }
  const trees = new Formulas(book),
    all = { trees, numbers: new Numbers(trees), found, words, named: labels(book, found, headings) };
  for (const table of found) {
    yield* ofTable(readBest(all, table, headings), book, file);
  }
}

const pairs = (list, ks) => list.flatMap(([from, to]) => [...ks].map((k) => [from + k, to + k]));
/** What the same heading may mean: "h1" the sum or the activation, "dE/do1" the slope by either; and what a
 *  delta alone, "Δw1" or "δo1", may mean. */
const EITHER = [["h", "a_h"], ["o", "a_o"], ["dE_do", "dE_da_o"], ["dE_dh", "dE_da_h"]]
  .flatMap((pair) => [pair, [...pair].reverse()]).map((pair) => pairs([pair], "12"));
const DELTAS = [
  pairs([["dE_dw", "change_w"]], "12345678"),
  pairs([["dE_dw", "step_w"]], "12345678"),
  pairs([["dE_do", "minus_dE_do"], ["dE_dh", "minus_dE_dh"]], "12"),
];

/** A quantity of such a sense, or the one that follows. */
const CHANGE = /^(?:change|step|squared|minus)_/;

/** E1 is the squared miss where it is E_total that takes the one half. */
const SQUARES = pairs([["E", "squared_E"]], "12");

/** Two weights whose numbers some have the other way: w2 leads from i1 to h2, w6 from a_h1 to o2. */
const NUMBERED = [[2, 3], [6, 7]].map(([one, other]) =>
  [[one, other], [other, one]].flatMap((
    [a, b],
  ) => [[`w${a}`, `w${b}`], [`dE_dw${a}`, `dE_dw${b}`], [`w${a}_new`, `w${b}_new`]])
);

/** The column that is wrong where such a sense is meant, the sense, and columns of which one at least is
 *  right in it. */
const SENSES = [
  ["E1", SQUARES, ["E_total"]],
  ["o1", NUMBERED[1], ["dE_dw6", "dE_dw7"]], // before the hidden ones, whose paths go by way of these
  ["h1", NUMBERED[0], ["dE_dw2", "dE_dw3"]],
];

/** The table with its headings in the sense in which most of its columns are right; and what it calls the
 *  columns that it reads in another one. */
function readBest(all, table, headings) {
  const spoken = {};
  let best = new Judge(all, table);
  const plain = [...EITHER, ...DELTAS].map((each) => [null, each, []]);
  for (const [told, exchange, borneOut] of [...plain, ...SENSES]) {
    if (best.score() === best.names.length) break;
    if (best.startsRight(told)) continue; // what would tell the other sense is right in this one
    const other = new Map(exchange), columns = new Map();
    for (const [name, column] of best.table.columns) {
      const allowed = !DELTAS.includes(exchange) || headings.isDelta(column.heading);
      columns.set(allowed ? other.get(name) ?? name : name, column);
    }
    const before = [...best.table.columns.keys()],
      changed = [...columns.keys()].some((name, k) => name !== before[k]);
    if (!changed || columns.size !== best.table.columns.size) continue;
    const judge = new Judge(all, { ...best.table, columns });
    if (borneOut.length && !borneOut.some((name) => judge.startsRight(name))) continue;
    if (judge.score() <= best.score()) continue;
    best = judge;
    if (!EITHER.includes(exchange)) {
      for (const [name, as] of exchange) spoken[as] = name;
    }
  }
  for (const name of ["w2", "w6"].filter((one) => one in spoken)) {
    best.remarks.push(t`read with ${name} and ${spoken[name]} in each other's place`);
  }
  best.spoken = spoken;
  return best;
}

/** What the sheet calls a column, which may be read in another sense. */
const called = (judge, name) => judge.spoken[name] ?? name;

function* ofTable(judge, book, file) {
  const { table } = judge, judged = {};
  for (const name of judge.names) {
    judged[name] = yield* judge.column(name);
    yield null;
  }
  blame(judge, judged);
  nameSlips(judge, judged);
  for (const name in judged) yield { file, ...yield* ofColumn(judge, book, name, judged) };
  const updated = WEIGHTS.every((name) => judged[name]?.verdict === "right") && table.rows > 1;
  const deltas = judge.names.filter((name) => CHANGE.test(name)).map((name) => called(judge, name));
  for (const name of missing(table, updated ? [] : [...WEIGHTS, ...GRADIENT])) {
    if (judge.isConstant(name) || deltas.includes(name)) continue;
    yield {
      file,
      ...made(
        judge,
        name,
        null,
        "not calculated",
        t`half a table: there is no column ${called(judge, name)}`,
      ),
    };
  }
}

function* ofColumn(judge, book, name, judged) {
  const found = judged[name], { step, verdict, because } = found, notes = notesOf(judge, book, name, found);
  if (judge.table.rows <= step) {
    return made(judge, name, 0, "right", t`the start; there is no step after it`, { notes });
  }
  if (verdict === "right") return made(judge, name, step, verdict, t`right`, { notes });
  if (verdict === "not calculated") {
    const why = found.unknown[0]?.[1] ?? t`it is empty`;
    return made(judge, name, step, verdict, t`not judged: ${why}`, { notes });
  }
  const cell = judge.cell(name, step),
    better = cell && !because ? yield* mended(judge, name, step, judged) : null;
  const off = offBy(judge, name, step), [says, told] = sentences(judge, name, judged, off, better);
  const slip = found.slip?.name ?? null, repair = better?.formula ?? null;
  return made(judge, name, step, verdict, says, { slip, repair, off, because, notes, told });
}

/** A finding as Python has it, and `told`: what it says without its slip and the whole formula. */
function made(judge, name, step, verdict, says, more = {}) {
  const { slip = null, repair = null, off = null, because = null, notes = [], told = says } = more;
  const place = step === null ? null : judge.place(name, step), cell = place && judge.trees.at(place);
  return {
    sheet: place?.sheet ?? judge.table.sheet,
    table: headingOf(judge.table),
    column: called(judge, name),
    cell: place && addressOf(place.row, place.column),
    verdict,
    slip,
    formula: cell?.formula ?? null,
    repair,
    off,
    row: verdict === "wrong" ? (judge.table.across ? place.column : place.row) : null,
    says,
    told,
    because: called(judge, because),
    notes,
  };
}

/** Where a column is wrong. */
function whereText(judge, rows, first, step) {
  const { across } = judge.table, line = lineOf(judge, step);
  if (rows >= judge.table.rows - Math.max(first, step)) {
    return across ? t`wrong from column ${line} on` : t`wrong from row ${line} on`;
  }
  if (rows === 1) return across ? t`wrong in column ${line}` : t`wrong in row ${line}`;
  return across
    ? t`wrong in ${rows} columns, first in column ${line}`
    : t`wrong in ${rows} rows, first in row ${line}`;
}

/** What is said of a wrong column, and the same without its slip and the whole formula. */
function sentences(judge, name, judged, off, better) {
  const { step, because, wrong, patterns, slip, notes } = judged[name],
    first = WEIGHTS.includes(name) ? 1 : 0;
  const where = whereText(judge, new Set(wrong.map(([at]) => at)).size, first, step);
  if (because) {
    const says = t`${where}, for it follows from ${called(judge, because)}.`;
    return [says, says];
  }
  const parts = [off === null ? `${where}.` : `${where}, ${amount(off)}.`];
  if (notes.some(([kind, at]) => kind === "pasted" && at === step)) {
    parts.push(t`A number stands there among formulas.`);
  } else if (wrong[0][1] === "formula" && patterns > 1 && step > first) {
    parts.push(fromAbove(judge, name, step));
  }
  if (slip) parts.push(slip.says);
  else if (WEIGHTS.includes(name)) parts.push(...otherRate(judge, name, step));
  if (slip?.name === "uphill" && judged[`dE_d${name}`]?.slip?.name === "sign_of_miss") {
    parts.push(t`The derivatives have the wrong sign too: the two cancel, and the error falls.`);
  }
  const target = WEIGHTS.includes(name) ? `${name}_new` : name;
  const own = CHANGE.test(name) ? judge.table.columns.get(name).heading.trim() : name;
  parts.push(better?.says ?? t`What belongs there: ${`${own} = ${judge.words.formulas[target]}`}`);
  const told = parts.filter((each) => each !== slip?.says).slice(0, !better || better.whole ? -1 : undefined);
  return [parts.join(" "), told.join(" ")];
}

/** How a formula differs from the one above it. */
function fromAbove(judge, name, step) {
  const places = [step - 1, step].map((at) => judge.place(name, at));
  const patterns = places.map((at) => [judge.trees.at(at)?.formula, at]).filter(([text]) => text)
    .map(([text, { row, column }]) => pattern(text, row, column));
  const { across } = judge.table;
  if (new Set(patterns).size === 1) {
    return across
      ? t`Copied from the left, it no longer means the same: a $ is missing, or one is too many.`
      : t`Copied from above, it no longer means the same: a $ is missing, or one is too many.`;
  }
  return across
    ? t`The formula is not the one of the columns before.`
    : t`The formula is not the one of the rows above.`;
}

/** The sentence that a weight follows another rate, if it does. */
function otherRate(judge, name, step) {
  const rates = [];
  for (let at = step; at < Math.min(step + 3, judge.table.rows); at++) {
    const given = judge.given(at - 1), value = comesTo(judge, name, at), column = `dE_d${name}`;
    const slope = judge.has(column) ? judge.number(column, at - 1) : null;
    if (given === null || value === null || !slope) return [];
    rates.push((given[name] - value) / slope);
  }
  if (!("rate" in judge.known) || Math.max(...rates) - Math.min(...rates) > 1e-3 * Math.abs(rates[0])) {
    return [];
  }
  const [followed, rate] = [rates[0], judge.known.rate].map((each) => local(general(each, 4)));
  return followed === rate ? [] : [t`It follows a rate of ${followed}; given is ${rate}.`];
}

function lineOf(judge, step) {
  const [name] = judge.table.columns.keys(), { row, column } = judge.place(name, step);
  return judge.table.across ? letters(column) : row;
}

/** Where numbers show no more than this, relative to what is right, it is said. */
const COARSE = 1e-4;
const NOTES = {
  rounded: (where) => t`rounded by its formula in ${where}`,
  biased: (where) => t`a bias is added in ${where}`,
  text: (where) => t`a number is stored as text in ${where}`,
  pasted: (where) => t`numbers are pasted among formulas in ${where}`,
  empty: (where) => t`nothing stands in ${where}`,
  typed: (where) =>
    t`right with the numbers of this sheet and with no others: a number is typed, or another cell taken, in
      ${where}`,
};

function notesOf(judge, book, name, { notes, step, verdict, coarse }) {
  const all = WEIGHTS.includes(name) ? [...judge.remarks] : [], steps = new Map();
  for (const [kind, at] of notes) steps.set(kind, [...steps.get(kind) ?? [], at]);
  for (const [kind, at] of steps) {
    const { row, column } = judge.place(name, at[0]), cell = addressOf(row, column);
    const alone = at.length < 2 || kind === "rounded" || kind === "biased";
    const where = alone ? cell : t`${cell} and ${at.length - 1} more`;
    const [first, ...rest] = kind.split(" "), what = rest.join(" ");
    if (first in NOTES) all.push(NOTES[first](where));
    else if (first === "error") all.push(t`${what} in ${where}`);
    else all.push(t`${where} is judged by its number, for ${what}`);
  }
  if (verdict === "right" && coarse > COARSE) {
    all.push(t`its digits are too few to show what is less than ${local(general(coarse * 100, 1))} % off`);
  }
  const place = judge.place(name, Math.min(step, judge.table.rows - 1)), cell = judge.trees.at(place);
  const sheet = book.sheets.find((one) => one.name === place.sheet);
  if (sheet.hiddenRows.has(place.row)) all.push(t`row ${place.row} is hidden`);
  if (sheet.hiddenColumns.has(place.column)) all.push(t`column ${letters(place.column)} is hidden`);
  if (cell?.formula && cell.value === null) all.push(t`never calculated`);
  const shown = cell ? decimals(cell.shown) : null;
  if (
    shown !== null && typeof cell.value === "number" &&
    Math.abs(cell.value - Number(cell.value.toFixed(shown))) > 1e-12
  ) {
    all.push(t`shown with ${shown} decimals, held with more`);
  }
  return all;
}

/** What the formula of a cell comes to with the numbers of the sheet, or its number. */
function comesTo(judge, name, step) {
  const { sheet } = judge.place(name, step), cell = judge.cell(name, step), { look } = judge.numbers;
  const computed = cell?.formula ? calmly(() => evaluate(judge.trees.tree(cell.formula, sheet), look)) : null;
  return computed ?? judge.number(name, step);
}

/** By how much a cell is off, relative to what belongs there. */
function offBy(judge, name, step) {
  const value = comesTo(judge, name, step), right = judge.expected(name, step);
  if (value === null || !right?.[0]) return null;
  const off = value / right[0] - 1;
  return Number.isFinite(off) && Math.abs(off) > 1e-13 ? off : null;
}

/** How many decimals a number format shows, or null where it shows all. */
function decimals(shown) {
  const found = /^[#,]*0(?:\.(0+))?$/.exec(shown.split(";")[0]);
  return found ? (found[1] ?? "").length : null;
}

/** How far off a number is, in words: in percent, or by a factor. */
function amount(off) {
  const factor = 1 + off, value = Math.abs(off) * 100;
  if (!factor) return t`with 0 where another number belongs`;
  if (Math.abs(factor + 1) < 1e-6) return t`with the wrong sign`;
  if (factor < 0) return t`with the wrong sign and ${times(-factor)} the size`;
  if (!(factor > 0.1 && factor < 10)) return t`${times(factor)} what belongs there`;
  if (value < 1e-6) return t`off by less than ${local("0.000001")} %`;
  const digits = Math.max(0, 1 - Math.floor(Math.log10(value))), scaled = value * 10 ** digits;
  const even = scaled % 1 === 0.5 ? 2 * Math.round(scaled / 2) / 10 ** digits : value; // as Python rounds
  return t`off by ${local(even.toFixed(digits))} %`;
}

function times(factor) {
  if (factor > 1e5) return t`more than 100000 times`;
  return factor > 1e-4
    ? t`${local(general(Number(factor.toPrecision(3)), 6))} times`
    : t`less than ${local("0.0001")} times`;
}
