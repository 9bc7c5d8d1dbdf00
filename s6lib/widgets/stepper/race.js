// Learning rates side by side, from the same weights, at the same step.

import { draw } from "../kit/chart.js";
import { make, put } from "../kit/dom.js";
import { format } from "../kit/numbers.js";
import { mathOf } from "../kit/symbols.js";
import { rateClass } from "../kit/theme.js";
import { pieces, plural, t } from "../kit/words.js";
import { parseRates } from "./address.js";
import { Run, sharpness } from "./engine.js";

const sharpest = () => make("var", {}, "λ", make("sub", {}, "max"));
const about = () =>
  pieces`All start from the same weights and take the same steps: play, and watch. ${sharpest()} is the
    sharpest curvature of the error where a rate stands at this step; gradient descent can settle there only
    while its rate is below 2/${sharpest()}. A rate that is above it is thrown, perhaps to where the error is
    flatter and the limit higher.`;

export class Race {
  constructor(store, fields) {
    this.store = store;
    this.chart = make("svg", { role: "img", class: "chart" });
    this.body = make("tbody");
    const head = [mathOf("rate"), mathOf("E_total"), ["2/", sharpest()], t`the rate is now`].map((each) =>
      make("th", { scope: "col" }, each)
    );
    this.content = [
      make("p", "muted", about()),
      fields.add(t`Rates in the race`, {
        read: parseRates,
        size: 28,
        get: () => store.state.rates.map((one) => format(one)).join(" "),
        set: (rates) => store.change({ rates }),
        takes: t`one to eight numbers above 0, with blanks or semicolons between`,
      }),
      this.chart,
      make(
        "table",
        "race",
        make("caption", "unseen", t`The rates at this step`),
        make("thead", {}, make("tr", {}, head)),
        this.body,
      ),
    ];
  }

  render(width) {
    const { store } = this, { state: { rates, step } } = store;
    store.race ??= rates.map((learning_rate) => new Run({ ...store.state, learning_rate }));
    const { race } = store, colour = (k) => rateClass(k, race.length);
    draw(this.chart, {
      width: width - 26,
      log: true,
      upto: Math.max(20, store.far),
      label: plural(
        step,
        "Error over {0} step for the learning rates {1}.",
        "Error over {0} steps for the learning rates {1}.",
        rates.map((rate) => format(rate)).join(", "),
      ),
      lines: race.map((one, k) => ({
        values: one.loss.slice(0, one.at(step) + 1),
        class: colour(k),
        text: format(rates[k]),
        dot: true,
      })),
    });
    if (this.body.dataset.rates !== String(rates)) {
      this.body.dataset.rates = rates;
      this.body.replaceChildren(
        ...rates.map((rate, k) =>
          make(
            "tr",
            {},
            make(
              "th",
              { scope: "row" },
              make("span", { class: `swatch ${colour(k)}`, "aria-hidden": "true" }),
              format(rate),
            ),
            make("td"),
            make("td"),
            make("td", "word"),
          )
        ),
      );
    }
    race.forEach((run, k) => this.#row(run, rates[k], this.body.children[k].children));
  }

  #row(run, rate, [, error, threshold, word]) {
    const { state: { step, inputs, targets } } = this.store, at = run.at(step);
    const now = run.loss[at], before = run.loss[Math.max(0, at - 1)];
    const sharp = (step) => sharpness(run.weights[step], inputs, targets);
    const lambda = sharp(at), limit = 2 / lambda;
    this.store.race.first ??= sharp(0); // where all of them start
    put(error, {
      "data-value": now,
      text: format(now, 3) + (now > before ? " ↑" : now < before ? " ↓" : ""),
    });
    put(threshold, {
      "data-value": lambda > 0 ? limit : "none",
      text: lambda > 0 ? format(limit, 3) : t`none`,
    });
    put(word, {
      text: !Number.isFinite(now)
        ? t`not finite`
        : !(lambda > 0)
        ? t`without a limit`
        : rate >= limit
        ? t`above it`
        : rate * this.store.race.first >= 2
        ? t`below it; above at step 0`
        : t`below it`,
    });
  }
}
