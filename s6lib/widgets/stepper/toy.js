// What s6lib.toy has by the same names, for whoever compares the two. The stepper itself needs none of it.

import { evaluate, Run } from "./engine.js";

export function forward(weights, inputs) {
  const { h1, h2, a_h1, a_h2, o1, o2, a_o1, a_o2 } = evaluate(weights, inputs, [0, 0]);
  return { h: [h1, h2], a_h: [a_h1, a_h2], o: [o1, o2], a_o: [a_o1, a_o2] };
}

export function train(weights, inputs, targets, learning_rate, steps) {
  const run = new Run({ weights, inputs, targets, learning_rate });
  const reached = run.at(steps);
  return { weights: run.weights.slice(0, reached + 1), loss: run.loss.slice(0, reached + 1) };
}
