// Every number of a pass of one image, in evaluation, as the sum it is: a value, a slope, a gradient. Pure.
//
// What a number is made of comes in groups of parts, { channel, parts, product }, one for each map. A part is
// a value or a slope, { layer, index, value }, and where a parameter stands beside it also { parameter, at,
// weight, product }; its layer is null where a window reaches over the border. What is no plain sum `says`
// how it is written: parts, parameters, numbers, and signs between them. Totals are found from the parts, in
// the order in which the engine adds, so that the two are equal to the bit; only the gradient of a scale,
// which the engine divides once at the end, is equal to rounding.
//
// Beside the layers there are "images", what enters the first one, and "p", the probabilities. An index
// counts within one image, in (C, H, W).

import { eachSquare, forward, statistics } from "./engine.js";

/** All that has values, in the order of the forward pass. */
export function stagesOf(layers) {
  const to = layers.at(-1).to;
  return [{ name: "images", kind: "images", to: layers[0].from }, ...layers, {
    name: "p",
    kind: "p",
    from: to,
    to,
  }];
}

/** The values of a stage. */
export function valuesOf({ entered, network, values }, name) {
  if (name === "images") return entered[network.layers[0].name];
  return name === "p" ? values.log_softmax.map(Math.exp) : values[name];
}

/** [channel, row, column] of an index, and back. */
export const placeOf = ([, height, width], index) => [
  Math.floor(index / (height * width)),
  Math.floor(index / width) % height,
  index % width,
];
export const indexOf = ([, height, width], c, row, column) => (c * height + row) * width + column;

function refuseUnless(fits, name, got, takes) {
  if (!fits) throw new RangeError(`${name}: got ${got}; takes ${takes}`);
}
const refuseBeyond = (index, length) =>
  refuseUnless(index >= 0 && index < length && index % 1 === 0, "index", index, `0 to ${length - 1}`);

/** The stages, where among them the one called `name` is, and the place of an index in it. */
function stageAt(layers, name, index) {
  const stages = stagesOf(layers), names = stages.map((each) => each.name), at = names.indexOf(name);
  refuseUnless(at >= 0, "name", name, names);
  const stage = stages[at], place = placeOf(stage.to, index);
  refuseBeyond(index, stage.to.reduce((product, side) => product * side));
  return { stages, at, stage, place };
}

// Windows -----------------------------------------------------------------------------------------

/** The window that a value looks through: `tall` by `wide`, `alone` if onto its own map only. That of a
 * linear layer and of an average is all that enters, that of most others one place. */
function windowOf({ kind, kernel, stride, padding, border, from: [, ...sides] }) {
  const shapes = {
    conv: [kernel, kernel, stride, padding],
    crop: [1, 1, 1, -border?.[0]],
    pool: [2, 2, 2, 0],
    average: [...sides, 1, 0],
    linear: [...sides, 1, 0],
  };
  const [tall, wide, step, beyond] = shapes[kind] ?? [1, 1, 1, 0];
  return { tall, wide, step, beyond, alone: !["conv", "linear", "log_softmax"].includes(kind) };
}

/** The index that the k-th place of the window at a place meets in channel i, or null beyond the border. */
function metBy({ wide, step, beyond }, from, [, row, column], i, k) {
  const r = row * step + Math.floor(k / wide) - beyond, c = column * step + k % wide - beyond;
  return r < 0 || c < 0 || r >= from[1] || c >= from[2] ? null : indexOf(from, i, r, c);
}

/** The receptive field of a value: of the image the rows from `top` to before `bottom`, and the columns from
 * `left` to before `right`. */
export function field(layers, name, index) {
  const { stages, at, place: [, ...start] } = stageAt(layers, name, index);
  const [[top, bottom], [left, right]] = start.map((first, k) => {
    let last = first;
    for (const layer of stages.slice(1, at + 1).reverse()) {
      const { tall, wide, step, beyond } = windowOf(layer);
      first = Math.max(0, first * step - beyond);
      last = Math.min(layer.from[k + 1], last * step - beyond + (k ? wide : tall)) - 1;
    }
    return [first, last + 1];
  });
  return { top, left, bottom, right };
}

const added = (parts, start = 0) => parts.reduce((sum, { product }) => sum + product, start);
const flat = (groups) => groups.flatMap(({ parts }) => parts);
const upTo = (count) => [...Array(count).keys()];

const parameterOf = ({ network: { state } }, name, each, at) => {
  const parameter = `${name}.${each}`;
  return { parameter, at, weight: state[parameter][at] };
};

/** A part beside the weight from channel i to o at the k-th place of a window, where the layer has one. */
function weighed(pass, { name, kind, from, weighted }, { tall, wide, alone }, part, [o, i, k]) {
  if (alone ? !weighted : kind === "log_softmax") return { ...part, product: part.value };
  const weight = parameterOf(pass, name, "weight", (alone ? o : o * from[0] + i) * tall * wide + k);
  return { ...part, ...weight, product: weight.weight * part.value };
}

/** By how much the sum over a window is divided: in a plain average by its size. */
const shared = ({ kind, weighted, from }) => (kind === "average" && !weighted ? from[1] * from[2] : 1);

/** Mean and spread of a channel of a batch norm, its scale and its shift. */
function normOf(pass, layer, c) {
  const { mean, deviation } = statistics(layer, pass.entered[layer.name], pass);
  return [mean[c], deviation[c], ...["weight", "bias"].map((each) => parameterOf(pass, layer.name, each, c))];
}

// Forward -----------------------------------------------------------------------------------------

/** What a value is made of: { kind, name, index, parts, total } and, as its layer needs, `bias`, what the sum
 * is divided by, `count`, or what it `says`. */
export function valueOf(pass, name, index) {
  const { stages, at, stage, place } = stageAt(pass.network.layers, name, index), { kind, from } = stage;
  const own = { kind, name, index };
  if (!at) return { ...own, parts: [], says: [], total: valuesOf(pass, name)[index] };
  const before = stages[at - 1].name, values = valuesOf(pass, before), window = windowOf(stage), [o] = place;
  const parts = (window.alone ? [o] : upTo(from[0])).map((channel) => {
    const nine = upTo(window.tall * window.wide).map((k) => {
      const met = metBy(window, from, place, channel, k);
      const part = { layer: met === null ? null : before, index: met, value: values[met] ?? 0 };
      return weighed(pass, stage, window, part, [o, channel, k]);
    });
    return { channel, parts: nine, product: added(nine) };
  });
  const four = kind === "norm" ? normOf(pass, stage, o) : [], all = flat(parts);
  if (MADE[kind]) return { ...own, parts, ...MADE[kind](all, four, index) };
  const bias = window.alone ? null : parameterOf(pass, name, "bias", o), count = shared(stage);
  const sum = added(kind === "conv" ? parts : all, bias ? bias.weight : 0);
  return { ...own, parts, bias, count, total: sum / count };
}

const handedOn = ([x]) => ({ says: [x], total: x.value });
/** Parts with a sign before each but the first. */
const joined = (parts, sign) => parts.flatMap((part, k) => (k ? [sign, part] : [part]));

const MADE = {
  crop: handedOn,
  drop: handedOn,
  relu: ([x]) => ({ says: ["max(", x, ", 0)"], total: Math.max(x.value, 0) }),
  norm: ([x], [mean, spread, scale, shift]) => ({
    says: ["(", x, "−", mean, ") /", spread, "×", scale, "+", shift],
    total: scale.weight / spread * (x.value - mean) + shift.weight,
  }),
  pool: (four) => ({
    says: ["max(", ...joined(four, ","), ")"],
    total: Math.max(...four.map(({ value }) => value)),
  }),
  log_softmax(scores, _, index) {
    const top = Math.max(...scores.map(({ value }) => value)), own = scores[index];
    const log = top + Math.log(scores.reduce((sum, { value }) => sum + Math.exp(value - top), 0));
    return { says: [own, "− log( e^", ...joined(scores, "+ e^"), ")"], total: own.value - log };
  },
  p: ([x]) => ({ says: ["e^", x], total: Math.exp(x.value) }),
};

// Backward ----------------------------------------------------------------------------------------

/** Which slopes the slope of a value was made of, those of the layer after it: as `valueOf`, but `kind` is
 * that of the layer after it, and the value of a part is a slope. */
export function slopeOf(pass, back, name, index) {
  const { stages, at, place } = stageAt(pass.network.layers, name, index), next = stages[at + 1];
  refuseUnless(back.slopes[name], "name", name, Object.keys(back.slopes));
  const { kind } = next, own = { kind, name, index };
  if (kind === "log_softmax") {
    const p = { layer: "p", index, value: valuesOf(pass, "p")[index] };
    const y = Number(labelOf(pass, back) === index);
    return { ...own, parts: [{ parts: [p] }], says: [p, "−", y], total: p.value - y };
  }
  const parts = collected(pass, back.slopes[next.name], next, place), all = flat(parts), count = shared(next);
  if (!all.length) return { ...own, parts, says: [0], total: 0 };
  const values = valuesOf(pass, name);
  if (SENT[kind]) return { ...own, parts, ...SENT[kind](all[0], { next, values, index, pass, place }) };
  return { ...own, parts, count, total: added(all) / count };
}

/** Groups of slopes, from every window of the next layer that the value was in. */
function collected(pass, slopes, next, [i, row, column]) {
  const window = windowOf(next), { tall, wide, step, beyond, alone } = window, { name, to } = next;
  const whole = (x, end) => x >= 0 && x < end && x % 1 === 0;
  return (alone ? [i] : upTo(to[0])).map((o) => {
    const nine = upTo(tall * wide).reverse().flatMap((k) => { // places in their order: the kernel turned over
      const r = (row + beyond - Math.floor(k / wide)) / step, c = (column + beyond - k % wide) / step;
      if (!whole(r, to[1]) || !whole(c, to[2])) return [];
      const index = indexOf(to, o, r, c), part = { layer: name, index, value: slopes[index] };
      return [weighed(pass, next, window, part, [o, i, k])];
    });
    return { channel: o, parts: nine, product: added(nine) };
  });
}

const gate = (slope, open) => ({ says: [slope, "×", Number(open)], total: open ? slope.value : 0 });

const SENT = {
  crop: (slope) => handedOn([slope]),
  drop: (slope) => handedOn([slope]),
  relu: (slope, { values, index }) => gate(slope, values[index] > 0),
  pool(slope, { next, values, index }) {
    const place = placeOf(next.to, slope.index), window = windowOf(next);
    const four = upTo(4).map((k) => metBy(window, next.from, place, place[0], k));
    return gate(slope, four.reduce((best, k) => (values[k] > values[best] ? k : best)) === index);
  },
  norm(slope, { next, pass, place: [c] }) {
    const [, spread, scale] = normOf(pass, next, c);
    return { says: [slope, "×", scale, "/", spread], total: scale.weight / spread * slope.value };
  },
};

/** The right digit: of its score the slope is p - 1 and not p. */
export function labelOf(pass, back) {
  const p = valuesOf(pass, "p");
  return back.slopes.linear.findIndex((slope, k) => p[k] - slope > 0.5);
}

// A weight ----------------------------------------------------------------------------------------

/** How a gradient came together: { kind, parameter, index, value, uses, total, measured }. Each use, one for
 * every convolution with this kernel, has { layer, height, width, parts, total }, with a part for each place:
 * the slope there, what it `met` (a part; null for a bias), the `factor` that this is, and their product, the
 * place's share. `measured` is the central difference with the parameter moved by `nudge`; without one, by so
 * little that no gate minds, if there is such a nudge. */
export function weightOf(pass, back, parameter, index, nudge = null) {
  const { network: { state, layers } } = pass, [name, each] = parameter.split(".");
  refuseUnless(back.gradient[parameter], "parameter", parameter, Object.keys(back.gradient));
  refuseBeyond(index, state[parameter].length);
  const layer = layers.find((one) => one.name === name);
  const using = layers.filter((one) => one === layer || (one.home && one.home === layer.home));
  const uses = using.map((one) => useOf(pass, back, one, each, index)).reverse();
  const total = added(uses.map((use) => ({ product: use.total })));
  const measured = measure(pass, labelOf(pass, back), using[0].name, parameter, index, nudge);
  measured.agree = agreement(measured.slope, total);
  return { kind: layer.kind, parameter, index, value: state[parameter][index], uses, total, measured };
}

/** The shares of one layer. */
function useOf(pass, back, layer, each, index) {
  const { name, kind, to, from } = layer, [, height, width] = to, window = windowOf(layer);
  const { stages, at } = stageAt(pass.network.layers, name, 0), values = pass.entered[name];
  const size = window.tall * window.wide, kernel = Math.floor(index / size), bias = each === "bias";
  const entering = window.alone ? 1 : from[0], o = bias ? index : Math.floor(kernel / entering);
  const i = window.alone ? o : kernel % entering,
    [mean, spread] = kind === "norm" ? normOf(pass, layer, o) : [0, 1];
  const parts = upTo(height * width).map((k) => {
    const here = o * height * width + k, there = metBy(window, from, placeOf(to, here), i, index % size);
    const met = bias
      ? null
      : { layer: there === null ? null : stages[at - 1].name, index: there, value: values[there] ?? 0 };
    const factor = met ? (met.value - mean) / spread : 1, value = back.slopes[name][here];
    return { layer: name, index: here, value, met, factor, product: value * factor };
  });
  return { layer: name, height, width, parts, total: added(parts) };
}

/** A gradient without the chain rule: the error with a parameter a little larger, minus that with it a little
 * smaller, divided by the distance. It runs from the layer on where the parameter first counts. If ReLUs or
 * pools have `turned` from one side to the other, the error has a kink between them. */
function measure({ network, entered }, label, name, parameter, index, nudge) {
  const layers = network.layers.slice(network.layers.findIndex((layer) => layer.name === name));
  const old = network.state[parameter];
  const run = (move) => {
    const now = Float64Array.from(old), state = { ...network.state };
    now[index] += move;
    for (const key in state) if (state[key] === old) state[key] = now;
    const pass = forward({ layers, state, numbers: Float64Array }, entered[name]);
    return { pass, at: now[index], error: missOf(pass.values.linear, label) };
  };
  for (let size = nudge ?? NUDGE;; size /= 10) {
    const step = size * Math.max(1, Math.abs(old[index])), [up, down] = [run(step), run(-step)];
    const turned = turnedBetween(layers, up.pass.entered, down.pass.entered), distance = up.at - down.at;
    if (turned && nudge === null && size > LEAST) continue;
    const slope = (up.error - down.error) / distance;
    return { above: up.error, below: down.error, distance, slope, turned };
  }
}

const NUDGE = 1e-5, LEAST = 2e-8;

/** How many ReLUs and pools decide otherwise of one pass's values than of the other's. */
function turnedBetween(layers, one, other) {
  const decisions = {
    relu: (_, values) => values.map((value) => value > 0 ? 1 : 0),
    pool(layer, values) {
      const winners = [];
      eachSquare(layer, { count: 1 }, values, (at, winner) => winners[at] = winner);
      return winners;
    },
  };
  return layers.filter(({ kind }) => decisions[kind]).reduce((count, layer) => {
    const [these, those] = [one, other].map((values) => decisions[layer.kind](layer, values[layer.name]));
    return count + these.reduce((sum, each, k) => sum + (each === those[k] ? 0 : 1), 0);
  }, 0);
}

/** On how many digits two numbers agree. */
export function agreement(one, other) {
  const apart = Math.abs(one - other), size = Math.max(Math.abs(one), Math.abs(other));
  return apart ? Math.max(0, Math.floor(-Math.log10(apart / size))) : 17;
}

/** -log p of the right digit, from the scores: in full also where p is nearly 1. */
function missOf(scores, label) {
  const above = scores.map((score) => score - scores[label]), top = Math.max(...above);
  const others = above.reduce((sum, each, k) => sum + (k === label ? 0 : Math.exp(each - top)), 0);
  return top ? top + Math.log(others + Math.exp(-top)) : Math.log1p(others);
}
