// What becomes of a drawing before a network reads it: an image as MNIST's makers made theirs. The same
// stands in s6lib/preparation.py and s6lib/drawings.py, equal to the byte, each the other's referee: so all
// sums are of whole numbers, which no order of adding changes, and each is rounded once.

import { local } from "../kit/numbers.js";
import { t } from "../kit/words.js";

/** Side of the pad, in the units of strokes. */
export const PAD = 280;
/** Each step of the preparation, in its order; each can be left out. */
export const STEPS = ["ground", "box", "grey", "centre"];
/** What a drawing may be that is no digit, and what spoils one, in the words of `judge`. */
export const NO_DIGIT = ["nothing", "a dot", "a blot", "a line that lies", "a scribble"];
export const CUT_OFF = "something that the border cuts off";
/** What `judge` says, as it is shown. */
export const LOOKS = {
  nothing: t`nothing`,
  "a dot": t`a dot`,
  "a blot": t`a blot`,
  "a line that lies": t`a line that lies`,
  "a scribble": t`a scribble`,
  [CUT_OFF]: t`something that the border cuts off`,
};

// Sides of the image, and of the box in it that the ink fills; row and column of the middle.
const IMAGE = 28, INK_BOX = 20, MIDDLE = 14;
// The ground is what differs from its own median by no more than so many times the median difference.
const NOISE = 8;
// The limits of MNIST's own digits, as s6lib/preparation.py counts them.
const WIDEST = 2.5, THICKEST = 8, FULLEST = 300, RUNS = 91, CROSSED = 5, PIECES = 5, HOLES = 6;

const wholeOf = Math.floor;
const sizeText = (picture) => `${picture.width} × ${picture.height}`;
const pictureOf = (width, height) => ({ pixels: new Uint8Array(width * height), width, height });

// From strokes to pixels ------------------------------------------------------------------------

/** The strokes [{ width, points: [[x, y], …] }], in units of the pad, as side * side pixels: 0 ground, 255
 * ink. A pixel is ink where its middle is nearer to a stroke's line than half the stroke's width, and the
 * edge fades over one pixel. A point alone is a dot. */
export function rasterise(strokes, side = 140) {
  const pixels = new Uint8Array(side * side);
  for (const { width, points } of strokes) {
    const scaled = points.map((point) => point.map((each) => each * side / PAD));
    const reach = width * side / PAD / 2 + 0.5;
    scaled.forEach((to, at) => stroke(pixels, side, scaled[Math.max(at - 1, 0)], to, reach));
  }
  return pixels;
}

/** Ink around the line from [x, y] to [toX, toY], where it is nearer than `reach` and darker than before. */
function stroke(pixels, side, [x, y], [toX, toY], reach) {
  const across = toX - x, down = toY - y, square = across * across + down * down;
  const first = (a, b) => Math.max(0, wholeOf(Math.min(a, b) - reach));
  const last = (a, b) => Math.min(side - 1, wholeOf(Math.max(a, b) + reach));
  for (let row = first(y, toY); row <= last(y, toY); row++) {
    for (let column = first(x, toX); column <= last(x, toX); column++) {
      const right = column + 0.5 - x, below = row + 0.5 - y;
      const along = square ? Math.min(1, Math.max(0, (right * across + below * down) / square)) : 0;
      const offX = right - along * across, offY = below - along * down;
      const ink = Math.min(1, Math.max(0, reach - Math.sqrt(offX * offX + offY * offY)));
      const value = wholeOf(255 * ink + 0.5), place = row * side + column;
      if (value > pixels[place]) pixels[place] = value;
    }
  }
}

/** The brightness of a picture in colour with alpha, as a canvas has it, 4 bytes a pixel. What is transparent
 * shows white if what is drawn is dark, else black. */
export function greyLevels(rgba) {
  const grey = new Uint8Array(rgba.length / 4);
  let light = 0, cover = 0;
  for (let at = 0; at < grey.length; at++) {
    const [red, green, blue, alpha] = rgba.subarray(4 * at, 4 * at + 4);
    grey[at] = wholeOf((299 * red + 587 * green + 114 * blue + 500) / 1000);
    light += grey[at] * alpha;
    cover += alpha;
  }
  const ground = 2 * light < 255 * cover ? 255 : 0;
  return grey.map((value, at) => {
    const alpha = rgba[4 * at + 3];
    return wholeOf((2 * (value * alpha + ground * (255 - alpha)) + 255) / 510);
  });
}

// From pixels to an image -----------------------------------------------------------------------

/** The drawing, height * width pixels from 0 to 255, brought to 28 x 28 as MNIST's makers did, step by step:
 * { image, stages: [{ name, said, pixels, width, height }], found }. `steps` says of each of STEPS whether it
 * is done; `found` is where the ink is, { top, left, height, width }, or null. */
export function prepare(pixels, width, height, steps = {}) {
  const stages = [{
    name: "drawing",
    said: t`${width} × ${height} pixels, as they came.`,
    pixels,
    width,
    height,
  }];
  const by = { ground: toGround, box: toBox, grey: toGrey, centre: toCentre };
  for (const name of STEPS) stages.push({ ...by[name](stages.at(-1), steps[name] ?? true), name });
  return { image: stages.at(-1).pixels, stages, found: foundIn(stages[1]) };
}

function toGround(picture, here) {
  if (!here) return { ...picture, said: t`Left out: light stays light, and dark stays dark.` };
  const { level, floor, light } = groundOf(picture), to = pictureOf(picture.width, picture.height);
  const sign = light ? -1 : 1;
  let top = 0;
  for (const value of picture.pixels) top = Math.max(top, sign * (value - level));
  if (top <= floor) return { ...to, said: t`No ink: all of it is ground.` };
  picture.pixels.forEach((value, at) => {
    const ink = sign * (value - level);
    if (ink > floor) to.pixels[at] = wholeOf((2 * 255 * ink + top) / (2 * top));
  });
  const strongest = level + sign * top;
  return {
    ...to,
    said: light
      ? t`Dark ink on a light ground, turned round: ${level} becomes 0, ${strongest} becomes 255.`
      : level === 0 && strongest === 255
      ? t`Light ink on a dark ground, as MNIST has it.`
      : t`Light ink on a dark ground: ${level} becomes 0, ${strongest} becomes 255.`,
  };
}

/** The ground's level, how far it strays, and whether it is lighter than the ink: the median of the outermost
 * pixels, and the mean of all lies well below it. */
function groundOf(picture) {
  const edge = edgeOf(picture).sort(), middle = (edge.length - 1) >> 1, level = edge[middle];
  const strays = edge.map((value) => Math.abs(value - level)).sort();
  const count = picture.pixels.length, add = (sum, value) => sum + value;
  const below = level * count - picture.pixels.reduce(add, 0);
  return {
    level,
    floor: NOISE * strays[middle],
    light: below * edge.length > strays.reduce(add, 0) * count,
  };
}

/** The outermost pixels, each once. */
function edgeOf({ pixels, width, height }) {
  const edge = [];
  for (let row = 0; row < height; row++) {
    const outer = row === 0 || row === height - 1, step = outer || width === 1 ? 1 : width - 1;
    for (let column = 0; column < width; column += step) edge.push(pixels[row * width + column]);
  }
  return Uint8Array.from(edge);
}

/** Where all is that is not 0, { top, left, height, width }, or null. */
function foundIn({ pixels, width, height }) {
  let top = height, left = width, bottom = -1, right = -1;
  for (let row = 0; row < height; row++) {
    const line = pixels.subarray(row * width, (row + 1) * width), first = line.findIndex(Boolean);
    if (first < 0) continue;
    top = Math.min(top, row);
    bottom = row;
    left = Math.min(left, first);
    right = Math.max(right, line.findLastIndex(Boolean));
  }
  return bottom < 0 ? null : { top, left, height: bottom - top + 1, width: right - left + 1 };
}

function toBox(picture, here) {
  if (!here) {
    const small = fitted(picture, IMAGE);
    return { ...small, said: t`Left out: the whole frame is brought to ${sizeText(small)}.` };
  }
  const found = foundIn(picture);
  if (!found) return { ...pictureOf(INK_BOX, INK_BOX), said: t`No ink to put into a box.` };
  const cut = pictureOf(found.width, found.height);
  for (let row = 0; row < found.height; row++) {
    const from = (found.top + row) * picture.width + found.left;
    cut.pixels.set(picture.pixels.subarray(from, from + found.width), row * found.width);
  }
  const small = fitted(cut, INK_BOX);
  return { ...small, said: t`Ink found: ${sizeText(cut)} pixels, brought to ${sizeText(small)}.` };
}

/** The picture with its longer side brought to `side` pixels and its proportions kept. */
function fitted({ pixels, width, height }, side) {
  const longer = Math.max(width, height);
  const lengthOf = (length) => Math.max(1, wholeOf((2 * length * side + longer) / (2 * longer)));
  const to = pictureOf(lengthOf(width), lengthOf(height));
  const down = sharesOf(height, to.height), across = sharesOf(width, to.width);
  const total = (shares) => shares[0].reduce((sum, [, weight]) => sum + weight, 0);
  const whole = total(down) * total(across);
  down.forEach((rows, row) => {
    const mixed = new Float64Array(width); // the rows of the old picture that a new row is made of
    for (const [from, weight] of rows) {
      for (let column = 0; column < width; column++) mixed[column] += weight * pixels[from * width + column];
    }
    across.forEach((columns, column) => {
      const sum = columns.reduce((sum, [from, weight]) => sum + weight * mixed[from], 0);
      to.pixels[row * to.width + column] = wholeOf((2 * sum + whole) / (2 * whole));
    });
  });
  return to;
}

/** For each of `count` new pixels of a side the old pixels, of `old`, that it is made of, as [place, weight]:
 * whole numbers of equal sum for each. Fewer pixels are means of areas, more lie between their neighbours. */
function sharesOf(old, count) {
  return Array.from({ length: count }, (_, at) => {
    const shares = [];
    if (count <= old) { // a new pixel goes from at * old to (at + 1) * old, an old one from i * count on
      for (let i = wholeOf(at * old / count); i * count < (at + 1) * old; i++) {
        shares.push([i, Math.min((at + 1) * old, (i + 1) * count) - Math.max(at * old, i * count)]);
      }
      return shares;
    }
    const place = (2 * at + 1) * old - count; // of its middle, from the first old pixel's, in 1 / (2 count)
    const before = wholeOf(place / (2 * count)), share = place - 2 * count * before;
    const within = (i) => Math.min(old - 1, Math.max(0, i));
    return [[within(before), 2 * count - share], [within(before + 1), share]];
  });
}

function toGrey(picture, here) {
  const { pixels } = picture;
  if (here) {
    const partly = pixels.filter((value) => value > 0 && value < 255).length;
    return { ...picture, said: t`Edges stay smooth: ${partly} pixels are partly ink.` };
  }
  const top = pixels.reduce((most, value) => Math.max(most, value), 0);
  return {
    ...picture,
    pixels: pixels.map((value) => 2 * value > top ? 255 : 0),
    said: t`Left out: each pixel is all ink or all ground.`,
  };
}

function toCentre({ pixels, width, height }, here) {
  const placed = (top, left) => {
    const to = pictureOf(IMAGE, IMAGE);
    pixels.forEach((value, at) => {
      const row = top + wholeOf(at / width), column = left + at % width;
      const inside = row >= 0 && row < IMAGE && column >= 0 && column < IMAGE;
      if (inside) to.pixels[row * IMAGE + column] = value;
    });
    return to;
  };
  const top = (IMAGE - height) >> 1, left = (IMAGE - width) >> 1;
  let total = 0, rows = 0, columns = 0;
  pixels.forEach((value, at) => {
    total += value;
    rows += value * (top + wholeOf(at / width));
    columns += value * (left + at % width);
  });
  if (!here || !total) {
    const said = here ? t`No ink to move.` : t`Left out: it stands where its box does.`;
    return { ...placed(top, left), said };
  }
  const [down, right] = [rows, columns].map((sum) => MIDDLE - wholeOf((2 * sum + total) / (2 * total)));
  return {
    ...placed(top + down, left + right),
    said: movedText([hundredths(rows, total), hundredths(columns, total)], down, right),
  };
}

/** Where the centre of mass is, [row, column], and how far `down` and to the `right` it is moved. */
function movedText([row, column], down, right) {
  const [first, second] = [
    down < 0 ? t`${-down} up` : down ? t`${down} down` : "",
    right < 0 ? t`${-right} left` : right ? t`${right} right` : "",
  ].filter(Boolean);
  return second
    ? t`Centre of mass in row ${row}, column ${column}: moved ${first} and ${second}.`
    : first
    ? t`Centre of mass in row ${row}, column ${column}: moved ${first}.`
    : t`Centre of mass in row ${row}, column ${column}: it stays.`;
}

function hundredths(sum, total) {
  const whole = wholeOf((200 * sum + total) / (2 * total));
  return local(`${wholeOf(whole / 100)}.${String(whole % 100).padStart(2, "0")}`);
}

// What it may be --------------------------------------------------------------------------------

/** What the drawing is if it is hardly a digit, one of NO_DIGIT or CUT_OFF; else "". */
export function judge(pixels, width, height) {
  const { image, stages, found } = prepare(pixels, width, height);
  if (!found) return "nothing";
  const side = IMAGE + 2, ink = new Array(side * side).fill(false); // with a border of ground
  const top = image.reduce((most, value) => Math.max(most, value), 0);
  image.forEach((value, at) => {
    ink[(wholeOf(at / IMAGE) + 1) * side + at % IMAGE + 1] = 4 * value > top;
  });
  if (thickness(ink, side) > THICKEST || ink.filter(Boolean).length > FULLEST) {
    return 6 * Math.max(found.width, found.height) <= Math.max(width, height) ? "a dot" : "a blot";
  }
  if (found.width > WIDEST * found.height) return "a line that lies";
  const runs = [1, side].map((step) => runsOf(ink, side, step)).flat();
  if (
    runs.reduce((sum, each) => sum + each, 0) > RUNS || Math.max(...runs) > CROSSED ||
    piecesOf(ink, [1, side, side - 1, side + 1]) > PIECES ||
    piecesOf(ink.map((each) => !each), [1, side]) - 1 > HOLES
  ) return "a scribble";
  if (width === IMAGE && height === IMAGE) return "";
  return edgeOf(stages[1]).some((value) => value >= 128) ? CUT_OFF : "";
}

/** How often a layer of pixels must be taken off until no ink is left. */
function thickness(ink, side) {
  let layers = 0;
  for (let left = ink; left.includes(true); layers++) {
    const now = left;
    left = now.map((each, at) => each && now[at - 1] && now[at + 1] && now[at - side] && now[at + side]);
  }
  return layers;
}

/** How many runs of ink there are in each row (step 1) or column (step `side`). */
function runsOf(ink, side, step) {
  return Array.from({ length: side }, (_, line) => {
    const first = line * (side + 1 - step);
    let runs = 0;
    for (let at = 1; at < side; at++) {
      if (ink[first + at * step] && !ink[first + (at - 1) * step]) runs++;
    }
    return runs;
  });
}

/** How many pieces the places make that are true, where steps of `steps`, and back, lead from one to the
 * next. (A step over a side's end leads to the other side's border: of ground, it hangs together anyway.) */
function piecesOf(there, steps) {
  const left = [...there], ways = steps.flatMap((step) => [step, -step]);
  let pieces = 0;
  for (let start = left.indexOf(true); start >= 0; start = left.indexOf(true)) {
    pieces++;
    left[start] = false;
    for (const waiting = [start]; waiting.length;) {
      const at = waiting.pop();
      for (const way of ways) {
        if (!left[at + way]) continue;
        left[at + way] = false;
        waiting.push(at + way);
      }
    }
  }
  return pieces;
}
