// Every number of a pass as the sum it is: a value, a slope, the gradient of a weight. Pure.
//
// What a number is made of comes in parts, each { layer, index, value } and, where a parameter stands
// beside the value, { parameter, at, weight, product }. `layer` is null where a window reaches over the border. The
// totals are added up from the parts, in the order in which the engine adds, so that the two are equal to the
// bit; only the gradient of a scale, which the engine divides once at the end, is equal to rounding.
//
// Beside the layers there are "images", what enters the first one, and "p", the probabilities. An index
// counts within one image, in (C, H, W).

import { EPSILON, forward } from "./engine.js";

/** All that has values, in the order of the forward pass. */
export function stagesOf(layers) {
  const [first] = layers, last = layers.at(-1).to;
  return [
    { name: "images", kind: "images", to: first.from },
    ...layers,
    { name: "p", kind: "p", from: last, to: last },
  ];
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

/** The stage called `name`, its place in the list and the list itself; RangeError for what is none, or has no
 * such index. */
function stageAt(layers, name, index) {
  const stages = stagesOf(layers), at = stages.findIndex((stage) => stage.name === name);
  if (at < 0) {
    throw new RangeError(`name: got ${name}; takes ${stages.map((stage) => stage.name).join(", ")}`);
  }
  const [channels, height, width] = stages[at].to;
  refuseIndex(index, channels * height * width);
  return { stages, at, stage: stages[at], place: placeOf(stages[at].to, index) };
}

function refuseIndex(index, length) {
  if (!Number.isInteger(index) || index < 0 || index >= length) {
    throw new RangeError(`index: got ${index}; takes a whole number from 0 to ${length - 1}`);
  }
}

function refuseBatch({ count, training }) {
  if (count !== 1 || training) {
    throw new RangeError(
      `pass: got ${count} images${training ? " in training" : ""}; takes one, in evaluation`,
    );
  }
}

// Of what of the picture a number depends ---------------------------------------------------------

/** The receptive field of a value: rows from `top` to before `bottom`, columns from `left` to before `right`,
 * of the image. */
export function field(layers, name, index) {
  const { stages, at, place: [, row, column] } = stageAt(layers, name, index);
  let [top, left, bottom, right] = [row, column, row + 1, column + 1];
  for (const layer of stages.slice(1, at + 1).reverse()) {
    const [, height, width] = layer.from;
    const along = (from, to, side, k) => {
      const [first, last] = REACH[layer.kind]?.(layer, from, to - 1, k) ?? [from, to - 1];
      return [Math.max(first, 0), Math.min(last + 1, side)];
    };
    [top, bottom] = along(top, bottom, height, 0);
    [left, right] = along(left, right, width, 1);
  }
  return { top, left, bottom, right };
}

const WHOLE = () => [0, Infinity];
/** The first and the last row, or column, that those from `first` to `last` of a layer are made of. */
const REACH = {
  crop: ({ border }, first, last, k) => [first + border[k], last + border[k]],
  conv: ({ kernel, stride, padding }, first, last) => [
    first * stride - padding,
    last * stride - padding + kernel - 1,
  ],
  pool: (_, first, last) => [2 * first, 2 * last + 1],
  average: WHOLE,
  linear: WHOLE,
};

// Forward -----------------------------------------------------------------------------------------

/** What a value is made of: { kind, name, index, place, total, parts, ... }, where `kind` is that of its layer
 * and the rest what such a layer needs. */
export function valueOf(pass, name, index) {
  refuseBatch(pass);
  const { stages, at, stage, place } = stageAt(pass.network.layers, name, index);
  const before = stages[at - 1], values = before && valuesOf(pass, before.name);
  const part = (k, more = {}) => ({ layer: before.name, index: k, value: values[k], ...more });
  const made = MADE[stage.kind];
  return {
    kind: stage.kind,
    name,
    index,
    place,
    ...(made
      ? made({ stage, place, index, part, state: pass.network.state, values })
      : { parts: [], total: valuesOf(pass, name)[index] }),
  };
}

/** A parameter beside a value, and their product. */
const times = (state, part, parameter, at) => {
  const weight = state[parameter][at];
  return { ...part, parameter, at, weight, product: weight * part.value };
};
const biasOf = (state, name, at) => ({
  parameter: `${name}.bias`,
  at,
  weight: state[`${name}.bias`][at],
});
const added = (parts, start = 0) => parts.reduce((sum, { product }) => sum + product, start);
/** One part that passes on as it is. */
const handedOn = (part) => ({ parts: [part], total: part.value });

const MADE = {
  crop({ stage: { border, from }, place: [c, row, column], part }) {
    return handedOn(part(indexOf(from, c, row + border[0], column + border[1])));
  },
  conv: ({ stage, place: [o, row, column], part, state }) => {
    const { name, kernel, stride, padding, from } = stage, [entering, height, width] = from;
    const bias = biasOf(state, name, o), groups = [];
    for (let i = 0; i < entering; i++) {
      const parts = [];
      for (let k = 0; k < kernel ** 2; k++) {
        const r = row * stride + Math.floor(k / kernel) - padding,
          c = column * stride + k % kernel - padding;
        const inside = r >= 0 && c >= 0 && r < height && c < width;
        const met = inside ? part(indexOf(from, i, r, c)) : { layer: null, index: null, value: 0 };
        parts.push(times(state, met, `${name}.weight`, (o * entering + i) * kernel ** 2 + k));
      }
      groups.push({ channel: i, parts, product: added(parts) });
    }
    return { bias, parts: groups, side: kernel, total: added(groups, bias.weight) };
  },
  relu({ index, part }) {
    const x = part(index);
    return { parts: [x], total: x.value > 0 ? x.value : 0 };
  },
  norm({ stage: { name }, place: [c], index, part, state }) {
    const four = normOf(state, name, c), x = part(index);
    const { scale, shift, mean, deviation } = four;
    return {
      parts: [x],
      ...four,
      total: scale.weight / deviation * (x.value - mean) + shift.weight,
    };
  },
  pool(given) {
    const square = squareOf(given.stage, given.place, given.values);
    const parts = square.places.map((k) => given.part(k, { wins: k === square.winner }));
    return { parts, total: given.values[square.winner] };
  },
  drop: ({ index, part }) => handedOn(part(index)),
  average({ stage: { name, from, weighted }, place: [c], part, state }) {
    const count = from[1] * from[2];
    const parts = Array.from({ length: count }, (_, k) => {
      const met = part(c * count + k);
      return weighted ? times(state, met, `${name}.weight`, c * count + k) : { ...met, product: met.value };
    });
    const sum = added(parts);
    return { parts, sum, count: weighted ? 1 : count, weighted, total: weighted ? sum : sum / count };
  },
  linear({ stage: { name, from }, place: [o], part, state }) {
    const inputs = from[0] * from[1] * from[2], bias = biasOf(state, name, o);
    const parts = Array.from(
      { length: inputs },
      (_, i) => times(state, part(i), `${name}.weight`, o * inputs + i),
    );
    return { bias, parts, total: added(parts, bias.weight) };
  },
  log_softmax({ place: [k], part, values }) {
    const top = Math.max(...values);
    const parts = Array.from(
      values,
      (score, j) => part(j, { power: Math.exp(score), product: Math.exp(score - top) }),
    );
    const log = top + Math.log(added(parts));
    return { parts, own: parts[k], log, total: values[k] - log };
  },
  p({ index, part }) {
    const log = part(index);
    return { parts: [log], total: Math.exp(log.value) };
  },
};

/** What a batch norm in evaluation knows of a channel. */
function normOf(state, name, c) {
  const of = (each) => state[`${name}.${each}`][c], variance = of("running_var");
  return {
    scale: { parameter: `${name}.weight`, at: c, weight: of("weight") },
    shift: biasOf(state, name, c),
    mean: of("running_mean"),
    variance,
    epsilon: EPSILON,
    deviation: Math.sqrt(variance + EPSILON),
  };
}

/** The four places of a square of a pool, and which of them has the largest value: of equal ones the first. */
function squareOf({ from }, [c, row, column], values) {
  const places = [0, 1, 2, 3].map((k) => indexOf(from, c, 2 * row + (k >> 1), 2 * column + (k & 1)));
  return { places, winner: places.reduce((best, k) => (values[k] > values[best] ? k : best)) };
}

// Backward ----------------------------------------------------------------------------------------

/** Which slopes the slope of a value was made of, those of the layer after it: as `valueOf`, where `kind` is
 * that of the layer after it, and the value of a part is a slope. */
export function slopeOf(pass, back, name, index) {
  refuseBatch(pass);
  const { stages, at, stage, place } = stageAt(pass.network.layers, name, index), next = stages[at + 1];
  if (!back.slopes[name]) {
    throw new RangeError(`name: got ${name}; takes ${Object.keys(back.slopes).join(", ")}`);
  }
  const slopes = back.slopes[next.name], { state } = pass.network;
  const part = (k, more = {}) => ({ layer: next.name, index: k, value: slopes[k], ...more });
  const given = { next, stage, place, index, part, state, pass, back, values: valuesOf(pass, name) };
  return { kind: next.kind, name, index, place, next: next.name, ...SENT[next.kind](given) };
}

const NOTHING = { parts: [], total: 0 };

const SENT = {
  crop({ next: { border, to }, place: [c, row, column], part }) {
    const [r, k] = [row - border[0], column - border[1]];
    return r >= 0 && k >= 0 && r < to[1] && k < to[2] ? handedOn(part(indexOf(to, c, r, k))) : NOTHING;
  },
  conv({ next, stage, place: [i, row, column], part, state }) {
    const { name, kernel, stride, padding, to: [leaving, rows, columns] } = next;
    const whole = (x, end) => Number.isInteger(x) && x >= 0 && x < end, groups = [];
    let total = 0;
    for (let o = 0; o < leaving; o++) {
      const parts = [];
      for (let k = kernel ** 2 - 1; k >= 0; k--) { // the places in their order, so the kernel turned over
        const r = (row + padding - Math.floor(k / kernel)) / stride,
          c = (column + padding - k % kernel) / stride;
        if (!whole(r, rows) || !whole(c, columns)) continue;
        const slope = part(indexOf(next.to, o, r, c));
        const made = times(state, slope, `${name}.weight`, (o * stage.to[0] + i) * kernel ** 2 + k);
        parts.push(made);
        total += made.product;
      }
      groups.push({ channel: o, parts, product: added(parts) });
    }
    return { parts: groups, side: kernel, total };
  },
  relu({ index, part, values }) {
    const slope = part(index), open = values[index] > 0;
    return { parts: [slope], open, value: values[index], total: open ? slope.value : 0 };
  },
  norm({ next: { name }, place: [c], index, part, state }) {
    const four = normOf(state, name, c), slope = part(index);
    return { parts: [slope], ...four, total: four.scale.weight / four.deviation * slope.value };
  },
  pool({ next, place: [c, row, column], index, part, values }) {
    const [r, k] = [row >> 1, column >> 1];
    if (r >= next.to[1] || k >= next.to[2]) return NOTHING; // what fills no square
    const slope = part(indexOf(next.to, c, r, k));
    const wins = squareOf(next, [c, r, k], values).winner === index;
    return { parts: [{ ...slope, wins }], wins, total: wins ? slope.value : 0 };
  },
  drop: ({ index, part }) => handedOn(part(index)),
  average({ next: { name, weighted }, stage: { to }, place: [c], index, part, state }) {
    const slope = part(c), count = weighted ? 1 : to[1] * to[2];
    if (!weighted) return { parts: [slope], count, total: slope.value / count };
    const made = times(state, slope, `${name}.weight`, index);
    return { parts: [made], count, weighted, total: made.product };
  },
  linear({ next: { name, to }, stage, index, part, state }) {
    const inputs = stage.to[0] * stage.to[1] * stage.to[2];
    const parts = Array.from(
      { length: to[0] },
      (_, o) => times(state, part(o), `${name}.weight`, o * inputs + index),
    );
    return { parts, total: added(parts) };
  },
  log_softmax({ index, pass, back }) {
    const value = valuesOf(pass, "p")[index], y = labelOf(pass, back) === index ? 1 : 0;
    return { parts: [{ layer: "p", index, value }], y, total: value - y };
  },
};

/** The right digit, of which the slope is p - 1 and not p. */
export function labelOf(pass, back) {
  const p = valuesOf(pass, "p");
  return back.slopes.linear.findIndex((slope, k) => p[k] - slope > 0.5);
}

// A weight ----------------------------------------------------------------------------------------

/** How a gradient came together: { kind, parameter, index, value, uses, total, measured }. Each use, one for
 * every convolution with this kernel, has { layer, height, width, parts, total } with a part for each place:
 * a slope, the value that it `met` there (null: none, as for a bias), and the share that both make. `measured` is
 * the central difference with the parameter moved by `nudge`; without one, by as much as no gate minds. */
export function weightOf(pass, back, parameter, index, nudge = null) {
  refuseBatch(pass);
  const { network: { state, layers } } = pass;
  if (!back.gradient[parameter]) {
    throw new RangeError(`parameter: got ${parameter}; takes ${Object.keys(back.gradient).join(", ")}`);
  }
  refuseIndex(index, state[parameter].length);
  const [name, each] = parameter.split("."), layer = layers.find((one) => one.name === name);
  const using = layers.filter((one) => one === layer || (one.home && one.home === layer.home)).reverse();
  const uses = using.map((one) => useOf(pass, back, one, each, index));
  const total = uses.reduce((sum, use) => sum + use.total, 0);
  const measured = measure(pass, labelOf(pass, back), layer.home ?? name, each, index, total, nudge);
  return { kind: layer.kind, parameter, index, value: state[parameter][index], uses, total, measured };
}

/** The shares of one layer. */
function useOf(pass, back, layer, each, index) {
  const { name, kind, to, from } = layer, slopes = back.slopes[name], before = beforeOf(pass, name);
  const entered = pass.entered[name], channelwise = each === "bias" || kind === "norm", parts = [];
  const [c, meets] = channelwise ? [index, (k) => k] : MEETS[kind](layer, index);
  const first = kind === "average" ? Math.floor(index / (from[1] * from[2])) : c * to[1] * to[2];
  const add = (k) => {
    const value = slopes[k], at = each === "bias" ? null : meets(k);
    const met = at === null ? null : at < 0 ? { layer: null, index: null, value: 0 } : {
      layer: before,
      index: at,
      value: entered[at],
    };
    let factor = met ? met.value : 1;
    if (met && kind === "norm") {
      const { mean, deviation } = normOf(pass.network.state, name, c);
      factor = (met.value - mean) / deviation;
    }
    parts.push({ layer: name, index: k, value, met, factor, product: value * factor });
  };
  for (let k = 0; k < to[1] * to[2]; k++) add(first + k);
  return { layer: name, height: to[1], width: to[2], parts, total: added(parts) };
}

const beforeOf = (pass, name) => {
  const stages = stagesOf(pass.network.layers);
  return stages[stages.findIndex((stage) => stage.name === name) - 1].name;
};

/** The channel that a weight makes, and what it meets where the k-th value of the layer is made: an index, or
 * -1 for the border. */
const MEETS = {
  conv({ kernel, stride, padding, from, to }, index) {
    const [entering, height, width] = from, nine = kernel ** 2;
    const i = Math.floor(index / nine) % entering, u = Math.floor(index % nine / kernel), v = index % kernel;
    return [Math.floor(index / nine / entering), (k) => {
      const [, row, column] = placeOf(to, k);
      const r = row * stride + u - padding, c = column * stride + v - padding;
      return r < 0 || c < 0 || r >= height || c >= width ? -1 : indexOf(from, i, r, c);
    }];
  },
  average: (_, index) => [0, () => index],
  linear({ from }, index) {
    const inputs = from[0] * from[1] * from[2];
    return [Math.floor(index / inputs), () => index % inputs];
  },
};

// A gradient without the chain rule ---------------------------------------------------------------

/** The error with a parameter a little larger, minus that with it a little smaller, divided by the distance.
 * From the layer on where the parameter first counts; if a ReLU or a pool decides otherwise on one side,
 * which bends the error between them, once more with a smaller nudge. */
function measure({ network, entered }, label, name, each, index, slope, nudge) {
  const at = network.layers.findIndex((layer) => layer.name === name), key = `${name}.${each}`;
  const layers = network.layers.slice(at), value = network.state[key][index];
  const run = (moved) => {
    const state = { ...network.state }, old = state[key];
    const now = Float64Array.from(old);
    now[index] = moved;
    for (const other in state) if (state[other] === old) state[other] = now;
    return forward({ layers, state, numbers: Float64Array }, entered[name]);
  };
  for (let size = nudge ?? NUDGE * Math.max(1, Math.abs(value));; size /= 10) {
    const [up, down] = [value + size, value - size], [one, other] = [run(up), run(down)];
    const [above, below] = [one, other].map((pass) => missOf(pass.values.linear, label));
    const turned = turnedBetween(layers, one, other);
    if (turned && nudge === null && size > LEAST) continue;
    const measured = (above - below) / (up - down);
    return {
      above,
      below,
      distance: up - down,
      slope: measured,
      turned,
      agree: agreement(measured, slope),
    };
  }
}

const NUDGE = 1e-5, LEAST = 1e-7;

/** On how many digits two numbers agree. */
export function agreement(one, other) {
  const apart = Math.abs(one - other), size = Math.max(Math.abs(one), Math.abs(other));
  return apart === 0 ? 17 : Math.max(0, Math.floor(-Math.log10(apart / size))) || 0;
}

/** -log p of the right digit, from the scores: in full also where p is nearly 1. */
function missOf(scores, label) {
  const above = Array.from(scores, (score) => score - scores[label]), top = Math.max(...above);
  const others = above.reduce((sum, each, k) => sum + (k === label ? 0 : Math.exp(each - top)), 0);
  return top ? top + Math.log(others + Math.exp(-top)) : Math.log1p(others);
}

/** How many ReLUs and pools decide otherwise in one pass than in the other. */
function turnedBetween(layers, one, other) {
  let count = 0;
  for (const layer of layers) {
    const [x, y] = [one, other].map(({ entered }) => entered[layer.name]);
    if (layer.kind === "relu") {
      for (let k = 0; k < x.length; k++) count += x[k] > 0 !== y[k] > 0 ? 1 : 0;
    } else if (layer.kind === "pool") {
      const [channels, height, width] = layer.to;
      for (let k = 0; k < channels * height * width; k++) {
        const place = placeOf(layer.to, k);
        if (squareOf(layer, place, x).winner !== squareOf(layer, place, y).winner) count++;
      }
    }
  }
  return count;
}
