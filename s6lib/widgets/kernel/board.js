// Squares of pixels with a frame on them.

import { make, put } from "../kit/dom.js";

const KEYS = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  PageUp: [-Infinity, 0],
  PageDown: [Infinity, 0],
  Home: [0, -Infinity],
  End: [0, Infinity],
};

/** Ink on paper, as bytes of red, green, blue and opacity. */
export const inkOf = (value) => [...Array(3).fill(255 * (1 - value)), 255];

/** Blue above 0, dark grey below, white between; the same scale as in the figures of the book. */
export function signedOf(value, scale) {
  const part = scale ? Math.min(1, Math.abs(value) / scale) : 0,
    end = value < 0 ? [61, 61, 61] : [0, 114, 178];
  return [...end.map((one) => 255 + (one - 255) * part), 255];
}

/** What nothing is painted on: the ground shows, which is striped. */
export const CLEAR = [0, 0, 0, 0];

/** Pixels, and a frame of `size` of them. `take(row, column)` hears where a mouse or a finger is, in pixels
 *  from the upper left corner. A finger drags the frame; elsewhere on the board it scrolls the page, and a
 *  tap is heard. */
export class Board {
  constructor(size, properties, take) {
    this.canvas = make("canvas", { "aria-hidden": "true" });
    this.frame = make("div", "frame");
    this.element = make("div", { class: "board", ...properties }, this.canvas, this.frame);
    this.size = size;
    const { element, frame } = this,
      tell = (event) => {
        const box = this.canvas.getBoundingClientRect(), scale = this.canvas.width / box.width;
        take((event.clientY - box.top) * scale, (event.clientX - box.left) * scale);
      };
    element.addEventListener("pointerdown", (event) => {
      if (event.button || event.pointerType === "touch" && event.target !== frame) return;
      element.setPointerCapture(event.pointerId);
      tell(event);
    });
    element.addEventListener("pointermove", (event) => {
      if (element.hasPointerCapture(event.pointerId)) tell(event);
    });
    element.addEventListener("click", (event) => {
      if (event.detail) tell(event);
    });
  }
  /** `cells` pixels in each direction, each coloured by `colour(row, column)`; the frame's corner at `row`
   *  and `column`. */
  render(cells, colour, row, column) {
    const { canvas, frame, size } = this, percent = (part) => `${100 * part / cells}%`;
    if (canvas.width !== cells) canvas.width = canvas.height = cells;
    const context = canvas.getContext("2d"), pixels = context.createImageData(cells, cells);
    for (let k = 0; k < cells * cells; k++) pixels.data.set(colour(Math.floor(k / cells), k % cells), 4 * k);
    context.putImageData(pixels, 0, 0);
    Object.assign(frame.style, {
      top: percent(row),
      left: percent(column),
      width: percent(size),
      height: percent(size),
    });
  }
}

/** Lets the arrow keys, Home, End and the keys for pages move: `move(rows, columns)`. */
export function listen(element, move) {
  put(element, { tabindex: 0 });
  element.addEventListener("keydown", (event) => {
    const by = KEYS[event.key];
    if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    move(...by);
  });
}
