// What the scenes of the primer are made of: sliders, a drawing to drag on, a curve with a nudge, a sentence.

import { make, put } from "../kit/dom.js";
import { format } from "../kit/numbers.js";

const FLOOR = 170, UNIT = 56;
export const WIDTH = 320;
const X = (x) => WIDTH / 2 + x * UNIT, Y = (y) => FLOOR - y * UNIT;

/** `value` as a sentence says it, without what rounding left in its last digits. */
export const plain = (value) => format(Number(value.toFixed(6)), 4);

/** `value` as an element of a sentence, in the colour of what it is. */
export const number = (value, kind = "") => make("b", { class: `n ${kind}` }, plain(value));

/** A slider with its name before it and its number after it. `get` reads the state, `set` changes it, and
 *  `show` makes of it the number that is shown. */
export function slider(name, { min = -2, max = 2, step = 0.05, get, set, show = get, kind = "" }) {
  const shown = make("span", { class: `n ${kind}` });
  const input = make("input", {
    type: "range",
    "aria-label": name,
    min,
    max,
    step,
    oninput: () => set(Number(input.value)),
  });
  const refresh = () => {
    if (Number(input.value) !== get()) input.value = get();
    put(shown, { text: plain(show()) });
    put(input, { "aria-valuetext": plain(show()) });
  };
  return { element: make("label", {}, make("span", {}, name), input, shown), refresh };
}

/** Lets the reader drag on `drawing`: `moved` hears where, in its units, and whether that is the start. */
export function drag(drawing, moved) {
  const tell = (event) => {
    const box = drawing.getBoundingClientRect(), { x, y, width } = drawing.viewBox.baseVal;
    const scale = width / box.width;
    moved(
      x + (event.clientX - box.left) * scale,
      y + (event.clientY - box.top) * scale,
      event.type === "pointerdown",
    );
  };
  drawing.addEventListener("pointerdown", (event) => {
    drawing.setPointerCapture(event.pointerId);
    tell(event);
  });
  drawing.addEventListener("pointermove", (event) => {
    if (drawing.hasPointerCapture(event.pointerId)) tell(event);
  });
}

/** A curve with a point to drag, a nudge beside it, and the straight line through both ends of the nudge. */
export class Curve {
  /** `low` and `high`: what is in view of the vertical axis, which `name` names; `set` hears the place. */
  constructor(low, high, name, set) {
    const line = (kind) => make("line", { class: kind });
    this.curve = make("path", { class: "curve" });
    this.axes = [line("axis"), line("axis")];
    this.changes = [line("change"), line("change"), line("slope")];
    this.point = make("circle", { class: "point", r: 9 });
    this.name = make("text", { x: X(2.45), y: Y(0) + 17, "text-anchor": "end" });
    this.drawing = make(
      "svg",
      { class: "drawing", role: "img", viewBox: `0 ${Y(high)} ${WIDTH} ${(high - low) * UNIT}` },
      this.axes,
      make("text", { x: X(0) + 6, y: Y(high) + 14 }, name),
      this.name,
      this.curve,
      this.changes,
      this.point,
    );
    this.#between(this.axes[0], -2.5, 0, 2.5, 0);
    this.#between(this.axes[1], 0, low, 0, high);
    drag(this.drawing, (x) => set(Math.round((x - WIDTH / 2) / UNIT * 20) / 20));
  }
  #between(line, x1, y1, x2, y2) {
    put(line, { x1: X(x1), y1: Y(y1), x2: X(x2), y2: Y(y2) });
  }
  /** Draws `f` over what `name` names, from `start` to `end`, and a nudge at `x` with its `ratio`. `label`
   *  says what is seen. */
  draw(f, { name, start = -2.5, end = 2.5, x, nudge, ratio, label }) {
    const points = [],
      reach = 0.8 / Math.hypot(1, ratio),
      [run, rise, slope] = this.changes,
      top = f(x + nudge);
    for (let k = 0; k <= 50; k++) {
      const at = start + (end - start) * k / 50;
      points.push(`${X(at).toFixed(1)} ${Y(f(at)).toFixed(1)}`);
    }
    put(this.curve, { d: `M${points.join("L")}` });
    put(this.name, { text: name });
    this.#between(run, x, f(x), x + nudge, f(x));
    this.#between(rise, x + nudge, f(x), x + nudge, top);
    this.#between(slope, x - reach, f(x) - ratio * reach, x + nudge + reach, top + ratio * reach);
    put(this.point, { cx: X(x), cy: Y(f(x)) });
    put(this.drawing, { "aria-label": label });
  }
}
