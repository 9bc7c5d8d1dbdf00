// Pictures of a course: its curves, the first kernels, and the lengths of the gradients.

import { draw } from "../kit/chart.js";
import { make, put } from "../kit/dom.js";
import { format, local } from "../kit/numbers.js";
import { plural, t } from "../kit/words.js";
import { rightOf, smooth } from "./record.js";

const LEAST = -4, MOST = 1; // powers of ten that a bar shows
const NARROW = 420;

/** A curve with its caption: `draws(svg, width)` fills it, also when its room changes. */
function framed(caption, draws) {
  const svg = make("svg", { class: "chart", role: "img" });
  const element = make("div", "figure-of", make("p", "muted caption-of", caption), svg);
  const render = () => {
    const width = Math.round(svg.getBoundingClientRect().width);
    if (width) draws(svg, width);
  };
  const seen = new ResizeObserver(render);
  seen.observe(svg);
  return { element, render, stop: () => seen.disconnect() };
}

/** The loss over the steps, and the misread test digits over the epochs. `look()` returns { now, earlier },
 *  records, `earlier` null where there is none; `of` says how many test digits there are. */
export function curves(look, of) {
  const loss = framed(t`Loss over the steps, mean of 20`, (svg, width) => {
    const { now, earlier } = look(), upto = Math.max(now.total, earlier?.losses.length ?? 0, 1);
    const means = smooth(now.losses), last = means.at(-1);
    const lines = [
      ...(earlier ? [{ values: smooth(earlier.losses), class: "ghost", text: t`earlier` }] : []),
      { values: now.losses.length ? now.losses : [Math.log(10)], class: "raw" },
      { values: means, class: "value", text: means.length ? format(last, 3) : "", dot: true },
    ].filter(({ values }) => values.length);
    const label = means.length
      ? plural(
        means.length,
        "The loss over {0} step, from {1} to {2}.",
        "The loss over {0} steps, from {1} to {2}.",
        format(means[0], 3),
        format(last, 3),
      )
      : t`The loss over the steps: none yet.`;
    draw(svg, { width, height: width < NARROW ? 170 : 190, lines, log: true, upto, label });
  });
  const misread = framed(t`Test digits misread, of ${of}, after each epoch`, (svg, width) => {
    const { now, earlier } = look(), wrong = (record) => rightOf(record, "test").map((right) => of - right);
    const before = earlier ? wrong(earlier) : [], all = wrong(now);
    const upto = Math.max(Math.round(now.total / now.epoch), before.length - 1, 1);
    const lines = [
      { values: before, class: "ghost", text: t`earlier` },
      {
        values: all.length ? all : [of],
        class: all.length ? "value" : "none",
        text: String(all.at(-1) ?? ""),
      },
    ].filter(({ values }) => values.length);
    const label = all.length
      ? t`Of ${of} test digits it misreads, epoch by epoch: ${all.join(", ")}.`
      : t`The misread test digits: not yet counted.`;
    draw(svg, { width, height: width < NARROW ? 170 : 190, lines, log: false, upto, label });
  });
  return {
    element: make("div", "curves", loss.element, misread.element),
    render() {
      loss.render();
      misread.render();
    },
    stop() {
      loss.stop();
      misread.stop();
    },
  };
}

/** The kernels of the first convolution, each weight a square: the larger, the farther from 0; hollow where
 *  it is below 0. */
export function kernelPictures() {
  const room = make("div", "kernels"),
    caption = make(
      "p",
      "muted caption-of",
      t`First kernels: the larger a square, the farther from 0; hollow is below 0`,
    );
  const element = make("div", "figure-of", caption, room);
  let squares = [];
  const build = (count, side) => {
    squares = [];
    room.replaceChildren(...Array.from({ length: count }, () => {
      const own = Array.from({ length: side * side }, () => make("path", {}));
      squares.push(...own);
      return make("svg", { viewBox: `0 0 ${side} ${side}`, "aria-hidden": "true", class: "kernel" }, own);
    }));
    put(room, { role: "img" });
  };
  return {
    element,
    render({ kernels }, { channels, stem }) {
      const side = stem ? stem[0] : 3, places = side * side;
      if (squares.length !== channels[0] * places) build(channels[0], side);
      const values = kernels ?? [], most = values.reduce((top, each) => Math.max(top, Math.abs(each)), 0);
      squares.forEach((square, k) => {
        const value = values[k] ?? 0, size = most ? 0.92 * Math.sqrt(Math.abs(value) / most) : 0;
        const row = Math.floor(k % places / side), column = k % side, start = (1 - size) / 2;
        const [x, y, long] = [column + start, row + start, size].map((each) => each.toFixed(3));
        put(square, { d: `M${x} ${y}h${long}v${long}h-${long}z`, class: value < 0 ? "below" : "above" });
      });
      const label = t`Kernels: ${channels[0]}; the largest weight is ${format(most, 3)} from 0.`;
      put(room, { "aria-label": label });
    },
  };
}

/** The lengths of the gradients, a bar for each layer, on a logarithmic scale; a mark where they began. */
export function gradientBars() {
  const rows = make("tbody"), bars = new Map();
  const heads = [t`layer`, "", t`length`].map((head) =>
    make("th", { scope: "col", class: head ? null : "wide" }, head)
  );
  heads[1].append(make("span", "scale", ...[local("0.0001"), "10"].map((end) => make("span", {}, end))));
  const element = make(
    "table",
    { class: "gradients" },
    make("caption", {}, t`Length of the gradient, logarithmic. The mark: at the first step`),
    make("thead", {}, make("tr", {}, heads)),
    rows,
  );
  let first = null;
  const place = (length) => {
    const at = (Math.log10(length) - LEAST) / (MOST - LEAST);
    return `${(100 * Math.min(1, Math.max(0, at || 0))).toFixed(1)}%`;
  };
  const row = (name) => {
    const bar = make("span", "bar"), mark = make("span", "began"), number = make("td", "n gradient");
    bars.set(name, { bar, mark, number });
    return make(
      "tr",
      {},
      make("th", { scope: "row" }, name),
      make("td", "wide", make("span", "track", bar, mark)),
      number,
    );
  };
  return {
    element,
    render({ lengths, steps }, names) {
      if ([...bars.keys()].join() !== names.join()) {
        bars.clear();
        rows.replaceChildren(...names.map(row));
      }
      if (!lengths || steps === 0) first = null;
      else first ??= lengths;
      for (const [name, { bar, mark, number }] of bars) {
        bar.style.width = lengths ? place(lengths[name]) : "0";
        mark.hidden = !first;
        if (first) mark.style.left = place(first[name]);
        put(number, { text: lengths ? format(lengths[name], 3) : "–" });
      }
    },
  };
}
