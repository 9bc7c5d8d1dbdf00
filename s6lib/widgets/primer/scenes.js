// The three scenes. Each is a function of the state {get, set, render}, whose number the reader moves, and of
// the sentence `said`; it returns {label, drawing, controls, render}.

import { button, make, put } from "../kit/dom.js";
import { pieces, t } from "../kit/words.js";
import { gear, height, HELD, nudged, NUDGES, RATIOS, steepness, turned } from "./engine.js";
import { Curve, drag, number, plain, slider } from "./parts.js";

const limited = (value, low, high) => Math.min(high, Math.max(low, value));

/** A curve: the ratio of two changes comes close to its slope as the nudge gets small. */
function slope(state, said) {
  let place = 0;
  const at = slider("x", { get: state.get, set: state.set, kind: "value" });
  const size = slider(t`nudge`, {
    min: 0,
    max: NUDGES.length - 1,
    step: 1,
    get: () => place,
    show: () => NUDGES[place],
    set(value) {
      place = value;
      state.render();
    },
  });
  const curve = new Curve(-0.4, 3.2, "E", (x) => state.set(limited(x, -2, 2)));
  return {
    label: t`A slope`,
    drawing: curve.drawing,
    controls: [at.element, size.element],
    render() {
      const x = state.get(), nudge = NUDGES[place], { rise, ratio } = nudged(height, x, nudge);
      at.refresh();
      size.refresh();
      const label = t`The curve E = x²/2, and a straight line through it at ${plain(x)}, of slope
        ${plain(ratio)}.`;
      curve.draw(height, { name: "x", x, nudge, ratio, label });
      const [by, change, first, second] = [nudge, rise, rise, nudge].map((each) => number(each));
      const [found, steep] = [ratio, steepness(x)].map((each) => number(each, "gradient"));
      said.replaceChildren(
        ...pieces`Nudge x by ${by}, and E changes by ${change}. The ratio: ${first} ÷ ${second} = ${found}.
          The slope here: ${steep}.`,
      );
    },
  };
}

/** A product of two: nudge one, hold the other still. */
function partial(state, said) {
  const nudge = 0.5, kinds = { w: "weight", a: "value" };
  let a = HELD, moves = "w";
  const setA = (value) => {
    a = limited(value, 0, 1);
    state.render();
  };
  const setW = (value) => state.set(limited(value, -2, 2));
  const sliders = [
    slider("w", { get: state.get, set: setW, kind: kinds.w }),
    slider("a", { min: 0, max: 1, get: () => a, set: setA, kind: kinds.a }),
  ];
  const choose = (name) => () => {
    moves = name;
    state.render();
  };
  const buttons = ["w", "a"].map((name) =>
    button(t`Nudge ${name}`, t`Nudge ${name}`, choose(name), { title: null, "data-name": name })
  );
  const curve = new Curve(-2, 2.2, "o", (value) => (moves === "w" ? setW : setA)(value));
  return {
    label: t`A slope, with the other held still`,
    drawing: curve.drawing,
    controls: [...sliders.map(({ element }) => element), make("div", { class: "group" }, buttons)],
    render() {
      const still = moves === "w" ? "a" : "w", now = { w: state.get(), a }, f = (value) => value * now[still];
      const { rise, ratio } = nudged(f, now[moves], nudge);
      for (const each of sliders) each.refresh();
      for (const each of buttons) put(each, { "aria-pressed": String(each.dataset.name === moves) });
      const ends = moves === "w" ? {} : { start: 0, end: 1.5 };
      const label = t`o = w × a, drawn against ${moves}: a straight line of slope ${plain(now[still])}.`;
      curve.draw(f, { name: moves, ...ends, x: now[moves], nudge, ratio, label });
      const held = number(now[still], kinds[still]), found = number(ratio, "gradient");
      const [by, change, first, second] = [nudge, rise, rise, nudge].map((each) => number(each));
      said.replaceChildren(
        ...pieces`Hold ${still} still at ${held}. Nudge ${moves} by ${by}, and o changes by ${change}.`,
        " ",
        ...pieces`The ratio: ${first} ÷ ${second} = ${found}. That is ∂o/∂${moves}, and it equals ${still}.`,
      );
    },
  };
}

/** Gears: how far the last turns for a turn of the first is a product. */
function chain(state, said) {
  const far = turned(1), y = 104, centres = [100, 220, 265], radii = [90, 30, 15];
  const gears = radii.map((radius, k) =>
    make(
      "g",
      {},
      make("path", { class: "gear", d: gear(36 / far[k], radius) }),
      make("line", { class: "hand", x1: 0, y1: 0, x2: 0, y2: 8 - radius }),
    )
  );
  const counts = [[100, 218], [220, 162], [272, 74]].map(([x, y]) =>
    make("text", { class: "turns", x, y, "text-anchor": "middle" })
  );
  const drawing = make("svg", { class: "drawing", role: "img", viewBox: "0 0 320 224" }, gears, counts);
  const turns = slider(t`turns`, { get: state.get, set: state.set, kind: "value" });
  let last = 0;
  drag(drawing, (x, down, first) => {
    const angle = Math.atan2(down - y, x - centres[0]) / (2 * Math.PI), way = angle - last;
    last = angle;
    if (!first) state.set(limited(state.get() + way - Math.round(way), -2, 2));
  });
  return {
    label: t`Three gears`,
    drawing,
    controls: [turns.element],
    render() {
      const now = turned(state.get()), [first, second, third] = now.map(plain);
      turns.refresh();
      gears.forEach((each, k) => { // neighbours turn in opposite directions; half a tooth lets them mesh
        const angle = k % 2 ? 5 * far[k] - 360 * now[k] : 360 * now[k];
        put(each, { transform: `translate(${centres[k]} ${y}) rotate(${angle})` });
        put(counts[k], { text: plain(now[k]) });
      });
      const label = t`Three gears. They have turned ${first}, ${second}, ${third} times.`;
      put(drawing, { "aria-label": label });
      const [one, two, onceMore, twoAgain, all] = [...RATIOS, ...RATIOS, far[2]].map((ratio) =>
        number(ratio, "gradient")
      );
      said.replaceChildren(
        ...pieces`The second gear turns ${one} times as far as the first, the third ${two} times as far as the
          second. So the third turns ${onceMore} × ${twoAgain} = ${all} times as far as the first.`,
      );
    },
  };
}

export const SCENES = { slope, partial, chain };
