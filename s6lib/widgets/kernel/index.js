// A window to move over a picture, and a kernel to edit: what becomes of nine pixels, and where it stands.
//
//   engine      one place, every place                 pure functions
//   words       numbers as they are written and read   pure functions
//   board       pixels with a frame to drag
//   sums        three squares of numbers, and the sum
//   state       what is given, and where the window has been

import { Announcer } from "../kit/announce.js";
import { button, make, put } from "../kit/dom.js";
import { life } from "../kit/life.js";
import { t } from "../kit/words.js";
import { Board, CLEAR, inkOf, listen, signedOf } from "./board.js";
import { cornerOf, mapOf, PRESETS, SIDE, sideOf, turned } from "./engine.js";
import KERNEL from "./kernel.css";
import { State } from "./state.js";
import { Sums } from "./sums.js";
import { short } from "./words.js";

const OWN = t`your own`;
const same = (one, other) => String(one) === String(other);

/** A list to choose from, under its name. */
function choice(name, options, take) {
  const list = make("select", { "aria-label": name, onchange: () => take(list.value) });
  list.append(...options.map((text) => make("option", { value: text, disabled: text === OWN }, text)));
  return { element: make("label", {}, make("span", {}, name), list), show: (text) => list.value = text };
}

/** The picture and its map, side by side. */
class Boards {
  constructor(state, notes) {
    const about = { role: "application", "aria-label": t`Window on the picture`, "aria-describedby": notes };
    this.state = state;
    this.picture = new Board(
      3,
      { ...about, "aria-roledescription": t`window moved by arrow keys` },
      (row, column) => state.go([row - 1.5, column - 1.5].map((at) => at / state.given.stride)),
    );
    this.map = new Board(1, { role: "img" }, (row, column) => {
      this.picture.element.focus({ preventScroll: true });
      state.go([Math.floor(row), Math.floor(column)]);
    });
    listen(this.picture.element, (rows, columns) => state.step(rows, columns));
    this.names = [make("p", "name"), make("p", "name")];
    this.element = make(
      "div",
      "boards",
      make("div", {}, this.names[0], this.picture.element),
      make("div", {}, this.names[1], this.map.element),
    );
  }
  render() {
    const { given, place, seen } = this.state,
      { padding } = given,
      side = sideOf(given),
      values = mapOf(given);
    const scale = Math.max(...values.map(Math.abs));
    const ink = (row, column) => given.image[row - padding]?.[column - padding];
    const corner = place.map((at) => cornerOf(given, at) + padding);
    this.picture.render(SIDE + 2 * padding, (row, column) => {
      const one = ink(row, column);
      return one === undefined ? CLEAR : inkOf(one);
    }, ...corner);
    this.map.render(side, (row, column) => {
      const k = row * side + column;
      return seen.has(k) ? signedOf(values[k], scale) : CLEAR;
    }, ...place);
    const all = SIDE + 2 * padding;
    put(this.names[0], { text: padding ? t`padded: ${all} × ${all}` : t`picture, ${all} × ${all}` });
    put(this.names[1], { text: t`map, ${side} × ${side}` });
    const least = short(Math.min(...values)), most = short(Math.max(...values));
    put(this.map.element, {
      "aria-label": seen.size === side * side
        ? t`The map of sums, ${side} by ${side}, from ${least} to ${most}; all of it is filled.`
        : t`The map of sums, ${side} by ${side}, from ${least} to ${most}; ${seen.size} of ${side * side} are
            filled.`,
    });
  }
}

/** What is chosen and clicked. */
function controlsOf(state) {
  const kernels = choice(
    t`Kernel`,
    [...Object.keys(PRESETS), OWN],
    (name) => state.setKernel(PRESETS[name]),
  );
  const stride = choice(t`Stride`, ["1", "2"], (text) => state.change({ stride: Number(text) }));
  const padding = choice(t`Padding`, ["0", "1"], (text) => state.change({ padding: Number(text) }));
  const relu = make("input", { type: "checkbox", onchange: () => state.change({ relu: relu.checked }) });
  const slideOver = t`Slide over the picture`, stop = t`Stop`;
  const slide = button(slideOver, slideOver, () => state.slide(), {
    class: "primary",
    title: null,
  });
  const clear = button(t`Clear the map`, t`Clear the map`, () => state.clear(), { title: null });
  const turn = button(t`Turn the kernel`, t`Turn`, () => state.setKernel(turned(state.given.kernel)), {
    title: t`Turn the kernel clockwise, by a quarter`,
  });
  const element = make(
    "div",
    "controls",
    make("div", "group", slide, clear),
    make("div", "group", kernels.element, turn),
    make("div", "group", stride.element, padding.element, make("label", {}, relu, "ReLU")),
  );
  const render = () => {
    const { given } = state;
    kernels.show(
      Object.keys(PRESETS).find((name) => same(PRESETS[name], given.kernel)) ?? OWN,
    );
    stride.show(String(given.stride));
    padding.show(String(given.padding));
    relu.checked = given.relu;
    const does = state.sliding ? stop : slideOver;
    put(slide, { text: does, "aria-label": does });
  };
  return { element, render };
}

function mount(root, model, number) {
  const notes = `s6-kernel-${number}-${Math.random().toString(36).slice(2, 8)}`;
  const status = make("p", { class: "unseen", role: "status" });
  const announcer = new Announcer((text) => put(status, { text }), () => Boolean(state.sliding));
  const state = new State(model, () => {
    boards.render();
    controls.render();
    announcer.tell(sums.render());
  });
  const boards = new Boards(state, notes), sums = new Sums(state), controls = controlsOf(state);
  // hidden until the style sheet shows it, which a saved page has lost
  const live = make(
    "div",
    { class: "live mathjax_ignore", "data-lm-suppress-shortcuts": "true", hidden: Boolean(number) },
    boards.element,
    make(
      "p",
      { class: "muted hint", id: notes },
      t`Drag the window, or press the arrow keys. In the map blue is above 0, dark grey below.`,
    ),
    sums.element,
    controls.element,
    status,
  );
  put(root, { role: "group", "aria-label": t`A kernel on a picture`, dir: "ltr" });
  root.prepend(live);
  const leave = state.begin();
  return () => {
    announcer.stop();
    leave();
  };
}

export default life("kernel", mount, KERNEL);
