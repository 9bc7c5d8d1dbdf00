// What is given to the network of a table: inputs, targets, the learning rate, wherever they stand. The twin
// of the first part of `_Judge` in s6lib/worksheet/check.py.

import { t } from "../kit/words.js";
import { calmly, FURTHEST } from "./cells.js";
import { evaluate } from "./evaluate.js";
import { addressOf, allOf, cellsOf, FormulaError } from "./formulas.js";
import { GIVEN, Network, WEIGHTS } from "./trials.js";
import { place } from "./tables.js";
import { plainNumber } from "./texts.js";

/** On how many random networks each formula is tried. */
const TRIES = [0, 1, 2];
/** An input, a target or a rate above this is none. */
const HUGE = 1e6;
/** Which of two lists comes first: below 0 where the first does. */
export const before = (a, b) => {
  const k = a.findIndex((one, at) => one !== b[at]);
  return k < 0 ? 0 : Number(a[k]) - Number(b[k]);
};
/** The first of the least, by what `far` says of each: a list. */
const nearest = (list, far) =>
  list.reduce((best, one) => (best && before(far(best), far(one)) <= 0 ? best : one), null);
const significant = (value, digits) => Number(value.toPrecision(digits));

/** One table and what is known of it. `words` has the formulas and slips; `found` all tables of the book,
 *  `named` the numbers with labels. */
export class Known {
  known = {};
  remarks = [];
  rateCell = null;
  #constants = new Map();
  #columns = new Map();
  #gaps = new Map();

  constructor({ trees, numbers, found, named, words }, table) {
    Object.assign(this, { trees, numbers, table, words });
    for (const [name, first] of table.columns) {
      const key = this.#line(first);
      this.#columns.set(key, [
        [name, table.across ? first.column : first.row],
        ...this.#columns.get(key) ?? [],
      ]);
    }
    for (let step = 0; step < table.rows; step++) { // from the top, so that no chain of cells gets long
      for (const name of table.columns.keys()) this.number(name, step);
    }
    this.others = found.filter(({ sheet, heading }) =>
      sheet !== table.sheet || before(heading, table.heading)
    );
    this.rates = named.filter(({ name, at }) => name === "rate" && at).map(({ at }) => trees.key(at));
  }
  /** Finds out what is given. */
  study(named) {
    this.#findConstants(named);
    this.varied = GIVEN.slice(0, 4).some((name) => this.has(name) && this.#differs(name));
    if (this.varied) { for (const name of this.table.columns.keys()) delete this.known[name]; }
    this.#findRate(named);
    for (const name in this.known) if (Math.abs(this.known[name]) > HUGE) delete this.known[name];
    this.makeNetworks();
  }
  /** A number for the column (or row, on the side) of a place. */
  #line({ sheet, row, column }) {
    return this.trees.key(this.table.across ? { sheet, row, column: 0 } : { sheet, row: 0, column });
  }
  has(name) {
    return this.table.columns.has(name);
  }
  place(name, step) {
    return place(this.table, name, step);
  }
  /** The quantity and step that a cell of the table holds, [name, step]; else undefined. */
  meaning(at) {
    if (!this.trees.at(at)) return undefined;
    const here = this.table.across ? at.column : at.row;
    for (const [name, first] of this.#columns.get(this.#line(at)) ?? []) {
      if (here >= first && here < first + this.table.rows) return [name, here - first];
    }
  }
  /** Whether a cell of a column is empty: a reference to that one is none to the column. */
  hasGaps(name) {
    if (!this.#gaps.has(name)) {
      this.#gaps.set(
        name,
        Array.from({ length: this.table.rows }, (_, step) => this.cell(name, step)).includes(null),
      );
    }
    return this.#gaps.get(name);
  }
  /** The quantity that a cell outside of the table holds, or undefined. */
  constant(at) {
    return this.#constants.get(this.trees.key(at))?.name;
  }
  /** The cells outside of the table that hold a quantity, [{name, at}]. */
  get constants() {
    return [...this.#constants.values()];
  }
  isConstant(name) {
    return this.constants.some((one) => one.name === name);
  }
  #hold(at, name) {
    this.#constants.set(this.trees.key(at), { name, at });
  }
  number(name, step) {
    return this.numbers.get(this.place(name, step));
  }
  cell(name, step) {
    return this.trees.at(this.place(name, step));
  }

  /** Inputs and targets that stand outside of the table, by their labels; else by what the formulas hold. */
  #findConstants(named) {
    for (const name of [...GIVEN.slice(0, 4), ...WEIGHTS]) {
      if (this.has(name)) this.known[name] = this.number(name, 0);
      else {
        const labelled = this.#labelled(named, name);
        const best = nearest(labelled, ({ at }) => this.far(at));
        if (!best) continue;
        this.known[name] = best.value;
        for (const { at, value } of labelled) if (at && value === best.value) this.#hold(at, name);
      }
      if (this.known[name] === null) delete this.known[name];
    }
    for (const name of GIVEN.slice(0, 4)) {
      const value = name in this.known ? null : this.#probed(name);
      if (value !== null) this.known[name] = value;
    }
    for (const name of WEIGHTS) delete this.known[name];
  }
  /** The numbers that have this name, [{at, value}]. */
  #labelled(named, name) {
    return named.filter((one) => one.name === name)
      .map(({ at, value }) => ({ at, value: at ? this.numbers.get(at) : value }));
  }
  /** How far a label is from the table: another sheet is farthest, and what stands below its heading far. */
  far(at) {
    if (!at) return [false, false, 0];
    const [row, column] = this.table.heading;
    return [
      at.sheet !== this.table.sheet,
      at.row > row,
      Math.abs(at.row - row) + Math.abs(at.column - column),
    ];
  }
  /** A number that is typed into formulas: an input is h1 where its weight is 1 and the other one 0; a
   *  target follows from E1 at two outputs. */
  #probed(name) {
    const k = name[1];
    if (name[0] === "i") {
      const [bias, both] = [0, 1].map((value) => this.#tried("h1", { w1: 0, w2: 0, [`w${k}`]: value }));
      return bias === null || both === null ? null : Number((both - bias).toFixed(12));
    }
    const [zero, one] = [0, 1].map((value) => this.#tried(`E${k}`, { [`a_o${k}`]: value }));
    return zero === null || one === null ? null : Number((zero - one + 0.5).toFixed(12));
  }
  /** What the first formula of a column comes to with these numbers, and nothing else known. */
  #tried(name, put) {
    const cell = this.has(name) ? this.cell(name, 0) : null, { sheet } = this.table.columns.get(name) ?? {};
    if (!cell?.formula) return null;
    const look = (...at) => {
      const meant = this.meaning({ sheet: at[0], row: at[1], column: at[2] });
      if (!meant) return this.numbers.look(...at);
      if (!(meant[0] in put)) throw new FormulaError("value", "not known");
      return put[meant[0]];
    };
    return calmly(() => evaluate(this.trees.tree(cell.formula, sheet), look));
  }
  #differs(name) {
    const values = new Set();
    for (let step = 0; step < this.table.rows; step++) values.add(this.number(name, step));
    values.delete(null);
    return values.size > 1;
  }

  /** The learning rate: its column, else the cell that most updates take, else what they are typed with,
   *  else the nearest label, else what the numbers follow. */
  #findRate(named) {
    const hold = (value) => {
      if (value !== null) this.known.rate = value;
    };
    if (this.has("rate")) return hold(this.number("rate", 0));
    const labelled = this.#labelled(named, "rate");
    const near = nearest(labelled, ({ at }) => this.far(at)), votes = new Map();
    const all = labelled.filter(({ at }) => at?.sheet === this.table.sheet && this.#mine(at)), [mine] = all;
    for (const at of WEIGHTS.flatMap((name) => this.#rateCandidates(name))) {
      const key = this.trees.key(at);
      votes.set(key, { at, count: (votes.get(key)?.count ?? 0) + 1 });
    }
    if (votes.size) return this.#elect([...votes.values()], near, labelled);
    const typed = WEIGHTS.map((name) => this.#typedRate(name)).filter((value) => value !== null);
    const times = (value) => typed.filter((one) => one === value).length;
    const most = typed.length ? typed.reduce((best, one) => (times(one) > times(best) ? one : best)) : null;
    if (most !== null && mine && mine.value !== null && mine.value !== most) {
      // there is one, and no formula takes it
      const leftOut = typed.every((value) => value === 1) && !this.#holdsNumber();
      if (leftOut || (new Set(typed).size === 1 && this.#isAlone(all))) {
        return this.#takeRate(mine.at, mine.value);
      }
      const { row, column } = mine.at;
      this.remarks.push(t`the rate is typed into the formulas; ${addressOf(row, column)} has another one`);
    }
    if (most !== null) return hold(most);
    const followed = this.#followedRate();
    const { at, value } = mine ?? (followed === null ? near : null) ?? { at: null, value: followed };
    hold(value);
    if (at) this.#hold(at, "rate");
  }
  /** Whether the rate beside a label is the only one: no other label, and no list of rates to try. */
  #isAlone([{ at: { sheet, row, column } }, ...more]) {
    const beside = [[0, 1], [1, 0]].map(([down, right]) => ({
      sheet,
      row: row + down,
      column: column + right,
    }));
    return !more.length && beside.every((at) => this.numbers.get(at) === null);
  }
  #elect(votes, near, labelled) {
    const most = Math.max(...votes.map(({ count }) => count)), of = (at) => this.trees.key(at);
    const best = votes.filter(({ count }) => count === most).map(({ at }) => at);
    this.#takeRate(near?.at && best.some((at) => of(at) === of(near.at)) ? near.at : best[0]);
    const mine = labelled.filter(({ at }) => at?.sheet === this.table.sheet && this.#mine(at)),
      taken = of(this.rateCell);
    if (mine.length && this.rates.includes(taken) && !mine.some(({ at }) => of(at) === taken)) {
      this.#takeRate(mine[0].at, mine[0].value); // all its updates take the rate of another table
    }
  }
  /** From now on this cell holds the rate. */
  #takeRate(at, given = null) {
    const value = given ?? this.numbers.get(at);
    if (this.rateCell && (value === null || value === this.known.rate)) return;
    if (this.rateCell) this.#constants.delete(this.trees.key(this.rateCell));
    this.rateCell = at;
    this.#hold(at, "rate");
    if (value !== null) this.known.rate = value;
  }
  /** Whether a label belongs to this table and no other: its own sheet, or above it and below the table
   *  before. */
  #mine({ row }) {
    const [top, , bottom] = this.table.area,
      here = this.others.filter(({ sheet }) => sheet === this.table.sheet);
    const above = here.filter(({ area }) => area[2] < top).map(({ area }) => area[2]);
    const beside = here.some(({ area }) => area[0] <= bottom && top <= area[2]);
    return !beside && Math.max(0, ...above) < row && row <= bottom;
  }
  /** Cells outside of the table, no inputs or targets, that the update of a weight takes a number from. */
  #rateCandidates(name) {
    if (!this.has(name) || this.table.rows < 2) return [];
    const found = new Map(), waiting = [this.place(name, 1)], seen = new Set();
    while (waiting.length && seen.size < FURTHEST) {
      const at = waiting.pop(), key = this.trees.key(at);
      seen.add(key);
      calmly(() => {
        const cell = this.trees.at(at);
        if (cell && !cell.formula && !this.meaning(at) && plainNumber(cell.value) !== null) {
          found.set(key, at);
        }
        if (!cell?.formula) return;
        for (const one of cellsOf(this.trees.tree(cell.formula, at.sheet))) {
          if (!this.meaning(one) && !this.constant(one) && !seen.has(this.trees.key(one))) waiting.push(one);
        }
      });
    }
    return [...found.values()];
  }
  /** The rate that is typed into the formula of an update, if it is one. */
  #typedRate(name) {
    if (!this.has(name) || this.table.rows < 2) return null;
    const found = [0, 1].map((seed) => {
      const network = new Network(this.words.formulas, seed, this.known, this.varied);
      const value = this.on(network, name, 1), { [name]: weight, [`dE_d${name}`]: slope } = network.at(-1);
      return value === null ? null : (weight - value) / slope;
    });
    if (found.includes(null)) return null;
    return Math.abs(found[0] - found[1]) <= 1e-6 * Math.abs(found[0]) ? significant(found[0], 9) : null;
  }
  /** Whether a number is typed into an update. */
  #holdsNumber() {
    return WEIGHTS.some((name) => {
      const { sheet } = this.table.columns.get(name) ?? {}, text = sheet && this.cell(name, 1)?.formula;
      const tree = text && calmly(() => this.trees.tree(text, sheet));
      return tree && allOf(tree).some(({ kind }) => kind === "number");
    });
  }
  /** The rate that the weights follow: the median over steps, each from its steepest weight. */
  #followedRate() {
    const ratios = [], moving = WEIGHTS.filter((name) => this.has(name) && this.has(`dE_d${name}`));
    for (let step = 0; step < this.table.rows - 1; step++) {
      let steepest = null;
      for (const name of moving) {
        const [here, after] = [step, step + 1].map((at) => this.number(name, at)),
          slope = this.number(`dE_d${name}`, step);
        if (here === null || after === null || !slope) continue;
        const one = [Math.abs(slope), (here - after) / slope];
        if (before(one, steepest ?? [0, 0]) > 0) steepest = one;
        steepest ??= [0, 0];
      }
      if (steepest) ratios.push(steepest[1]);
    }
    if (!ratios.length) return null;
    const middle = ratios.sort((a, b) => a - b)[Math.floor(ratios.length / 2)], near = significant(middle, 3);
    return Math.abs(near - middle) <= 1e-3 * Math.abs(near) ? near : middle;
  }

  /** Random networks: some with the sheet's own inputs, targets and rate, some with none of them. */
  makeNetworks() {
    const typed = {}, { formulas } = this.words;
    for (const name in this.known) {
      if (!this.has(name) && !this.isConstant(name)) typed[name] = this.known[name];
    }
    this.own = TRIES.map((seed) => new Network(formulas, seed, this.known, this.varied));
    this.free = TRIES.map((seed) => new Network(formulas, seed + 100, typed, this.varied));
  }
}
