// The bundled digits: one text, unpacked and enlarged from 8 x 8 to 28 x 28 pixels as `s6lib.mnist` does it.

/** How many of the digits, the last ones, are the test set. */
export const HELD_OUT = 500;
/** Mean and standard deviation of MNIST's training pixels, brightness 0 to 1. */
export const MEAN = 0.1307, DEVIATION = 0.3081;

const COARSE = 8, FINE = 20, BORDER = 4, LONG = FINE + 2 * BORDER, PLACES = LONG ** 2;
const EACH = 1 + COARSE ** 2;
/** What 255 and the weights of the enlargement, in tenths, make of a sixteenth: 255 / 16 / 100. */
const GREY = 51, OF = 320;

/** { train, test }, each { images, labels } of Uint8Array, 784 pixels an image, from the text that data.py
 * makes: of each digit its label and 64 letters, a for 0 to q for 16; then, after a dot, which way the halves
 * went. RangeError for another text. */
export function digitsOf(text) {
  const fits = typeof text === "string" && /^(\d[a-q]{64}){501,}\.[0-9a-f]*$/.test(text);
  const [letters, halves] = fits ? text.split(".") : [];
  const rounding = { halves, next: 0 };
  if (fits) {
    const count = letters.length / EACH;
    const images = new Uint8Array(count * PLACES), labels = new Uint8Array(count);
    for (let n = 0; n < count; n++) {
      labels[n] = Number(letters[n * EACH]);
      enlarge(letters, n * EACH + 1, images.subarray(n * PLACES, (n + 1) * PLACES), rounding);
    }
    const part = (start, end) => ({
      images: images.subarray(start * PLACES, end * PLACES),
      labels: labels.subarray(start, end),
    });
    if (Math.ceil(rounding.next / 4) === halves.length) {
      return { train: part(0, count - HELD_OUT), test: part(count - HELD_OUT, count) };
    }
  }
  throw new RangeError(`digits: got ${text?.length ?? "no"} letters; takes the text that data.py makes`);
}

/** Normalised, as a network takes them: Float64Array. */
export const normalise = (images) => Float64Array.from(images, (pixel) => (pixel / 255 - MEAN) / DEVIATION);

/** For each of the 20 places along a side: between which two of the 8, and how many tenths from the first. */
const BETWEEN = Array.from({ length: FINE }, (_, place) => {
  const tenths = Math.max(0, 4 * place - 3), first = Math.floor(tenths / 10);
  return [first, Math.min(first + 1, COARSE - 1), tenths % 10];
});

/** Draws the 64 letters from `start` into the middle of `image`, linear between them. Where a grey level
 * comes out as exactly a half, PyTorch's float32 has it one way or the other: `rounding` tells. */
function enlarge(letters, start, image, rounding) {
  const value = (row, column) => letters.charCodeAt(start + row * COARSE + column) - 97;
  BETWEEN.forEach(([top, bottom, down], row) => {
    BETWEEN.forEach(([left, right, along], column) => {
      const above = (10 - along) * value(top, left) + along * value(top, right);
      const below = (10 - along) * value(bottom, left) + along * value(bottom, right);
      const grey = GREY * ((10 - down) * above + down * below);
      const half = grey % OF === OF / 2;
      image[(row + BORDER) * LONG + column + BORDER] = half
        ? Math.floor(grey / OF) +
          (parseInt(rounding.halves[rounding.next >> 2], 16) >> (rounding.next++ & 3) & 1)
        : Math.round(grey / OF);
    });
  });
}
