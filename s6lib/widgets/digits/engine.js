// A CNN on typed arrays: forward, backward, and a step of training. A second implementation beside
// s6lib/layers.py, each the other's referee. Maps are (N, C, H, W), row by row in one array. Whatever takes
// long is a generator too, called by the name with InSlices: it yields after each layer, and after each image
// of a convolution, so that a page stays alive.

export const SIDE = 28;
const EPSILON = 1e-5, CLASSES = 10;

// The network -----------------------------------------------------------------------------------

/** Every layer in the order of the forward pass, { name, kind, from, to }, with the shapes [C, H, W] of what
 * enters it and of what it hands on. `settings` are those of a DigitCNN. */
export function layersOf(settings, height = SIDE, width = SIDE) {
  const layers = [];
  let shape = [1, height, width];
  const add = (name, to = shape, more = {}) => {
    layers.push({ name, kind: name.replace(/\d+$/, ""), from: shape, to, ...more });
    shape = to;
  };
  const crop = [height, width].map((side) => halfToEven(settings.crop * side / SIDE));
  if (settings.crop) add("crop", [1, height - 2 * crop[0], width - 2 * crop[1]], { border: crop });
  settings.channels.forEach((channels, at) => {
    const block = at + 1, shared = settings.shared && shape[0] === channels && !(at === 0 && settings.stem);
    const [kernel, stride, padding] = at === 0 && settings.stem ? [...settings.stem, 0] : [3, 1, 1];
    const [, ...sides] = shape,
      left = sides.map((side) => Math.floor((side + 2 * padding - kernel) / stride) + 1);
    const home = shared && layers.find((each) => each.shared === channels)?.name;
    add(`conv${block}`, [channels, ...left], {
      kernel,
      stride,
      padding,
      home: home || `conv${block}`,
      shared: shared && channels,
    });
    add(`relu${block}`);
    if (settings.batch_norm) add(`norm${block}`);
    if (settings.pools.includes(block)) {
      add(`pool${block}`, [channels, ...left.map((side) => side >> 1)]);
      add(`drop${block}`, shape, { p: settings.dropout });
    }
  });
  if (!shape.every((side) => side >= 1)) {
    throw new RangeError(`images: got ${height} x ${width} pixels, of which this network leaves nothing`);
  }
  if (settings.head !== "flat") add("average", [shape[0], 1, 1], { weighted: settings.head === "weighted" });
  add("linear", [CLASSES, 1, 1]);
  add("log_softmax");
  return layers;
}

/** A number as Python rounds it: a half to the even one. */
const halfToEven = (x) => x % 1 === 0.5 ? 2 * Math.round(x / 2) : Math.round(x);
const size = (shape) => shape[0] * shape[1] * shape[2];

/** {name: length} of every array that the state of a network with these layers has. */
export function sizesOf(layers) {
  const sizes = {};
  for (const { name, kind, from, to, kernel, weighted } of layers) {
    if (kind === "conv") Object.assign(sizes, named(name, to[0] * from[0] * kernel ** 2, to[0]));
    if (kind === "linear") Object.assign(sizes, named(name, CLASSES * size(from), CLASSES));
    if (weighted) sizes[`${name}.weight`] = size(from);
    if (kind === "norm") {
      Object.assign(sizes, named(name, to[0], to[0]));
      for (const each of ["running_mean", "running_var"]) sizes[`${name}.${each}`] = to[0];
    }
  }
  return sizes;
}

const named = (name, weight, bias) => ({ [`${name}.weight`]: weight, [`${name}.bias`]: bias });

/** A network: { settings, layers, state, numbers }, where `numbers` is Float64Array or Float32Array and the
 * state holds the numbers of `state` in arrays of that kind. RangeError, by name, for what does not fit. */
export function networkOf(settings, state, numbers = Float64Array) {
  const layers = layersOf(settings), kept = {};
  for (const [name, length] of Object.entries(sizesOf(layers))) {
    const values = state[name];
    if (values?.length !== length) {
      throw new RangeError(
        `state: got ${values ? values.length : "no"} numbers for ${name}; takes ${length}`,
      );
    }
    kept[name] = numbers.from(values);
    if (!kept[name].every(Number.isFinite)) throw new RangeError(`state: got NaN or infinity in ${name}`);
  }
  for (const { name, home } of layers) {
    if (home && home !== name) Object.assign(kept, sharedWith(name, home, kept));
  }
  return { settings, layers, state: kept, numbers };
}

const sharedWith = (name, home, state) =>
  Object.fromEntries(["weight", "bias"].map((each) => [`${name}.${each}`, state[`${home}.${each}`]]));

// Forward ---------------------------------------------------------------------------------------

/** What every layer hands on, {name: array}, for `count` images, normalised, one after the other. With
 * `training`, batch norm goes by this batch, and dropout by `masks`, {name: array of 0 and 1}. */
export const forward = (...given) => toItsEnd(forwardInSlices(...given));

export const forwardInSlices = function* (
  network,
  images,
  count = 1,
  { training = false, masks = {} } = {},
) {
  const entered = {}, values = {}, pass = { network, count, training, masks, entered, values };
  let x = network.numbers.from(images);
  for (const layer of network.layers) {
    entered[layer.name] = x;
    const made = AHEAD[layer.kind](layer, x, pass);
    x = values[layer.name] = layer.kind === "conv" ? yield* made : made;
    yield;
  }
  return pass;
};

/** What a generator returns, once it has been driven there without a stop. */
function toItsEnd(slices) {
  for (;;) {
    const { done, value } = slices.next();
    if (done) return value;
  }
}

const fresh = (pass, shape) => new pass.network.numbers(pass.count * size(shape));
const weightsOf = (pass, name, each = "weight") => pass.network.state[`${name}.${each}`];

const AHEAD = {
  crop: (layer, x, pass) => within(layer.from, layer.border, x, pass),
  *conv(layer, x, pass) {
    const y = fresh(pass, layer.to), bias = weightsOf(pass, layer.name, "bias");
    eachMap(layer.to, pass, (c, start, end) => y.fill(bias[c], start, end));
    const outer = bordered(...withPadding(layer), x, pass);
    yield* convolve(layer, outer, weightsOf(pass, layer.name), y, pass.count);
    return y;
  },
  relu(_, x) {
    const y = new x.constructor(x.length);
    for (let at = 0; at < x.length; at++) if (x[at] > 0) y[at] = x[at];
    return y;
  },
  norm(layer, x, pass) {
    const y = fresh(pass, layer.to), { mean, deviation } = statistics(layer, x, pass);
    const scale = weightsOf(pass, layer.name), shift = weightsOf(pass, layer.name, "bias");
    eachMap(layer.to, pass, (c, start, end) => {
      const factor = scale[c] / deviation[c], middle = mean[c], to = shift[c];
      for (let at = start; at < end; at++) y[at] = factor * (x[at] - middle) + to;
    });
    return y;
  },
  pool(layer, x, pass) {
    const y = fresh(pass, layer.to);
    eachSquare(layer, pass, x, (at, winner) => y[at] = x[winner]);
    return y;
  },
  drop: (layer, x, pass) => dropped(layer, x, pass),
  average(layer, x, pass) {
    const y = fresh(pass, layer.to), weight = layer.weighted && weightsOf(pass, layer.name);
    eachMap(layer.from, pass, (c, start, end) => {
      let sum = 0;
      const places = end - start;
      for (let k = 0; k < places; k++) sum += x[start + k] * (weight ? weight[c * places + k] : 1);
      y[start / places] = weight ? sum : sum / places;
    });
    return y;
  },
  linear(layer, x, pass) {
    const y = fresh(pass, layer.to), inputs = size(layer.from);
    const weight = weightsOf(pass, layer.name), bias = weightsOf(pass, layer.name, "bias");
    for (let k = 0; k < y.length; k++) {
      const o = k % CLASSES, n = (k - o) / CLASSES;
      let sum = bias[o];
      for (let i = 0; i < inputs; i++) sum += weight[o * inputs + i] * x[n * inputs + i];
      y[k] = sum;
    }
    return y;
  },
  log_softmax(_, x) {
    const y = x.slice();
    for (let at = 0; at < x.length; at += CLASSES) {
      const scores = x.subarray(at, at + CLASSES), top = Math.max(...scores);
      const log = top + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - top), 0));
      for (let k = 0; k < CLASSES; k++) y[at + k] = scores[k] - log;
    }
    return y;
  },
};

// Backward --------------------------------------------------------------------------------------

/** The mean of -log p of the right digits. */
export function error(pass, labels) {
  const p = pass.values.log_softmax;
  return -labels.reduce((sum, label, n) => sum + p[n * CLASSES + label], 0) / pass.count;
}

/** { gradient, slopes }: dE/dw by the names of the parameters, and the slopes of the error with respect to
 * what each layer hands on, and to the "images". */
export const backward = (...given) => toItsEnd(backwardInSlices(...given));

export const backwardInSlices = function* (pass, labels) {
  const { layers, numbers, state } = pass.network, gradient = {}, slopes = {};
  for (const name in state) {
    if (!name.includes("running")) gradient[name] = new numbers(state[name].length);
  }
  for (const { name, home } of layers) {
    if (home && home !== name) Object.assign(gradient, sharedWith(name, home, gradient));
  }
  let slope = pass.values.log_softmax.map(Math.exp);
  labels.forEach((label, n) => slope[n * CLASSES + label] -= 1);
  slope = slope.map((miss) => miss / pass.count);
  for (const layer of layers.slice(0, -1).reverse()) {
    slopes[layer.name] = slope;
    const made = BACK[layer.kind](layer, slope, pass.entered[layer.name], pass, gradient);
    slope = layer.kind === "conv" ? yield* made : made;
    yield;
  }
  return { gradient, slopes: { ...slopes, images: slope } };
};

const BACK = {
  crop: (layer, slope, _x, pass) => bordered(layer.from, layer.border, slope, pass),
  *conv(layer, slope, x, pass, gradient) {
    const bias = gradient[`${layer.name}.bias`], ofWeight = gradient[`${layer.name}.weight`];
    eachMap(layer.to, pass, (c, start, end) => {
      let sum = 0;
      for (let at = start; at < end; at++) sum += slope[at];
      bias[c] += sum;
    });
    const [shape, border] = withPadding(layer), outer = bordered(shape, border, x, pass);
    const back = new pass.network.numbers(outer.length);
    yield* deconvolve(layer, outer, weightsOf(pass, layer.name), slope, pass.count, back, ofWeight);
    return within(shape, border, back, pass);
  },
  relu(_, slope, x) {
    const back = new x.constructor(x.length);
    for (let at = 0; at < x.length; at++) if (x[at] > 0) back[at] = slope[at];
    return back;
  },
  norm(layer, slope, x, pass, gradient) {
    const back = fresh(pass, layer.to), scale = weightsOf(pass, layer.name);
    const { mean, deviation, count } = statistics(layer, x, pass);
    const ofScale = new Float64Array(layer.to[0]), ofShift = new Float64Array(layer.to[0]);
    eachMap(layer.to, pass, (c, start, end) => {
      let sum = 0, withValue = 0;
      for (let at = start; at < end; at++) {
        sum += slope[at];
        withValue += slope[at] * (x[at] - mean[c]);
      }
      ofShift[c] += sum;
      ofScale[c] += withValue / deviation[c];
    });
    eachMap(layer.to, pass, (c, start, end) => {
      const factor = scale[c] / deviation[c], byMean = pass.training ? ofShift[c] / count : 0;
      const byVariance = pass.training ? ofScale[c] / count / deviation[c] : 0;
      for (let at = start; at < end; at++) {
        back[at] = factor * (slope[at] - byMean - (x[at] - mean[c]) * byVariance);
      }
    });
    gradient[`${layer.name}.weight`].set(ofScale);
    gradient[`${layer.name}.bias`].set(ofShift);
    return back;
  },
  pool(layer, slope, x, pass) {
    const back = fresh(pass, layer.from);
    eachSquare(layer, pass, x, (at, winner) => back[winner] = slope[at]);
    return back;
  },
  drop: (layer, slope, _x, pass) => dropped(layer, slope, pass),
  average(layer, slope, x, pass, gradient) {
    const back = fresh(pass, layer.from), ofWeight = gradient[`${layer.name}.weight`];
    const weight = layer.weighted && weightsOf(pass, layer.name);
    eachMap(layer.from, pass, (c, start, end) => {
      const places = end - start, each = slope[start / places];
      for (let k = 0; k < places; k++) {
        back[start + k] = weight ? weight[c * places + k] * each : each / places;
        if (weight) ofWeight[c * places + k] += x[start + k] * each;
      }
    });
    return back;
  },
  linear(layer, slope, x, pass, gradient) {
    const back = fresh(pass, layer.from), inputs = size(layer.from), weight = weightsOf(pass, layer.name);
    const ofWeight = gradient[`${layer.name}.weight`], ofBias = gradient[`${layer.name}.bias`];
    slope.forEach((each, k) => {
      const o = k % CLASSES, n = (k - o) / CLASSES;
      ofBias[o] += each;
      for (let i = 0; i < inputs; i++) {
        ofWeight[o * inputs + i] += each * x[n * inputs + i];
        back[n * inputs + i] += each * weight[o * inputs + i];
      }
    });
    return back;
  },
};

// A step of training ----------------------------------------------------------------------------

/** Moves the state of the network, in place, against the gradient, with momentum; `velocity` goes from step
 * to step, {} at first. The running averages follow this batch, its variance unbiased. Returns the error
 * before. */
export const step = (...given) => toItsEnd(stepInSlices(...given)).error;

/** Returns { error, gradient }. */
export const stepInSlices = function* (
  network,
  velocity,
  images,
  labels,
  { learningRate, momentum = 0.9, masks = {} },
) {
  const pass = yield* forwardInSlices(network, images, labels.length, { training: true, masks });
  const { gradient } = yield* backwardInSlices(pass, labels), moved = new Set();
  for (const [name, slope] of Object.entries(gradient)) {
    if (moved.has(slope)) continue; // a kernel that is shared moves once
    moved.add(slope);
    const v = velocity[name] ??= new network.numbers(slope.length), w = network.state[name];
    for (let k = 0; k < w.length; k++) {
      v[k] = momentum * v[k] + slope[k];
      w[k] -= learningRate * v[k];
    }
  }
  for (const layer of network.layers.filter(({ kind }) => kind === "norm")) {
    const { mean, variance, count } = statistics(layer, pass.entered[layer.name], pass);
    const means = weightsOf(pass, layer.name, "running_mean"),
      spreads = weightsOf(pass, layer.name, "running_var");
    for (let c = 0; c < means.length; c++) {
      means[c] = 0.9 * means[c] + 0.1 * mean[c];
      spreads[c] = 0.9 * spreads[c] + 0.1 * variance[c] * count / (count - 1);
    }
  }
  return { error: error(pass, labels), gradient };
};

// What layers share -----------------------------------------------------------------------------

/** `visit(channel, start, end)` for the map of every channel of every image. */
function eachMap([channels, height, width], { count }, visit) {
  const places = height * width;
  for (let k = 0; k < count * channels; k++) visit(k % channels, k * places, (k + 1) * places);
}

/** `visit(place of a square, place of its largest value)`: of equal ones the first, row by row. */
export function eachSquare({ from: [channels, height, width], to: [, rows, columns] }, { count }, x, visit) {
  for (let k = 0, at = 0; k < count * channels; k++) {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++, at++) {
        const first = (k * height + 2 * r) * width + 2 * c;
        let winner = first;
        if (x[first + 1] > x[winner]) winner = first + 1;
        if (x[first + width] > x[winner]) winner = first + width;
        if (x[first + width + 1] > x[winner]) winner = first + width + 1;
        visit(at, winner);
      }
    }
  }
}

/** Mean and sqrt(variance + epsilon) of every channel, and how many numbers it has: of this batch in
 * training, else the running ones. */
export function statistics(layer, x, pass) {
  const channels = layer.to[0], count = x.length / channels;
  let mean = weightsOf(pass, layer.name, "running_mean"),
    variance = weightsOf(pass, layer.name, "running_var");
  if (pass.training) {
    if (count < 2) {
      throw new RangeError(`images: got one value per channel at ${layer.name}; takes two or more`);
    }
    mean = new Float64Array(channels);
    variance = new Float64Array(channels);
    eachMap(layer.to, pass, (c, start, end) => {
      let sum = 0;
      for (let at = start; at < end; at++) sum += x[at];
      mean[c] += sum / count;
    });
    eachMap(layer.to, pass, (c, start, end) => {
      let sum = 0;
      for (let at = start; at < end; at++) sum += (x[at] - mean[c]) ** 2;
      variance[c] += sum / count;
    });
  }
  return {
    mean,
    variance,
    deviation: Float64Array.from(variance, (each) => Math.sqrt(each + EPSILON)),
    count,
  };
}

/** Values or slopes of a dropout: in training, kept ones grown, the others 0. */
function dropped({ name, p }, x, { training, masks }) {
  if (!training || !(p || masks[name])) return x;
  const keep = masks[name];
  if (keep?.length !== x.length) {
    throw new RangeError(`masks: got ${keep ? keep.length : "no"} numbers for ${name}; takes ${x.length}`);
  }
  return x.map((each, at) => each * keep[at] / (1 - p));
}

/** Copies rows of maps: those within a border into maps without it, or `outward` from there. */
function copyWithin([channels, height, width], [top, left], { count }, inner, outer, outward) {
  const long = width - 2 * left;
  for (let k = 0, at = 0; k < count * channels; k++) {
    for (let r = top; r < height - top; r++, at += long) {
      const place = (k * height + r) * width + left;
      if (outward) outer.set(inner.subarray(at, at + long), place);
      else inner.set(outer.subarray(place, place + long), at);
    }
  }
}

/** Maps without their border. */
function within(shape, border, outer, pass) {
  const [channels, height, width] = shape;
  if (!border[0] && !border[1]) return outer;
  const inner = fresh(pass, [channels, height - 2 * border[0], width - 2 * border[1]]);
  copyWithin(shape, border, pass, inner, outer, false);
  return inner;
}

/** Maps in a border of zeros, which the shape includes. */
function bordered(shape, border, inner, pass) {
  if (!border[0] && !border[1]) return inner;
  const outer = fresh(pass, shape);
  copyWithin(shape, border, pass, inner, outer, true);
  return outer;
}

/** The shape of what enters a convolution with its border, and the border. */
function withPadding({ from: [channels, height, width], padding }) {
  return [[channels, height + 2 * padding, width + 2 * padding], [padding, padding]];
}

// Convolutions, where the time goes --------------------------------------------------------------

/** For every kernel of a convolution: `visit(place of the kernel, of its input map, of its output map)`, a
 * slice for each image. */
function* eachKernel(
  { kernel, padding, from: [entering, height, width], to: [leaving, rows, columns] },
  count,
  visit,
) {
  const input = (height + 2 * padding) * (width + 2 * padding), output = rows * columns;
  for (let n = 0; n < count; n++) {
    if (n) yield;
    for (let o = 0; o < leaving; o++) {
      for (let i = 0; i < entering; i++) {
        visit((o * entering + i) * kernel ** 2, (n * entering + i) * input, (n * leaving + o) * output);
      }
    }
  }
}

/** y += every kernel at every place of the bordered maps x. */
function* convolve(layer, x, weight, y, count) {
  const { kernel, stride, padding, from, to: [, rows, columns] } = layer, row = from[2] + 2 * padding;
  const add = kernel === 3 && stride === 1 ? addNine : addAny;
  yield* eachKernel(
    layer,
    count,
    (w, a, b) => add(y, b, rows, columns, x, a, row, weight, w, kernel, stride),
  );
}

function addNine(y, to, rows, columns, x, from, row, weight, w) {
  const w0 = weight[w], w1 = weight[w + 1], w2 = weight[w + 2], w3 = weight[w + 3], w4 = weight[w + 4];
  const w5 = weight[w + 5], w6 = weight[w + 6], w7 = weight[w + 7], w8 = weight[w + 8];
  for (let r = 0, at = to; r < rows; r++) {
    for (let c = 0, a = from + r * row; c < columns; c++, at++, a++) {
      const b = a + row, d = b + row;
      y[at] += w0 * x[a] + w1 * x[a + 1] + w2 * x[a + 2] + w3 * x[b] + w4 * x[b + 1] + w5 * x[b + 2] +
        w6 * x[d] + w7 * x[d + 1] + w8 * x[d + 2];
    }
  }
}

function addAny(y, to, rows, columns, x, from, row, weight, w, kernel, stride) {
  for (let r = 0, at = to; r < rows; r++) {
    for (let c = 0; c < columns; c++, at++) {
      let sum = 0;
      for (let u = 0, k = w; u < kernel; u++) {
        const a = from + (r * stride + u) * row + c * stride;
        for (let v = 0; v < kernel; v++, k++) sum += weight[k] * x[a + v];
      }
      y[at] += sum;
    }
  }
}

/** The way back: adds what each pixel of the bordered maps x gets to `back`, what each weight gets to
 * `ofWeight`. */
function* deconvolve(layer, x, weight, slope, count, back, ofWeight) {
  const { kernel, stride, padding, from, to: [, rows, columns] } = layer, row = from[2] + 2 * padding;
  const add = kernel === 3 && stride === 1 ? backNine : backAny;
  yield* eachKernel(
    layer,
    count,
    (w, a, b) => add(slope, b, rows, columns, x, back, a, row, weight, ofWeight, w, kernel, stride),
  );
}

function backNine(slope, to, rows, columns, x, back, from, row, weight, ofWeight, w) {
  const w0 = weight[w], w1 = weight[w + 1], w2 = weight[w + 2], w3 = weight[w + 3], w4 = weight[w + 4];
  const w5 = weight[w + 5], w6 = weight[w + 6], w7 = weight[w + 7], w8 = weight[w + 8];
  let g0 = 0, g1 = 0, g2 = 0, g3 = 0, g4 = 0, g5 = 0, g6 = 0, g7 = 0, g8 = 0;
  for (let r = 0, at = to; r < rows; r++) {
    for (let c = 0, a = from + r * row; c < columns; c++, at++, a++) {
      const s = slope[at];
      if (s === 0) continue; // behind a ReLU that is shut, and where a pool passes nothing back
      const b = a + row, d = b + row;
      g0 += s * x[a], g1 += s * x[a + 1], g2 += s * x[a + 2];
      g3 += s * x[b], g4 += s * x[b + 1], g5 += s * x[b + 2];
      g6 += s * x[d], g7 += s * x[d + 1], g8 += s * x[d + 2];
      back[a] += s * w0, back[a + 1] += s * w1, back[a + 2] += s * w2;
      back[b] += s * w3, back[b + 1] += s * w4, back[b + 2] += s * w5;
      back[d] += s * w6, back[d + 1] += s * w7, back[d + 2] += s * w8;
    }
  }
  [g0, g1, g2, g3, g4, g5, g6, g7, g8].forEach((g, k) => ofWeight[w + k] += g);
}

function backAny(slope, to, rows, columns, x, back, from, row, weight, ofWeight, w, kernel, stride) {
  for (let r = 0, at = to; r < rows; r++) {
    for (let c = 0; c < columns; c++, at++) {
      for (let u = 0, k = w; u < kernel; u++) {
        const a = from + (r * stride + u) * row + c * stride;
        for (let v = 0; v < kernel; v++, k++) {
          ofWeight[k] += slope[at] * x[a + v];
          back[a + v] += slope[at] * weight[k];
        }
      }
    }
  }
}
