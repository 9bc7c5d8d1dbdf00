// What the reader has chosen, the run that follows from it, and all that may change either. No element is
// here.

import { KEYS } from "./address.js";
import { Run } from "./engine.js";
import { LAST_STEP, OPERATIONS, PLACE, plain } from "./words.js";

const SETTINGS = ["weights", "inputs", "targets", "learning_rate"];
/** Where each number that the reader gives stands in the state, by its name on the page: [key, place]. */
const GIVEN = Object.fromEntries(
  [["weights", 8], ["inputs", 2], ["targets", 2]].flatMap(([key, count]) =>
    Array.from({ length: count }, (_, k) => [key[0] + (k + 1), [key, k]])
  ),
);

/** `state` is what the address may name, `run` the training that follows from it, `far` the last step that
 *  was seen, `last` the step that it goes no further than, `ghost` the curve and the settings before the last
 *  change, `race` the runs of the rates side by side, `values` every quantity of the moment, `problem` what
 *  is wrong with it, `look` how it is shown. `changed(silent)` is called after each change, and then
 *  `render()`. */
export class Store {
  constructor(model, own = {}) {
    const defaults = withOwn(readModel(model), own), state = structuredClone(defaults), run = new Run(state);
    state.step = run.at(state.step);
    Object.assign(this, {
      model,
      defaults,
      state,
      run,
      far: state.step,
      ghost: null,
      race: null,
      playing: 0,
      last: LAST_STEP,
    });
    const look = { digits: 5, speed: 4, log: false, picked: null, hint: false };
    Object.assign(this, { values: {}, problem: "", look });
    Object.assign(this, {
      opened: new Set(),
      changed() {},
      render() {},
      walked() {},
      held() {},
      forget() {},
    });
  }

  /** Takes over `patch`; a changed setting starts a new run and leaves its curve as a ghost. */
  change(patch, { keepGhost = false, silent = false } = {}) {
    const { state } = this, differs = (key) => key in patch && String(patch[key]) !== String(state[key]);
    const setting = SETTINGS.some(differs), fresh = setting || differs("rates");
    if (setting && !keepGhost) {
      const settings = structuredClone(Object.fromEntries(SETTINGS.map((key) => [key, state[key]])));
      this.ghost = { loss: this.run.loss.slice(0, this.far + 1), settings };
    }
    Object.assign(state, patch);
    if (setting) Object.assign(this, { run: new Run(state), far: 0, opened: new Set() });
    if (fresh) this.race = null;
    state.step = this.run.at(state.step);
    this.far = Math.max(this.far, state.step);
    this.writing = true;
    writeModel(this.model, state);
    this.writing = false;
    this.changed(silent);
    this.render();
  }

  /** Follows what Jupyter does to the traits, until the function that it returns is called. */
  follow() {
    const take = () => {
      const now = readModel(this.model);
      if (!this.writing && KEYS.some((key) => String(now[key]) !== String(this.state[key]))) this.change(now);
    };
    KEYS.forEach((key) => this.model.on(`change:${key}`, take));
    return () => KEYS.forEach((key) => this.model.off(`change:${key}`, take));
  }

  /** What was given for the number called `name`: of a weight, what it was before the first step. */
  given(name) {
    const [key, place] = GIVEN[name];
    return this.state[key][place];
  }

  give(name, value, options) {
    const [key, place] = GIVEN[name];
    this.change({ [key]: this.state[key].map((old, k) => (k === place ? value : old)) }, options);
  }

  /** What differs from the settings of the ghost: [name, before, now] each. */
  differences() {
    const { settings } = this.ghost, { state } = this;
    const numbers = Object.entries(GIVEN).map(([name, [key, k]]) => [name, settings[key][k], state[key][k]]);
    return [...numbers, ["η", settings.learning_rate, state.learning_rate]]
      .filter(([, before, now]) => before !== now);
  }

  move(steps) {
    const step = Math.min(Math.max(this.state.step + steps, 0), this.last);
    this.change({ step, operation: "overview" });
  }

  walk(operations) {
    if (operations > 0 && this.asking) return this.held();
    const place = PLACE[this.state.operation] + operations, count = OPERATIONS.length;
    const step = this.state.step + Math.floor(place / count);
    if (step < 0 || step > Math.min(this.last, this.run.end)) return;
    this.change({ step, operation: OPERATIONS[(place + count) % count].name });
    this.walked();
  }

  play() {
    const { speed } = this.look;
    this.halt();
    this.playing = setInterval(() => {
      if (speed < 0) this.walk(1);
      else this.move(1);
      if (this.problem || this.state.step === this.last) this.pause();
    }, 1000 / Math.abs(speed));
    this.render();
  }

  halt() {
    if (this.playing) this.opened.add(this.moment); // the reader has seen it
    clearInterval(this.playing);
    this.playing = 0;
  }

  pause() {
    this.halt();
    this.render();
  }

  /** A reader who steps takes over from Play. */
  byHand(act) {
    this.halt();
    act();
  }

  reset() {
    this.halt();
    Object.assign(this, { ghost: null, far: 0 });
    this.forget();
    this.change(structuredClone(this.defaults), { keepGhost: true });
  }

  /** Every quantity of the moment anew, and what is wrong with it. */
  evaluate() {
    const { step } = this.state;
    this.values = this.run.values(step);
    const bad = Object.keys(this.values).find((name) => !Number.isFinite(this.values[name]));
    this.problem = bad
      ? `Not finite: at step ${step} ${plain(bad)} is beyond what a float64 holds. ` +
        "Step back, or take smaller numbers."
      : "";
  }

  /** The place of the operation within the step. */
  get here() {
    return PLACE[this.state.operation];
  }

  /** Where the reader stands, as one text. */
  get moment() {
    return `${this.state.step} ${this.state.operation}`;
  }

  /** Whether the reader is to say what the operation comes to, before it is shown. */
  get asking() {
    return Boolean(this.state.ask && this.here && !this.playing && !this.opened.has(this.moment));
  }

  /** Shows what was asked for. */
  open() {
    this.opened.add(this.moment);
    this.render();
  }

  /** Whether the value of `name` has been found by now. */
  known(name) {
    const { here, state, asking } = this;
    return (!here && !state.ask) || !(PLACE[name] > here - asking);
  }

  /** The weight whose update is written out. */
  get shownWeight() {
    return this.state.proof === "none" ? "w5" : this.state.proof;
  }

  /** Weight `w` after the next update. */
  updated(w) {
    return this.values[w] - this.state.learning_rate * this.values["dE_d" + w];
  }
}

function readModel(model) {
  const state = {};
  for (const key of KEYS) state[key] = model.get(key);
  return { ...state, weights: state.weights.flat(2) };
}

/** `state` with the numbers that the reader has given by their names. */
function withOwn(state, { learning_rate = state.learning_rate, ...numbers }) {
  const own = { ...structuredClone(state), learning_rate };
  for (const [name, value] of Object.entries(numbers)) {
    const [key, place] = GIVEN[name];
    own[key][place] = value;
  }
  return own;
}

function writeModel(model, state) {
  const [a, b, c, d, e, f, g, h] = state.weights;
  const whole = { ...state, weights: [[[a, b], [c, d]], [[e, f], [g, h]]] };
  for (const [key, value] of Object.entries(whole)) {
    if (JSON.stringify(model.get(key)) !== JSON.stringify(value)) model.set(key, value);
  }
  model.save_changes();
}
