// Lists to choose from, and boxes to tick.

import { make } from "./dom.js";

/** A list to choose from, labelled: `options` are [value, text]. */
export function choice(label, options, get, set) {
  const select = make(
    "select",
    { "aria-label": label, onchange: () => set(options[select.selectedIndex][0]) },
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
    box,
    element: make("label", {}, box, label),
    render: () => {
      box.checked = get();
    },
  };
}
