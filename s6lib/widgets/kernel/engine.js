// A kernel on a picture: at one place, and at every place. Pure functions, plain numbers. What is `given` is
// {image, kernel, stride, padding, relu}: rows of numbers, and as in PyTorch. A place is [row, column].

import { t } from "../kit/words.js";

/** Pixels of the picture in each direction; also in __init__.py. */
export const SIDE = 28;

const EDGE = [-1, 0, 1], NINTH = [1 / 9, 1 / 9, 1 / 9], NONE = [0, 0, 0];
/** Kernels to choose from, by their names. */
export const PRESETS = {
  [t`left edges`]: [EDGE, EDGE, EDGE],
  [t`right edges`]: [[1, 0, -1], [1, 0, -1], [1, 0, -1]],
  [t`upper edges`]: [[-1, -1, -1], NONE, [1, 1, 1]],
  [t`blur`]: [NINTH, NINTH, NINTH],
  [t`sharpen`]: [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
  [t`copy`]: [NONE, [0, 1, 0], NONE],
  [t`all zero`]: [NONE, NONE, NONE],
};

/** Rows of the map, and columns. */
export const sideOf = ({ stride, padding }) => Math.floor((SIDE + 2 * padding - 3) / stride) + 1;

/** The first row or column of the patch at this row or column of the map. */
export const cornerOf = ({ stride, padding }, at) => at * stride - padding;

/** The nine pixels at `place`, row by row; outside of the picture 0. */
export function patchAt(given, [row, column]) {
  const top = cornerOf(given, row), left = cornerOf(given, column), nine = [];
  for (let k = 0; k < 9; k++) nine.push(given.image[top + Math.floor(k / 3)]?.[left + k % 3] ?? 0);
  return nine;
}

/** How many of the nine lie outside of the picture. */
export function outside(given, place) {
  const [rows, columns] = place.map((at) => {
    const corner = cornerOf(given, at);
    return 3 - Math.max(0, -corner) - Math.max(0, corner + 3 - SIDE);
  });
  return 9 - rows * columns;
}

export const productsOf = (nine, kernel) => kernel.flat().map((weight, k) => weight * nine[k]);

export const total = (all) => all.reduce((sum, one) => sum + one, 0);

/** The sum of the nine products at `place`, before ReLU. */
export const sumAt = (given, place) => total(productsOf(patchAt(given, place), given.kernel));

/** The whole map, row by row. */
export function mapOf(given) {
  const side = sideOf(given);
  return Float64Array.from({ length: side * side }, (_, k) => {
    const sum = sumAt(given, [Math.floor(k / side), k % side]);
    return given.relu ? Math.max(0, sum) : sum;
  });
}

/** The kernel, turned clockwise by a quarter. */
export const turned = (kernel) => kernel.map((_, r) => kernel.map((_, c) => kernel[2 - c][r]));

/** The place of the map nearest to `place`, which may lie beside it. */
export function limited(given, place) {
  return place.map((at) => Math.min(sideOf(given) - 1, Math.max(0, Math.round(at))));
}

/** The place that `place` becomes when `before` becomes `after`: the patch stays where it is, or near it. */
export const moved = (before, after, place) =>
  limited(after, place.map((at) => (cornerOf(before, at) + after.padding) / after.stride));

/** The places on the straight way from one to another, both ends included. */
export function way([row, column], [toRow, toColumn]) {
  const steps = Math.max(Math.abs(toRow - row), Math.abs(toColumn - column));
  return Array.from({ length: steps + 1 }, (_, k) => {
    const part = steps ? k / steps : 0;
    return [row + (toRow - row) * part, column + (toColumn - column) * part].map(Math.round);
  });
}
