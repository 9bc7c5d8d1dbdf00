// The network: SVG for the lines, HTML for what is read and clicked.

import { make, put, unseen } from "../kit/dom.js";
import { fit } from "../kit/numbers.js";
import { WEIGHTS } from "./engine.js";
import { EDGES, OPERATIONS, PLACE, symbol } from "./words.js";

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
const LINKS = [
  ...Object.entries(EDGES).map(([w, [from, to]]) => [w, from, to]),
  ["E1", "o1", "E1"],
  ["E2", "o2", "E2"],
  ["E_total", "E1", "E_total"],
  ["E_total", "E2", "E_total"],
];

/** `prove(w)` is called when the reader chooses weight `w`. */
export class Diagram {
  width = 600;
  #nodes = {};
  edges = {};
  constructor(store, quantities, root, prove) {
    Object.assign(this, { store, quantities, root, prove });
    this.lines = make("svg", { class: "lines", "aria-hidden": "true" });
    this.element = make(
      "div",
      { class: "net", role: "group", "aria-label": "The network" },
      this.lines,
      this.#row(["i1", "i2"]),
      WEIGHTS.slice(0, 4).map((w) => this.#edge(w)),
      this.#row(["h1", "h2"]),
      WEIGHTS.slice(4).map((w) => this.#edge(w)),
      this.#row(["o1", "o2", "E1", "E2", "E_total"]),
    );
    this.links = LINKS.map(([name, from, to]) => ({ name, from, to, line: make("line", {}) }));
    this.lines.append(...this.links.map(({ line }) => line));
  }

  #row(names) {
    return names.map((
      name,
    ) => (this.#nodes[name] = make(
      "div",
      { class: `node is-${name}` },
      ROWS[name].map((q) =>
        make(
          "div",
          { class: "pair", "data-row": q },
          symbol(q),
          this.quantities.show(q, { most: q[0] === "d" ? 4 : 5, room: { i: 6, d: 8, E: 8 }[q[0]] ?? 9 }),
        )
      ),
    )));
  }

  #edge(w) {
    const slope = make(
      "span",
      { class: "pair slope" },
      make("span", { class: "n gradient", "aria-hidden": "true" }, "∂"),
      unseen(" gradient "),
      this.quantities.show("dE_d" + w, { most: 3, room: 8 }),
    );
    const weight = make("span", { class: "pair" }, symbol(w), this.quantities.show(w, { most: 5, room: 7 }));
    return (this.edges[w] = make(
      "button",
      { type: "button", class: "edge", onclick: () => this.prove(w) },
      weight,
      slope,
      unseen(", proof"),
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
    const W = this.element.clientWidth;
    const tall = this.root.offsetWidth < 680; // of the root, whose width the choice does not change
    if (!W) return;
    this.width = W;
    this.root.classList.toggle("tall", tall);
    const { place, lanes, height } = places(W, tall);
    this.element.style.height = `${height}px`;
    this.lines.setAttribute("viewBox", `0 0 ${W} ${height}`);
    const box = (element, u, v, length, breadth) => { // centred on lane v, starting at u
      const [x, y, w, h] = tall
        ? [v - breadth / 2, u, breadth, length]
        : [u, v - breadth / 2, length, breadth];
      Object.assign(element.style, { left: `${x}px`, top: `${y}px`, width: `${w}px`, height: `${h}px` });
    };
    for (const [name, { u, v, length, breadth }] of Object.entries(place)) {
      box(this.#nodes[name], u, v, length, breadth);
    }
    const extra = this.spacing ? 6 : 0;
    for (const { name, from, to, line } of this.links) {
      const a = place[from], b = place[to];
      let ends = [a.u + a.length, a.v, b.u, b.v];
      if (!tall && name === "E_total") ends = [a.u + a.length / 2, a.v, a.u + a.length / 2, b.v];
      const [u1, v1, u2, v2] = ends;
      Object.entries(tall ? { x1: v1, y1: u1, x2: v2, y2: u2 } : { x1: u1, y1: v1, x2: u2, y2: v2 })
        .forEach(([key, value]) => line.setAttribute(key, value));
      if (!(name in this.edges)) continue;
      const straight = v1 === v2, t = straight ? (tall ? 0.77 : 0.5) : tall ? 0.21 : 0.3;
      const [length, breadth] = tall ? [33 + extra, 72 + extra] : [82 + extra, 36 + extra];
      const aside = straight && !tall ? (v1 === lanes[0] ? -26 : 26) : 0; // so that the line shows
      box(this.edges[name], u1 + t * (u2 - u1) - length / 2, v1 + t * (v2 - v1) + aside, length, breadth);
    }
  }

  render() {
    const { store, tall } = this, { lit = [], name: now } = OPERATIONS[store.here];
    const wider = 1 + this.spacing / 8; // a letter has about 8 px
    const roomy = (room) => Math.floor(room / wider);
    this.quantities.render((room) => roomy(room - (tall ? 1 : 0)));
    this.#renderLines(lit);
    for (const w of WEIGHTS) {
      const edge = this.edges[w];
      edge.classList.toggle("on", lit.includes(w));
      edge.classList.toggle("moved", now === "update");
      put(edge, { "aria-pressed": w === store.state.proof });
      if (now !== "update") continue;
      const text = fit(store.updated(w), Math.min(5, store.look.digits), roomy(tall ? 5 : 6), false);
      edge.firstChild.lastChild.textContent = "→" + text;
    }
    for (const row of this.element.querySelectorAll("[data-row]")) {
      row.classList.toggle("on", row.dataset.row === now);
    }
  }

  /** Width and dash tell size and sign of the gradient. */
  #renderLines(lit) {
    const { store, edges } = this, { values, here, state: { proof } } = store;
    const steepest = Math.max(...WEIGHTS.map((w) => Math.abs(values["dE_d" + w])));
    const chain = chainOf(proof);
    for (const { name, line } of this.links) {
      const slope = values["dE_d" + name], seen = name in edges && store.known("dE_d" + name);
      const way = here < PLACE.dE_do1 ? "lit" : here < PLACE.update ? "lit back" : "lit moves";
      const going = lit.includes(name) ? way : "";
      const sized = seen && steepest > 0 && Number.isFinite(steepest);
      const width = sized ? 1.5 + 6 * Math.sqrt(Math.abs(slope) / steepest) : going ? 3 : 1.5;
      const aside = chain.length && !chain.includes(name) && name in edges;
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

/** Where each node goes in a network `W` px wide: u along the way of the signal, v across it. */
function places(W, tall) {
  const along = tall ? [28, 60, 60, 44, 28] : [96, 132, 132, 118, 0];
  const across = tall ? [94, 124, 124, 124, 150] : [34, 68, 68, 50, 34];
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
