// The learning rate, and the error over the steps that it makes.

import { draw } from "../kit/chart.js";
import { make, put } from "../kit/dom.js";
import { format } from "../kit/numbers.js";
import { RateDial } from "./slider.js";

/** How the curves are called: `now` and, dashed, `before`; and `about` what lies between the two. */
export function callCurves(store) {
  const { ghost, state } = store, changes = ghost ? store.differences() : [];
  const rate = `η ${format(state.learning_rate, 3)}`;
  if (!changes.length) return { now: rate, before: "before", about: "" };
  if (changes.length > 1) {
    return { now: "now", before: "before", about: `dashed: before ${changes.length} changes` };
  }
  const [[name, before, now]] = changes, digits = format(before, 3) === format(now, 3) ? 0 : 3;
  const [was, is] = [before, now].map((value) => format(value, digits));
  return { now: `${name} ${is}`, before: `was ${was}`, about: `dashed: before ${name} ${was} → ${is}` };
}

export class Curve {
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
    this.about = make("span", "muted about");
    this.element = make(
      "div",
      "curve",
      make(
        "div",
        "caption",
        make("span", {}, "Error over the steps ", this.about),
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
    this.dial = new RateDial(store, fields);
    return make(
      "div",
      "rate",
      this.dial.field("Learning rate"),
      make("div", { class: "chips", role: "group", "aria-label": "Preset rates" }, this.presets),
      this.dial.slider.element,
    );
  }

  render(width) {
    const { store } = this, { state, run, ghost, far, values, look } = store;
    for (const one of this.presets) {
      put(one, { "aria-pressed": Number(one.textContent) === state.learning_rate });
    }
    this.dial.render();

    const seen = Math.max(20, far),
      upto = Math.max(seen, ghost ? Math.min(ghost.loss.length - 1, 2 * seen) : 0);
    put(this.scrubber, { max: upto, "aria-valuetext": `step ${state.step}` });
    this.scrubber.value = state.step;
    const { now, before, about } = callCurves(store);
    put(this.about, { text: about });
    const lines = [{ values: run.loss.slice(0, far + 1), class: "value", text: now }];
    if (ghost) lines.unshift({ values: ghost.loss.slice(0, upto + 1), class: "ghost", text: before });
    draw(this.chart, {
      width,
      log: look.log,
      upto,
      lines,
      here: { step: state.step, value: values.E_total },
      label: `Error from ${format(run.loss[0], 3)} at step 0 to ${
        format(values.E_total, 3)
      } at step ${state.step}${about && `; ${about}`}.`,
    });
  }
}
