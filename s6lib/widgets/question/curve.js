// A curve to draw: handles that are dragged up and down, or moved by keys.

import { make, put } from "../kit/dom.js";
import { t } from "../kit/words.js";
import { judgeCurve, written } from "./judge.js";
import { checkButton } from "./kinds.js";

const WIDE = 340, TALL = 220, LEFT = 44, RIGHT = 18, TOP = 16, BOTTOM = 42;

/** How many hundredths of the range a key moves a handle by. */
const KEYS = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 10, PageDown: -10 };

/** The kind of question whose answer is a curve. */
export function curve({ spec, submit }) {
  const drawn = new Drawn(spec), check = checkButton(() => submit(judge()));
  const judge = () => ({ verdict: judgeCurve(spec, drawn.heights), answer: [...drawn.heights] });
  return {
    element: make("div", {}, drawn.element, make("div", "entry", check)),
    put(answer) {
      drawn.put(answer);
      return judge();
    },
    showRight: () => put(drawn.truth, { d: drawn.path(spec.right) }),
    lock(over) {
      check.disabled = over;
      drawn.lock(over);
    },
  };
}

/** A curve with its handles, and the right one beside it when it is shown. */
class Drawn {
  #done = false;
  constructor(spec) {
    const { at, range: [low, high] } = spec;
    Object.assign(this, { spec, heights: [...spec.start] });
    this.x = (k) => LEFT + (WIDE - LEFT - RIGHT) * (at[k] - at[0]) / ((at.at(-1) - at[0]) || 1);
    this.y = (value) => TOP + (TALL - TOP - BOTTOM) * (high - value) / (high - low);
    this.mine = make("path", { class: "curve-line value" });
    this.truth = make("path", { class: "curve-line truth" });
    this.handles = at.map((_, k) => this.#handle(k));
    this.element = make(
      "svg",
      { class: "drawing", viewBox: `0 0 ${WIDE} ${TALL}`, role: "group", "aria-label": t`A curve to draw` },
      frame(spec, this.x, this.y),
      this.truth,
      this.mine,
      this.handles,
    );
    dragBy(
      this.element,
      this.handles,
      (k, height) => this.#set(k, high - (height - TOP) * (high - low) / (TALL - TOP - BOTTOM)),
      this.x,
    );
    this.#render();
  }
  path(values) {
    return `M${values.map((value, k) => `${this.x(k).toFixed(1)} ${this.y(value).toFixed(1)}`).join("L")}`;
  }
  put(heights) {
    this.heights = [...heights];
    this.#render();
  }
  lock(done) {
    this.#done = done;
    for (const handle of this.handles) put(handle, { "aria-disabled": done ? "true" : null });
  }
  #handle(k) {
    const { at, range: [low, high], axes: [across, up] } = this.spec;
    return make("circle", {
      class: "handle",
      r: 11,
      tabindex: 0,
      role: "slider",
      "aria-label": t`${up || t`height`} at ${across || t`place`} ${written(at[k])}`,
      "aria-orientation": "vertical",
      "aria-valuemin": low,
      "aria-valuemax": high,
      onkeydown: (event) => {
        const step = KEYS[event.key], end = { Home: low, End: high }[event.key];
        if (step === undefined && end === undefined) return;
        event.preventDefault();
        this.#set(k, end ?? this.heights[k] + step * (high - low) / 100);
      },
    });
  }
  #set(k, value) {
    if (this.#done) return;
    const { range: [low, high] } = this.spec, fine = (high - low) / 200;
    this.heights[k] = Math.min(high, Math.max(low, low + Math.round((value - low) / fine) * fine));
    this.#render();
  }
  #render() {
    put(this.mine, { d: this.path(this.heights) });
    this.handles.forEach((handle, k) => {
      const value = this.heights[k];
      put(handle, {
        cx: this.x(k),
        cy: this.y(value),
        "aria-valuenow": value,
        "aria-valuetext": written(value, 3),
      });
    });
  }
}

/** Lets the reader drag: the handle nearest to where the finger came down follows it. */
function dragBy(drawing, handles, moved, x) {
  let held = -1;
  const tell = (event) => {
    const box = drawing.getBoundingClientRect(), scale = WIDE / box.width;
    const across = (event.clientX - box.left) * scale;
    if (held < 0) {
      const far = handles.map((_, k) => Math.abs(x(k) - across));
      held = far.indexOf(Math.min(...far));
    }
    moved(held, (event.clientY - box.top) * scale);
  };
  drawing.addEventListener("pointerdown", (event) => {
    drawing.setPointerCapture(event.pointerId);
    tell(event);
    handles[held].focus({ preventScroll: true });
    event.preventDefault();
  });
  drawing.addEventListener("pointermove", (event) => {
    if (drawing.hasPointerCapture(event.pointerId)) tell(event);
  });
  drawing.addEventListener("lostpointercapture", () => {
    held = -1;
  });
}

/** The axes, with what stands at them. */
function frame({ at, range: [low, high], axes: [across, up] }, x, y) {
  const text = (place, words, more) => make("text", { ...place, ...more }, words);
  return [
    make("line", { class: "axis", x1: LEFT, x2: LEFT, y1: TOP, y2: y(low) }),
    make("line", { class: "axis", x1: LEFT, x2: WIDE - RIGHT, y1: y(low), y2: y(low) }),
    ...(low < 0 && high > 0
      ? [
        make("line", { class: "axis", x1: LEFT, x2: WIDE - RIGHT, y1: y(0), y2: y(0) }),
        text({ x: LEFT - 6, y: y(0) + 4 }, "0", { "text-anchor": "end" }),
      ]
      : []),
    text({ x: LEFT - 6, y: y(high) + 4 }, written(high), { "text-anchor": "end" }),
    text({ x: LEFT - 6, y: y(low) + 4 }, written(low), { "text-anchor": "end" }),
    text({ x: LEFT + 6, y: TOP - 3 }, up),
    at.map((place, k) => text({ x: x(k), y: y(low) + 24 }, written(place), { "text-anchor": "middle" })),
    text({ x: WIDE - RIGHT, y: TALL - 4 }, across, { "text-anchor": "end" }),
  ];
}
