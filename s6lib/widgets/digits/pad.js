// The pad: a square to draw on, by mouse, finger, pen or keyboard.

import { button, make, put } from "../kit/dom.js";
import { t } from "../kit/words.js";
import { paint } from "./picture.js";
import { PAD } from "./prepare.js";

/** How wide a line is, in units of the pad. */
const WIDTHS = { thin: 12, medium: 24, thick: 40 };
const LINES = { thin: t`thin line`, medium: t`medium line`, thick: t`thick line` };
const STEP = 7, FAR = 28;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const KEYS =
  t`By keyboard: the arrow keys move the pen, with Shift farther; the space bar sets it down or lifts it.`;

/** A pad: `element`, `buttons` (Undo, Clear, and how wide a line is), `strokes`, `clear()`, `undo()`, and
 *  `show(strokes, picture)` for what was drawn elsewhere, where `picture` is { pixels, width, height } or
 *  null. `onchange(strokes, picture)` is called with every change by the reader; strokes are
 *  [{ width, points: [[x, y], ...] }], in units of the pad. */
export function pad({ onchange, label = t`Draw a digit`, width = "medium" }) {
  const pen = new Pen(onchange, width);
  const ink = make("g", "strokes"), cursor = make("circle", { class: "pen", r: 5, visibility: "hidden" });
  const picture = make("canvas", { "aria-hidden": "true", hidden: true });
  const help = make("p", { class: "hint", id: `s6-${Math.random().toString(36).slice(2, 8)}` }, KEYS);
  const element = make(
    "div",
    { class: "pad", role: "application", tabindex: 0, "aria-label": label, "aria-describedby": help.id },
    picture,
    make("svg", { viewBox: `0 0 ${PAD} ${PAD}`, "aria-hidden": "true" }, ink, cursor),
  );
  pen.drawn = () => {
    ink.replaceChildren(
      ...pen.strokes.map((stroke) => make("path", { d: pathOf(stroke), "stroke-width": stroke.width })),
    );
    picture.hidden = !pen.picture;
    if (pen.picture) paint(picture, pen.picture);
    put(cursor, { cx: pen.at[0], cy: pen.at[1], class: pen.down ? "pen down" : "pen" });
  };
  element.addEventListener("focus", () => put(cursor, { visibility: "visible" }));
  element.addEventListener("blur", () => {
    put(cursor, { visibility: "hidden" });
    pen.lift();
  });
  byPointer(element, pen);
  element.addEventListener("keydown", (event) => byKey(event, pen));
  return {
    element,
    buttons: make("div", {}, make("div", "tools", tools(pen), widths(pen)), help),
    get strokes() {
      return pen.strokes;
    },
    clear: () => pen.clear(),
    undo: () => pen.undo(),
    show: (strokes, image = null) => pen.show(strokes, image),
  };
}

/** Where the pen is, whether it is down, what it has left, and what was there before. */
class Pen {
  constructor(onchange, width) {
    Object.assign(this, { onchange, width: WIDTHS[width], strokes: [], picture: null, past: [] });
    Object.assign(this, { at: [PAD / 2, PAD / 2], down: false });
  }

  begin(point) {
    this.#leave({ strokes: [...this.strokes, { width: this.width, points: [point] }] });
    Object.assign(this, { at: point, down: true });
    this.#tell();
  }

  to(points) {
    this.at = points.at(-1);
    if (!this.down) return this.drawn();
    const { width, points: before } = this.strokes.at(-1);
    points = points.filter(([x, y], k) => {
      const [lastX, lastY] = points[k - 1] ?? before.at(-1);
      return Math.hypot(x - lastX, y - lastY) >= 1; // a mouse may tell a thousand places a second
    });
    if (!points.length) return this.drawn();
    this.strokes = [...this.strokes.slice(0, -1), { width, points: [...before, ...points] }];
    this.#tell();
  }

  lift() {
    this.down = false;
    this.drawn();
  }

  clear() {
    if (this.strokes.length || this.picture) this.#leave({ strokes: [] });
    this.#tell();
  }

  undo() {
    Object.assign(this, this.past.pop(), { down: false });
    this.#tell();
  }

  show(strokes, picture) {
    if (strokes === this.strokes && picture === this.picture) return;
    this.#leave({ strokes, picture });
    this.drawn();
  }

  #leave({ strokes, picture = null }) {
    this.past.push({ strokes: this.strokes, picture: this.picture });
    Object.assign(this, { strokes, picture, down: false });
  }

  #tell() {
    this.drawn();
    this.onchange(this.strokes, this.picture);
  }
}

/** A stroke as a path; a point alone is a dot. */
function pathOf({ points }) {
  const [first, ...others] = points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`);
  return `M${first}${(others.length ? others : [first]).map((point) => `L${point}`).join("")}`;
}

function byPointer(element, pen) {
  const place = ({ clientX, clientY }) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    return [(clientX - left) / width * PAD, (clientY - top) / height * PAD];
  };
  let held = null; // of several fingers the first draws
  element.addEventListener("pointerdown", (event) => {
    if (held !== null || event.button) return;
    held = event.pointerId;
    element.setPointerCapture(held);
    pen.begin(place(event));
  });
  element.addEventListener("pointermove", (event) => {
    if (event.pointerId !== held) return;
    const passed = event.getCoalescedEvents?.() ?? [];
    pen.to((passed.length ? passed : [event]).map(place));
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    element.addEventListener(end, (event) => {
      if (event.pointerId !== held) return;
      held = null;
      pen.lift();
    });
  }
}

function byKey(event, pen) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const way = ARROWS[event.key], inside = (x) => Math.min(Math.max(x, 0), PAD);
  if (way) pen.to([pen.at.map((x, k) => inside(x + way[k] * (event.shiftKey ? FAR : STEP)))]);
  else if (event.key !== " ") return;
  else if (!event.repeat) pen.down ? pen.lift() : pen.begin(pen.at);
  event.preventDefault();
}

const tools = (
  pen,
) => [button(t`Undo`, t`Undo`, () => pen.undo()), button(t`Clear`, t`Clear`, () => pen.clear())];

/** Which of the widths the next line has. */
function widths(pen) {
  const all = Object.entries(WIDTHS).map(([name, width]) =>
    button(LINES[name], make("span", { class: `nib ${name}` }), () => {
      pen.width = width;
      mark();
    }, { class: "width" })
  );
  const mark = () =>
    all.forEach((each, k) => put(each, { "aria-pressed": pen.width === Object.values(WIDTHS)[k] }));
  mark();
  return make("span", { class: "group", role: "group", "aria-label": t`Line` }, all);
}
