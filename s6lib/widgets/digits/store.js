// What the reader has drawn, asked and taught, and what follows from it. No element is here.

import { format } from "../kit/numbers.js";
import { t } from "../kit/words.js";
import { load } from "./assets.js";
import { normalise } from "./data.js";
import { backward, error, forward, SIDE } from "./engine.js";
import { judge, NO_DIGIT, prepare, rasterise, STEPS } from "./prepare.js";
import { networkFrom } from "./weights.js";

const RASTER = 140, SNAPSHOTS = 200, PATIENCE = 500;
const TOO_MUCH = 1000; // an even guess among ten digits costs 2.3
const TRAITS = ["image", "network", "label", "learning_rate"];

/** `strokes` or `picture`, { pixels, width, height }, is what was drawn; `prepared` what became of it; `seen`
 *  what is wrong with it, in words; `pass` and `back` what the network makes of it; `open` what the lens
 *  shows. `views` are called after every change. */
export class Store {
  /** `wide` says that there is room for a look at a number from the beginning. */
  constructor(model, wide = true) {
    const [image, chosen, label, learning_rate] = TRAITS.map((name) => model.get(name));
    Object.assign(this, { model, wide, image, chosen, label, learning_rate, given: image !== null });
    Object.assign(this, { strokes: [], picture: null, network: null, pass: null, p: null, back: null });
    Object.assign(this, {
      open: null,
      looks: [],
      digits: 6,
      moves: [],
      playing: 0,
      problem: "",
      waiting: "",
      ended: "",
    });
    this.steps = Object.fromEntries(STEPS.map((name) => [name, true]));
    this.views = new Set();
    this.#prepare();
  }

  on(render) {
    this.views.add(render);
    return () => this.views.delete(render);
  }

  render() {
    for (const view of this.views) view();
  }

  // The drawing ---------------------------------------------------------------------------------

  /** Takes strokes, or a picture in their place: { pixels, width, height }, grey levels from 0 to 255. */
  draw(strokes, picture = null) {
    this.halt(); // a lesson is about one drawing
    Object.assign(this, { strokes, picture, given: false });
    this.#prepare();
    this.#read();
  }

  /** Leaves out, or takes up again, a step of the preparation. */
  toggle(step) {
    this.steps[step] = !this.steps[step];
    this.#prepare();
    this.#read();
  }

  get empty() {
    return !this.strokes.length && !this.picture;
  }

  #prepare() {
    if (this.given) { // it came as the network reads it
      this.prepared = { image: Uint8Array.from(this.image.flat()), stages: [] };
      this.picture = { pixels: this.prepared.image, width: SIDE, height: SIDE };
      this.seen = judge(this.prepared.image, SIDE, SIDE);
      return;
    }
    const { pixels, width, height } = this.picture ??
      { pixels: rasterise(this.strokes, RASTER), width: RASTER, height: RASTER };
    this.seen = judge(pixels, width, height);
    this.prepared = prepare(pixels, width, height, this.steps);
  }

  // The network ---------------------------------------------------------------------------------

  /** Fetches the network of this name, and lets it read. */
  async choose(name) {
    this.halt();
    Object.assign(this, { chosen: name, waiting: t`Fetching the network “${name}” …`, problem: "" });
    this.render();
    try {
      const given = await load(this.model.get("data"), name);
      if (this.chosen !== name) return; // another one was chosen meanwhile
      const network = networkFrom(given);
      Object.assign(this, { network, came: { ...network.state }, moves: [], waiting: "" });
      const look = this.wide ? lookOf(this.model.get("look"), network) : null;
      Object.assign(this, { open: look, looks: [] });
    } catch (failure) {
      Object.assign(this, { waiting: "", problem: failure.message, network: null, pass: null, p: null });
      Object.assign(this, { back: null, moves: [] });
    }
    this.#read();
  }

  /** Reads the drawing with the weights as they are now. */
  #read() {
    if (!this.network) return this.render();
    this.pass = this.empty ? null : forward(this.network, normalise(this.prepared.image));
    this.p = this.pass && Array.from(this.pass.values.log_softmax, Math.exp);
    this.#sendBack();
  }

  #sendBack() {
    const { pass, label } = this;
    this.back = pass && label !== null ? backward(pass, [label]) : null;
    this.error = this.back && error(pass, [label]);
    this.#tell();
    this.render();
  }

  /** What the network answers, or null where there is nothing to answer to. */
  get answer() {
    return this.p?.every(Number.isFinite) && !NO_DIGIT.includes(this.seen)
      ? this.p.indexOf(Math.max(...this.p))
      : null;
  }

  should(label) {
    this.halt();
    Object.assign(this, { label, ended: "" });
    this.#sendBack();
  }

  // A look at one number --------------------------------------------------------------------------

  look(open) {
    if (this.open) this.looks.push(this.open);
    this.open = open;
    this.render();
  }

  walkBack() {
    this.open = this.looks.pop() ?? null;
    this.render();
  }

  close() {
    Object.assign(this, { open: null, looks: [] });
    this.render();
  }

  setDigits(digits) {
    this.digits = digits;
    this.render();
  }

  // Steps -----------------------------------------------------------------------------------------

  /** Moves every parameter against its slope, w <- w - rate * dE/dw, on this drawing alone. */
  step() {
    const { network: { state }, back: { gradient }, learning_rate: rate, error: before } = this;
    const moved = new Map(); // from the array that was to the one that is: a shared kernel is one array
    for (const [name, slope] of Object.entries(gradient)) {
      if (!moved.has(state[name])) moved.set(state[name], state[name].map((w, k) => w - rate * slope[k]));
    }
    this.#put(moved);
    this.moves.push({ moved, before, rate, promised: rate * squared(gradient) });
    if (this.moves.length > SNAPSHOTS) this.moves.shift();
    this.#read();
    this.ended = "";
    this.problem = this.error < TOO_MUCH && this.p.every(Number.isFinite)
      ? ""
      : t`It has blown up: at a rate of ${format(rate)} a step has made the error ${format(this.error, 3)}.
        Step back, and take a smaller one.`;
    if (this.problem) this.pause();
  }

  #put(moved) {
    const { state } = this.network;
    for (const name in state) state[name] = moved.get(state[name]) ?? state[name];
  }

  /** The weights as they were, to the bit. */
  stepBack() {
    const { moved } = this.moves.pop();
    this.#put(new Map([...moved].map(([old, now]) => [now, old])));
    Object.assign(this, { problem: "", ended: "" });
    this.#read();
  }

  /** The weights as they came. */
  restore() {
    this.halt();
    Object.assign(this.network.state, this.came);
    Object.assign(this, { moves: [], problem: "", ended: "" });
    this.#read();
  }

  setRate(rate) {
    this.learning_rate = rate;
    this.#tell();
    this.render();
  }

  /** Steps until the drawing is read as it should be, or the reader's patience ends. */
  play() {
    this.halt();
    let left = PATIENCE;
    const next = () => {
      if (!this.back) return this.pause();
      this.step();
      if (!this.playing) return;
      if (this.answer !== this.label && --left) return void (this.playing = requestAnimationFrame(next));
      this.ended = left
        ? t`It agrees now, so training stopped.`
        : t`It has not agreed after ${PATIENCE} steps.`;
      this.pause();
    };
    this.playing = requestAnimationFrame(next);
    this.render();
  }

  halt() {
    cancelAnimationFrame(this.playing);
    this.playing = 0;
  }

  pause() {
    this.halt();
    this.render();
  }

  // Jupyter -----------------------------------------------------------------------------------------

  #tell() {
    const now = {
      image: this.empty ? null : rows(this.prepared.image),
      network: this.chosen,
      label: this.label,
      learning_rate: this.learning_rate,
      probabilities: this.p?.every(Number.isFinite) ? this.p : [],
    };
    this.writing = true;
    for (const [name, value] of Object.entries(now)) {
      if (JSON.stringify(this.model.get(name)) !== JSON.stringify(value)) this.model.set(name, value);
    }
    this.model.save_changes();
    this.writing = false;
  }

  /** Follows what Jupyter does to the traits, until the function that it returns is called. */
  follow() {
    const heard = {
      image: (image) => {
        Object.assign(this, { image, given: image !== null, strokes: [], picture: null });
        this.#prepare();
        this.#read();
      },
      network: (name) => this.choose(name),
      label: (label) => this.should(label),
      learning_rate: (rate) => {
        this.learning_rate = rate;
        this.render();
      },
    };
    const ends = Object.entries(heard).map(([name, take]) => {
      const hear = () => this.writing || take(this.model.get(name));
      this.model.on(`change:${name}`, hear);
      return () => this.model.off(`change:${name}`, hear);
    });
    return () => ends.forEach((end) => end());
  }
}

const rows = (image) => Array.from({ length: SIDE }, (_, r) => [...image.subarray(r * SIDE, (r + 1) * SIDE)]);

/** The sum of the squares of all slopes: times the rate, how far a straight line would fall. */
const squared = (gradient) =>
  [...new Set(Object.values(gradient))].flatMap((slope) => [...slope]).reduce((sum, g) => sum + g * g, 0);

/** The look that a text names: "value conv3 5 6 7", by channel, row and column, a "slope" likewise, or
 *  "weight conv1.weight 4", by its place; null for none, and for one of another network. */
function lookOf(text, { layers, state }) {
  const [kind, name, ...place] = text.split(" "), [channel, row, column] = place.map(Number);
  if (kind === "weight") return state[name]?.length > channel ? { kind, name, index: channel } : null;
  const to = layers.find((layer) => layer.name === name)?.to;
  const inside = to && channel < to[0] && row < to[1] && column < to[2];
  return inside ? { kind, layer: name, index: (channel * to[1] + row) * to[2] + column } : null;
}
