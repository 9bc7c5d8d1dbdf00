// The digits: draw one, see every number that reads it, send the error back, and take the step.
//
//   engine      a CNN, forward, backward and a step                 pure functions
//   prepare     from a drawing to 28 x 28 pixels, as MNIST's makers did it
//   explain     any number as the sum that it is
//   data        the bundled digits; weights: the networks; assets: how both arrive
//   store       what the reader has drawn and taught, and what follows from it
//   view        the parts of the page: pad, answer, stages, maps, lens, lesson

import { life } from "../kit/life.js";
import DIGITS from "./digits.css";
import PAD_SHEET from "./pad.css";
import { mount } from "./view.js";

export default life("digits", mount, PAD_SHEET + DIGITS);
