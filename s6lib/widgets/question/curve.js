// A curve to draw: handles that are dragged up and down, or moved by keys.

import { make, put } from "../kit/dom.js";
import { judgeCurve, written } from "./judge.js";
import { checkButton } from "./kinds.js";

const WIDE = 340, TALL = 220, LEFT = 44, RIGHT = 18, TOP = 16, BOTTOM = 42;

/** The kind of question whose answer is a curve. */
export function curve({ spec, submit }) {
  const { at, range: [low, high], axes: [across, up] } = spec, heights = [...spec.start];
  let done = false;
  const x = (k) => LEFT + (WIDE - LEFT - RIGHT) * (at[k] - at[0]) / ((at.at(-1) - at[0]) || 1);
  const y = (value) => TOP + (TALL - TOP - BOTTOM) * (high - value) / (high - low);
  const mine = make("path", { class: "curve-line value" }),
    truth = make("path", { class: "curve-line truth" });
  const handles = at.map((place, k) =>
    handleOf(k, `${up || "height"} at ${across || "place"} ${written(place)}`)
  );
  const drawing = make(
    "svg",
    { class: "drawing", viewBox: `0 0 ${WIDE} ${TALL}`, role: "group", "aria-label": "A curve to draw" },
    frame(spec, x, y),
    truth,
    mine,
    handles,
  );
  const set = (k, value) => {
    if (done) return;
    const fine = (high - low) / 200;
    heights[k] = Math.min(high, Math.max(low, Math.round(value / fine) * fine));
    render();
  };
  function handleOf(k, label) {
    const steps = { ArrowUp: 2, ArrowRight: 2, ArrowDown: -2, ArrowLeft: -2, PageUp: 20, PageDown: -20 };
    return make("circle", {
      class: "handle",
      r: 11,
      tabindex: 0,
      role: "slider",
      "aria-label": label,
      "aria-orientation": "vertical",
      "aria-valuemin": low,
      "aria-valuemax": high,
      onkeydown: (event) => {
        const step = steps[event.key], end = { Home: low, End: high }[event.key];
        if (step === undefined && end === undefined) return;
        event.preventDefault();
        set(k, end ?? heights[k] + step * (high - low) / 200);
      },
    });
  }
  const path = (values) =>
    `M${values.map((value, k) => `${x(k).toFixed(1)} ${y(value).toFixed(1)}`).join("L")}`;
  const render = () => {
    put(mine, { d: path(heights) });
    handles.forEach((handle, k) => {
      put(handle, {
        cx: x(k),
        cy: y(heights[k]),
        "aria-valuenow": heights[k],
        "aria-valuetext": written(heights[k], 3),
      });
    });
  };
  dragBy(
    drawing,
    handles,
    (k, height) => set(k, high - (height - TOP) * (high - low) / (TALL - TOP - BOTTOM)),
    x,
  );
  const check = checkButton(() => submit(judgeCurve(spec, heights), heights));
  render();
  return {
    element: make("div", {}, drawing, make("div", "entry", check)),
    judged() {},
    showRight: () => put(truth, { d: path(spec.right) }),
    lock(over) {
      done = check.disabled = over;
      for (const handle of handles) put(handle, { "aria-disabled": over ? "true" : null });
    },
  };
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
    text({ x: LEFT - 6, y: y(high) + 4 }, written(high), { "text-anchor": "end" }),
    text({ x: LEFT - 6, y: y(low) + 4 }, written(low), { "text-anchor": "end" }),
    text({ x: LEFT + 6, y: TOP - 3 }, up),
    at.map((place, k) => text({ x: x(k), y: y(low) + 24 }, written(place), { "text-anchor": "middle" })),
    text({ x: WIDE - RIGHT, y: TALL - 4 }, across, { "text-anchor": "end" }),
  ];
}
