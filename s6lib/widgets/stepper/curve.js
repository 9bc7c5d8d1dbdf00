// The learning rate, and the error over the steps that it makes.

import { draw } from "../kit/chart.js";
import { make, put } from "../kit/dom.js";
import { format } from "../kit/numbers.js";
import { plural, t } from "../kit/words.js";
import { RateDial } from "./slider.js";

/** How the curves are called: `now` and, dashed, `before`; and `about` what lies between the two. */
export function callCurves(store) {
  const { ghost, state } = store, changes = ghost ? store.differences() : [];
  const rate = `η ${format(state.learning_rate, 3)}`;
  if (!changes.length) return { now: rate, before: t`before`, about: "" };
  if (changes.length > 1) {
    const about = plural(changes.length, "dashed: before {0} change", "dashed: before {0} changes");
    return { now: t`now`, before: t`before`, about };
  }
  const [[name, before, now]] = changes, digits = format(before, 3) === format(now, 3) ? 0 : 3;
  const [was, is] = [before, now].map((value) => format(value, digits));
  return { now: `${name} ${is}`, before: t`was ${was}`, about: t`dashed: before ${name} ${was} → ${is}` };
}

/** What a curve shows that begins at `first` and stands at `last` at `step`. */
export function labelOf(first, last, step, about) {
  const [from, to] = [first, last].map((value) => format(value, 3));
  return about
    ? t`Error from ${from} at step 0 to ${to} at step ${step}; ${about}.`
    : t`Error from ${from} at step 0 to ${to} at step ${step}.`;
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
      "aria-label": t`Step`,
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
        make("span", {}, t`Error over the steps`, " ", this.about),
        make("label", {}, log, " ", t`log scale`),
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
        {
          type: "button",
          class: "chip",
          "data-rate": rate,
          onclick: () => store.change({ learning_rate: rate }),
        },
        format(rate),
      )
    );
    this.dial = new RateDial(store, fields);
    return make(
      "div",
      "rate",
      this.dial.field(t`Learning rate`),
      make("div", { class: "chips", role: "group", "aria-label": t`Preset rates` }, this.presets),
      this.dial.slider.element,
    );
  }

  render(width) {
    const { store } = this, { state, run, ghost, far, values, look } = store;
    for (const one of this.presets) {
      put(one, { "aria-pressed": Number(one.dataset.rate) === state.learning_rate });
    }
    this.dial.render();

    const seen = Math.max(20, far),
      upto = Math.max(seen, ghost ? Math.min(ghost.loss.length - 1, 2 * seen) : 0);
    put(this.scrubber, { max: upto, "aria-valuetext": t`step ${state.step}` });
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
      label: labelOf(run.loss[0], values.E_total, state.step, about),
    });
  }
}
