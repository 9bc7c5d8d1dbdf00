// The stepper: backpropagation through the 2-2-2 network, one operation at a time.
//
//   engine      the mathematics, a second time and by hand          pure functions
//   words       the operations of a step: formula and sentence
//   address     what a field or the page's address may hold
//   own         the reader's own numbers in that address, for all of the page
//   store       what the reader has chosen, and what changes it
//   view        the parts of the page: diagram, tuner, equation, controls, curve, proof, panels, race
//   compact     the same network in little, for a first screen

import { life } from "../kit/life.js";
import { mountCompact } from "./compact.js";
import STEPPER from "./stepper.css";
import { mount } from "./view.js";

export default life(
  "stepper",
  (root, model, number) => (model.get("compact") ? mountCompact : mount)(root, model, number),
  STEPPER,
);
