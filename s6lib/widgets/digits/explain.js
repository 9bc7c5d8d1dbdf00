// Every number of a pass as the sum it is: a value, a slope, the gradient of a weight. Pure.
//
// What a number is made of comes in parts, each { layer, index, value } and, where a parameter stands beside
// the value, { parameter, at, weight, product }. `layer` is null where a window reaches over the border.
// Convolutions, averages and linear layers have groups of parts, { channel, parts, product }, one for each
// channel. Totals are added up from the parts, in the order in which the engine adds, so that the two are
// equal to the bit; only the gradient of a scale, which the engine divides once at the end, is equal to
// rounding.
//
// Beside the layers there are "images", what enters the first one, and "p", the probabilities. An index
// counts within one image, in (C, H, W).

import { eachSquare, forward, statistics } from "./engine.js";

/** All that has values, in the order of the forward pass. */
export function stagesOf(layers) {
  const last = layers.at(-1).to;
  const images = { name: "images", kind: "images", to: layers[0].from };
  return [images, ...layers, { name: "p", kind: "p", from: last, to: last }];
}

/** The values of a stage. */
export function valuesOf(pass, name) {
  if (name === "images") return pass.entered[pass.network.layers[0].name];
  return name === "p" ? pass.values.log_softmax.map(Math.exp) : pass.values[name];
}

/** [channel, row, column] of an index, and back. */
export const placeOf = ([, height, width], index) => [
  Math.floor(index / (height * width)),
  Math.floor(index / width) % height,
  index % width,
];
export const indexOf = ([, height, width], c, row, column) => (c * height + row) * width + column;
const volume = ([channels, height, width]) => channels * height * width;

/** The stages, where among them the one called `name` is, and the place of an index in it. */
function stageAt(layers, name, index) {
  const stages = stagesOf(layers), at = stages.findIndex((stage) => stage.name === name);
  refuseUnless(at >= 0, "name", name, stages.map((stage) => stage.name));
  const stage = stages[at];
  refuseBeyond(index, volume(stage.to));
  return { stages, at, stage, place: placeOf(stage.to, index) };
}

function refuseUnless(fits, name, got, takes) {
  if (!fits) throw new RangeError(`${name}: got ${got}; takes ${[].concat(takes).join(", ")}`);
}

const refuseBeyond = (index, length) =>
  refuseUnless(
    Number.isInteger(index) && index >= 0 && index < length,
    "index",
    index,
    `a whole number from 0 to ${length - 1}`,
  );

const refuseBatch = ({ count, training }) =>
  refuseUnless(
    count === 1 && !training,
    "pass",
    `${count} images${training ? " in training" : ""}`,
    "one, in evaluation",
  );

// Windows -----------------------------------------------------------------------------------------

/** The window that a layer sums over, or none. That of a linear layer and of an average is all that enters;
 * an average sums over its own channel alone. */
function windowOf({ kind, kernel, stride = 1, padding = 0, from }) {
  if (!["conv", "linear", "average"].includes(kind)) return null;
  const [tall, wide] = kind === "conv" ? [kernel, kernel] : from.slice(1);
  return { tall, wide, stride, padding, alone: kind === "average" };
}

/** The place in a weight array of [to, from, place in the window], and back. */
const weightAt = ({ tall, wide, alone }, [entering], o, i, k) =>
  (alone ? o : o * entering + i) * tall * wide + k;
function meaningOf({ tall, wide, alone }, [entering], at) {
  const kernel = Math.floor(at / (tall * wide)), k = at % (tall * wide);
  return alone ? [kernel, kernel, k] : [Math.floor(kernel / entering), kernel % entering, k];
}

/** The index that the k-th place of the window meets in channel i, or null beyond the border. */
function metBy({ wide, stride, padding }, from, [, row, column], i, k) {
  const r = row * stride + Math.floor(k / wide) - padding, c = column * stride + k % wide - padding;
  return r < 0 || c < 0 || r >= from[1] || c >= from[2] ? null : indexOf(from, i, r, c);
}

/** The receptive field of a value: of the image the rows from `top` to before `bottom`, and the columns from
 * `left` to before `right`. */
export function field(layers, name, index) {
  const { stages, at, place: [, ...start] } = stageAt(layers, name, index);
  const [[top, bottom], [left, right]] = start.map((place, k) => {
    let [first, last] = [place, place];
    for (const layer of stages.slice(1, at + 1).reverse()) {
      const [step, less, more] = reachOf(layer, k);
      first = Math.max(0, first * step + less);
      last = Math.min(layer.from[k + 1] - 1, last * step + more);
    }
    return [first, last + 1];
  });
  return { top, left, bottom, right };
}

/** The first row, or column, that the row x of a layer is made of is x * step + less, and the last one
 * x * step + more. */
function reachOf(layer, k) {
  const window = windowOf(layer);
  if (window) {
    return [window.stride, -window.padding, [window.tall, window.wide][k] - 1 - window.padding];
  }
  return layer.kind === "pool" ? [2, 0, 1] : [1, layer.border?.[k] ?? 0, layer.border?.[k] ?? 0];
}

// Forward -----------------------------------------------------------------------------------------

/** What a value is made of: { kind, name, index, place, total, parts, ... }, where `kind` is that of its
 * layer and the rest what such a layer needs. */
export function valueOf(pass, name, index) {
  refuseBatch(pass);
  const { stages, at, stage, place } = stageAt(pass.network.layers, name, index), before = stages[at - 1];
  const own = { kind: stage.kind, name, index, place };
  if (!before) return { ...own, parts: [], total: valuesOf(pass, name)[index] };
  const values = valuesOf(pass, before.name);
  const part = (k, more) => ({
    layer: k === null ? null : before.name,
    index: k,
    value: values[k] ?? 0,
    ...more,
  });
  return { ...own, ...(MADE[stage.kind] ?? summed)({ stage, place, index, part, pass, values }) };
}

/** A parameter. */
const parameterOf = ({ network: { state } }, name, each, at) => {
  const parameter = `${name}.${each}`;
  return { parameter, at, weight: state[parameter][at] };
};
const added = (parts, start = 0) => parts.reduce((sum, { product }) => sum + product, start);
/** One part that is handed on as it is. */
const only = (part) => ({ parts: [part], total: part.value });
/** A part with its weight and their product; there is none in a plain average. */
function weighed(pass, { name, from, kind, weighted }, window, part, o, i, k) {
  if (kind === "average" && !weighted) return { ...part, product: part.value };
  const weight = parameterOf(pass, name, "weight", weightAt(window, from, o, i, k));
  return { ...part, ...weight, product: weight.weight * part.value };
}

/** A weighted sum over a window. */
function summed({ stage, place, part, pass }) {
  const window = windowOf(stage), { tall, wide, alone } = window, { name, kind, from, weighted } = stage;
  const [o] = place, bias = alone ? null : parameterOf(pass, name, "bias", o), parts = [];
  for (const i of alone ? [o] : Array(from[0]).keys()) {
    const nine = Array.from(
      { length: tall * wide },
      (_, k) => weighed(pass, stage, window, part(metBy(window, from, place, i, k)), o, i, k),
    );
    parts.push({ channel: i, parts: nine, product: added(nine) });
  }
  const start = bias ? bias.weight : 0, count = alone && !weighted ? tall * wide : 1;
  const sum = added(kind === "conv" ? parts : parts.flatMap((group) => group.parts), start);
  return { bias, parts, wide, count, total: sum / count };
}

const MADE = {
  crop: ({ stage, place: [c, row, column], part }) =>
    only(part(indexOf(stage.from, c, row + stage.border[0], column + stage.border[1]))),
  relu({ index, part }) {
    const x = part(index);
    return { parts: [x], total: Math.max(x.value, 0) };
  },
  norm({ stage, place: [c], index, part, pass }) {
    const x = part(index), four = normOf(pass, stage, c);
    return {
      parts: [x],
      ...four,
      total: four.scale.weight / four.deviation * (x.value - four.mean) + four.shift.weight,
    };
  },
  pool({ stage: { from, ...stage }, place: [c, row, column], index, part, values }) {
    const winner = winnersOf({ from, ...stage }, values)[index];
    const four = [0, 1, 2, 3].map((k) => indexOf(from, c, 2 * row + (k >> 1), 2 * column + (k & 1)));
    return { parts: four.map((k) => part(k, { wins: k === winner })), total: values[winner] };
  },
  drop: ({ index, part }) => only(part(index)),
  log_softmax({ index, part, values }) {
    const top = Math.max(...values);
    const parts = Array.from(values, (score, k) => part(k, { product: Math.exp(score - top) }));
    const log = top + Math.log(added(parts));
    return { parts, log, total: values[index] - log };
  },
  p({ index, part }) {
    const log = part(index);
    return { parts: [log], total: Math.exp(log.value) };
  },
};

/** What a batch norm in evaluation knows of a channel. */
function normOf(pass, layer, c) {
  const { mean, variance, deviation } = statistics(layer, pass.entered[layer.name], pass);
  const [scale, shift] = ["weight", "bias"].map((each) => parameterOf(pass, layer.name, each, c));
  return { scale, shift, mean: mean[c], variance: variance[c], deviation: deviation[c] };
}

/** Which place wins each square of a pool. */
function winnersOf(layer, values) {
  const winners = [];
  eachSquare(layer, { count: 1 }, values, (at, winner) => winners[at] = winner);
  return winners;
}

// Backward ----------------------------------------------------------------------------------------

/** Which slopes the slope of a value was made of, those of the layer after it: as `valueOf`, where `kind` is
 * that of the layer after it, and the value of a part is a slope. */
export function slopeOf(pass, back, name, index) {
  refuseBatch(pass);
  const { stages, at, stage, place } = stageAt(pass.network.layers, name, index), next = stages[at + 1];
  refuseUnless(back.slopes[name], "name", name, Object.keys(back.slopes));
  const slopes = back.slopes[next.name];
  const part = (k, more) => ({ layer: next.name, index: k, value: slopes[k], ...more });
  const given = { next, stage, place, index, part, pass, back, values: valuesOf(pass, name) };
  return {
    kind: next.kind,
    name,
    index,
    place,
    next: next.name,
    ...(SENT[next.kind] ?? collected)(given),
  };
}

const gate = (slope, open, more) => ({ parts: [slope], open, total: open ? slope.value : 0, ...more });
const NOTHING = { parts: [], total: 0 };

/** From every window that the value was in. */
function collected({ next, place: [i, row, column], part, pass }) {
  const window = windowOf(next), { tall, wide, stride, padding, alone } = window;
  const { to: [leaving, rows, columns], weighted } = next, parts = [];
  const whole = (x, end) => Number.isInteger(x) && x >= 0 && x < end;
  for (const o of alone ? [i] : Array(leaving).keys()) {
    const nine = [];
    for (let k = tall * wide - 1; k >= 0; k--) { // places in their order, which turns the kernel over
      const r = (row + padding - Math.floor(k / wide)) / stride, c = (column + padding - k % wide) / stride;
      if (!whole(r, rows) || !whole(c, columns)) continue;
      nine.push(weighed(pass, next, window, part(indexOf(next.to, o, r, c)), o, i, k));
    }
    parts.push({ channel: o, parts: nine, product: added(nine) });
  }
  const count = alone && !weighted ? tall * wide : 1;
  return { parts, wide, count, total: added(parts.flatMap((group) => group.parts)) / count };
}

const SENT = {
  crop({ next: { border, to }, place: [c, row, column], part }) {
    const [r, k] = [row - border[0], column - border[1]];
    return r >= 0 && k >= 0 && r < to[1] && k < to[2] ? only(part(indexOf(to, c, r, k))) : NOTHING;
  },
  relu: ({ index, part, values }) => gate(part(index), values[index] > 0, { value: values[index] }),
  norm({ next, place: [c], index, part, pass }) {
    const slope = part(index), four = normOf(pass, next, c);
    return { parts: [slope], ...four, total: four.scale.weight / four.deviation * slope.value };
  },
  pool({ next, place: [c, row, column], index, part, values }) {
    const [r, k] = [row >> 1, column >> 1];
    if (r >= next.to[1] || k >= next.to[2]) return NOTHING; // what fills no square
    const square = indexOf(next.to, c, r, k);
    return gate(part(square), winnersOf(next, values)[square] === index);
  },
  drop: ({ index, part }) => only(part(index)),
  log_softmax({ index, pass, back }) {
    const value = valuesOf(pass, "p")[index], y = Number(labelOf(pass, back) === index);
    return { parts: [{ layer: "p", index, value }], y, total: value - y };
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
 * { layer, index, value } of a slope, the part that it `met` there (null: none, as for a bias), the factor that
 * this is, and the share that both make, `product`. `measured` is the central difference with the parameter
 * moved by `nudge`; without one, by as much as no gate minds. */
export function weightOf(pass, back, parameter, index, nudge = null) {
  refuseBatch(pass);
  const { network: { state, layers } } = pass, [name, each] = parameter.split(".");
  refuseUnless(back.gradient[parameter], "parameter", parameter, Object.keys(back.gradient));
  refuseBeyond(index, state[parameter].length);
  const layer = layers.find((one) => one.name === name);
  const using = layers.filter((one) => one === layer || (one.home && one.home === layer.home));
  const uses = using.map((one) => useOf(pass, back, one, each, index)).reverse();
  const total = uses.reduce((sum, use) => sum + use.total, 0);
  const measured = measure(pass, labelOf(pass, back), using[0].name, parameter, index, nudge);
  measured.agree = agreement(measured.slope, total);
  return { kind: layer.kind, parameter, index, value: state[parameter][index], uses, total, measured };
}

/** The shares of one layer. */
function useOf(pass, back, layer, each, index) {
  const { name, kind, to, from } = layer, [, height, width] = to, window = windowOf(layer);
  const { stages, at } = stageAt(pass.network.layers, name, 0), values = pass.entered[name];
  const [o, i, k] = each === "weight" && window ? meaningOf(window, from, index) : [index];
  const { mean, deviation } = kind === "norm" ? normOf(pass, layer, o) : {};
  const parts = Array.from({ length: height * width }, (_, place) => {
    const here = o * height * width + place, value = back.slopes[name][here];
    const there = window ? metBy(window, from, placeOf(to, here), i, k) : here;
    const met = each === "bias"
      ? null
      : { layer: there === null ? null : stages[at - 1].name, index: there, value: values[there] ?? 0 };
    const factor = !met ? 1 : mean === undefined ? met.value : (met.value - mean) / deviation;
    return { layer: name, index: here, value, met, factor, product: value * factor };
  });
  return { layer: name, height, width, parts, total: added(parts) };
}

const NUDGE = 1e-5, LEAST = 1e-7;

/** A gradient without the chain rule: the error with a parameter a little larger, minus that with it a little
 * smaller, divided by the distance. From the layer on where it first counts. If a ReLU or a pool decides
 * otherwise on one side, the error has a kink between them: then once more with a smaller nudge. */
function measure({ network, entered }, label, name, parameter, index, nudge) {
  const layers = network.layers.slice(network.layers.findIndex((layer) => layer.name === name));
  const old = network.state[parameter], value = old[index];
  const run = (moved) => {
    const now = Float64Array.from(old), swap = ([key, each]) => [key, each === old ? now : each];
    now[index] = moved;
    const state = Object.fromEntries(Object.entries(network.state).map(swap));
    return forward({ layers, state, numbers: Float64Array }, entered[name]);
  };
  for (let size = nudge ?? NUDGE * Math.max(1, Math.abs(value));; size /= 10) {
    const sides = [value + size, value - size], [one, other] = sides.map(run);
    const turned = turnedBetween(layers, one, other);
    if (turned && nudge === null && size > LEAST) continue;
    const [above, below] = [one, other].map((pass) => missOf(pass.values.linear, label));
    const distance = sides[0] - sides[1];
    return { above, below, distance, slope: (above - below) / distance, turned };
  }
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

/** How many ReLUs and pools decide otherwise in one pass than in the other. */
function turnedBetween(layers, ...passes) {
  const decide = { relu: (_, x) => Array.from(x, (each) => each > 0), pool: winnersOf };
  return layers.filter(({ kind }) => decide[kind]).reduce((count, layer) => {
    const [one, other] = passes.map(({ entered }) => decide[layer.kind](layer, entered[layer.name]));
    return count + one.filter((each, k) => each !== other[k]).length;
  }, 0);
}
