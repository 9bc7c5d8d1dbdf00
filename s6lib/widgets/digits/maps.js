// The whole network as maps: each value a pixel, each slope another. Whatever the reader taps, opens.

import { make, put } from "../kit/dom.js";
import { format } from "../kit/numbers.js";
import { t } from "../kit/words.js";
import { field, indexOf, placeOf, slopeOf, stagesOf, valueOf, valuesOf } from "./explain.js";

/** What a place of a stage is called. */
export function nameOf({ name, kind, to }, index) {
  if (kind === "linear") return t`score of ${index}`;
  if (kind === "log_softmax") return t`log p of ${index}`;
  if (kind === "p") return t`p of ${index}`;
  const [c, row, column] = placeOf(to, index), [maps, sides] = to.map((count) => count > 1);
  if (kind === "images") return t`the picture, row ${row}, column ${column}`;
  if (!sides) return maps ? t`${name}, map ${c}` : name;
  return maps ? t`${name}, map ${c}, row ${row}, column ${column}` : t`${name}, row ${row}, column ${column}`;
}

// Colours -----------------------------------------------------------------------------------------

/** For each kind of map the colours of 256 sizes above 0, and below, as the theme of `element` has them. */
export function inksOf(element) {
  const style = getComputedStyle(element);
  const tonesOf = (name) => {
    const hex = style.getPropertyValue(`--${name}`).trim().replace(/^#(.)(.)(.)$/, "#$1$1$2$2$3$3");
    return [5, 3, 1].map((k) => parseInt(hex.slice(k, k + 2), 16));
  };
  const zero = tonesOf("soft");
  const [image, value, slope, weight] = ["ink", "value", "gradient", "weight"].map((name) => {
    const full = tonesOf(name),
      mixed = (k) => (sum, tone, c) => sum * 256 + Math.round(zero[c] + (tone - zero[c]) * k / 255);
    return Uint32Array.from({ length: 256 }, (_, k) => full.reduce(mixed(k), 255));
  });
  return { image: [image, image], value: [value, image], slope: [slope, image], weight: [weight, image] };
}

/** Paints maps [C, H, W] side by side, `columns` in a row, each value a square of `cell` pixels; what is
 * below `low` is hatched. Full colour is the largest size, which it returns. */
function paintMaps(
  canvas,
  values,
  [channels, height, width],
  { columns, cell, gap },
  [above, below],
  low = 0,
) {
  const rows = Math.ceil(channels / columns);
  put(canvas, { width: columns * (width * cell + gap) - gap, height: rows * (height * cell + gap) - gap });
  const context = canvas.getContext("2d"), long = canvas.width;
  const picture = context.createImageData(long, canvas.height), pixels = new Uint32Array(picture.data.buffer);
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value - low));
  for (let c = 0, at = 0; c < channels; c++) {
    const top = Math.floor(c / columns) * (height * cell + gap), left = c % columns * (width * cell + gap);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++, at++) {
        const value = values[at] - low, size = most ? Math.round(Math.abs(value) / most * 255) : 0;
        const ink = value < 0 ? below[size] : above[size], blank = value < 0 ? above[0] : ink;
        for (let y = top + row * cell, end = y + cell; y < end; y++) {
          for (let x = left + column * cell, last = x + cell; x < last; x++) {
            pixels[y * long + x] = (x + y) % 3 ? ink : blank;
          }
        }
      }
    }
  }
  context.putImageData(picture, 0, 0);
  return most;
}

/** A picture of a few numbers, `wide` in a row. */
export function thumbnail(values, wide, cell, inks) {
  const canvas = make("canvas", { "aria-hidden": "true" });
  paintMaps(canvas, values, [1, values.length / wide, wide], { columns: 1, cell, gap: 0 }, inks);
  return canvas;
}

// A sheet of maps ---------------------------------------------------------------------------------

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** The maps of a stage, of its values or its slopes, to look at and to walk on. `open(index)` hears what is
 * tapped; `tell(words)` what the cursor is on, "" when it has left. */
export class Sheet {
  #to;
  #stage;
  #kind;
  #grid;
  #values;
  #cursor = 0;
  #canvas = make("canvas");
  #frames = make("div");
  #here = make("span", "frame cursor");

  constructor(stage, kind, open, tell = () => {}) {
    Object.assign(this, { open, tell });
    this.#stage = stage;
    this.#to = stage.to;
    this.#kind = kind;
    const leave = () => tell("");
    this.element = make(
      "div",
      {
        class: "sheet",
        role: "slider",
        tabindex: 0,
        "aria-label": kind === "value" ? t`values of ${stage.name}` : t`slopes of ${stage.name}`,
        "aria-valuemin": 0,
        "aria-valuemax": stage.to.reduce((product, side) => product * side) - 1,
        onfocus: () => this.#move(this.#cursor),
        onpointermove: (event) => this.#move(this.#under(event)),
        onpointerleave: leave,
        onblur: leave,
        onclick: (event) => this.#pick(this.#under(event)),
        onkeydown: (event) => this.#key(event),
      },
      this.#canvas,
      this.#frames,
      this.#here,
    );
  }

  /** Takes the room that there is: a pixel is `cell` wide, one of a small map more. */
  fit(room, cell) {
    const [channels, height, width] = this.#to, gap = room < 360 ? 1 : 4;
    cell = height > 9 ? cell : height > 3 ? 2 * cell : 18;
    const rows = Math.ceil(channels / Math.max(1, Math.floor((room + gap) / (width * cell + gap))));
    this.#grid = { columns: Math.ceil(channels / rows), cell, gap };
  }

  /** Returns the largest size. */
  draw(values, inks) {
    const image = this.#stage.name === "images" && this.#kind === "value";
    this.#values = values;
    this.#say();
    return paintMaps(
      this.#canvas,
      values,
      this.#to,
      this.#grid,
      inks[image ? "image" : this.#kind],
      image ? Math.min(...values) : 0,
    );
  }

  /** Frames, each [class, indices]. */
  frame(frames) {
    this.#frames.replaceChildren(
      ...frames.map(([kind, indices]) => this.#around(make("span", `frame ${kind}`), indices)),
    );
  }

  #around(node, indices) {
    const { columns, cell, gap } = this.#grid, [, height, width] = this.#to;
    const places = indices.map((index) => placeOf(this.#to, index)), [[c]] = places;
    const [[top, tall], [left, wide]] = [1, 2].map((axis) => {
      const all = places.map((place) => place[axis]), first = Math.min(...all);
      return [first * cell, (Math.max(...all) + 1 - first) * cell];
    });
    const box = {
      left: c % columns * (width * cell + gap) + left,
      top: Math.floor(c / columns) * (height * cell + gap) + top,
      width: wide,
      height: tall,
    };
    for (const side in box) node.style[side] = `${box[side]}px`;
    return node;
  }

  /** The index under the pointer, or null between maps. */
  #under({ clientX, clientY }) {
    const { left, top } = this.#canvas.getBoundingClientRect(), { cell, gap } = this.#grid;
    return this.#at(...[clientX - left, clientY - top].map((at, axis) => {
      const side = this.#to[2 - axis], long = side * cell + gap, place = Math.floor(at % long / cell);
      return place < side ? Math.floor(at / long) * side + place : NaN;
    }));
  }

  /** The index at column x and row y of all maps together, or null where there is none. */
  #at(x, y) {
    const [channels, height, width] = this.#to, { columns } = this.#grid;
    const c = Math.floor(y / height) * columns + Math.floor(x / width);
    return x >= 0 && y >= 0 && x < columns * width && c < channels
      ? indexOf(this.#to, c, y % height, x % width)
      : null;
  }

  #key(event) {
    const way = WAYS[event.key], [, height, width] = this.#to, { columns } = this.#grid;
    if (way) {
      const [c, row, column] = placeOf(this.#to, this.#cursor),
        [x, y] = event.shiftKey ? [width, height] : [1, 1];
      this.#move(this.#at(
        c % columns * width + column + way[0] * x,
        Math.floor(c / columns) * height + row + way[1] * y,
      ));
    } else if (event.key === "Enter" || event.key === " ") this.#pick(this.#cursor);
    else return;
    event.preventDefault();
  }

  #move(index) {
    if (index === null) return;
    this.#cursor = index;
    this.#around(this.#here, [index]);
    this.tell(this.#say());
  }

  #pick(index) {
    this.#move(index);
    if (index !== null) this.open(index);
  }

  #say() {
    const text = t`${nameOf(this.#stage, this.#cursor)}: ${format(this.#values[this.#cursor], 4)}`;
    put(this.element, { "aria-valuenow": this.#cursor, "aria-valuetext": text });
    return text;
  }
}

// The atlas -----------------------------------------------------------------------------------------

const ENDS = ["linear", "log_softmax", "p"];
const TITLES = { images: t`The picture`, crop: t`Its middle`, average: t`Averages` };

/** All stages of the network of `store`: of each block what it hands on, and what is within to unfold. */
export function atlas(store) {
  const body = make("div"), key = make("p", "key muted"), scores = scoresOf(store);
  const element = make("div", "atlas", key, body, scores.element), sheets = new Map();
  let seen = [], blocks = [];
  const build = (layers) => {
    const groups = new Map();
    for (const stage of stagesOf(layers).filter(({ name }) => !ENDS.includes(name))) {
      const title = TITLES[stage.kind] ?? t`Block ${stage.name.replace(/\D+/, "")}`;
      groups.set(title, [...(groups.get(title) ?? []), stage]);
    }
    sheets.clear();
    blocks = [...groups].map(([title, stages]) => blockOf(store, title, stages, sheets));
    body.replaceChildren(...blocks.map((block) => block.element));
  };
  const render = () => {
    const { pass, back, open } = store;
    element.hidden = !pass;
    const room = element.clientWidth;
    if (!room) return;
    const { layers } = pass.network, ground = getComputedStyle(element).getPropertyValue("--soft");
    const now = [layers, room, pass, back, ground, open], same = now.map((each, k) => each === seen[k]);
    if (!same[0]) build(layers);
    if (same.slice(0, 5).includes(false)) {
      const inks = inksOf(element), halved = back && room > 700;
      drawKey(key, inks, back);
      for (const block of blocks) {
        block.fit(halved ? room / 2 - 8 : room, room < 339 ? 2 : room < 930 ? 3 : 4);
        block.draw(pass, back, inks);
      }
      scores.render(room);
    }
    if (same.includes(false)) frameOpen(store, sheets);
    seen = now;
  };
  new ResizeObserver(render).observe(element);
  watchTheme(element, render);
  return { element, render };
}

/** Calls `changed` when the page, Jupyter or the reader's system turns dark or light. */
function watchTheme(element, changed) {
  const seen = new MutationObserver(() => (element.isConnected ? changed() : seen.disconnect()));
  for (const node of [document.documentElement, document.body]) seen.observe(node, { attributes: true });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
}

/** Frames what is open, what it is made of, and how much of the picture it sees. */
function frameOpen({ pass, back, open }, sheets) {
  const frames = new Map(), { kind, layer, index } = open ?? {};
  const add = (key, ...frame) => frames.set(key, [...(frames.get(key) ?? []), frame]);
  if (kind === "value" || (kind === "slope" && back)) {
    const { layers } = pass.network,
      { parts } = kind === "value" ? valueOf(pass, layer, index) : slopeOf(pass, back, layer, index);
    add("value images", "seen", cornersOf(layers, layer, index));
    add(`${kind} ${layer}`, "open", [index]);
    for (const group of parts) {
      const met = group.parts.filter((part) => part.layer);
      if (met.length) add(`${kind} ${met[0].layer}`, "", met.map((part) => part.index));
    }
  }
  for (const [key, sheet] of sheets) sheet.frame(frames.get(key) ?? []);
}

/** The first and the last pixel of the receptive field. */
export function cornersOf(layers, name, index) {
  const { top, left, bottom, right } = field(layers, name, index), { from } = layers[0];
  return [indexOf(from, 0, top, left), indexOf(from, 0, bottom - 1, right - 1)];
}

/** The stages of a block: what it hands on, before any dropout, and the others once they are unfolded. Its
 * sheets are put into `sheets`. */
function blockOf(store, title, stages, sheets) {
  const told = make("span", "told muted"), alone = stages.length === 1;
  const main = stages.length - (stages.at(-1).kind === "drop" ? 2 : 1);
  let open = alone, about = "", drawn;
  const lines = stages.map((stage) => {
    const { name } = stage;
    const pair = ["value", "slope"].map((kind) => {
      const sheet = new Sheet(
        stage,
        kind,
        (index) => store.look({ kind, layer: name, index }),
        (words) => put(told, { text: words || about }),
      );
      sheets.set(`${kind} ${name}`, sheet);
      return sheet;
    });
    const label = make("span", "muted", name);
    const sheetsOf = make("div", "sheets", pair.map((sheet) => sheet.element));
    return { name, pair, label, element: make("div", {}, label, sheetsOf) };
  });
  const show = () => {
    put(fold, { "aria-expanded": open });
    lines.forEach(({ element, label }, k) => {
      element.hidden = !open && k !== main;
      label.hidden = !open || alone;
    });
  };
  const fold = make("button", {
    type: "button",
    class: "fold",
    hidden: alone,
    onclick: () => {
      open = !open;
      show();
      draw(...drawn);
    },
  }, stages.map(({ name }) => name).join(" → "));
  const draw = (...given) => {
    const [pass, back, inks] = drawn = given, sizes = [];
    lines.forEach(({ name, pair: [values, slopes], element }, k) => {
      slopes.element.hidden = !back;
      if (element.hidden) return;
      const most = [values.draw(valuesOf(pass, name), inks)];
      if (back) most.push(slopes.draw(back.slopes[name], inks));
      if (k === main) sizes.push(...most);
    });
    about = aboutMaps(stages[main].to, sizes);
    put(told, { text: about });
  };
  const fit = (...room) => lines.forEach(({ pair }) => pair.forEach((sheet) => sheet.fit(...room)));
  show();
  const head = make("div", "head", make("b", {}, title), fold, told);
  return {
    element: make("div", { role: "group", "aria-label": title }, head, lines.map(({ element }) => element)),
    fit,
    draw,
  };
}

/** How many maps there are, and what full colour is in values, and in slopes where there are any. */
function aboutMaps([maps, ...sides], sizes) {
  const size = sides.join(" × "), [value, slope] = sizes.map((each) => format(each, 3));
  return slope
    ? t`${maps} of ${size} · full colour ${value} and ${slope}`
    : t`${maps} of ${size} · full colour ${value}`;
}

/** What the colours say. */
function drawKey(key, inks, back) {
  const ramp = Array.from({ length: 21 }, (_, k) => k - 10);
  const scale = (kind, words) => make("span", {}, thumbnail(ramp, 21, 4, inks[kind]), " ", words);
  key.replaceChildren(
    scale("value", t`values: hatched below 0, blue above`),
    back ? scale("slope", t`slopes: hatched below 0, vermilion above`) : "",
    t`In each row, full colour stands for its largest number, which is written above it. Tap any pixel.
      Maps, rows and columns are counted from 0.`,
  );
}

/** Ten scores and ten probabilities, and p - y once it is said what the digit should be. */
function scoresOf(store) {
  const cell = (kind, layer, index) =>
    make("button", {
      type: "button",
      class: `n number ${kind === "slope" ? "gradient" : "value"}`,
      onclick: () => store.look({ kind, layer, index }),
    });
  const rows = Array.from({ length: 10 }, (_, k) => {
    const numbers = [
      cell("value", "linear", k),
      cell("value", "p", k),
      cell("slope", "linear", k),
    ];
    const bar = make("span", "bar"),
      cells = [numbers[0], bar, ...numbers.slice(1)].map((each) => make("td", {}, each));
    return { numbers, bar, element: make("tr", {}, make("th", { scope: "row" }, `${k}`), cells) };
  });
  const heads = [t`digit`, t`score`, "", "p", "p − y"].map((text) => make("th", { scope: "col" }, text));
  const element = make(
    "table",
    "ten",
    make("thead", {}, make("tr", {}, heads)),
    make("tbody", {}, rows.map((row) => row.element)),
  );
  const render = (room) => {
    const { pass, back } = store, p = valuesOf(pass, "p"), most = p.indexOf(Math.max(...p));
    const all = [pass.values.linear, p, ...(back ? [back.slopes.linear] : [])];
    put(element, { class: back ? "ten" : "ten ahead" });
    rows.forEach(({ numbers, bar, element }, k) => {
      put(element, { class: k === most ? "most" : null });
      bar.style.width = `${100 * p[k]}%`;
      all.forEach((values, column) => {
        const text = format(values[k], room < 450 ? 3 : 5);
        const name = [t`score of ${k}`, t`p of ${k}`, t`p − y of ${k}`][column];
        put(numbers[column], { text, "data-value": values[k], "aria-label": t`${name}: ${text}` });
      });
    });
  };
  return { element, render };
}
