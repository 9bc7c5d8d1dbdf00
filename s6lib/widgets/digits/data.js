// The bundled digits: one text, unpacked and enlarged from 8 x 8 to 28 x 28 pixels as `s6lib.mnist` does it.

import { prepare } from "./prepare.js";

/** How many of the digits, the last ones, are the test set. */
export const HELD_OUT = 500;
/** Mean and standard deviation of MNIST's training pixels, brightness 0 to 1. */
export const MEAN = 0.1307, DEVIATION = 0.3081;

const COARSE = 8, FINE = 20, BORDER = 4, LONG = FINE + 2 * BORDER, PLACES = LONG ** 2;
const EACH = 1 + COARSE ** 2;
/** What 255 and the weights of the enlargement, in tenths, make of a sixteenth: 255 / 16 / 100. */
const GREY = 51, OF = 320;

const unpacked = new Map();

/** { train, test }, each { images, labels } of Uint8Array, 784 pixels an image, from the text that data.py
 * makes: of each digit its label and 64 letters, a for 0 to q for 16; then, after a dot, which way the halves
 * went. A page unpacks it once. RangeError for another text. */
export function digitsOf(text) {
  if (!unpacked.has(text)) unpacked.set(text, unpack(text));
  return unpacked.get(text);
}

function unpack(text) {
  const fits = typeof text === "string" && /^(\d[a-q]{64}){501,}\.[0-9a-f]*$/.test(text);
  const [letters, halves] = fits ? text.split(".") : ["", ""], count = letters.length / EACH;
  const images = new Uint8Array(count * PLACES), labels = new Uint8Array(count);
  const ups = Uint8Array.from(
    { length: 4 * halves.length },
    (_, k) => parseInt(halves[k >> 2], 16) >> (k & 3) & 1,
  );
  let used = 0;
  for (let n = 0; n < count; n++) {
    labels[n] = Number(letters[n * EACH]);
    used = enlarge(letters, n * EACH + 1, images.subarray(n * PLACES, (n + 1) * PLACES), ups, used);
  }
  if (!fits || Math.ceil(used / 4) !== halves.length) {
    throw new RangeError(`digits: got ${text?.length ?? "no"} letters; takes the text that data.py makes`);
  }
  const part = (start, end) => ({
    images: images.subarray(start * PLACES, end * PLACES),
    labels: labels.subarray(start, end),
  });
  return { train: part(0, count - HELD_OUT), test: part(count - HELD_OUT, count) };
}

const ready = new WeakMap();

/** The digits { images, labels } as drawings are, brought into their box and centred, once for a page. A
 * generator, for that takes a second: it yields after each. */
export const prepared = function* (digits) {
  if (!ready.has(digits)) {
    const images = new Uint8Array(digits.images.length);
    for (let at = 0; at < images.length; at += PLACES) {
      images.set(prepare(digits.images.subarray(at, at + PLACES), LONG, LONG).image, at);
      yield;
    }
    ready.set(digits, { images, labels: digits.labels });
  }
  return ready.get(digits);
};

const LEVELS = Float64Array.from({ length: 256 }, (_, pixel) => (pixel / 255 - MEAN) / DEVIATION);

/** Grey levels, whole numbers from 0 to 255, normalised, as a network takes them: Float64Array. */
export function normalise(images) {
  const normalised = new Float64Array(images.length);
  for (let k = 0; k < images.length; k++) normalised[k] = LEVELS[images[k]];
  return normalised;
}

/** For each of the 20 places along a side: between which two of the 8, and how many tenths from the first. */
const BETWEEN = Array.from({ length: FINE }, (_, place) => {
  const tenths = Math.max(0, 4 * place - 3), first = Math.floor(tenths / 10);
  return { first, second: Math.min(first + 1, COARSE - 1), share: tenths % 10 };
});

/** Draws the 64 letters from `start` into the middle of `image`, linear between them, first along the rows.
 * Where a grey level comes out as exactly a half, PyTorch's float32 has it one way or the other, as `ups`
 * says, of which `used` have been; returns how many now. */
function enlarge(letters, start, image, ups, used) {
  const wide = new Int32Array(COARSE * FINE);
  for (let row = 0, at = 0; row < COARSE; row++) {
    for (let column = 0; column < FINE; column++, at++) {
      const { first, second, share } = BETWEEN[column], from = start + row * COARSE;
      wide[at] = (10 - share) * (letters.charCodeAt(from + first) - 97) +
        share * (letters.charCodeAt(from + second) - 97);
    }
  }
  for (let row = 0; row < FINE; row++) {
    const { first, second, share } = BETWEEN[row], to = (row + BORDER) * LONG + BORDER;
    for (let column = 0; column < FINE; column++) {
      const above = wide[first * FINE + column], below = wide[second * FINE + column];
      const grey = GREY * ((10 - share) * above + share * below), whole = Math.floor(grey / OF);
      const rest = grey - whole * OF;
      image[to + column] = whole + (rest === OF / 2 ? ups[used++] : Number(rest > OF / 2));
    }
  }
  return used;
}
