// The mathematics of the network of eight weights, written a second time and by hand: it referees s6lib.toy,
// and s6lib.toy referees it. Pure functions, plain numbers, float64.

import { sigmoid, sigmoidDerivative } from "../kit/sigmoid.js";

export const WEIGHTS = ["w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8"];

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
    i1,
    i2,
    t1,
    t2,
    w1,
    w2,
    w3,
    w4,
    w5,
    w6,
    w7,
    w8,
    h1,
    a_h1,
    h2,
    a_h2,
    o1,
    a_o1,
    o2,
    a_o2,
    E1,
    E2,
    E_total: E1 + E2,
    da_h1_dh1,
    da_h2_dh2,
    da_o1_do1,
    da_o2_do2,
    dE_do1,
    dE_do2,
    dE_dh1,
    dE_dh2,
    dE_dw1: dE_dh1 * i1,
    dE_dw2: dE_dh1 * i2,
    dE_dw3: dE_dh2 * i1,
    dE_dw4: dE_dh2 * i2,
    dE_dw5: dE_do1 * a_h1,
    dE_dw6: dE_do1 * a_h2,
    dE_dw7: dE_do2 * a_h1,
    dE_dw8: dE_do2 * a_h2,
  };
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
  const curve = [0, 1].map((k) => { // d^2 E_k / do_k^2
    const z = [q.o1, q.o2][k], s = [q.da_o1_do1, q.da_o2_do2][k];
    return s * s - ([q.a_o1, q.a_o2][k] - targets[k]) * s * Math.tanh(z / 2);
  });
  const H = WEIGHTS.map(() => new Float64Array(8));
  for (const k of [0, 1]) {
    for (const j of [0, 1]) {
      for (const m of [0, 1]) {
        H[4 + 2 * k + j][4 + 2 * k + m] = curve[k] * a[j] * a[m];
        for (const i of [0, 1]) { // output weight (k, j) with hidden weight (m, i)
          const mixed = (curve[k] * out[k][m] * a[j] + (j === m ? delta[k] : 0)) * slope[m] * inputs[i];
          H[4 + 2 * k + j][2 * m + i] = H[2 * m + i][4 + 2 * k + j] = mixed;
          for (const n of [0, 1]) { // hidden weight (j, i) with hidden weight (m, n), through output k
            const back = j === m ? delta[k] * out[k][j] * bend[j] : 0;
            H[2 * j + i][2 * m + n] += (curve[k] * out[k][j] * out[k][m] * slope[j] * slope[m] + back) *
              inputs[i] * inputs[n];
          }
        }
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
    A.forEach((row, p) =>
      row.forEach((value, q) => {
        all += value * value;
        if (p !== q) off += value * value;
      })
    );
    if (!(off > 1e-32 * all)) break;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
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
