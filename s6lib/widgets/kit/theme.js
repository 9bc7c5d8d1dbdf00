// One meaning, one colour, on light ground and on dark; and the style sheet of a widget where the widget is.

import { make } from "./dom.js";
import THEME from "./theme.css";

const LIGHT = {
  ground: "#fff",
  soft: "#f3f5f7",
  ink: "#1f2328",
  muted: "#57606a",
  rule: "#c9d0d8",
  value: "#0072b2",
  "value-ink": "#00659e",
  gradient: "#d55e00",
  "gradient-ink": "#a84a00",
  weight: "#009e73",
  "weight-ink": "#006e50",
};
const DARK = {
  ground: "#14181e",
  soft: "#202832",
  ink: "#e8ebef",
  muted: "#aab4bf",
  rule: "#46505c",
  value: "#56b4e9",
  "value-ink": "#7cc7f2",
  gradient: "#f0823a",
  "gradient-ink": "#ff9f63",
  weight: "#2cc197",
  "weight-ink": "#4fd6ae",
};
/** Learning rates, slowest first. */
const RATES_LIGHT = ["#440154", "#462c78", "#3b528b", "#31688e", "#287c8e", "#1f8a86", "#1f9473", "#3a8f4f"];
const RATES_DARK = ["#5f86c9", "#4f97b8", "#2fa7a5", "#35b779", "#6ece58", "#95d840", "#c5e021", "#fde725"];

/** The class, from rate0 (slowest) to rate7, of the k-th of `count` learning rates. */
export const rateClass = (k, count) => `rate${Math.round((k * 7) / Math.max(1, count - 1))}`;

const declared = (colours, rates, scheme) =>
  [
    ...Object.entries(colours).map(([name, colour]) => `--${name}:${colour}`),
    ...rates.map((colour, k) => `--rate${k}:${colour}`),
    `color-scheme:${scheme}`,
  ].join(";");
const dark = declared(DARK, RATES_DARK, "dark");
const COLOURS = `&{${declared(LIGHT, RATES_LIGHT, "light")}}
html[data-theme=dark] &,body[data-jp-theme-light=false] &{${dark}}
@media (prefers-color-scheme:dark){html:not([data-theme]) body:not([data-jp-theme-light]) &{${dark}}}
${RATES_LIGHT.map((_, k) => `& .rate${k}{--c:var(--rate${k})}`).join("")}`;

/** Dresses the widget `name` on `place`, a document or a shadow root, once. `own` is its style sheet, in
 *  which & stands for it. A policy against inline styles does not mind, unless the browser is too old for
 *  sheets made by scripts. */
export function dress(place, name, own) {
  place.s6Dressed ??= new Set();
  if (place.s6Dressed.has(name)) return;
  place.s6Dressed.add(name);
  const text = (COLOURS + THEME + own).replaceAll("&", `.s6-${name}`);
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    place.adoptedStyleSheets = [...place.adoptedStyleSheets, sheet];
  } catch {
    (place.head ?? place).append(make("style", {}, text));
  }
}
