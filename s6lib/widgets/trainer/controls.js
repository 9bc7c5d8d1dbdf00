// What the reader chooses for a course, and how far it is.

import { make, put } from "../kit/dom.js";
import { format, local, parseNumber, positive } from "../kit/numbers.js";
import { t } from "../kit/words.js";
import { standing, timeLeft } from "./record.js";

/** A reader of whole numbers from `low` to `high`. */
export const whole = (low, high) => (text) => {
  const number = parseNumber(text);
  return Number.isInteger(number) && number >= low && number <= high ? number : null;
};

/** A reader of numbers from 0 up to, but without, 1. */
export const share = (text) => {
  const number = parseNumber(text);
  return number !== null && number >= 0 && number < 1 ? number : null;
};

/** The learning rate: a field, and a slider over powers of ten. */
export function rateControl(fields, get, set) {
  const slider = make("input", {
    type: "range",
    min: -4,
    max: 1,
    step: 0.05,
    "aria-label": t`Rate from ${local("0.0001")} to 10, logarithmic`,
    oninput: () => set(Number((10 ** Number(slider.value)).toPrecision(2))),
  });
  const field = fields.add(t`Learning rate`, {
    read: positive,
    get: () => format(get()),
    set,
    takes: t`a finite number above 0, such as ${local("0.01")}`,
    size: 7,
  });
  return {
    element: make("div", "rate", field, slider),
    render: () => {
      slider.value = Math.log10(get());
      put(slider, { "aria-valuetext": format(get()) });
    },
  };
}

/** The buttons of a course, and beside them where it stands. */
export function progress(buttons) {
  const status = make("p", "standing"), bar = make("span", "done");
  const way = make("span", { class: "way", "aria-hidden": "true" }, bar);
  return {
    status,
    element: make("div", "run", make("div", "group", buttons), make("div", "where", status, way)),
    render(record) {
      bar.style.width = `${100 * record.steps / (record.total || 1)}%`;
      put(status, { text: [standing(record), timeLeft(record)].filter(Boolean).join(" ") });
    },
  };
}
