// The stepper: backpropagation through the 2-2-2 network, one operation at a time.
//
// One module, three lives: an anywidget in Jupyter (the default export), a static page (the
// last lines bring every <div data-stepper> to life), and the mathematics alone (the named
// exports), written a second time and by hand so that it referees s6lib.toy.
//
//   engine    evaluate, forward, gradient, hessian, sharpness, train, Run     pure functions
//   words     the operations of a training step: formula and sentence
//   input     what a field or the page's address may hold
//   view      diagram, equation, curve, proof, race

// ---------------------------------------------------------------------------------- engine

const WEIGHTS = ["w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8"];

export function sigmoid(z) {
  const decay = Math.exp(-Math.abs(z));  // never overflows
  return (z >= 0 ? 1 : decay) / (1 + decay);
}

// sigma(z) sigma(-z): on paper y (1 - y), but that cancels to 0 at z = 40.
export function sigmoidDerivative(z) {
  const decay = Math.exp(-Math.abs(z));
  return decay / ((1 + decay) * (1 + decay));
}

/** Every quantity of one moment by its name on the page. weights: w1 ... w8 in a row. */
export function evaluate(weights, inputs, targets) {
  const [w1, w2, w3, w4, w5, w6, w7, w8] = weights, [i1, i2] = inputs, [t1, t2] = targets;
  const h1 = w1 * i1 + w2 * i2, h2 = w3 * i1 + w4 * i2;
  const a_h1 = sigmoid(h1), a_h2 = sigmoid(h2);
  const o1 = w5 * a_h1 + w6 * a_h2, o2 = w7 * a_h1 + w8 * a_h2;
  const a_o1 = sigmoid(o1), a_o2 = sigmoid(o2);
  const E1 = (t1 - a_o1) ** 2 / 2, E2 = (t2 - a_o2) ** 2 / 2;
  const da_h1_dh1 = sigmoidDerivative(h1), da_h2_dh2 = sigmoidDerivative(h2);
  const da_o1_do1 = sigmoidDerivative(o1), da_o2_do2 = sigmoidDerivative(o2);
  const dE_do1 = (a_o1 - t1) * da_o1_do1, dE_do2 = (a_o2 - t2) * da_o2_do2;
  const dE_dh1 = (dE_do1 * w5 + dE_do2 * w7) * da_h1_dh1;
  const dE_dh2 = (dE_do1 * w6 + dE_do2 * w8) * da_h2_dh2;
  return {
    i1, i2, t1, t2, w1, w2, w3, w4, w5, w6, w7, w8,
    h1, a_h1, h2, a_h2, o1, a_o1, o2, a_o2, E1, E2, E_total: E1 + E2,
    da_h1_dh1, da_h2_dh2, da_o1_do1, da_o2_do2, dE_do1, dE_do2, dE_dh1, dE_dh2,
    dE_dw1: dE_dh1 * i1, dE_dw2: dE_dh1 * i2, dE_dw3: dE_dh2 * i1, dE_dw4: dE_dh2 * i2,
    dE_dw5: dE_do1 * a_h1, dE_dw6: dE_do1 * a_h2, dE_dw7: dE_do2 * a_h1, dE_dw8: dE_do2 * a_h2,
  };
}

export function forward(weights, inputs) {
  const { h1, h2, a_h1, a_h2, o1, o2, a_o1, a_o2 } = evaluate(weights, inputs, [0, 0]);
  return { h: [h1, h2], a_h: [a_h1, a_h2], o: [o1, o2], a_o: [a_o1, a_o2] };
}

export function loss(weights, inputs, targets) {
  return evaluate(weights, inputs, targets).E_total;
}

export function gradient(weights, inputs, targets) {
  const values = evaluate(weights, inputs, targets);
  return WEIGHTS.map((name) => values["dE_d" + name]);
}

/** (E(w + s) - E(w - s)) / 2s for weight k: no chain rule in it, so it can catch ours out. */
export function centralDifference(weights, inputs, targets, k) {
  const step = 1e-5 * Math.max(1, Math.abs(weights[k]));
  const up = Float64Array.from(weights), down = Float64Array.from(weights);
  up[k] += step;
  down[k] -= step;
  const above = loss(up, inputs, targets), below = loss(down, inputs, targets);
  return { step, above, below, slope: (above - below) / (up[k] - down[k]) };
}

/** Second derivatives of E_total as 8 rows of 8, from formulas (toy takes the complex step). */
export function hessian(weights, inputs, targets) {
  const q = evaluate(weights, inputs, targets);
  const out = [[q.w5, q.w6], [q.w7, q.w8]], a = [q.a_h1, q.a_h2], delta = [q.dE_do1, q.dE_do2];
  const slope = [q.da_h1_dh1, q.da_h2_dh2];
  // sigma'' = sigma' (1 - 2 sigma), and 1 - 2 sigma(z) = -tanh(z / 2) without cancelling
  const bend = [q.h1, q.h2].map((z, j) => -slope[j] * Math.tanh(z / 2));
  const curve = [0, 1].map((k) => {  // d^2 E_k / do_k^2
    const z = [q.o1, q.o2][k], s = [q.da_o1_do1, q.da_o2_do2][k];
    return s * s - ([q.a_o1, q.a_o2][k] - targets[k]) * s * Math.tanh(z / 2);
  });
  const H = WEIGHTS.map(() => new Float64Array(8));
  for (const k of [0, 1]) for (const j of [0, 1]) for (const m of [0, 1]) {
    H[4 + 2 * k + j][4 + 2 * k + m] = curve[k] * a[j] * a[m];
    for (const i of [0, 1]) {  // output weight (k, j) with hidden weight (m, i)
      const mixed = (curve[k] * out[k][m] * a[j] + (j === m ? delta[k] : 0)) * slope[m] * inputs[i];
      H[4 + 2 * k + j][2 * m + i] = H[2 * m + i][4 + 2 * k + j] = mixed;
      for (const n of [0, 1]) {  // hidden weight (j, i) with hidden weight (m, n), through output k
        const back = j === m ? delta[k] * out[k][j] * bend[j] : 0;
        H[2 * j + i][2 * m + n] +=
          (curve[k] * out[k][j] * out[k][m] * slope[j] * slope[m] + back) * inputs[i] * inputs[n];
      }
    }
  }
  return H;
}

/** Largest eigenvalue of a symmetric matrix, by Jacobi's rotations. NaN where an entry is not finite. */
export function largestEigenvalue(matrix) {
  const A = matrix.map((row) => Float64Array.from(row)), n = A.length;
  if (!A.every((row) => row.every(Number.isFinite))) return NaN;
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0, all = 0;
    A.forEach((row, p) => row.forEach((value, q) => {
      all += value * value;
      if (p !== q) off += value * value;
    }));
    if (!(off > 1e-32 * all)) break;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) {
      if (A[p][q] === 0) continue;
      const theta = (A[q][q] - A[p][p]) / (2 * A[p][q]);
      const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
      const c = 1 / Math.hypot(t, 1), s = t * c;
      for (const row of A) {
        const left = row[p], right = row[q];
        row[p] = c * left - s * right;
        row[q] = s * left + c * right;
      }
      const P = A[p], Q = A[q];
      for (let k = 0; k < n; k++) {
        const above = P[k], below = Q[k];
        P[k] = c * above - s * below;
        Q[k] = s * above + c * below;
      }
    }
  }
  return Math.max(...A.map((row, k) => row[k]));
}

export function sharpness(weights, inputs, targets) {
  return largestEigenvalue(hessian(weights, inputs, targets));
}

/** Gradient descent that remembers every state, so that stepping back returns the same bits.
 *  Grows when asked for a later step; ends at the first state that is not finite. */
export class Run {
  constructor({ weights, inputs, targets, learning_rate }) {
    Object.assign(this, { inputs, targets, learning_rate, weights: [Float64Array.from(weights)], loss: [] });
    this.end = Infinity;
    this.#look(0);
  }
  at(step) {
    while (this.loss.length <= step && this.loss.length <= this.end) {
      const last = this.weights.at(-1), slope = gradient(last, this.inputs, this.targets);
      this.weights.push(last.map((w, k) => w - this.learning_rate * slope[k]));
      this.#look(this.loss.length);
    }
    return Math.min(step, this.end);
  }
  values(step) {
    return evaluate(this.weights[this.at(step)], this.inputs, this.targets);
  }
  #look(step) {
    const values = evaluate(this.weights[step], this.inputs, this.targets);
    this.loss.push(values.E_total);
    if (!Object.values(values).every(Number.isFinite)) this.end = step;
  }
}

export function train(weights, inputs, targets, learning_rate, steps) {
  const run = new Run({ weights, inputs, targets, learning_rate });
  const reached = run.at(steps);
  return { weights: run.weights.slice(0, reached + 1), loss: run.loss.slice(0, reached + 1) };
}

// ----------------------------------------------------------------------------------- words

const LAST_STEP = 10000;  // also in s6lib/stepper/__init__.py
const EDGES = {  // weight: [from, to, the sum it enters, what it carries]
  w1: ["i1", "h1", "h1", "i1"], w2: ["i2", "h1", "h1", "i2"],
  w3: ["i1", "h2", "h2", "i1"], w4: ["i2", "h2", "h2", "i2"],
  w5: ["h1", "o1", "o1", "a_h1"], w6: ["h2", "o1", "o1", "a_h2"],
  w7: ["h1", "o2", "o2", "a_h1"], w8: ["h2", "o2", "o2", "a_h2"],
};

/** One training step, operation by operation. `lit`: the edges that the operation travels along. */
const OPERATIONS = [
  { name: "overview", phase: "Overview", say: "" },
  ...["h1", "h2"].flatMap((h, k) => [
    { name: h, phase: "Forward", lit: k ? ["w3", "w4"] : ["w1", "w2"],
      formula: k ? "w3 × i1 + w4 × i2" : "w1 × i1 + w2 × i2",
      say: `Each input times its weight, added up: this enters hidden neuron ${k + 1}.` },
    { name: "a_" + h, phase: "Forward", formula: `σ( ${h} )`,
      say: `The sigmoid squeezes any sum to between 0 and 1: this leaves hidden neuron ${k + 1}.` },
  ]),
  ...["o1", "o2"].flatMap((o, k) => [
    { name: o, phase: "Forward", lit: k ? ["w7", "w8"] : ["w5", "w6"],
      formula: k ? "w7 × a_h1 + w8 × a_h2" : "w5 × a_h1 + w6 × a_h2",
      say: `The same again one layer on: weighted, added up, into output neuron ${k + 1}.` },
    { name: "a_" + o, phase: "Forward", formula: `σ( ${o} )`, say: `What the network answers at output ${k + 1}.` },
  ]),
  ...[1, 2].map((k) => ({ name: "E" + k, phase: "Error", formula: `( t${k} − a_o${k} )² / 2`,
    say: `How far the answer is from its target: half the squared distance.` })),
  { name: "E_total", phase: "Error", formula: "E1 + E2", say: "One number for the whole network. Training makes it smaller." },
  ...[1, 2].flatMap((k) => [
    { name: "dE_do" + k, phase: "Backward", formula: `( a_o${k} − t${k} ) × da_o${k}_do${k}`,
      say: `The miss times the slope of the sigmoid: how the error answers to o${k}.` },
    ...(k === 1 ? ["w5", "w6"] : ["w7", "w8"]).map((w) => edgeOperation(w)),
  ]),
  ...[1, 2].flatMap((k) => [
    { name: "dE_dh" + k, phase: "Backward", lit: k === 1 ? ["w5", "w7"] : ["w6", "w8"],
      formula: `( dE_do1 × w${4 + k} + dE_do2 × w${6 + k} ) × da_h${k}_dh${k}`,
      say: `Back along both of its edges, added up, times the slope of the sigmoid.` },
    ...(k === 1 ? ["w1", "w2"] : ["w3", "w4"]).map((w) => edgeOperation(w)),
  ]),
  { name: "update", phase: "Update", lit: WEIGHTS,
    say: "All eight weights move at once, each against its own gradient." },
];
function edgeOperation(w) {
  const [, , sum, carried] = EDGES[w];
  return { name: "dE_d" + w, phase: "Backward", lit: [w], edge: w, formula: `dE_d${sum} × ${carried}` };
}
const PLACE = Object.fromEntries(OPERATIONS.map(({ name }, k) => [name, k]));
const PHASES = [...new Set(OPERATIONS.map(({ phase }) => phase))];

/** The factors of dE/dw along each path from the error to weight `w`: [symbol, formula]. */
function paths(w) {
  const [, , sum, carried] = EDGES[w], last = [`d${sum}_d${w}`, carried];
  const output = (k) => [[`dE_da_o${k}`, `a_o${k} − t${k}`], [`da_o${k}_do${k}`, `σ( o${k} ) × σ( −o${k} )`]];
  if (sum[0] === "o") return [[...output(sum[1]), last]];
  const j = Number(sum[1]);
  return [1, 2].map((k) => [...output(k), [`do${k}_da_h${j}`, `w${2 + 2 * k + j}`],
    [`da_h${j}_dh${j}`, `σ( h${j} ) × σ( −h${j} )`], last]);
}

// ----------------------------------------------------------------------------------- input

const COMMA = " A comma is a decimal sign where it can be nothing else: 1,000 may be 1 or 1000; 1,5 in a list 1.5, or 1 and 5.";

/** `text` in ASCII, as far as copying has changed it: wide letters, dashes, marks of the direction of writing. */
const tidy = (text) => String(text).replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
  .replace(/\p{Cf}/gu, "").replace(/[\u2010-\u2013\u2212]/g, "-").trim();

/** The finite number that `text` spells, else null: whatever `format` writes, digits in groups between blanks that do
 *  not break a line, and a comma as the decimal point where it cannot mean thousands. Zero has no sign. */
export function parseNumber(text) {
  let plain = tidy(text).replace(/^[+-]?\d{1,3}([\xa0\u2007\u2009\u202f]\d{3})+(?!\d)/,
    (whole) => whole.replace(/[^+\d-]/g, ""));
  if (/^[+-]?[1-9]\d{0,2},\d{3}(?!\d)/.test(plain)) return null;
  if (!plain.includes(".")) plain = plain.replace(",", ".");
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain)) return null;
  const value = Number(plain);  // too small for a float64 is no more a zero than too large is infinite
  return Number.isFinite(value) && (value || !/^[^e]*[1-9]/i.test(plain)) ? value + 0 : null;
}

const numbers = (count) => (text) => {
  const list = text.split(",").map((part) => parseNumber(part));
  return list.includes(null) || list.length !== count ? null : list;
};
const oneOf = (names) => (text) => (names.includes(text) ? text : null);
const positive = (text) => (parseNumber(text) > 0 ? parseNumber(text) : null);
const ADDRESS = {  // how each part of the state is read from the address
  step: (text) => (/^\d{1,5}$/.test(text) && Number(text) <= LAST_STEP ? Number(text) : null),
  operation: oneOf(Object.keys(PLACE)),
  proof: oneOf(["none", ...WEIGHTS]),
  learning_rate: positive,
  weights: numbers(8),
  inputs: numbers(2),
  targets: numbers(2),
  rates: (text) => slowestFirst(text.split(",")),
};

/** One to eight positive numbers, slowest first, else null. */
function slowestFirst(parts) {
  const list = parts.map(positive);
  if (list.length < 1 || list.length > 8 || list.includes(null)) return null;
  return [...new Set(list)].sort((a, b) => a - b);
}

/** Rates between blanks, semicolons, or commas with a blank: then no other comma is clear, nor is one in a single part. */
export function parseRates(text) {
  const plain = tidy(text), parts = plain.split(/,?[ \t;]+/).filter(Boolean);
  return (parts.length < 2 || /,[ \t;]/.test(plain)) && parts.some((part) => part.includes(",")) ? null : slowestFirst(parts);
}

/** The state in `hash` as {stepper, state}, or null where any part of it is not exactly in order. Mail programs may
 *  have encoded it, and taken the end of a sentence for the end of the address. */
export function parseAddress(hash) {
  try {
    hash = decodeURIComponent(hash).replaceAll("&amp;", "&").replace(/[^\w]+$/, "");
  } catch {
    return null;
  }
  if (hash.length > 1000 || !/^#stepper=\d{1,2}(&[a-z_]+=[\w.,-]+)*$/.test(hash)) return null;
  const [[, stepper], ...parts] = hash.slice(1).split("&").map((part) => part.split("="));
  const state = {};
  for (const [key, text] of parts) {
    if (!Object.hasOwn(ADDRESS, key) || Object.hasOwn(state, key)) return null;
    state[key] = ADDRESS[key](text);
    if (state[key] === null) return null;
  }
  return { stepper: Number(stepper), state };
}

/** The address of `state`, naming only what differs from `defaults`. */
export function writeAddress(stepper, state, defaults) {
  const parts = Object.keys(ADDRESS).filter((key) => String(state[key]) !== String(defaults[key]))
    .map((key) => `&${key}=${[state[key]].flat().map((value) => format(value))}`);
  return parts.length ? `#stepper=${stepper}${parts.join("")}` : "";
}

/** `value` to `digits` significant digits; numbers that are short anyway stay short below 17. Without `digits` in full,
 *  in ASCII, as fields, addresses and spreadsheets hold it. What this writes, parseNumber reads. */
export function format(value, digits = 0, sign = false, small = 1e-4) {
  if (!digits) return String(value).replace("e+", "e");
  if (Number.isNaN(value)) return "not a number";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value), exact = String(size);
  let text = size !== 0 && (size < small || size >= 1e6) ? size.toExponential(digits - 1) : size.toPrecision(digits);
  if (digits < 17 && exact.length <= text.length && Number(text) === size) text = exact;
  text = text.replace("e-", "e−").replace("e+", "e");
  return (value < 0 ? "−" : sign ? "+" : "") + text;
}

// ------------------------------------------------------------------------------------ view

function make(tag, properties = {}, ...children) {
  const svg = ["svg", "line", "path", "circle", "text", "g"].includes(tag);
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== null && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(3).filter((child) => child !== null));
  return node;
}

/** Sets text and attributes only where they differ: the browser then lays out and paints only those. */
function put(node, { text, ...attributes }) {
  if (text !== undefined && node.textContent !== text) node.textContent = text;
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null) node.removeAttribute(key);
    else if (node.getAttribute(key) !== String(value)) node.setAttribute(key, value);
  }
}

/** `name` as mathematics: w5, a_h1, E_total, dE_dw5 (a fraction). */
function symbol(name) {
  const fraction = /^d(E|a_[ho]\d|[ho]\d)_d(\w+)$/.exec(name);
  if (fraction) {
    const part = (inner) => make("span", {}, "∂", symbol(inner));
    return make("span", { class: "frac" }, part(fraction[1]), make("span", { class: "unseen" }, " by "), part(fraction[2]));
  }
  if (name === "rate") return make("var", {}, "η");
  if (name === "E") return make("var", {}, "E");
  const [letter, index] = name[1] === "_" ? name.split("_") : [name[0], name.slice(1)];
  return make("var", {}, letter, make("sub", {}, index));
}

const plain = (name) => name.replace(/^d(\w+?)_d(\w+)$/, "gradient for $2").replace("_", " ");
const kind = (name) => (/^d/.test(name) ? "gradient" : /^(w\d|rate)/.test(name) ? "weight" : /^t\d/.test(name) ? "target" : "value");

/** Gives `root` its life. `model` has get, set, save_changes, on and off, as in Jupyter. */
function mount(root, model, { address = 0 } = {}) {
  const defaults = readModel(model);
  const state = structuredClone(defaults);
  let run = new Run(state), far = 0, ghost = null, race = null, playing = 0, writing = false, width = 600;
  let values = {}, problem = "";
  const shown = [], fields = [], forgets = [];  // what render() refreshes, what reset() clears
  const stop = new AbortController();

  const look = { digits: 5, speed: 4, log: false };
  const id = `s6-${Math.random().toString(36).slice(2, 8)}`;

  // -- what changes the state

  /** Takes over `patch`; a changed setting starts a new run and leaves its curve as a ghost. */
  function change(patch, { keepGhost = false, silent = false } = {}) {
    const setting = ["weights", "inputs", "targets", "learning_rate"].some(
      (key) => key in patch && String(patch[key]) !== String(state[key]));
    if (setting && !keepGhost) ghost = { loss: run.loss.slice(0, far + 1), rate: state.learning_rate };
    const fresh = setting || ("rates" in patch && String(patch.rates) !== String(state.rates));
    Object.assign(state, patch);
    if (setting) { run = new Run(state); far = 0; }
    if (fresh) race = null;
    state.step = run.at(state.step);
    far = Math.max(far, state.step);
    writing = true;
    writeModel(model, state);
    writing = false;
    broken.hidden = true;
    if (!silent) remember();
    render();
  }

  function move(steps) {
    const step = Math.min(Math.max(state.step + steps, 0), LAST_STEP);
    change({ step, operation: "overview" });
  }

  function walk(operations) {
    const place = PLACE[state.operation] + operations, count = OPERATIONS.length;
    const step = state.step + Math.floor(place / count);
    if (step < 0 || step > Math.min(LAST_STEP, run.end)) return;
    change({ step, operation: OPERATIONS[(place + count) % count].name });
    if (root.classList.contains("tall")) net.querySelector(".on")?.scrollIntoView({ block: "nearest" });
  }

  function play() {
    halt();
    playing = setInterval(() => {
      if (look.speed < 0) walk(1); else move(1);
      if (problem || state.step === LAST_STEP) pause();
    }, 1000 / Math.abs(look.speed));
    render();
  }

  function halt() {
    clearInterval(playing);
    playing = 0;
  }

  function pause() {
    halt();
    render();
  }

  function reset() {
    halt();
    ghost = null;
    far = 0;
    for (const forget of forgets) forget();
    change(structuredClone(defaults), { keepGhost: true });
  }

  // -- the page's address: written at most twice a second, as browsers ask

  let due = 0, wrote = 0;
  function remember() {
    if (!address) return;
    clearTimeout(due);
    due = setTimeout(() => {
      wrote = performance.now();
      const here = location.href.split("#")[0], hash = writeAddress(address, state, defaults);
      if (hash || location.hash.startsWith("#stepper=")) history.replaceState(history.state, "", here + hash);
    }, Math.max(0, 500 - (performance.now() - wrote)));
  }
  function followAddress() {
    const { hash } = location, read = parseAddress(hash), named = /^#stepper(?:=|%3D)0*(\d*)/i.exec(hash)?.[1];
    if (named === undefined) return;
    if (read?.stepper !== address) {  // a link to nowhere is for the first stepper to tell
      broken.hidden = Number(named) !== address && (address > 1 || document.querySelector(`[data-stepper="${named}"]`));
      return;
    }
    pause();
    change({ ...structuredClone(defaults), ...read.state }, { keepGhost: true, silent: true });
    if (read.state.rates) panels.race.open = true;
    root.scrollIntoView({ block: "nearest" });
    // While the page loads, pictures and sections above still grow.
    if (document.readyState !== "complete") addEventListener("load", () => root.scrollIntoView({ block: "nearest" }), { once: true });
  }

  /** Brings the still table, for paper and without scripts, to the moment on the screen. */
  function paper() {
    const table = root.querySelector(".fallback table");
    const steps = [0, 1, 2].map((k) => state.step + k)
      .filter((step, k) => !k || (step <= LAST_STEP && run.at(step) === step));
    for (const row of table?.rows ?? []) {
      const [head, ...old] = row.cells, name = head.textContent.split(" ")[0].replace("/", "_");
      old.forEach((cell) => cell.remove());
      row.append(...steps.map((step) => (name === "operation" ? make("th", { scope: "col" }, `step ${step}`)
        : make("td", {}, format(run.values(step)[name], 5)))));
    }
    const caption = table?.caption, pair = (key) => state[key].map((value) => format(value)).join(" and ");
    if (caption) caption.textContent = caption.textContent.replace(/inputs .*(?=\. Each)/,
      `inputs ${pair("inputs")}, targets ${pair("targets")} and the learning rate η = ${format(state.learning_rate)}`);
  }

  // -- pieces

  /** A number on the page that follows the state: `show("h1")`. */
  function show(name, { most = 17, room = null } = {}) {
    const node = make("span", { class: `n ${kind(name)}`, "data-quantity": name });
    shown.push({ node, name, most, room });
    return node;
  }

  /** As many digits as fit into `room` characters. */
  function fit(value, most, room, sign) {
    for (let digits = Math.min(most, look.digits); digits > 0; digits--) {
      for (const small of [1e-4, 1e-2]) {
        const text = format(value, digits, sign, small);
        if (text.length <= room || (digits === 1 && small > 1e-3)) return text;
      }
    }
  }

  /** Copies a table as a spreadsheet takes it: tabs between cells, fractions on one line, numbers in full and in ASCII. */
  function copy(event) {
    const chosen = getSelection();
    if (chosen.isCollapsed || event.target.matches?.("input")) return;
    const piece = make("div", {}, chosen.getRangeAt(0).cloneContents());
    for (const one of piece.querySelectorAll("[data-value]")) {
      if (one.textContent !== "?") one.textContent = format(one.dataset.value);
    }
    piece.querySelectorAll("td,th").forEach((cell) => cell.append("\t"));
    piece.querySelectorAll("tr,caption").forEach((row) => row.append("\n"));
    const text = piece.querySelector("td,th") ? piece.textContent.replace(/\t(\n|$)/g, "$1").replaceAll("\t= ", "\t")
      : String(chosen);
    event.clipboardData.setData("text/plain", text.replace(/\s+by\s+∂/g, "/∂").replaceAll("−", "-"));
    event.preventDefault();
  }

  function button(label, content, onclick, properties = {}) {
    return make("button", { type: "button", "aria-label": label, title: label, onclick, ...properties }, content);
  }

  /** The arrow keys step, but in a text box or on a slider they are its own. */
  function key(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target.matches("input,select")) return;
    event.preventDefault();
    byHand(() => move(by));
  }

  const byHand = (act) => { halt(); act(); };  // a reader who steps takes over from Play
  const icon = (path) => make("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", class: "icon" }, make("path", { d: path }));

  /** A text box that takes what `read` can read and otherwise says what it takes. */
  function field(label, { read, get, set, takes, name = label, size = 9 }) {
    const message = make("span", { class: "message", id: `${id}-m${fields.length}`, role: "alert" });
    let typed = false;
    const tell = (text) => {
      message.textContent = text;
      if (text) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
    };
    const take = () => {
      if (!typed) return;
      typed = false;
      const text = input.value.trim(), value = read(text);
      tell(value === null ? `${text ? `“${text.slice(0, 40)}”` : "Empty"}: takes ${takes}.${/[,，]/.test(text) ? COMMA : ""} Kept ${get()}.` : "");
      if (value !== null) set(value);
      input.value = get();
    };
    const input = make("input", { type: "text", "aria-label": name, size, autocomplete: "off", spellcheck: "false",
      "aria-describedby": message.id, oninput: () => { typed = true; }, onchange: take,
      onkeydown: (event) => { if (event.key === "Enter") take(); } });
    fields.push(() => {
      if (typed || input.value === get()) return;
      input.value = get();
      tell("");
    });
    forgets.push(() => { typed = false; tell(""); });
    return make("span", { class: "field" }, make("label", {}, label, input), message);
  }

  // the network: SVG for the lines, HTML for what is read and clicked

  const lines = make("svg", { class: "lines", "aria-hidden": "true" });
  const rows = {
    i1: ["i1"], i2: ["i2"], h1: ["h1", "a_h1", "dE_dh1"], h2: ["h2", "a_h2", "dE_dh2"],
    o1: ["o1", "a_o1", "dE_do1"], o2: ["o2", "a_o2", "dE_do2"], E1: ["t1", "E1"], E2: ["t2", "E2"], E_total: ["E_total"],
  };
  const nodes = {}, edges = {};
  const node = (name) => (nodes[name] = make("div", { class: `node is-${name}` },
    rows[name].map((q) => make("div", { class: "pair", "data-row": q }, symbol(q), show(q, { most: q[0] === "d" ? 4 : 5, room: { i: 6, d: 8, E: 8 }[q[0]] ?? 9 })))));
  const edge = (w) => (edges[w] = make("button", { type: "button", class: "edge", onclick: () => {
    change({ proof: state.proof === w ? "none" : w });
    if (state.proof === w) proof.scrollIntoView({ block: "nearest" });
  } }, make("span", { class: "pair" }, symbol(w), show(w, { most: 5, room: 7 })),
    make("span", { class: "pair slope" }, make("span", { class: "n gradient", "aria-hidden": "true" }, "∂"), make("span", { class: "unseen" }, " gradient "),
      show("dE_d" + w, { most: 3, room: 8 })), make("span", { class: "unseen" }, ", proof")));
  const net = make("div", { class: "net", role: "group", "aria-label": "The network" }, lines,
    ["i1", "i2"].map(node), WEIGHTS.slice(0, 4).map(edge), ["h1", "h2"].map(node),
    WEIGHTS.slice(4).map(edge), ["o1", "o2", "E1", "E2", "E_total"].map(node));
  const links = [...Object.entries(EDGES).map(([w, [from, to]]) => [w, from, to]),
    ["E1", "o1", "E1"], ["E2", "o2", "E2"], ["E_total", "E1", "E_total"], ["E_total", "E2", "E_total"]]
    .map(([name, from, to]) => ({ name, from, to, line: make("line", {}) }));
  lines.append(...links.map(({ line }) => line));

  /** The blank that the reader has put between letters, in px. */
  const spacing = () => parseFloat(getComputedStyle(net).letterSpacing) || 0;

  /** Columns from left to right on a desk, rows from top to bottom on a phone. */
  function layOut() {
    if (!root.isConnected) return;  // Jupyter hands out its element before it places it
    dress(root.getRootNode());
    const W = net.clientWidth, tall = root.offsetWidth < 680;  // of the root, whose width the choice does not change
    if (!W) return;
    width = W;
    root.classList.toggle("tall", tall);
    const along = tall ? [28, 60, 60, 44, 28] : [96, 132, 132, 118, 0];
    const across = tall ? [94, 124, 124, 124, 150] : [34, 68, 68, 50, 34];
    const gap = (W - 492) / 2;
    const gaps = tall ? [86, 86, 14, 12] : [gap, gap, 14, 0];
    const lanes = tall ? [Math.max(64, W / 2 - 110), Math.min(W - 64, W / 2 + 110)] : [62, 258];
    const columns = [["i1", "i2"], ["h1", "h2"], ["o1", "o2"], ["E1", "E2"], ["E_total"]];
    const place = {};
    let at = 0;
    columns.forEach((names, c) => {
      names.forEach((name, lane) => {
        const pair = names.length > 1;
        const centre = pair ? lanes[lane] : (lanes[0] + lanes[1]) / 2;
        const u = !tall && !pair ? place.E1.u : at;
        place[name] = { u, v: centre, length: pair || tall ? along[c] : along[3], breadth: across[c] };
      });
      at += along[c] + (gaps[c] ?? 0);
    });
    const height = tall ? at : 320;
    net.style.height = `${height}px`;
    lines.setAttribute("viewBox", `0 0 ${W} ${height}`);
    const box = (element, u, v, length, breadth) => {  // centred on lane v, starting at u
      const [x, y, w, h] = tall ? [v - breadth / 2, u, breadth, length] : [u, v - breadth / 2, length, breadth];
      Object.assign(element.style, { left: `${x}px`, top: `${y}px`, width: `${w}px`, height: `${h}px` });
    };
    for (const [name, { u, v, length, breadth }] of Object.entries(place)) box(nodes[name], u, v, length, breadth);
    for (const { name, from, to, line } of links) {
      const a = place[from], b = place[to];
      let ends = [a.u + a.length, a.v, b.u, b.v];
      if (!tall && name === "E_total") ends = [a.u + a.length / 2, a.v, a.u + a.length / 2, b.v];
      const [u1, v1, u2, v2] = ends;
      Object.entries(tall ? { x1: v1, y1: u1, x2: v2, y2: u2 } : { x1: u1, y1: v1, x2: u2, y2: v2 })
        .forEach(([key, value]) => line.setAttribute(key, value));
      if (!(name in edges)) continue;
      const straight = v1 === v2, t = straight ? (tall ? 0.77 : 0.5) : tall ? 0.21 : 0.3;
      const extra = spacing() ? 6 : 0, [length, breadth] = tall ? [33 + extra, 72 + extra] : [82 + extra, 36 + extra];
      const aside = straight && !tall ? (v1 === lanes[0] ? -26 : 26) : 0;  // so that the line shows
      box(edges[name], u1 + t * (u2 - u1) - length / 2, v1 + t * (v2 - v1) + aside, length, breadth);
    }
  }

  // the operation: what happens now, as a sentence and as an equation with its numbers

  const heading = make("p", { class: "heading" });
  const sentence = make("p", { class: "sentence" });
  const equation = make("p", { class: "equation" });

  /** `formula` in symbols, or in numbers where `filled`. Its names and signs stand between blanks. */
  function spell(formula, filled) {
    const pieces = [];
    let open = "", before = "";
    for (const token of formula.split(" ")) {
      const minus = /^−\w/.test(token), name = minus ? token.slice(1) : token;
      if (/\($/.test(token)) open = token;
      else if (token[0] === ")") pieces.at(-1).append(token);
      else if (!(name in values) && name !== "rate") pieces.push(make("span", { class: "sign" }, token));
      else {
        const value = (name === "rate" ? state.learning_rate : values[name]) * (minus ? -1 : 1);
        const text = format(value, look.digits);
        pieces.push(make("span", {}, open, filled
          ? make("span", { class: `n ${kind(name)}` }, value < 0 && /[×−+]/.test(before) ? `(${text})` : text)
          : [minus ? "−" : "", symbol(name)]));
        open = "";
      }
      before = token;
    }
    return pieces;
  }

  function explain() {
    const { name, phase, formula, say, edge: w } = OPERATIONS[PLACE[state.operation]];
    const place = PLACE[name];
    heading.replaceChildren(make("b", {}, `Step ${state.step}`), ` · ${phase}`,
      place ? make("span", { class: "muted" }, ` · operation ${place} of ${OPERATIONS.length - 1}`) : "");
    const equals = () => make("span", { class: "sign" }, "=");
    const line = (...pieces) => make("span", { class: "line" }, pieces);
    if (name === "overview") {
      const before = state.step ? run.loss[state.step - 1] : null;
      const percent = before ? format(Math.abs(values.E_total / before - 1) * 100, 3) : "0";
      sentence.textContent = before === null
        ? "Every value and every gradient before the first update. “Next operation” walks through how they come about; the arrow keys ← and → step back and forward."
        : `After ${state.step} update${state.step > 1 ? "s" : ""} of all eight weights. The last one made the error ${percent} % ${values.E_total <= before ? "smaller" : "larger"}.`;
      equation.replaceChildren(line(symbol("E_total"), equals(), show2("E_total")));
    } else if (name === "update") {
      const chosen = state.proof === "none" ? "w5" : state.proof, slope = "dE_d" + chosen;
      sentence.textContent = say;
      equation.replaceChildren(
        line(symbol(chosen), make("span", { class: "sign" }, "←"), spell(`${chosen} − rate × ${slope}`)),
        line(equals(), spell(`${chosen} − rate × ${slope}`, true)),
        line(equals(), make("span", { class: "n weight result" }, format(updated(chosen), look.digits))));
    } else {
      sentence.textContent = w
        ? `${values[name] > 0 ? "Above zero: a larger" : values[name] < 0 ? "Below zero: a larger" : "Zero: a larger"} ${w} ${values[name] > 0 ? "means more error, so the update will lower it." : values[name] < 0 ? "means less error, so the update will raise it." : "changes nothing, so it stays."}`
        : say;
      equation.replaceChildren(line(symbol(name), equals(), spell(formula)),
        line(equals(), spell(formula, true)), line(equals(), show2(name)));
    }
  }
  const show2 = (name) => make("span", { class: `n result ${kind(name)}` }, format(values[name], look.digits));
  const updated = (w) => values[w] - state.learning_rate * values["dE_d" + w];

  const phases = make("div", { class: "phases", role: "group", "aria-label": "Phases of a step" },
    PHASES.map((phase) => make("button", { type: "button", "data-phase": phase, onclick: () =>
      change({ operation: OPERATIONS.find((operation) => operation.phase === phase).name }) }, phase)));

  // controls

  const controls = {
    start: button("Back to step 0", icon("M6 5h2v14H6zM20 5v14L9 12z"), () => byHand(() => move(-LAST_STEP))),
    back: button("Step back", icon("M17 5v14L6 12z"), () => byHand(() => move(-1)), { title: "Step back (←)" }),
    play: button("Play", icon("M7 4v16l13-8z"), () => play()),
    pause: button("Pause", icon("M6 5h4v14H6zM14 5h4v14h-4z"), () => pause()),
    forward: button("Step forward", icon("M7 5v14l11-7z"), () => byHand(() => move(1)), { title: "Step forward (→)" }),
    reset: button("Reset", icon("M12 5V1L6 6l6 5V7a5 5 0 1 1-5 5H5a7 7 0 1 0 7-7z"), reset),
  };
  const previous = button("Previous operation", "‹", () => byHand(() => walk(-1)));
  const next = button("Next operation", [make("span", {}, "Next operation"), " ›"], () => byHand(() => walk(1)), { class: "primary" });
  const speed = make("select", { "aria-label": "Speed", onchange: () => {
    look.speed = Number(speed.value);
    if (playing) play();
  } }, [[-1, "1 operation / s"], [-3, "3 operations / s"], [1, "1 step / s"], [4, "4 steps / s"], [15, "15 steps / s"], [60, "60 steps / s"]]
    .map(([value, text]) => make("option", { value, selected: value === look.speed }, text)));
  const bar = make("div", { class: "bar", role: "group", "aria-label": "Controls" },
    make("div", { class: "group walk" }, previous, next), make("div", { class: "group" }, Object.values(controls)), speed);
  const dock = make("div", { class: "dock" }, bar);

  /** Keeps the bar in reach while the stepper is in view. On the book's pages by a fixed place: checkers of
   *  target sizes take what scrolls past beneath a sticky bar for targets that are too small. */
  function hold() {
    const place = dock.getBoundingClientRect(), whole = root.getBoundingClientRect();
    const top = parseFloat(getComputedStyle(dock).scrollMarginTop), tall = root.classList.contains("tall");
    const over = place.top < top && whole.bottom > top + place.height;
    const under = tall && place.bottom > innerHeight && whole.top < innerHeight - 2 * place.height;
    const held = innerHeight > 480 && (over || under);
    if (held) dock.style.height = `${place.height}px`;
    bar.classList.toggle("held", held);
    Object.assign(bar.style, held ? { width: `${place.width}px`, top: over ? `${top}px` : "auto", bottom: over ? "auto" : 0 }
      : { width: "", top: "", bottom: "" });
    if (!held) dock.style.height = "";
  }

  // learning rate and curve

  const presets = [0.1, 0.2, 0.5, 0.8, 1, 2].map((rate) => make("button", { type: "button", class: "chip",
    onclick: () => change({ learning_rate: rate }) }, String(rate)));
  let dragging = false;
  const slider = make("input", { type: "range", min: -3, max: 3, step: 0.01, "aria-label": "Rate from 0.001 to 1000, logarithmic",
    oninput: () => {
      change({ learning_rate: Number((10 ** Number(slider.value)).toPrecision(3)) }, { keepGhost: dragging });
      dragging = true;
    }, onchange: () => { dragging = false; } });
  const rateField = field("Learning rate", { read: positive, get: () => format(state.learning_rate), size: 7,
    set: (learning_rate) => change({ learning_rate }), takes: "a finite number above 0, such as 0.5 or 2e-3" });
  const rate = make("div", { class: "rate" }, rateField,
    make("div", { class: "chips", role: "group", "aria-label": "Preset rates" }, presets), slider);

  const curve = make("svg", { role: "img", class: "chart" });
  const scrubber = make("input", { type: "range", class: "scrubber", min: 0, step: 1, "aria-label": "Step",
    oninput: () => byHand(() => change({ step: Number(scrubber.value), operation: "overview" })) });
  const logBox = make("input", { type: "checkbox", onchange: () => { look.log = logBox.checked; render(); } });
  const figure = make("div", { class: "curve" },
    make("div", { class: "caption" }, make("span", {}, "Error over the steps"), make("label", {}, logBox, " log scale")),
    curve, scrubber);

  // the proof of a weight: built once, then only its numbers change

  const proof = make("section", { class: "proof", hidden: true });
  let proven = "none", refreshProof = () => {};

  function prove() {
    const w = state.proof;
    for (const [name, label] of Object.entries(edges)) put(label, { "aria-pressed": name === w });
    proof.hidden = w === "none";
    if (w !== proven) {
      proven = w;
      if (!proof.hidden) buildProof(w);
    }
    if (!proof.hidden) refreshProof();
  }

  function buildProof(w) {
    const slope = "dE_d" + w, both = paths(w), found = {}, cells = [];
    const number = (read, what, sign = false, least = 0) => {
      const node = make("span", { class: `n ${what}` });
      cells.push(() => {
        const value = read(), text = format(value, Math.max(look.digits, least), sign === true);
        put(node, { "data-value": value, text: sign === "(" && value < 0 ? `(${text})` : text });
      });
      return node;
    };
    const factor = (formula) => {  // the value of a factor's formula
      const names = formula.split(" ");
      if (names[0] === "σ(") return values[`da_${names[1]}_d${names[1]}`];
      return names.length > 1 ? values[names[0]] - values[names[2]] : values[formula];
    };
    const product = (factors) => factors.reduce((result, [, formula]) => result * factor(formula), 1);
    const table = (factors, p) => make("table", {},
      make("caption", {}, both.length > 1 ? `Path ${p + 1}, through output neuron ${p + 1}` : "The only path"),
      make("tbody", {}, factors.map(([name, formula], n) => make("tr", {},
        make("th", { scope: "row" }, n ? "× " : "", symbol(name)), make("td", { class: "how" }, "= ", spell(formula)),
        make("td", {}, number(() => factor(formula), kind(formula))))),
        make("tr", { class: "product" }, make("th", { scope: "row" }, "product"), make("td", { colspan: 2 },
          number(() => product(factors), "gradient")))));
    const verdict = make("b", {});
    put(proof, { "aria-label": `Proof of ${w}` });
    proof.replaceChildren(
      make("div", { class: "caption" }, make("b", {}, "Why ", symbol(w), " moves as it does"),
        button("Close the proof", "×", () => { change({ proof: "none" }); edges[w].focus(); }, { class: "close" })),
      make("div", { class: "paths" }, both.map(table)),
      make("p", { class: "sum" }, symbol(slope), " = ", both.length > 1
        ? [number(() => product(both[0]), "gradient"), " + ", number(() => product(both[1]), "gradient", "("), " = "] : "",
        number(() => values[slope], "gradient result", true)),
      make("p", { class: "check" }, make("b", {}, "Measured, without the chain rule: "),
        "the error with ", symbol(w), " a little larger, less the error with it a little smaller, over the distance: (",
        number(() => found.above, "value", false, 12), " − ", number(() => found.below, "value", false, 12), ") / ",
        number(() => 2 * found.step, ""), " = ", number(() => found.slope, "gradient result", true), ". ", verdict));
    refreshProof = () => {
      Object.assign(found, centralDifference(run.weights[state.step], state.inputs, state.targets, WEIGHTS.indexOf(w)));
      const apart = Math.abs(found.slope - values[slope]), size = Math.max(Math.abs(found.slope), Math.abs(values[slope]));
      const agree = apart === 0 ? 17 : Math.floor(-Math.log10(apart / size));
      put(verdict, { text: agree >= 4 ? `✓ The two agree to ${agree} digits.`
        : Number.isFinite(apart) ? "✗ Too flat or too steep here to measure by a difference." : "✗ Not finite here." });
      for (const refresh of cells) refresh();
    };
  }

  // change any number, all values, the race

  const panels = {};
  const panel = (name, title, ...content) => (panels[name] = make("details", { class: "panel", open: model.get("panel") === name, ontoggle: () => render() },
    make("summary", {}, title), ...content));

  const part = (key, k) => field(symbol(key[0] + (k + 1)), { name: `${key[0]}${k + 1} at the start`, read: parseNumber,
    get: () => format(state[key][k]), takes: "any finite number, such as 0.15 or −2e-3",
    set: (value) => change({ [key]: state[key].map((old, n) => (n === k ? value : old)) }) });
  panel("change", "Change any number",
    make("p", { class: "muted" }, "The weights are those before the first update; the run starts over from them and the old curve stays as a ghost."),
    make("div", { class: "cells" }, WEIGHTS.map((_, k) => part("weights", k)), [0, 1].map((k) => part("inputs", k)), [0, 1].map((k) => part("targets", k))));

  const digits = make("input", { type: "range", min: 1, max: 17, step: 1, value: look.digits, "aria-label": "Digits",
    oninput: () => { look.digits = Number(digits.value); render(); } });
  const digitsText = make("output", {});
  const valueRow = (name) => make("tr", {}, make("th", { scope: "row" }, symbol(name)), make("td", {}, show(name)));
  const group = (title, names) => make("table", {}, make("caption", {}, title), make("tbody", {}, names.map(valueRow)));
  panel("values", "All values",
    make("label", { class: "digits" }, "Digits ", digits, digitsText),
    make("div", { class: "tables" },
      group("Given", ["i1", "i2", "t1", "t2"]), group("Weights", WEIGHTS),
      group("Forward", OPERATIONS.filter(({ phase }) => phase === "Forward").map(({ name }) => name)),
      group("Error", ["E1", "E2", "E_total"]),
      group("Backward", ["dE_do1", "dE_do2", "dE_dh1", "dE_dh2", ...WEIGHTS.map((w) => "dE_d" + w)])));

  const raceChart = make("svg", { role: "img", class: "chart" });
  const raceBody = make("tbody", {});
  panel("race", "Learning rates side by side",
    make("p", { class: "muted" }, "All start from the same weights and take the same steps: play, and watch. λmax is the sharpest curvature of the error where a rate stands now; gradient descent can settle there only while its rate is below 2/λmax."),
    field("Rates in the race", { read: parseRates, get: () => state.rates.map((one) => format(one)).join(" "), size: 28,
      set: (rates) => change({ rates }), takes: "one to eight numbers above 0, with blanks or semicolons between" }),
    raceChart,
    make("table", { class: "race" }, make("caption", { class: "unseen" }, "The rates at this step"),
      make("thead", {}, make("tr", {}, ["η", "E total", "2/λmax", "the rate is"].map((text) => make("th", { scope: "col" }, text)))), raceBody));

  function runRace() {
    race ??= state.rates.map((learning_rate) => new Run({ ...state, learning_rate }));
    const colour = (k) => `rate${Math.round((k * 7) / Math.max(1, race.length - 1))}`;
    draw(raceChart, { width: width - 26, log: true, deep: 1e-8, upto: Math.max(20, far), label: `Error over ${state.step} steps for the learning rates ${state.rates.join(", ")}.`,
      lines: race.map((one, k) => ({ loss: one.loss.slice(0, one.at(state.step) + 1), class: colour(k), text: String(state.rates[k]), dot: true })) });
    if (raceBody.dataset.rates !== String(state.rates)) {
      raceBody.dataset.rates = state.rates;
      raceBody.replaceChildren(...state.rates.map((rate, k) => make("tr", {},
        make("th", { scope: "row" }, make("span", { class: `swatch ${colour(k)}`, "aria-hidden": "true" }), String(rate)),
        make("td"), make("td"), make("td", { class: "word" }))));
    }
    race.forEach((one, k) => {
      const at = one.at(state.step), rate = state.rates[k], now = one.loss[at], before = one.loss[Math.max(0, at - 1)];
      const lambda = sharpness(one.weights[at], state.inputs, state.targets), limit = 2 / lambda;
      const [, error, threshold, word] = raceBody.children[k].children;
      put(error, { "data-value": now, text: format(now, 3) + (now > before ? " ↑" : now < before ? " ↓" : "") });
      put(threshold, { "data-value": lambda > 0 ? limit : "none", text: lambda > 0 ? format(limit, 3) : "none" });
      put(word, { text: !Number.isFinite(now) ? "not finite" : !(lambda > 0) ? "without a limit"
        : rate < limit / 2 ? "far below it" : rate < limit ? "below it" : "above it" });
    });
  }

  // -- putting it on the page

  const alarm = make("p", { class: "alarm", role: "alert", hidden: true });
  const broken = make("p", { class: "alarm", role: "alert", hidden: true },
    "The link that led here is broken: no moment of this stepper is at its address. It stands as without the link.");
  const status = make("p", { class: "unseen", role: "status" });
  const drawers = (open) => Object.values(panels).filter((one) => one.open === open);
  const live = make("div", { class: "live mathjax_ignore", "data-lm-suppress-shortcuts": "true", oncopy: copy, onkeydown: key,
    hidden: Boolean(address) },  // shown by the style sheet, which a saved page has lost
    broken, phases, make("div", { class: "stage" }, make("div", { class: "now" }, heading, sentence, equation), net), dock, alarm, proof,
    drawers(true), rate, figure, drawers(false), status);
  root.classList.add("s6-stepper");
  root.closest(".cell_output .output")?.classList.add("s6-room");  // the theme would clip and tint it
  document.body.classList.add("s6-page");
  put(root, { role: "group", "aria-label": "Stepper through backpropagation", dir: "ltr" });
  root.prepend(live);

  let telling = 0, told = "";
  function announce() {  // the moment, once the reader has come to rest
    const text = problem || `Step ${state.step}, ${state.operation === "overview" ? `E total ${format(values.E_total, 4)}`
      : `${plain(state.operation)}${state.operation in values ? ` is ${format(values[state.operation], 4)}` : ""}`}.`;
    told ||= text;  // a page that opens speaks for itself
    clearTimeout(telling);
    telling = setTimeout(() => {
      if (playing || text === told) return;
      told = text;
      paper();
      if (!problem) status.textContent = text;  // the alarm has spoken
    }, 500);
  }

  function render() {
    const wider = 1 + spacing() / 8;  // a letter has about 8 px
    values = run.values(state.step);
    put(root, { "data-step": state.step, "data-operation": state.operation });
    root.classList.toggle("long", look.digits > 9);  // long numbers get wide columns
    const tall = root.classList.contains("tall");
    const here = PLACE[state.operation], known = (name) => here === 0 || !(PLACE[name] > here);
    for (const { node, name, most, room } of shown) {
      const sign = kind(name) === "gradient", value = values[name];
      put(node, { "data-value": value, text: !room ? format(value, look.digits, sign)
        : known(name) ? fit(value, most, Math.floor((room - (tall ? 1 : 0)) / wider), sign) : "?" });
    }
    const bad = Object.keys(values).find((name) => !Number.isFinite(values[name]));
    problem = bad ? `Not finite: at step ${state.step} ${plain(bad)} is beyond what a float64 holds. Step back, or take smaller numbers.` : "";
    alarm.hidden = !problem;
    put(alarm, { text: problem });

    // edges: width and dash tell size and sign of the gradient
    const steepest = Math.max(...WEIGHTS.map((w) => Math.abs(values["dE_d" + w])));
    const { lit = [], name: now } = OPERATIONS[here];
    const chain = state.proof === "none" ? [] : EDGES[state.proof][1][0] === "o" ? [state.proof]
      : [state.proof, ...Object.keys(EDGES).filter((w) => EDGES[w][0] === EDGES[state.proof][1])];
    for (const { name, line } of links) {
      const slope = values["dE_d" + name], seen = name in edges && known("dE_d" + name);
      const going = !lit.includes(name) ? "" : here < PLACE.dE_do1 ? "lit" : here < PLACE.update ? "lit back" : "lit moves";
      const width = seen && steepest > 0 && Number.isFinite(steepest) ? 1.5 + 6 * Math.sqrt(Math.abs(slope) / steepest) : going ? 3 : 1.5;
      put(line, { "stroke-width": width.toFixed(2), class: `${seen ? "gradient" : ""} ${seen && slope < 0 ? "falling" : ""} ${going} ${
        chain.length && !chain.includes(name) && name in edges ? "aside" : ""}` });
    }
    for (const w of WEIGHTS) {
      edges[w].classList.toggle("on", lit.includes(w));
      edges[w].classList.toggle("moved", now === "update");
      if (now === "update") edges[w].firstChild.lastChild.textContent = "→" + fit(updated(w), 5, Math.floor((tall ? 5 : 6) / wider), false);
    }
    for (const row of net.querySelectorAll("[data-row]")) row.classList.toggle("on", row.dataset.row === now);

    explain();
    for (const one of phases.children) {
      put(one, { "aria-current": one.dataset.phase === OPERATIONS[here].phase ? "step" : null });
    }
    controls.play.classList.toggle("active", Boolean(playing));

    presets.forEach((one) => put(one, { "aria-pressed": Number(one.textContent) === state.learning_rate }));
    if (!dragging) slider.value = Math.log10(state.learning_rate);
    put(slider, { "aria-valuetext": state.learning_rate });
    fields.forEach((refresh) => refresh());

    const upto = Math.max(20, far, ghost ? Math.min(ghost.loss.length - 1, 2 * Math.max(20, far)) : 0);
    put(scrubber, { max: upto, "aria-valuetext": `step ${state.step}` });
    scrubber.value = state.step;
    draw(curve, { width, log: look.log, upto, label: `Error from ${format(run.loss[0], 3)} at step 0 to ${format(values.E_total, 3)} at step ${state.step}${ghost ? "; dashed, the setting before" : ""}.`,
      lines: [ghost && { loss: ghost.loss.slice(0, upto + 1), class: "ghost", text: `was η ${format(ghost.rate, 3)}` },
        { loss: run.loss.slice(0, far + 1), class: "value", text: `η ${format(state.learning_rate, 3)}` }].filter(Boolean),
      here: { step: state.step, loss: values.E_total } });

    prove();
    put(digitsText, { text: ` ${look.digits}` });
    if (panels.race.open) runRace();
    announce();
  }

  const follow = () => {  // Jupyter changed a trait
    const now = readModel(model);
    if (!writing && Object.keys(now).some((key) => String(now[key]) !== String(state[key]))) change(now);
  };
  Object.keys(defaults).forEach((key) => model.on(`change:${key}`, follow));
  const watcher = new ResizeObserver(() => { layOut(); render(); });
  watcher.observe(net);
  let spaced = spacing();
  const holder = new ResizeObserver(() => {
    if (spaced !== (spaced = spacing())) { layOut(); render(); }
    hold();
  });
  state.step = run.at(state.step);
  far = state.step;
  layOut();
  render();
  if (address) {
    addEventListener("hashchange", followAddress, { signal: stop.signal });
    addEventListener("beforeprint", paper, { signal: stop.signal });
    addEventListener("scroll", hold, { signal: stop.signal, passive: true });
    holder.observe(live);
    followAddress();
  }
  return () => {
    stop.abort();
    watcher.disconnect();
    holder.disconnect();
    [playing, due, telling].forEach(clearTimeout);
    Object.keys(defaults).forEach((key) => model.off(`change:${key}`, follow));
  };
}

function readModel(model) {
  const state = {};
  for (const key of Object.keys(ADDRESS)) state[key] = model.get(key);
  return { ...state, weights: state.weights.flat(2) };
}

function writeModel(model, state) {
  const [a, b, c, d, e, f, g, h] = state.weights;
  const whole = { ...state, weights: [[[a, b], [c, d]], [[e, f], [g, h]]] };
  for (const [key, value] of Object.entries(whole)) {
    if (JSON.stringify(model.get(key)) !== JSON.stringify(value)) model.set(key, value);
  }
  model.save_changes();
}

/** The points [step, error] of a curve. A long one is thinned to the extremes of each few steps, so swings stay. */
function thin(loss) {
  const count = Number.isFinite(loss.at(-1)) ? loss.length : loss.length - 1;  // only the end of a run is not
  const every = Math.ceil(count / 200), points = [];
  for (let k = 0; k < count; k += every) {
    let low = loss[k], high = low;
    for (let n = k + 1; n < Math.min(k + every, count); n++) {
      low = Math.min(low, loss[n]);
      high = Math.max(high, loss[n]);
    }
    points.push([k, low]);
    if (high > low) points.push([k, high]);
  }
  if (every > 1) points.push([count - 1, loss[count - 1]]);
  return points;
}

/** Draws error curves. */
function draw(svg, { width: W, lines, log, upto, label, here = null, deep = 1e-16 }) {
  const H = 190, left = 52, right = W < 500 ? 62 : 84, top = 12, bottom = 24;
  const curves = lines.map((line) => ({ ...line, points: thin(line.loss) }));
  const errors = curves.flatMap(({ points }) => points.map(([, error]) => error));
  const most = Math.max(0, ...errors) || 1, floor = Math.min(most, ...errors.filter((error) => error > 0));
  const low = log ? Math.min(Math.floor(Math.log10(Math.max(floor, most * deep))), Math.ceil(Math.log10(most)) - 1) : 0;
  const high = log ? Math.ceil(Math.log10(most)) : most * 1.05;
  const X = (step) => left + (step / upto) * (W - left - right);
  const Y = (value) => H - bottom - ((log ? Math.max(Math.log10(value), low) : value) - low) / (high - low) * (H - top - bottom);
  const nice = (span, count) => {
    const rough = span / count, power = 10 ** Math.floor(Math.log10(rough));
    return power * [1, 2, 5, 10].find((m) => m * power >= rough);
  };
  const parts = [];
  const text = (x, y, content, properties = {}) => parts.push(make("text", { x, y, ...properties }, content));
  const tickY = log ? Math.ceil((high - low) / 4) : nice(most, 3);
  for (let tick = low; tick <= high + 1e-9; tick += tickY) {
    const y = Y(log ? 10 ** tick : tick);
    parts.push(make("line", { class: "grid-line", x1: left, x2: W - right, y1: y, y2: y }));
    text(left - 6, y + 4, log ? `1e${tick}`.replace("-", "−") : String(Number(tick.toPrecision(2))), { "text-anchor": "end" });
  }
  const tickX = Math.max(1, nice(upto, Math.max(2, Math.min(6, W / 90))));
  for (let tick = 0; tick <= upto; tick += tickX) text(X(tick), H - 6, String(tick), { "text-anchor": "middle" });
  const labels = [];
  for (const line of curves) {
    if (!line.points.length) continue;
    const [step, error] = line.points.at(-1), cx = X(step), cy = Y(error);
    const path = line.points.map(([step, error]) => `${X(step).toFixed(1)} ${Y(error).toFixed(1)}`).join("L");
    parts.push(make("path", { class: `curve-line ${line.class}`, d: "M" + path }));
    if (line.dot) parts.push(make("circle", { class: `dot ${line.class}`, cx, cy, r: 4 }));
    labels.push({ x: cx + 9, y: cy + 4, text: line.text, class: line.class });
  }
  if (here && Number.isFinite(here.loss)) parts.push(make("circle", { class: "here", cx: X(here.step), cy: Y(here.loss), r: 6 }));
  labels.sort((a, b) => a.y - b.y);
  labels.forEach((one, k) => { if (k) one.y = Math.max(one.y, labels[k - 1].y + 13); });
  labels.reverse().forEach((one, k) => { one.y = Math.min(one.y, k ? labels[k - 1].y - 13 : H - bottom + 4); });
  for (const { x, y, text: content, class: name } of labels) text(x, y, content, { class: `end ${name}` });
  svg.setAttribute("viewBox", `0 0 ${W} ${H}`);
  svg.setAttribute("aria-label", label);
  svg.replaceChildren(...parts);
}

// ------------------------------------------------------------------------------------ look

const RATES_LIGHT = ["#440154", "#462c78", "#3b528b", "#31688e", "#287c8e", "#1f8a86", "#1f9473", "#3a8f4f"];
const RATES_DARK = ["#5f86c9", "#4f97b8", "#2fa7a5", "#35b779", "#6ece58", "#95d840", "#c5e021", "#fde725"];
const DARK = `--ground:#14181e;--soft:#202832;--ink:#e8ebef;--muted:#aab4bf;--rule:#46505c;
--value:#56b4e9;--value-ink:#7cc7f2;--gradient:#f0823a;--gradient-ink:#ff9f63;--weight:#2cc197;--weight-ink:#4fd6ae;
${RATES_DARK.map((c, k) => `--rate${k}:${c}`).join(";")};color-scheme:dark`;
const CSS = `
&{--ground:#fff;--soft:#f3f5f7;--ink:#1f2328;--muted:#57606a;--rule:#c9d0d8;
--value:#0072b2;--value-ink:#00659e;--gradient:#d55e00;--gradient-ink:#a84a00;--weight:#009e73;--weight-ink:#006e50;
${RATES_LIGHT.map((c, k) => `--rate${k}:${c}`).join(";")};color-scheme:light}
html[data-theme=dark] &,body[data-jp-theme-light=false] &{${DARK}}
@media (prefers-color-scheme:dark){html:not([data-theme]) body:not([data-jp-theme-light]) &{${DARK}}}
&[data-step]{background:var(--ground);color:var(--ink);border:1px solid var(--rule);border-radius:12px;padding:14px;margin:1rem 0;
font:15px/1.45 system-ui,sans-serif;text-align:left;box-sizing:border-box;max-width:100%}
& .live *{box-sizing:border-box}
& .live~.fallback{display:none}
& p{margin:.3em 0}
& [hidden]{display:none!important}
& .live[hidden]{display:block!important}
& .unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
& .muted{color:var(--muted)}
& .n{font-variant-numeric:tabular-nums;white-space:nowrap;color:var(--ink)}
& .n.value{color:var(--value-ink)}& .n.gradient{color:var(--gradient-ink)}& .n.weight{color:var(--weight-ink)}
& var{font-family:"STIX Two Math","Cambria Math",Georgia,"Times New Roman",serif;font-style:italic;white-space:nowrap}
& sub{font-size:.72em;line-height:0;vertical-align:-.25em;position:static}
& .frac{display:inline-flex;flex-direction:column;vertical-align:middle;text-align:center;font-size:.86em;line-height:1.25;white-space:nowrap;font-family:Georgia,"Times New Roman",serif}
& .frac>span:first-child{border-bottom:1px solid currentColor;padding:0 2px 1px}
& button,& select,& input[type=text]{font:inherit;color:var(--ink);background:var(--soft);border:1px solid var(--rule);border-radius:8px;min-height:36px;margin:0}
& button{cursor:pointer;padding:0 10px;touch-action:manipulation}
& button:hover{border-color:var(--ink)}
& :is(button,select,input,summary):focus-visible{outline:3px solid var(--value);outline-offset:2px}
& button[aria-pressed=true],& button[aria-current],& button.active,& .primary{background:var(--ink);color:var(--ground);border-color:var(--ink)}
& .phases{display:flex;flex-wrap:wrap;gap:4px}
& .phases button{flex:1 1 auto;min-height:32px;padding:0 6px;font-size:13.5px}
& .now{min-height:9.4em;padding:8px 2px}
& .heading{font-size:13.5px}
& .equation{display:flex;flex-wrap:wrap;gap:2px 8px;font-size:17px;align-items:center;margin:.4em 0}
& .line{display:inline-flex;flex-wrap:wrap;gap:0 5px;align-items:center}
& .sign{color:var(--muted)}
& .result{font-weight:650}
& .net{position:relative;margin:6px 0 12px;contain:layout style}
& .lines{position:absolute;inset:0;width:100%;height:100%;overflow:visible}
& .lines line{stroke:var(--rule)}
& .lines .gradient{stroke:var(--gradient);opacity:.75}
& .lines .falling{stroke-dasharray:7 5}
& .lines .lit{stroke:var(--value);opacity:1}& .lines .lit.back{stroke:var(--gradient)}& .lines .lit.moves{stroke:var(--weight)}
& .lines .aside{opacity:.25}
& .node{position:absolute;display:flex;flex-direction:column;justify-content:center;background:var(--ground);border:1.5px solid var(--value);border-radius:14px;padding:2px 4px;font-size:13px;line-height:1.3}
& :is(.is-E1,.is-E2,.is-E_total){border-color:var(--ink);border-radius:6px}
& .pair{display:flex;justify-content:space-between;gap:4px;align-items:baseline;border-radius:5px;padding:0 3px}
& :is(.pair,.tables) .frac{flex-direction:row;font-size:.92em}
& :is(.pair,.tables) .frac>span:first-child{border:0;padding:0}
& :is(.pair,.tables) .frac>span:first-child::after{content:"/";content:"/" / ""}
& .pair.on{outline:2px solid var(--ink);background:var(--soft)}
& button.edge{position:absolute;display:flex;flex-direction:column;justify-content:center;padding:0 3px;font-size:12px;line-height:1.25;border-radius:9px;background:var(--ground);border:1px solid var(--weight);min-height:0}
& .edge .pair{gap:2px;width:100%;padding:0}
& button.edge.on{box-shadow:0 0 0 2px var(--ink)}
& button.edge[aria-pressed=true]{background:var(--ground);color:var(--ink);border:1px solid var(--gradient);box-shadow:0 0 0 3px var(--gradient)}
& .bar{z-index:3;display:flex;flex-wrap:wrap;gap:8px;justify-content:space-between;background:var(--ground);border-top:1px solid var(--rule);border-bottom:1px solid var(--rule);padding:8px 0}
& .dock{display:contents;scroll-margin-top:var(--s6-top,0px)}.bd-main & .dock{display:block}
& .group{display:flex;gap:4px;align-items:center}
& .group button{min-width:40px;min-height:40px;padding:0 8px}
& .icon{width:20px;height:20px;display:block;fill:currentColor;margin:auto}
& .bar select{min-height:40px;max-width:9.2em}
& .walk .primary{padding:0 14px;font-weight:600;flex:1}
& .alarm{border-left:5px solid var(--gradient);background:var(--soft);padding:8px 10px;font-weight:600}
& .proof,& .panel{border:1px solid var(--rule);border-radius:10px;padding:8px 12px;margin:10px 0;contain:layout style}
& .caption{display:flex;justify-content:space-between;align-items:center;gap:8px}
& .close{min-width:36px}
& .paths,& .tables{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(250px,100%),1fr));gap:4px 28px}
& .tables{grid-template-columns:repeat(auto-fit,minmax(min(170px,100%),1fr))}
& .paths th{width:23%}& .paths .how{width:44%}& .tables th{width:30%}
&.long .paths{grid-template-columns:1fr}&.long .tables{grid-template-columns:repeat(auto-fit,minmax(min(270px,100%),1fr))}&.long .tables th{width:20%}
& :is(.paths,.tables,.equation,.check,.sum) .n{white-space:normal;overflow-wrap:anywhere}
& .live table{border-collapse:collapse;margin:6px 0;width:auto;background:none;border:0;font-size:14px;display:table;color:inherit}
& .live :is(.paths,.tables) table{width:100%;height:max-content;table-layout:fixed}
& .live :is(td,th){padding:3px 6px 3px 0;border:0;border-bottom:1px solid var(--rule);text-align:left;vertical-align:middle;background:none;color:inherit;font-weight:400}
& .live :is(td:last-child):not(.word){text-align:right}
& .live table caption{caption-side:top;text-align:left;color:var(--muted);font-size:13px;padding:0;margin:0}
& .product :is(td,th){border-bottom:0!important;font-weight:650!important}
& .how{font-size:13px}& .how>span{margin-right:3px}
& .sum{font-size:16px}
& .rate{display:flex;flex-wrap:wrap;gap:8px 14px;align-items:center;margin:12px 0 4px}
& .rate input[type=range]{flex:1 1 140px}
& .chips{display:flex;gap:4px}
& .chip{min-width:36px;padding:0 5px}
& .field{display:inline-flex;flex-wrap:wrap;align-items:center;gap:2px 8px;max-width:100%}
& label{display:inline-flex;align-items:center;gap:6px;margin:0;max-width:100%}
& input[type=text]{padding:0 8px;background:var(--ground);min-width:0;max-width:100%}
& input[type=range],& input[type=checkbox]{accent-color:var(--value);min-height:28px;margin:0;min-width:0}
& input[type=checkbox]{width:24px}
& [aria-invalid=true]{border:2px solid var(--gradient)}
& .message{color:var(--gradient-ink);font-size:13.5px}
& .message:empty{display:none}
& .cells{display:grid;grid-template-columns:repeat(auto-fill,minmax(112px,1fr));gap:8px}
& .cells label{width:100%}& .cells input{flex:1;width:100%}
& summary{cursor:pointer;min-height:28px;font-weight:600;display:list-item;padding:2px 0}
& .chart{width:100%;height:190px;display:block;font-size:12px;overflow:hidden}
& .chart text{fill:var(--muted)}
& .grid-line{stroke:var(--rule);stroke-width:.7}
& .curve-line{fill:none;stroke:var(--c);stroke-width:2}
& .dot{fill:var(--c)}
& .chart text.end{fill:var(--c);font-weight:600}
& .value{--c:var(--value)}& .chart text.value{fill:var(--value-ink)}
& .ghost{--c:var(--muted)}& .curve-line.ghost{stroke-dasharray:5 4;stroke-width:1.5}
${RATES_LIGHT.map((_, k) => `& .rate${k}{--c:var(--rate${k})}`).join("")}
& .here{fill:var(--ground);stroke:var(--value);stroke-width:3}
& .scrubber{display:block;margin-left:44px!important;width:calc(100% - 120px)}
& .swatch{display:inline-block;width:14px;height:14px;border-radius:4px;background:var(--c);margin-right:6px;vertical-align:-2px}
& .race{width:100%!important}& .live tbody th{white-space:nowrap}& .live .word{white-space:normal}&.tall .race{font-size:13px!important}
&.tall{padding:10px 8px}
&.tall .bar{gap:6px}&.tall .group{order:2;flex:1 0 100%}&.tall .group button{flex:1}
&.tall .bar .walk{order:0;flex:1 1 0;min-width:0}&.tall .walk button:first-child{flex:0 0 44px}
&.tall .walk .primary{padding:0 2px;font-size:14px}&.tall .bar select{order:1;font-size:13px;width:96px}
&.tall .phases{gap:2px}&.tall .phases button{font-size:12px;padding:0}
&.tall .now{z-index:2;background:var(--ground);min-height:9.5em;padding:4px 2px}
& :is(button,select,input,summary,.proof,.panel,.pair){scroll-margin:calc(var(--s6-top,0px) + var(--above,8px)) 0 var(--below,8px)}
& .bar *{scroll-margin:0}
@media (min-height:481px){&{--above:66px}&.tall{--above:122px;--below:125px}&.tall .net{--above:170px}
& .bar,&.tall .now{position:sticky;top:var(--s6-top,0px)}&.tall .bar{bottom:0}& .bar.held{position:fixed}}
&.tall .sentence{font-size:14px}&.tall .phases button{line-height:1.1}
&.tall .node{font-size:12px}&.tall button.edge{font-size:11px}
&.tall .equation{font-size:16px}
@media (forced-colors:active){& .lines line{stroke:CanvasText}& :is(.chart,.swatch){forced-color-adjust:none}& .chart{background:var(--ground)}}
@media print{& .live,& .live[hidden]{display:none!important}& .live~.fallback{display:block!important}}
.s6-page #pst-back-to-top{display:none!important}
.cell_output .s6-room{overflow:visible!important;background:none!important;padding:0!important}
`;

/** Puts the style sheet on `place` (a document or a shadow root) once; a policy against inline styles does not mind,
 *  unless the browser is too old for sheets made by scripts. */
function dress(place) {
  if (place.s6Stepper) return;
  place.s6Stepper = true;
  const css = CSS.replaceAll("&", ".s6-stepper");
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    place.adoptedStyleSheets = [...place.adoptedStyleSheets, sheet];
  } catch {
    (place.head ?? place).append(make("style", {}, css));
  }
}

// ------------------------------------------------------------------------------- three lives

export default {
  render({ model, el }) {
    const root = el.appendChild(make("div", {}));
    const leave = mount(root, model);
    return () => { leave(); root.remove(); };
  },
};

// A page does not wait for its steppers. Each gets its life when the reader comes near it; all of them before the
// keyboard is used, so that Tab finds them, before a link or a reload leads to a place on the page, so that nothing
// grows above it, and some seconds later, for readers who come by a list of the page's buttons.
const waiting = new Map();
// Where a browser lacks what they need, their tables stay: all or nothing.
const able = [].at && Object.hasOwn && "".replaceAll
  && ["structuredClone", "IntersectionObserver", "ResizeObserver"].every((name) => globalThis[name]);
if (able && typeof document !== "undefined") {
  document.querySelectorAll("div[data-stepper]").forEach((root, k) => {
    if (root.s6Stepper) return;  // a second copy of this script
    root.s6Stepper = true;
    root.querySelector(".live")?.remove();  // of a page that was saved: nothing in it answers any more
    waiting.set(root, k + 1);
    root.dataset.stepper = k + 1;
  });
}

function wake(roots = [...waiting.keys()]) {
  for (const root of roots) {
    const address = waiting.get(root);
    if (!waiting.delete(root)) continue;
    const state = JSON.parse(root.querySelector("script[type='application/json']").textContent);
    const model = { get: (key) => state[key], set: (key, value) => { state[key] = value; }, save_changes() {}, on() {}, off() {} };
    try {
      mount(root, model, { address });
    } catch (error) {
      root.querySelector(".live")?.remove();
      setTimeout(() => { throw error; });
    }
  }
}

if (waiting.size) {
  const near = new IntersectionObserver((seen) => wake(seen.filter((one) => one.isIntersecting).map((one) => one.target)),
    { rootMargin: "1000000px 0px 100%" });  // or has passed it
  for (const root of waiting.keys()) near.observe(root);
  addEventListener("keydown", () => wake(), { capture: true, once: true });
  addEventListener("click", ({ target }) => { if (target.closest?.("a[href*='#']")) wake(); }, { capture: true });
  addEventListener("hashchange", () => wake());
  addEventListener("load", () => setTimeout(() => wake(), 5000));
  const [opened] = performance.getEntriesByType("navigation");  // its name has the fragments of text that the hash leaves out
  if (location.hash || opened?.name.includes("#") || opened?.type !== "navigate") wake();
}
