// What there is to say: the operations of a training step, each with its formula and a sentence, and
// the names of quantities in words.

import { t } from "../kit/words.js";
import { WEIGHTS } from "./engine.js";

/** The stepper goes no further; also in __init__.py. */
export const LAST_STEP = 10000;
/** weight: [from, to, the sum it enters, what it carries] */
export const EDGES = {
  w1: ["i1", "h1", "h1", "i1"],
  w2: ["i2", "h1", "h1", "i2"],
  w3: ["i1", "h2", "h2", "i1"],
  w4: ["i2", "h2", "h2", "i2"],
  w5: ["h1", "o1", "o1", "a_h1"],
  w6: ["h2", "o1", "o1", "a_h2"],
  w7: ["h1", "o2", "o2", "a_h1"],
  w8: ["h2", "o2", "o2", "a_h2"],
};

/** One training step, operation by operation. `lit`: the edges that the operation travels along. */
export const OPERATIONS = [
  { name: "overview", phase: "Overview", say: "" },
  ...["h1", "h2"].flatMap((h, k) => [
    {
      name: h,
      phase: "Forward",
      lit: k ? ["w3", "w4"] : ["w1", "w2"],
      formula: k ? "w3 × i1 + w4 × i2" : "w1 × i1 + w2 × i2",
      say: t`Each input times its weight, added up: this enters hidden neuron ${k + 1}.`,
    },
    {
      name: "a_" + h,
      phase: "Forward",
      formula: `σ( ${h} )`,
      say: t`The sigmoid squeezes any sum to between 0 and 1: this leaves hidden neuron ${k + 1}.`,
    },
  ]),
  ...["o1", "o2"].flatMap((o, k) => [
    {
      name: o,
      phase: "Forward",
      lit: k ? ["w7", "w8"] : ["w5", "w6"],
      formula: k ? "w7 × a_h1 + w8 × a_h2" : "w5 × a_h1 + w6 × a_h2",
      say: t`The same again one layer on: weighted, added up, into output neuron ${k + 1}.`,
    },
    {
      name: "a_" + o,
      phase: "Forward",
      formula: `σ( ${o} )`,
      say: t`What the network answers at output ${k + 1}.`,
    },
  ]),
  ...[1, 2].map((k) => ({
    name: "E" + k,
    phase: "Error",
    formula: `( t${k} − a_o${k} )² / 2`,
    say: t`How far the answer is from its target: half the squared distance.`,
  })),
  {
    name: "E_total",
    phase: "Error",
    formula: "E1 + E2",
    say: t`One number for the whole network. Training makes it smaller.`,
  },
  ...[1, 2].flatMap((k) => [
    {
      name: "dE_do" + k,
      phase: "Backward",
      formula: `( a_o${k} − t${k} ) × da_o${k}_do${k}`,
      say: t`The miss times the slope of the sigmoid: how the error answers to o${k}.`,
    },
    ...(k === 1 ? ["w5", "w6"] : ["w7", "w8"]).map((w) => edgeOperation(w)),
  ]),
  ...[1, 2].flatMap((k) => [
    {
      name: "dE_dh" + k,
      phase: "Backward",
      lit: k === 1 ? ["w5", "w7"] : ["w6", "w8"],
      formula: `( dE_do1 × w${4 + k} + dE_do2 × w${6 + k} ) × da_h${k}_dh${k}`,
      say: t`Back along both of its edges, added up, times the slope of the sigmoid.`,
    },
    ...(k === 1 ? ["w1", "w2"] : ["w3", "w4"]).map((w) => edgeOperation(w)),
  ]),
  {
    name: "update",
    phase: "Update",
    lit: WEIGHTS,
    say: t`All eight weights move at once, each against its own gradient.`,
  },
];
function edgeOperation(w) {
  const [, , sum, carried] = EDGES[w];
  return { name: "dE_d" + w, phase: "Backward", lit: [w], edge: w, formula: `dE_d${sum} × ${carried}` };
}
export const PLACE = Object.fromEntries(OPERATIONS.map(({ name }, k) => [name, k]));
/** The phases of a step, in order, as they are called on the page. */
export const PHASES = {
  Overview: t`Overview`,
  Forward: t`Forward`,
  Error: t`Error`,
  Backward: t`Backward`,
  Update: t`Update`,
};

/** The factors of dE/dw along each path from the error to weight `w`: [symbol, formula]. */
export function paths(w) {
  const [, , sum, carried] = EDGES[w], last = [`d${sum}_d${w}`, carried];
  const output = (k) => [[`dE_da_o${k}`, `a_o${k} − t${k}`], [`da_o${k}_do${k}`, `σ( o${k} ) × σ( −o${k} )`]];
  if (sum[0] === "o") return [[...output(sum[1]), last]];
  const j = Number(sum[1]);
  return [1, 2].map((
    k,
  ) => [...output(k), [`do${k}_da_h${j}`, `w${2 + 2 * k + j}`], [
    `da_h${j}_dh${j}`,
    `σ( h${j} ) × σ( −h${j} )`,
  ], last]);
}

/** The operations of one phase. */
export const ofPhase = (phase) => OPERATIONS.filter((operation) => operation.phase === phase);

/** What the gradient `name` is for, else undefined. */
export const gradientFor = (name) => /^d\w+?_d(\w+)$/.exec(name)?.[1].replace("_", " ");

/** `name` as it is read aloud, where it is no gradient. */
export const plain = (name) => name.replace("_", " ");

/** What is wrong where the quantity `name` is not finite. */
export function beyond(step, name) {
  const of = gradientFor(name);
  return of
    ? t`Not finite: at step ${step} gradient for ${of} is beyond what a float64 holds. Step back, or take
        smaller numbers.`
    : t`Not finite: at step ${step} ${plain(name)} is beyond what a float64 holds. Step back, or take smaller
        numbers.`;
}
