// What is open: one number as the sum it is, each number in it a button that leads on, down to the pixels.

import { button, make, put } from "../kit/dom.js";
import { format } from "../kit/numbers.js";
import { pieces, plural, t } from "../kit/words.js";
import { field, indexOf, placeOf, slopeOf, stagesOf, valueOf, valuesOf, weightOf } from "./explain.js";
import { cornersOf, inksOf, nameOf, Sheet, thumbnail } from "./maps.js";

/** How a value comes about, by its layer, and how a slope does, by the layer after it. */
const SAID = {
  value: {
    images: t`A pixel, as the network reads it.`,
    crop: t`The border is cut off; the middle passes.`,
    conv: t`Each value in the window times its weight, map by map; and the bias.`,
    relu: t`What is above 0 passes.`,
    norm: t`(value − mean) / spread × scale + shift`,
    pool: t`Of four values the largest passes.`,
    drop: t`Dropout drops in training alone; here all pass.`,
    average: t`Its map, averaged.`,
    linear: t`Each value times its weight; and the bias.`,
    log_softmax: t`The score, less the logarithm of the sum of all e^score.`,
    p: t`From the logarithm back.`,
  },
  slope: {
    crop: t`The middle passes its slopes back; to the border none comes.`,
    conv: t`It stood in the window of each of these: their slopes, times the weights that it met there.`,
    relu: t`A gate: × 1 where the value was above 0, × 0 elsewhere.`,
    norm: t`× scale / spread`,
    pool: t`× 1 for the largest of its square, × 0 for the others.`,
    drop: t`Dropout drops in training alone; here all pass.`,
    average: t`Each place gets its share.`,
    linear: t`The slope of each score, times the weight on the way there.`,
    log_softmax: t`p − y, where y is 1 for the digit that it should be, else 0.`,
  },
};
/** How many shares of a weight are listed, and how many digits an error needs from which one is taken. */
const LARGEST = 4, LEAST_DIGITS = 12;

const sign = (text) => make("span", "sign", text);
const line = (...parts) => make("p", "says", parts);
const row = (...parts) => make("div", "addend", parts);
const note = (text) => make("p", "muted", text);

export function lens(store) {
  const title = make("b", { tabindex: -1 }), body = make("div", "parts");
  const status = make("p", { class: "unseen", role: "status" });
  const back = button(t`Walk back`, "←", () => store.walkBack());
  const digits = make(
    "button",
    { type: "button", onclick: () => store.setDigits(store.digits > 6 ? 6 : 17) },
    t`17 digits`,
  );
  const close = button(t`Close`, "×", () => store.close(), { class: "close" });
  const element = make(
    "div",
    { class: "panel lens", role: "region", "aria-label": t`How a number came about` },
    make("div", "caption", back, title, digits, close),
    body,
    status,
  );
  element.addEventListener("keydown", ({ key }) => key === "Escape" && store.close());
  let seen = [], opener = null;
  const render = () => {
    const { open, pass } = store, now = [open, pass, store.back, store.digits, store.learning_rate];
    const shown = open && pass && (open.kind === "value" || store.back),
      inside = element.matches(":focus-within");
    if (!inside) opener = element.getRootNode().activeElement;
    element.hidden = !shown;
    if (!shown && inside) opener?.focus({ preventScroll: true });
    if (!shown || now.every((each, k) => each === seen[k])) return;
    const full = store.digits > 6, walks = inside && open !== seen[0]; // the number that had the focus goes
    seen = now;
    const context = {
      store,
      digits: full || element.clientWidth > 450 ? store.digits : 4,
      inks: inksOf(element),
      stages: Object.fromEntries(stagesOf(pass.network.layers).map((stage) => [stage.name, stage])),
    };
    const found = open.kind === "weight" ? weightIn(context) : numberIn(context);
    put(title, { text: found.title });
    put(digits, { "aria-pressed": full });
    put(element, { class: `panel lens${full ? " long" : ""}` });
    body.replaceChildren(make("div", "side", found.side), make("div", "sum", found.body));
    put(status, { text: t`${found.title}: ${format(found.total, store.digits)}` });
    if (walks) title.focus({ preventScroll: true });
  };
  return { element, render };
}

// Numbers -----------------------------------------------------------------------------------------

/** A number; a button, if there is something to `open`. */
function numeral({ store, ...context }, value, colour, open, label, digits = context.digits) {
  const text = format(value, value % 1 ? digits : 6),
    properties = { class: `n ${colour}`, "data-value": value };
  if (!open) return make("span", properties, text);
  const onclick = () => store.look(open);
  return button(t`${label}: ${text}`, text, onclick, { ...properties, class: `n number ${colour}` });
}

/** What is below 0 stands in brackets behind a sign. */
const bracketed = (value, node) => value < 0 ? make("span", {}, "(", node, ")") : node;

function partNode(context, { layer, index, value }, kind) {
  if (layer === null) return make("span", { class: "n", title: t`beyond the border` }, "0");
  const slope = kind === "slope" && layer !== "p", name = nameOf(context.stages[layer], index);
  const open = { kind: slope ? "slope" : "value", layer, index };
  return numeral(context, value, slope ? "gradient" : "value", open, slope ? t`slope of ${name}` : name);
}

const parameterNode = (context, { parameter, at, weight }) =>
  numeral(
    context,
    weight,
    "weight",
    { kind: "weight", name: parameter, index: at },
    addressOf(context, parameter, at),
  );

/** A parameter as code names it: conv2.weight[3, 0, 1, 1]. */
function addressOf({ stages }, parameter, at) {
  const [name, each] = parameter.split("."), { kind, kernel, from } = stages[name], places = [];
  const sides = {
    conv: [from[0], kernel, kernel],
    linear: [from[0] * from[1] * from[2]],
    average: [1, from[1], from[2]],
  };
  for (const side of each === "bias" ? [] : (sides[kind] ?? []).reverse()) {
    places.unshift(at % side);
    at = Math.floor(at / side);
  }
  return `${parameter}[${[at, ...places].join(", ")}]`;
}

// A value or a slope ------------------------------------------------------------------------------

function numberIn(context) {
  const { stages, store } = context,
    { pass, back, open: { kind, layer, index } } = store,
    slope = kind === "slope";
  const found = slope ? slopeOf(pass, back, layer, index) : valueOf(pass, layer, index);
  const colour = slope ? "gradient" : "value", { says, total, bias, count } = found;
  const name = nameOf(stages[layer], index);
  const spelled = (each, k) => {
    if (typeof each === "string") return sign(each);
    const node = typeof each === "number"
      ? numeral(context, each, "")
      : "layer" in each
      ? partNode(context, each, kind)
      : parameterNode(context, each);
    return /[−×+]$/.test(says[k - 1]) ? bracketed(each.weight ?? each.value ?? each, node) : node;
  };
  const written = says ? line(says.map(spelled)) : [
    bias ? row(make("span", {}, t`bias`), parameterNode(context, bias)) : "",
    groupsIn(context, found, kind, colour),
    count > 1 ? line(pieces`all, divided by ${numeral(context, count, "")}`) : "",
  ];
  const other = slope
    ? { layer, index, value: valuesOf(pass, layer)[index] }
    : back?.slopes[layer]
    ? { layer, index, value: back.slopes[layer][index] }
    : null;
  return {
    title: slope ? t`Slope of ${name}` : name,
    total,
    body: [
      note(SAID[kind][found.kind]),
      found.kind === "images"
        ? line(pieces`grey level ${numeral(context, store.prepared.image[index], "")} of 255, normalised`)
        : "",
      written,
      line(sign("="), numeral(context, total, `result ${colour}`)),
    ],
    side: [
      seenIn(context, layer, index),
      neighboursIn(context, store.open),
      other ? line(slope ? t`value` : t`slope`, partNode(context, other, slope ? "value" : "slope")) : "",
    ],
  };
}

/** The places beside this one: a finger is wider than a pixel. */
function neighboursIn({ store, stages }, { kind, layer, index }) {
  const { to } = stages[layer], [c, row, column] = placeOf(to, index);
  if (to[1] < 2) return "";
  const step = (label, sign, down, right) => {
    const place = [row + down, column + right],
      inside = place.every((at, axis) => at >= 0 && at < to[axis + 1]);
    const onclick = () => store.look({ kind, layer, index: indexOf(to, c, ...place) });
    return button(label, sign, onclick, { disabled: !inside });
  };
  const ways = [
    step(t`One place left`, "◂", 0, -1),
    step(t`One place up`, "▴", -1, 0),
    step(t`One place down`, "▾", 1, 0),
    step(t`One place right`, "▸", 0, 1),
  ];
  return make("div", { class: "group ways", role: "group", "aria-label": t`Neighbours` }, ways);
}

/** What of the picture the number depends on. */
function seenIn({ store, stages, inks }, layer, index) {
  const { layers } = store.pass.network, { top, left, bottom, right } = field(layers, layer, index);
  const sheet = new Sheet(
    stages.images,
    "value",
    (at) => store.look({ kind: "value", layer: "images", index: at }),
  );
  sheet.fit(0, 3);
  sheet.draw(valuesOf(store.pass, "images"), inks);
  sheet.frame([["seen", cornersOf(layers, layer, index)]]);
  return make(
    "div",
    "sight",
    sheet.element,
    make("p", "muted", t`sees ${bottom - top} × ${right - left} pixels`),
  );
}

/** Groups of parts below one another, as one adds on paper; the largest unfolded. */
function groupsIn(context, { parts: groups }, kind, colour) {
  const counting = groups.filter(({ parts }) => parts.some((part) => part.product)), { inks } = context;
  const largest = Math.max(...groups.map(({ product }) => Math.abs(product)));
  const rows = counting.map(({ channel, parts, product }) => {
    const sum = numeral(context, product, colour), side = Math.sqrt(parts.length);
    if (side === 1) return row(factors(context, parts[0], kind), sum);
    const cells = make("div", "cells"), open = Math.abs(product) === largest;
    const fill = () =>
      cells.firstChild || cells.append(...parts.map((part) => cellOf(context, part, kind, colour)));
    cells.style.setProperty("--wide", side % 1 ? 3 : side);
    if (open) fill();
    const pictures = make("span", "thumbs"), pixels = (each) => parts.map((part) => part[each]);
    if (side === 3) {
      requestAnimationFrame(() =>
        // many canvases: once the numbers stand there
        pictures.append(
          thumbnail(pixels("value"), 3, 8, inks[kind]),
          "×",
          thumbnail(pixels("weight"), 3, 8, inks.weight),
        )
      );
    }
    const summary = make("summary", {}, make("span", "what", t`map ${channel}`), pictures, sum);
    return make("details", { open, ontoggle: fill }, summary, cells);
  });
  const silent = groups.length - counting.length;
  return make(
    "div",
    "groups",
    rows,
    silent
      ? row(
        make("span", {}, plural(silent, "{0} that adds nothing", "{0} that add nothing")),
        numeral(context, 0, colour),
      )
      : "",
  );
}

/** A value and its weight, and below them their product. */
function cellOf(context, part, kind, colour) {
  const product = numeral(context, part.product, colour);
  const below = part.parameter ? make("span", {}, sign("= "), product) : "";
  return make("div", "product", factors(context, part, kind), below);
}

const factors = (context, part, kind) => [
  partNode(context, part, kind),
  part.parameter ? make("span", {}, sign("× "), bracketed(part.weight, parameterNode(context, part))) : "",
];

// A weight ----------------------------------------------------------------------------------------

function weightIn(context) {
  const { store } = context, { open: { name, index }, pass, back } = store;
  const { value, uses, total, measured } = weightOf(pass, back, name, index);
  return {
    title: addressOf(context, name, index),
    total,
    body: [
      row(make("span", {}, t`it is`), numeral(context, value, "weight")),
      note(
        t`Its gradient is a sum: from each place where it was used, the slope there times the number it met.`,
      ),
      uses.map((use) => sharesIn(context, use)),
      line(sign(t`gradient =`), numeral(context, total, "result gradient")),
      measuredIn(context, measured),
      line(
        sign(t`a step makes it`),
        numeral(context, value, "weight"),
        sign("−"),
        numeral(context, store.learning_rate, ""),
        sign("×"),
        bracketed(total, numeral(context, total, "gradient")),
        sign("="),
        numeral(context, value - store.learning_rate * total, "result weight"),
      ),
    ],
    side: uses.map((use) => shareMap(context, use)),
  };
}

/** The largest shares of a layer, and what is left of them. */
function sharesIn(context, { parts, total }) {
  const sorted = [...parts].sort((one, other) => Math.abs(other.product) - Math.abs(one.product));
  const largest = sorted.slice(0, LARGEST), rest = parts.length - largest.length;
  const left = largest.reduce((sum, { product }) => sum - product, total);
  return make(
    "div",
    "groups",
    largest.map((part) => {
      const { met, factor, product } = part, normed = met && factor !== met.value;
      return row(
        partNode(context, part, "slope"),
        met
          ? [
            sign("×"),
            normed
              ? numeral(context, factor, "value", { kind: "value", ...met }, t`its value, normalised`)
              : bracketed(met.value, partNode(context, met)),
          ]
          : "",
        numeral(context, product, "gradient"),
      );
    }),
    rest
      ? row(
        make("span", {}, plural(rest, "{0} smaller one", "{0} smaller ones")),
        numeral(context, left, "gradient"),
      )
      : "",
  );
}

/** The shares as a map. */
function shareMap({ store, inks }, { layer, height, width, parts }) {
  if (parts.length < 2) return "";
  const stage = { name: t`shares in ${layer}`, kind: "", to: [1, height, width] };
  const sheet = new Sheet(stage, "slope", (k) => store.look({ kind: "slope", layer, index: parts[k].index }));
  sheet.fit(0, 3);
  sheet.draw(parts.map(({ product }) => product), inks);
  return make("div", "sight", sheet.element, make("p", "muted", stage.name));
}

function measuredIn(context, { above, below, distance, slope, agree, turned }) {
  const digits = Math.max(context.store.digits, LEAST_DIGITS);
  const exact = (value) => numeral(context, value, "value", null, "", digits);
  const [more, less, over, found] = [
    exact(above),
    exact(below),
    numeral(context, distance, ""),
    numeral(context, slope, "result gradient"),
  ];
  return make(
    "p",
    {},
    make("b", {}, t`Measured, without the chain rule:`),
    " ",
    pieces`the error with it a little larger, less the error with it a little smaller, over the distance:
      (${more} − ${less}) / ${over} = ${found}.`,
    " ",
    make("b", {}, verdict(agree, turned)),
  );
}

function verdict(agree, turned) {
  if (agree > 3) return plural(agree, "✓ The two agree to {0} digit.", "✓ The two agree to {0} digits.");
  if (!turned) return t`✗ Too flat here to measure by a difference.`;
  return t`✗ Between the two the error has a kink: ReLUs or pools turn, ${turned} of them.`;
}
