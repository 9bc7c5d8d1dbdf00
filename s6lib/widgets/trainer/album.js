// The reader's drawings: as a text that is kept, taken along and brought back; and which of them are held
// back from training. Pure.

import { t } from "../kit/words.js";
import { PAD, prepare, rasterise } from "../digits/prepare.js";

/** No more drawings than these are kept. */
export const MOST_DRAWINGS = 500;
const KIND = "drawings of digits", MOST_POINTS = 5000, SIDE_OF_PIXELS = 140;
/** Of the drawings every so many is held back. */
export const HELD_BACK = 3;

/** The drawings [{ label, strokes }] as JSON, to a tenth of the pad's unit. */
export const albumText = (drawings) =>
  JSON.stringify({
    kind: KIND,
    drawings: drawings.map(({ label, strokes }) => ({
      label,
      strokes: strokes.map(({ width, points }) => ({
        width,
        points: points.slice(0, MOST_POINTS).map((point) => point.map((each) => Math.round(10 * each) / 10)),
      })),
    })),
  });

/** The drawings in a text that `albumText` wrote. RangeError, in words, for another. */
export function albumFrom(text) {
  let found;
  try {
    found = JSON.parse(text);
  } catch {
    throw new RangeError(t`This is no JSON: the file may be damaged, or another one.`);
  }
  if (found?.kind !== KIND || !Array.isArray(found.drawings)) {
    throw new RangeError(t`This JSON does not say that it is “${KIND}”.`);
  }
  if (found.drawings.length > MOST_DRAWINGS) {
    throw new RangeError(t`There are ${found.drawings.length} drawings; at most ${MOST_DRAWINGS} are taken.`);
  }
  return found.drawings.map((drawing, k) => {
    const wrong = faultOf(drawing);
    if (wrong) throw new RangeError(t`Drawing ${k + 1}: ${wrong}.`);
    const { label, strokes } = drawing;
    return { label, strokes: strokes.map(({ width, points }) => ({ width, points })) };
  });
}

function faultOf(drawing) {
  const { label, strokes } = drawing ?? {};
  if (!Number.isInteger(label) || label < 0 || label > 9) return t`its label is not a digit from 0 to 9`;
  if (!Array.isArray(strokes) || !strokes.length) return t`it has no strokes`;
  const on = (each) => Number.isFinite(each) && each >= -PAD && each <= 2 * PAD;
  for (const { width, points } of strokes.map((each) => each ?? {})) {
    if (!(width > 0 && width <= PAD)) return t`a stroke's width is not a number above 0, at most ${PAD}`;
    if (!Array.isArray(points) || !points.length) return t`a stroke has no points`;
    if (points.length > MOST_POINTS) return t`a stroke has more than ${MOST_POINTS} points`;
    if (!points.every((point) => Array.isArray(point) && point.length === 2 && point.every(on))) {
      return t`a point is not two numbers on the pad`;
    }
  }
  return "";
}

/** A drawing as the network reads it: 28 x 28 grey levels. */
export const imageOf = ({ strokes }) =>
  prepare(rasterise(strokes, SIDE_OF_PIXELS), SIDE_OF_PIXELS, SIDE_OF_PIXELS).image;

/** For each drawing whether it is held back: every third one, whatever it shows. Drawn in the order of the
 *  digits, thirty drawings hold each of them back once. */
export const heldBack = (drawings) => drawings.map((_, k) => k % HELD_BACK === HELD_BACK - 1);

/** The digit that has the fewest drawings. */
export function wanted(drawings) {
  const counts = new Array(10).fill(0);
  for (const { label } of drawings) counts[label]++;
  return counts.indexOf(Math.min(...counts));
}

/** The drawings to learn from, or those that are held back, as a set { images, labels } in grey levels. */
export function setOf(drawings, held) {
  const back = heldBack(drawings), chosen = drawings.filter((_, k) => back[k] === held);
  const images = new Uint8Array(chosen.length * 784);
  chosen.forEach((drawing, n) => images.set(imageOf(drawing), n * 784));
  return { images, labels: Uint8Array.from(chosen, ({ label }) => label) };
}
