// Networks of random numbers, every quantity of a step by its name: what formulas are tried on. The twin of
// s6lib/worksheet/trials.py, whose formulas come as data.

import { formula } from "../kit/formula.js";

export const GIVEN = ["i1", "i2", "t1", "t2", "rate"];
export const WEIGHTS = [1, 2, 3, 4, 5, 6, 7, 8].map((k) => `w${k}`);

/** From where to where random numbers go. */
const RANGES = { w: [-1.5, 1.5], i: [0.2, 1.3], t: [0.1, 0.9], r: [0.3, 0.9] };
const SPREADING = 2654435761;

/** Numbers from 0 to 1, the same for the same seed everywhere: a linear congruence. */
export function randoms(seed) {
  let state = (Math.imul(seed, SPREADING) + 12345) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const compiled = new Map();
export function compile(text) {
  if (!compiled.has(text)) compiled.set(text, formula(text));
  return compiled.get(text);
}

/** Every quantity of a step from weights, inputs, targets and the rate: right, with `changed` formulas, or
 *  with numbers that are `put` in place of what some quantities come to. */
export function compute(formulas, given, changed = {}, put = {}) {
  const numbers = { ...given };
  for (const name in formulas) {
    numbers[name] = Object.hasOwn(put, name) ? put[name] : compile(changed[name] ?? formulas[name])(numbers);
  }
  return numbers;
}

/** A network and its steps: from each step to the next by the update, where the two are neighbours. `known`:
 *  numbers that are as the sheet has them, all others are random; `varied`: whether inputs and targets differ
 *  from step to step. */
export class Network {
  #steps = new Map();
  #slipped = new Map();
  constructor(formulas, seed, known = {}, varied = false) {
    Object.assign(this, { formulas, seed, known, varied });
  }
  /** Every quantity at a step, counted from the one that is looked at. */
  at(offset) {
    if (!this.#steps.has(offset)) {
      this.#steps.set(offset, compute(this.formulas, this.#given(offset)));
    }
    return this.#steps.get(offset);
  }
  /** The same step with the wrong formulas of a slip; what is given stays. */
  slipped(offset, slip) {
    const key = `${slip.name} ${offset}`;
    if (!this.#slipped.has(key)) {
      const right = this.at(offset), given = {};
      for (const name of [...GIVEN, ...WEIGHTS]) given[name] = right[name];
      this.#slipped.set(key, compute(this.formulas, given, slip.formulas));
    }
    return this.#slipped.get(key);
  }
  #given(offset) {
    const own = randoms(7919 + this.seed + 1000 * ((offset % 65_536 + 65_536) % 65_536));
    const shared = randoms(1 + this.seed), numbers = {};
    for (const name of [...GIVEN, ...WEIGHTS]) {
      const [low, high] = RANGES[name[0]];
      const next = WEIGHTS.includes(name) || (this.varied && name !== "rate") ? own : shared;
      const drawn = low + (high - low) * next();
      numbers[name] = this.known[name] ?? drawn;
    }
    if (offset === 0 || offset === 1) {
      const before = this.at(offset - 1);
      for (const name of WEIGHTS) numbers[name] = before[`${name}_new`];
    }
    return numbers;
  }
}
