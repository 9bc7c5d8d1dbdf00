// Curves over steps, on a linear or a logarithmic axis, with their names at their ends.

import { make } from "./dom.js";
import { local } from "./numbers.js";

const TOP = 12, BOTTOM = 24, LEFT = 56;

/** The points [step, value] of a curve. A long one is thinned to the extremes of each few steps, so swings
 *  stay. */
export function thin(values) {
  const count = Number.isFinite(values.at(-1)) ? values.length : values.length - 1; // only the end may not be
  const every = Math.ceil(count / 200), points = [];
  for (let k = 0; k < count; k += every) {
    let low = values[k], high = low;
    for (let n = k + 1; n < Math.min(k + every, count); n++) {
      low = Math.min(low, values[n]);
      high = Math.max(high, values[n]);
    }
    points.push([k, low]);
    if (high > low) points.push([k, high]);
  }
  if (every > 1) points.push([count - 1, values[count - 1]]);
  return points;
}

/** The least of 1, 2, 5 times a power of ten that divides `span` into `count` parts or fewer. */
function nice(span, count) {
  const rough = span / count, power = 10 ** Math.floor(Math.log10(rough));
  return power * [1, 2, 5, 10].find((m) => m * power >= rough);
}

/** 10 to the power `n` as a tick has it: in full from 0.001 to 1000. */
export const powerOfTen = (n) =>
  Math.abs(n) > 3 ? `1e${n}`.replace("-", "−") : local(String(Number(`1e${n}`)));

/** Draws `lines`, each {values, class, text, dot}, into `svg`, `width` px wide and `height` px high, for the
 *  steps 0 to `upto`. `log` asks for a logarithmic axis; what lies below 1e-16 times the largest value is
 *  drawn at its lower end, which then says so. `here`, {step, value}, is marked by a ring; `label` says what
 *  is seen. */
export function draw(svg, { width, height = 190, lines, log, upto, label, here = null }) {
  const curves = lines.map((line) => ({ ...line, points: thin(line.values) }));
  const all = curves.flatMap(({ points }) => points.map(([, value]) => value));
  const axis = scaleOf(all, log);
  const longest = Math.max(...lines.map((line) => line.text?.length ?? 0));
  const right = Math.max(width < 500 ? 62 : 84, 14 + 7 * longest);
  const X = (step) => LEFT + (step / upto) * (width - LEFT - right);
  const Y = (value) =>
    height - BOTTOM -
    ((log ? Math.max(Math.log10(value), axis.low) : value) - axis.low) / (axis.high - axis.low) *
      (height - TOP - BOTTOM);
  const text = (x, y, content, properties = {}) => make("text", { x, y, ...properties }, content);
  const parts = [];
  for (let tick = axis.low; tick <= axis.high + 1e-9; tick += axis.tick) {
    const y = Y(log ? 10 ** tick : tick);
    parts.push(make("line", { class: "grid-line", x1: LEFT, x2: width - right, y1: y, y2: y }));
    const under = axis.under && tick === axis.low ? "≤" : "";
    const written = log ? under + powerOfTen(tick) : local(String(Number(tick.toPrecision(2))));
    parts.push(text(LEFT - 6, y + 4, written, { "text-anchor": "end" }));
  }
  const every = Math.max(1, nice(upto, Math.max(2, Math.min(6, width / 90))));
  for (let tick = 0; tick <= upto; tick += every) {
    parts.push(text(X(tick), height - 6, String(tick), { "text-anchor": "middle" }));
  }
  const ends = [];
  for (const line of curves.filter(({ points }) => points.length)) {
    const [step, value] = line.points.at(-1), cx = X(step), cy = Y(value);
    const path = line.points.map(([step, value]) => `${X(step).toFixed(1)} ${Y(value).toFixed(1)}`).join("L");
    parts.push(make("path", { class: `curve-line ${line.class}`, d: "M" + path }));
    if (line.dot) parts.push(make("circle", { class: `dot ${line.class}`, cx, cy, r: 4 }));
    if (line.text) ends.push({ x: cx + 9, y: cy + 4, content: line.text, class: line.class });
  }
  if (here && Number.isFinite(here.value)) {
    parts.push(make("circle", { class: "here", cx: X(here.step), cy: Y(here.value), r: 6 }));
  }
  parts.push(
    ...spread(ends, height).map((end) => text(end.x, end.y, end.content, { class: `end ${end.class}` })),
  );
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("aria-label", label);
  svg.replaceChildren(...parts);
}

/** The ends of the axis of `values` and the way from tick to tick; on a logarithmic axis in powers of ten. */
function scaleOf(values, log) {
  const most = Math.max(0, ...values) || 1, least = Math.min(most, ...values.filter((value) => value > 0));
  if (!log) return { low: 0, high: most * 1.05, tick: nice(most, 3) };
  const high = Math.ceil(Math.log10(most));
  const low = Math.min(Math.floor(Math.log10(Math.max(least, most * 1e-16))), high - 1);
  return { low, high, tick: Math.ceil((high - low) / 4), under: Math.min(...values) < 10 ** low };
}

/** Labels moved up and down until none covers another. */
function spread(labels, height) {
  labels.sort((a, b) => a.y - b.y);
  labels.forEach((one, k) => {
    if (k) one.y = Math.max(one.y, labels[k - 1].y + 13);
  });
  labels.reverse().forEach((one, k) => {
    one.y = Math.min(one.y, k ? labels[k - 1].y - 13 : height - BOTTOM + 4);
  });
  return labels;
}
