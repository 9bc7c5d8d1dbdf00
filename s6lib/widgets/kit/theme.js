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
/** Learning rates, from violet, the slowest, by blue to teal, the fastest, as in the figures; on dark ground
 *  lighter. */
const RATES_LIGHT = [[68, 1, 84], [59, 81, 139], [28, 128, 124]];
const RATES_DARK = [[184, 140, 232], [124, 178, 240], [64, 212, 190]];

/** The class of the k-th of `count` learning rates, one to eight, slowest first. */
export const rateClass = (k, count) => `rate${k}of${count}`;

/** The colours of all these classes on the scale `tones`: [class, colour]. */
function shades([slow, middle, fast]) {
  const all = [];
  for (let count = 1; count <= 8; count++) {
    for (let k = 0; k < count; k++) {
      const at = (2 * k) / Math.max(1, count - 1), [from, to] = at < 1 ? [slow, middle] : [middle, fast];
      const mixed = from.map((one, c) => Math.round(one + (to[c] - one) * (at < 1 ? at : at - 1)));
      all.push([rateClass(k, count), `rgb(${mixed})`]);
    }
  }
  return all;
}

const declared = (colours, rates, scheme) =>
  [...Object.entries(colours), ...shades(rates)].map(([name, colour]) => `--${name}:${colour};`).join("") +
  `color-scheme:${scheme}`;
/** What says of itself that it is dark: a page of the book, JupyterLab, and a notebook in VS Code. */
const NIGHT = `html[data-theme=dark],body[data-jp-theme-light=false],
body:is(.vscode-dark,.vscode-high-contrast:not(.vscode-high-contrast-light)),
body:is([data-vscode-theme-kind$=dark],[data-vscode-theme-kind$=contrast])`;
/** What says neither goes by the reader's system. */
const MUTE =
  "html:not([data-theme]) body:not([data-jp-theme-light],[class*=vscode-],[data-vscode-theme-kind])";
const dark = declared(DARK, RATES_DARK, "dark");
const COLOURS = `&{${declared(LIGHT, RATES_LIGHT, "light")}}
:is(${NIGHT}) &{${dark}}
@media (prefers-color-scheme:dark){${MUTE} &{${dark}}}
${shades(RATES_LIGHT).map(([name]) => `& .${name}{--c:var(--${name})}`).join("")}`;

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
