// What a field or the page's address may hold.

import { readAddress, writeAddress } from "../kit/address.js";
import { exact, numbers, positive, tidy } from "../kit/numbers.js";
import { WEIGHTS } from "./engine.js";
import { LAST_STEP, PLACE } from "./words.js";

const oneOf = (names) => (text) => (names.includes(text) ? text : null);
const exactRate = (text) => (exact(text) > 0 ? exact(text) : null);
const READERS = { // how each part of the state is read from the address
  step: (text) => (/^\d{1,5}$/.test(text) && Number(text) <= LAST_STEP ? Number(text) : null),
  operation: oneOf(Object.keys(PLACE)),
  proof: oneOf(["none", ...WEIGHTS]),
  ask: (text) => ({ true: true, false: false })[text] ?? null,
  learning_rate: exactRate,
  weights: numbers(8),
  inputs: numbers(2),
  targets: numbers(2),
  rates: (text) => slowestFirst(text.split(",").map(exactRate)),
};
/** The parts of a stepper's state. */
export const KEYS = Object.keys(READERS);

/** One to eight of these numbers, null for what is none, slowest first, else null. */
function slowestFirst(list) {
  if (list.length < 1 || list.length > 8 || list.includes(null)) return null;
  return [...new Set(list)].sort((a, b) => a - b);
}

/** Rates between blanks, semicolons, or commas with a blank: then no other comma is clear, nor is one in a
 *  single part. */
export function parseRates(text) {
  const plain = tidy(text), parts = plain.split(/,?[ \t;]+/).filter(Boolean);
  const unclear = (parts.length < 2 || /,[ \t;]/.test(plain)) && parts.some((part) => part.includes(","));
  return unclear ? null : slowestFirst(parts.map(positive));
}

/** The state in `hash` as {stepper, state}, or null where any part of it is not exactly in order. */
export function parseAddress(hash) {
  const read = readAddress(hash, "stepper", READERS);
  return read && { stepper: read.number, state: read.state };
}

/** The address of `state`, naming only what differs from `defaults`. */
export const addressOf = (stepper, state, defaults) =>
  writeAddress("stepper", stepper, state, defaults, KEYS);
