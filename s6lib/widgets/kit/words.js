// What a reader reads, in the reader's language. English stands in the code; a catalogue has the rest.

import { CATALOGUE, formOf } from "./language.js";

const filled = (text, values) => text.replace(/\{(\d)\}/g, (_, place) => values[place]);
/** What is written on several lines is one: their ends and indents are a blank. */
const messageOf = (parts) =>
  parts.reduce((text, part, n) => `${text}{${n - 1}}${part}`).replace(/\n\s*/g, " ");
/** Of a message that counts elsewhere, its first form. */
const translated = (message) => [CATALOGUE[message] ?? message].flat()[0];

/** t`w1 is now ${value}.`: the translation of the message "w1 is now {0}.", which is a whole sentence or a
 *  label: what is cut in two can't be translated. */
export const t = (parts, ...values) => filled(translated(messageOf(parts)), values);

/** pieces`w1 is now ${element}.`: the same as a list of texts and values, for a sentence with elements in
 *  it. */
export const pieces = (parts, ...values) =>
  translated(messageOf(parts)).split(/\{(\d)\}/).map((part, k) => k % 2 ? values[part] : part)
    .filter((part) => part !== "");

/** plural(count, "{0} step", "{0} steps"): the form for `count`, which is {0}; further values follow. */
export const plural = (count, one, other, ...values) =>
  filled((CATALOGUE[one] ?? [one, other])[formOf(count)], [count, ...values]);
