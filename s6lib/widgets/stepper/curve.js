// The learning rate, and the error over the steps that it makes.

import { draw } from "../kit/chart.js";
import { make, put } from "../kit/dom.js";
import { format, positive } from "../kit/numbers.js";

export class Curve {
  #dragging = false;
  constructor(store, fields) {
    this.store = store;
    this.rate = this.#rate(fields);
    this.chart = make("svg", { role: "img", class: "chart" });
    this.scrubber = make("input", {
      type: "range",
      class: "scrubber",
      min: 0,
      step: 1,
      "aria-label": "Step",
      oninput: () =>
        store.byHand(
          () => store.change({ step: Number(this.scrubber.value), operation: "overview" }),
        ),
    });
    const log = make("input", {
      type: "checkbox",
      onchange: () => {
        store.look.log = log.checked;
        store.render();
      },
    });
    this.element = make(
      "div",
      { class: "curve" },
      make(
        "div",
        { class: "caption" },
        make("span", {}, "Error over the steps"),
        make("label", {}, log, " log scale"),
      ),
      this.chart,
      this.scrubber,
    );
  }

  #rate(fields) {
    const { store } = this;
    this.presets = store.model.get("presets").map((rate) =>
      make(
        "button",
        { type: "button", class: "chip", onclick: () => store.change({ learning_rate: rate }) },
        String(rate),
      )
    );
    this.slider = make("input", {
      type: "range",
      min: -3,
      max: 3,
      step: 0.01,
      "aria-label": "Rate from 0.001 to 1000, logarithmic",
      oninput: () => {
        const rate = Number((10 ** Number(this.slider.value)).toPrecision(3));
        store.change({ learning_rate: rate }, { keepGhost: this.#dragging });
        this.#dragging = true;
      },
      onchange: () => {
        this.#dragging = false;
      },
    });
    const field = fields.add("Learning rate", {
      read: positive,
      get: () => format(store.state.learning_rate),
      size: 7,
      set: (learning_rate) => store.change({ learning_rate }),
      takes: "a finite number above 0, such as 0.5 or 2e-3",
    });
    return make(
      "div",
      { class: "rate" },
      field,
      make("div", { class: "chips", role: "group", "aria-label": "Preset rates" }, this.presets),
      this.slider,
    );
  }

  render(width) {
    const { store } = this, { state, run, ghost, far, values, look } = store;
    for (const one of this.presets) {
      put(one, { "aria-pressed": Number(one.textContent) === state.learning_rate });
    }
    if (!this.#dragging) this.slider.value = Math.log10(state.learning_rate);
    put(this.slider, { "aria-valuetext": state.learning_rate });

    const seen = Math.max(20, far),
      upto = Math.max(seen, ghost ? Math.min(ghost.loss.length - 1, 2 * seen) : 0);
    put(this.scrubber, { max: upto, "aria-valuetext": `step ${state.step}` });
    this.scrubber.value = state.step;
    const before = ghost &&
      { values: ghost.loss.slice(0, upto + 1), class: "ghost", text: `was η ${format(ghost.rate, 3)}` };
    const now = {
      values: run.loss.slice(0, far + 1),
      class: "value",
      text: `η ${format(state.learning_rate, 3)}`,
    };
    draw(this.chart, {
      width,
      log: look.log,
      upto,
      lines: [before, now].filter(Boolean),
      here: { step: state.step, value: values.E_total },
      label: `Error from ${format(run.loss[0], 3)} at step 0 to ${
        format(values.E_total, 3)
      } at step ${state.step}${ghost ? "; dashed, the setting before" : ""}.`,
    });
  }
}
