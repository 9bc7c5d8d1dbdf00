// What the reader chooses for a course: fields, lists, a slider for the rate.

import { make, put } from "../kit/dom.js";
import { format, parseNumber, positive } from "../kit/numbers.js";

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

/** A list to choose from, labelled: `options` are [value, text]. */
export function choice(label, options, get, set) {
  const select = make(
    "select",
    { onchange: () => set(options[select.selectedIndex][0]) },
    options.map(([value, text]) => make("option", { value: String(value) }, text)),
  );
  return {
    element: make("label", {}, label, select),
    render: () => {
      select.value = String(get());
    },
  };
}

/** A box to tick, labelled. */
export function tick(label, get, set) {
  const box = make("input", { type: "checkbox", onchange: () => set(box.checked) });
  return {
    element: make("label", {}, box, label),
    render: () => {
      box.checked = get();
    },
  };
}

/** The learning rate: a field, and a slider over powers of ten. */
export function rateControl(fields, get, set) {
  const slider = make("input", {
    type: "range",
    min: -4,
    max: 1,
    step: 0.05,
    "aria-label": "Rate from 0.0001 to 10, logarithmic",
    oninput: () => set(Number((10 ** Number(slider.value)).toPrecision(2))),
  });
  const field = fields.add("Learning rate", {
    read: positive,
    get: () => format(get()),
    set,
    takes: "a finite number above 0, such as 0.01",
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
