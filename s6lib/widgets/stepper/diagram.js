// The network: SVG for the lines, HTML for what is read and clicked.

import { make, put, unseen } from "../kit/dom.js";
import { fit } from "../kit/numbers.js";
import { mathOf } from "../kit/symbols.js";
import { pieces, t } from "../kit/words.js";
import { WEIGHTS } from "./engine.js";
import { EDGES, OPERATIONS, PLACE } from "./words.js";

const ROWS = {
  i1: ["i1"],
  i2: ["i2"],
  h1: ["h1", "a_h1", "dE_dh1"],
  h2: ["h2", "a_h2", "dE_dh2"],
  o1: ["o1", "a_o1", "dE_do1"],
  o2: ["o2", "a_o2", "dE_do2"],
  E1: ["t1", "E1"],
  E2: ["t2", "E2"],
  E_total: ["E_total"],
};
const COLUMNS = [["i1", "i2"], ["h1", "h2"], ["o1", "o2"], ["E1", "E2"], ["E_total"]];
/** The same in little: what leaves each neuron, and what should. */
const FEW = { i1: ["i1"], i2: ["i2"], h1: ["a_h1"], h2: ["a_h2"], o1: ["a_o1", "t1"], o2: ["a_o2", "t2"] };
const LINKS = [
  ...Object.entries(EDGES).map(([w, [from, to]]) => [w, from, to]),
  ["E1", "o1", "E1"],
  ["E2", "o2", "E2"],
  ["E_total", "E1", "E_total"],
  ["E_total", "E2", "E_total"],
];

/** The words of a sentence heard, its numbers seen. */
const spoken = (parts) => parts.map((part) => typeof part === "string" ? unseen(` ${part.trim()} `) : part);

/** `pick(name)` is called when the reader chooses a weight, an input or a target; `small` asks for the
 *  network without sums, errors and gradients. */
export class Diagram {
  width = 600;
  #nodes = {};
  #boxes = {};
  /** What is chosen by a tap, by the names of the numbers. */
  taps = {};
  constructor(store, quantities, root, pick, small = false) {
    Object.assign(this, { store, quantities, root, pick, small });
    this.rows = small ? FEW : ROWS;
    this.lines = make("svg", { class: "lines", "aria-hidden": "true" });
    this.element = make(
      "div",
      { class: "net", role: "group", "aria-label": t`The network` },
      this.lines,
      this.#row(["i1", "i2"]),
      WEIGHTS.slice(0, 4).map((w) => this.#edge(w)),
      this.#row(["h1", "h2"]),
      WEIGHTS.slice(4).map((w) => this.#edge(w)),
      this.#row(["o1", "o2", ...(small ? [] : ["E1", "E2", "E_total"])]),
    );
    this.links = LINKS.filter(([, , to]) => to in this.rows)
      .map(([name, from, to]) => ({ name, from, to, line: make("line") }));
    this.lines.append(...this.links.map(({ line }) => line));
  }

  #row(names) {
    return names.map((name) => {
      const pairs = this.rows[name].map((q) => this.#pair(q));
      return (this.#nodes[name] = make("div", `node is-${name}`, pairs));
    });
  }

  #pair(q) {
    const room = { i: 6, d: 8, E: 8 }[q[0]] ?? 9, most = q[0] === "d" ? 4 : 5;
    const value = this.quantities.show(q, { most, room });
    if (!/^[it]/.test(q)) return make("div", { class: "pair", "data-row": q }, mathOf(q), value);
    return (this.taps[q] = make(
      "button",
      { type: "button", class: "pair given", "data-row": q, onclick: () => this.pick(q) },
      mathOf(q),
      value,
      unseen(`, ${t`change`}`),
    ));
  }

  #edge(w) {
    const slope = make(
      "span",
      "pair slope",
      make("span", { class: "n gradient", "aria-hidden": "true" }, "∂"),
      spoken(pieces`gradient ${this.quantities.show("dE_d" + w, { most: 3, room: 8 })}`),
    );
    const weight = make("span", "pair", mathOf(w), this.quantities.show(w, { most: 5, room: 7 }));
    const change = make(
      "span",
      "pair change",
      make("span", { class: "n weight", "aria-hidden": "true" }, "Δ"),
      spoken(pieces`moves by ${make("span", "n weight")}`),
    );
    return (this.taps[w] = make(
      "button",
      { type: "button", class: "edge", onclick: () => this.pick(w) },
      weight,
      slope,
      change,
      unseen(`, ${t`change`}`),
    ));
  }

  get tall() {
    return this.root.classList.contains("tall");
  }

  /** The blank that the reader has put between letters, in px. */
  get spacing() {
    return parseFloat(getComputedStyle(this.element).letterSpacing) || 0;
  }

  /** Columns from left to right on a desk, rows from top to bottom on a phone. */
  layOut() {
    const W = this.element.clientWidth, { small } = this;
    const tall = this.root.offsetWidth < 680; // of the root, whose width the choice does not change
    if (!W) return;
    this.width = W;
    this.root.classList.toggle("tall", tall);
    const { place, lanes, height } = small ? fewPlaces(W, tall) : places(W, tall);
    this.height = height;
    this.lines.setAttribute("viewBox", `0 0 ${W} ${height}`);
    this.lines.style.height = `${height}px`;
    const box = (name, element, u, v, length, breadth) => { // centred on lane v, starting at u
      const [x, y, w, h] = tall
        ? [v - breadth / 2, u, breadth, length]
        : [u, v - breadth / 2, length, breadth];
      this.#boxes[name] = [x, y, w, h];
      Object.assign(element.style, { left: `${x}px`, top: `${y}px`, width: `${w}px`, height: `${h}px` });
    };
    for (const [name, { u, v, length, breadth }] of Object.entries(place)) {
      box(name, this.#nodes[name], u, v, length, breadth);
    }
    const extra = this.spacing ? 6 : 0, more = small && tall ? 0 : extra;
    for (const { name, from, to, line } of this.links) {
      const a = place[from], b = place[to];
      let ends = [a.u + a.length, a.v, b.u, b.v];
      if (!tall && name === "E_total") ends = [a.u + a.length / 2, a.v, a.u + a.length / 2, b.v];
      const [u1, v1, u2, v2] = ends;
      Object.entries(tall ? { x1: v1, y1: u1, x2: v2, y2: u2 } : { x1: u1, y1: v1, x2: u2, y2: v2 })
        .forEach(([key, value]) => line.setAttribute(key, value));
      if (!(name in EDGES)) continue;
      const straight = v1 === v2, { t, length, breadth, out } = edgeSize(small, tall, straight, W);
      const aside = v1 === lanes[0] ? -out : out; // so that the line shows
      box(
        name,
        this.taps[name],
        u1 + t * (u2 - u1) - (length + more) / 2,
        v1 + t * (v2 - v1) + (straight ? aside : 0),
        length + more,
        breadth + extra,
      );
    }
    this.#placeTuner();
  }

  /** Opens `tuner` beside the number `name`, so that Tab leads into it; null closes it. */
  open(tuner, name) {
    this.tuner = tuner;
    this.tuned = name;
    if (name) (this.taps[name].closest(".node") ?? this.taps[name]).after(tuner);
    this.#placeTuner();
  }

  /** On a desk the tuner lies beside its number, on a phone it stands directly under the network. */
  #placeTuner() {
    const { tuner, tuned, tall, width, height } = this;
    let below = 0;
    if (tuned) {
      const [x, y, w, h] = this.#boxes[tuned] ?? this.#boxes[tuned.replace("t", this.small ? "o" : "E")];
      const wide = tall ? width : Math.min(280, width);
      tuner.style.width = `${wide}px`;
      const deep = tuner.offsetHeight, left = Math.min(Math.max(0, x + w / 2 - wide / 2), width - wide);
      // between the two lanes, where no neuron is
      const lane = y + h / 2 < height / 2 ? Math.max(y + h + 4, 98) : Math.min(y - 4, height - 98) - deep;
      const top = tall ? height + 6 : lane;
      Object.assign(tuner.style, { left: `${left}px`, top: `${top}px` });
      if (tall) below = deep + 6;
    }
    this.element.style.height = `${height + below}px`;
  }

  render() {
    const { store, tall, small } = this, { lit = [], name: now } = OPERATIONS[store.here];
    const wider = 1 + this.spacing / 8; // a letter has about 8 px
    const roomy = (room) => Math.floor(room / wider);
    this.quantities.render((room) => roomy(room - (tall + small)));
    this.#renderLines(lit);
    for (const [name, tap] of Object.entries(this.taps)) {
      const picked = name === store.look.picked;
      tap.classList.toggle("picked", picked);
      put(tap, small ? { "aria-pressed": picked } : { "aria-expanded": picked });
    }
    const moved = now === "update" && !store.asking;
    for (const w of WEIGHTS) {
      const edge = this.taps[w];
      edge.classList.toggle("on", lit.includes(w));
      edge.classList.toggle("moved", moved);
      edge.classList.toggle("proven", w === store.state.proof);
      if (!moved) continue;
      const [value, , change] = edge.children, next = store.updated(w);
      value.lastChild.textContent = "→" +
        fit(next, Math.min(5, store.look.digits), roomy(5 + !tall), false);
      change.querySelector(".weight:not([aria-hidden])").textContent = fit(
        next - store.values[w],
        3,
        roomy(7 + !tall),
        true,
      );
    }
    for (const row of this.element.querySelectorAll("[data-row]")) {
      row.classList.toggle("on", row.dataset.row === now);
    }
  }

  #renderLines(lit) {
    const { store } = this, { values, here, state: { proof } } = store;
    const of = (moment) => Math.max(...WEIGHTS.map((w) => Math.abs(moment["dE_d" + w])));
    // in little all lines thin out while the network learns
    const steepest = this.small ? Math.max(of(values), of(store.run.values(0))) : of(values);
    const chain = chainOf(proof);
    for (const { name, line } of this.links) {
      const slope = values["dE_d" + name], seen = name in EDGES && store.known("dE_d" + name);
      const way = here < PLACE.dE_do1 ? "lit" : here < PLACE.update ? "lit back" : "lit moves";
      const going = lit.includes(name) ? way : "";
      const sized = seen && steepest > 0 && Number.isFinite(steepest);
      const width = sized ? 1.5 + 6 * Math.sqrt(Math.abs(slope) / steepest) : going ? 3 : 1.5;
      const aside = chain.length && !chain.includes(name) && name in EDGES;
      put(line, {
        "stroke-width": width.toFixed(2),
        class: `${seen ? "gradient" : ""} ${seen && slope < 0 ? "falling" : ""} ${going} ${
          aside ? "aside" : ""
        }`,
      });
    }
  }
}

/** The edges that the chain rule of weight `w` travels along; none for "none". */
function chainOf(w) {
  if (w === "none") return [];
  const to = EDGES[w][1];
  return to[0] === "o" ? [w] : [w, ...Object.keys(EDGES).filter((other) => EDGES[other][0] === to)];
}

/** Where the box of a weight stands on its line, from 0 to 1, and how large it is; `out`, how far from it. */
function edgeSize(small, tall, straight, W) {
  const at = (straightOn, acrossOn) => straight ? straightOn : acrossOn, narrow = W < 300;
  if (small && tall) {
    return { t: at(0.5, 0.27), length: 26, breadth: narrow ? 62 : 66, out: at(narrow ? 30 : 36, 0) };
  }
  if (small) return { t: at(0.5, 0.34), length: 78, breadth: 28, out: 24 };
  return tall
    ? { t: at(0.77, 0.21), length: 33, breadth: 74, out: 0 }
    : { t: at(0.5, 0.3), length: 82, breadth: 36, out: 26 };
}

/** Where each node goes in a network `W` px wide: u along the way of the signal, v across it. */
function places(W, tall) {
  const along = tall ? [28, 60, 60, 50, 28] : [96, 132, 132, 118, 0];
  const across = tall ? [94, 124, 124, 124, 150] : [34, 68, 68, 56, 34];
  const gap = (W - 492) / 2, gaps = tall ? [86, 86, 14, 12] : [gap, gap, 14, 0];
  const lanes = tall ? [Math.max(64, W / 2 - 110), Math.min(W - 64, W / 2 + 110)] : [62, 258];
  const place = {};
  let at = 0;
  COLUMNS.forEach((names, c) => {
    names.forEach((name, lane) => {
      const pair = names.length > 1, v = pair ? lanes[lane] : (lanes[0] + lanes[1]) / 2;
      const u = !tall && !pair ? place.E1.u : at;
      place[name] = { u, v, length: pair || tall ? along[c] : along[3], breadth: across[c] };
    });
    at += along[c] + (gaps[c] ?? 0);
  });
  return { place, lanes, height: tall ? at : 320 };
}

/** The same for the small network. */
function fewPlaces(W, tall) {
  const along = tall ? [28, 28, 52] : [78, 104, 116], across = tall ? [84, 104, 116] : [30, 34, 56];
  const gap = tall ? 42 : (W - 298) / 2, middle = W / 2, far = Math.min(W / 2 - 60, 100);
  const lanes = tall ? [middle - far, middle + far] : [56, 196], place = {};
  let at = 0;
  COLUMNS.slice(0, 3).forEach((names, c) => {
    names.forEach((name, lane) => {
      place[name] = { u: at, v: lanes[lane], length: along[c], breadth: across[c] };
    });
    at += along[c] + gap;
  });
  return { place, lanes, height: tall ? at - gap : 252 };
}
