// A course of training, by a seed: initial weights, order of the images, dropout, small moves; step by step,
// in slices. Pure: no page, and no time.

import { forwardInSlices, layersOf, networkOf, sizesOf, stepInSlices } from "../digits/engine.js";

const PIXELS = 784, WIDE = 28;
/** An even guess among ten digits costs this much; a course that costs so many times more has blown up. */
export const EVEN_GUESS = Math.log(10), TOO_MUCH = 10;
/** How far an image is moved at most, in pixels, and turned, in degrees. */
export const SHIFT = 2, TURN = 10;
const RECENT = 20, READ_AT_ONCE = 10;

/** Chance by a seed: Mulberry32, by T. Ettinger. Each purpose has a stream of its own, so that one that is
 * not needed changes nothing in another. */
export class Chance {
  constructor(seed, stream) {
    this.at = Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b) | 0;
  }
  /** A number from 0 up to 1, of 32 bits. */
  next() {
    this.at = this.at + 0x6d2b79f5 | 0;
    let mixed = Math.imul(this.at ^ this.at >>> 15, this.at | 1);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  }
  /** The numbers from 0 to count - 1 in a new order. */
  order(count) {
    const all = Array.from({ length: count }, (_, k) => k);
    for (let last = count - 1; last > 0; last--) {
      const other = Math.floor(this.next() * (last + 1));
      [all[last], all[other]] = [all[other], all[last]];
    }
    return all;
  }
}
const WEIGHTS = 0, ORDER = 1, DROPOUT = 2, MOVES = 3;

/** Initial weights of a network, {name: array}, distributed as PyTorch's are: those of a convolution or a
 * linear layer evenly up to 1 / sqrt(how many values enter each sum). */
export function initialState(settings, seed) {
  const layers = layersOf(settings), chance = new Chance(seed, WEIGHTS), state = {};
  for (const [name, length] of Object.entries(sizesOf(layers))) {
    const [at, each] = name.split("."), { kind, from, kernel } = layers.find((layer) => layer.name === at);
    const entering = from[0] * (kernel ? kernel ** 2 : from[1] * from[2]);
    const reach = 1 / Math.sqrt(entering);
    const value = {
      conv: () => reach * (2 * chance.next() - 1),
      linear: () => reach * (2 * chance.next() - 1),
      average: () => 1 / (from[1] * from[2]),
      norm: () => Number(each === "weight" || each === "running_var"),
    }[kind];
    state[name] = Array.from({ length }, value);
  }
  return state;
}

/** `image` moved by chance: a new value is the old one at R(angle) (x, y) + (right, down), measured from the
 * middle, as in s6lib.augmentation; linear between pixels, and ground beyond the edge. */
export function moved(image, angle, right, down) {
  const cosine = Math.cos(angle), sine = Math.sin(angle), middle = (WIDE - 1) / 2, ground = image[0];
  const value = (row, column) =>
    row < 0 || column < 0 || row >= WIDE || column >= WIDE ? 0 : image[row * WIDE + column] - ground;
  return image.map((_, at) => {
    const x = at % WIDE - middle, y = Math.floor(at / WIDE) - middle;
    const oldX = cosine * x - sine * y + right + middle, oldY = sine * x + cosine * y + down + middle;
    const left = Math.floor(oldX), top = Math.floor(oldY), along = oldX - left, below = oldY - top;
    return ground + (1 - below) * ((1 - along) * value(top, left) + along * value(top, left + 1)) +
      below * ((1 - along) * value(top + 1, left) + along * value(top + 1, left + 1));
  });
}

/** How many of the `images`, normalised, a network reads as their labels say. Yields as it goes. */
export const countRight = function* (network, images, labels) {
  let right = 0;
  for (let first = 0; first < labels.length; first += READ_AT_ONCE) {
    const some = labels.slice(first, first + READ_AT_ONCE);
    const part = images.subarray(first * PIXELS, (first + some.length) * PIXELS);
    const { values } = yield* forwardInSlices(network, part, some.length);
    some.forEach((label, n) => {
      const said = values.log_softmax.subarray(10 * n, 10 * n + 10);
      right += Number(said.every((each, digit) => digit === label || each < said[label]));
    });
  }
  return right;
};

/** The length of the gradient of each convolution and of the linear layer, weights and bias together. */
export function lengthsOf(gradient) {
  const squares = {};
  for (const [name, slope] of Object.entries(gradient)) {
    const [layer] = name.split(".");
    if (!/^(conv|linear)/.test(layer)) continue;
    squares[layer] = slope.reduce((sum, each) => sum + each * each, squares[layer] ?? 0);
  }
  return Object.fromEntries(Object.entries(squares).map(([layer, sum]) => [layer, Math.sqrt(sum)]));
}

/** The course. `plan` is { settings, seed, batch, moves, state }: `moves` lets images move a little, and
 * `state` is where it starts from, if not from nothing. `images` are normalised; `kept` is what an earlier
 * course returned from `keep()`. */
export class Course {
  constructor(plan, { images, labels }, kept = null) {
    Object.assign(this, { plan, images, labels });
    const state = kept?.state ?? plan.state ?? initialState(plan.settings, plan.seed);
    this.network = networkOf(plan.settings, state);
    this.velocity = structuredClone(kept?.velocity ?? {});
    this.steps = kept?.steps ?? 0;
    this.recent = kept?.recent.slice() ?? [];
    this.chances = [ORDER, DROPOUT, MOVES].map((stream, k) =>
      Object.assign(new Chance(plan.seed, stream), kept && { at: kept.chances[k] })
    );
    this.order = kept?.order ?? [];
  }

  get epoch() {
    return Math.ceil(this.labels.length / this.plan.batch);
  }

  /** All that it takes to go on from here. */
  keep() {
    const { steps, order, velocity, recent, network: { state } } = this;
    return structuredClone({
      steps,
      order,
      velocity,
      recent,
      state,
      chances: this.chances.map(({ at }) => at),
    });
  }

  /** The next batch: { images, labels, masks }. The last one of an epoch may be smaller. */
  batch() {
    const { plan, chances: [order, dropout, moves] } = this, at = this.steps % this.epoch;
    if (at === 0) this.order = order.order(this.labels.length);
    const chosen = this.order.slice(at * plan.batch, (at + 1) * plan.batch);
    const images = new Float64Array(chosen.length * PIXELS);
    chosen.forEach((place, n) => {
      let image = this.images.subarray(place * PIXELS, (place + 1) * PIXELS);
      if (plan.moves) {
        const even = (limit) => limit * (2 * moves.next() - 1);
        image = moved(image, even(TURN * Math.PI / 180), even(SHIFT), even(SHIFT));
      }
      images.set(image, n * PIXELS);
    });
    const masks = {};
    for (const { name, kind, p, to } of this.network.layers) {
      if (kind !== "drop" || !p) continue;
      const places = chosen.length * to[0] * to[1] * to[2];
      masks[name] = Uint8Array.from({ length: places }, () => Number(dropout.next() >= p));
    }
    return { images, labels: chosen.map((place) => this.labels[place]), masks };
  }

  /** One step, in slices; returns { loss, lengths, blown }, where `blown` says that it must not go on. */
  *step({ rate, momentum }) {
    const { images, labels, masks } = this.batch();
    const options = { learningRate: rate, momentum, masks };
    const { error: loss, gradient } = yield* stepInSlices(
      this.network,
      this.velocity,
      images,
      labels,
      options,
    );
    this.steps++;
    this.recent = [...this.recent, loss].slice(-RECENT);
    const mean = this.recent.reduce((sum, each) => sum + each, 0) / this.recent.length;
    const finite = Object.values(this.network.state).every((values) => values.every(Number.isFinite));
    return { loss, lengths: lengthsOf(gradient), blown: !finite || !(mean < TOO_MUCH * EVEN_GUESS) };
  }

  /** Whether these weights are worth to come back to: it costs less than an even guess and a half. */
  get good() {
    const last = this.recent.slice(-5);
    return last.reduce((sum, each) => sum + each, 0) <= 1.5 * EVEN_GUESS * last.length;
  }
}
