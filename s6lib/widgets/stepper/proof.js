// Why a weight moves as it does: its chain rule, factor by factor, and the same slope measured without it.
// Built once for a weight, then only its numbers change.

import { button, make, put } from "../kit/dom.js";
import { format } from "../kit/numbers.js";
import { kindOf, mathOf } from "../kit/symbols.js";
import { pieces, plural, t } from "../kit/words.js";
import { centralDifference, WEIGHTS } from "./engine.js";
import { spell } from "./equation.js";
import { paths } from "./words.js";

export class Proof {
  #proven = "none";
  #cells = [];
  #found = {};
  /** `close()` is called when the reader closes it. */
  constructor(store, close) {
    Object.assign(this, { store, close });
    this.element = make("section", { class: "proof", hidden: true });
    this.verdict = make("b");
  }

  render() {
    const w = this.store.state.proof;
    this.element.hidden = w === "none";
    if (w !== this.#proven) {
      this.#proven = w;
      if (w !== "none") this.#build(w);
    }
    if (w !== "none") this.#refresh(w);
  }

  #build(w) {
    const slope = "dE_d" + w, both = paths(w);
    this.#cells = [];
    const found = (name, what, sign, least) => this.#number(() => this.#found[name], what, sign, least);
    const product = (factors, sign) => this.#number(() => this.#product(factors), "gradient", sign);
    put(this.element, { "aria-label": t`Proof of ${w}` });
    this.element.replaceChildren(
      make(
        "div",
        "caption",
        make("b", {}, pieces`Why ${mathOf(w)} moves as it does`),
        button(t`Close the proof`, "×", () => this.close(w), { class: "close" }),
      ),
      make(
        "div",
        "paths",
        both.map((factors, p) =>
          this.#table(
            factors,
            both.length > 1 ? t`Path ${p + 1}, through output neuron ${p + 1}` : t`The only path`,
          )
        ),
      ),
      make(
        "p",
        "sum",
        mathOf(slope),
        " = ",
        both.length > 1 ? [product(both[0]), " + ", product(both[1], "("), " = "] : "",
        this.#number(() => this.store.values[slope], "gradient result", true),
      ),
      make(
        "p",
        "check",
        make("b", {}, t`Measured, without the chain rule:`),
        " ",
        pieces`the error with ${
          mathOf(w)
        } a little larger, minus the error with it a little smaller, divided by
          the distance: (${found("above", "value", false, 12)} − ${found("below", "value", false, 12)}) /
          ${found("distance", "")} = ${found("slope", "gradient result", true)}.`,
        " ",
        this.verdict,
      ),
    );
  }

  /** A number that follows the state, with at least `least` digits; `sign` is true where it shows its sign,
   *  and "(" where it stands in brackets below zero. */
  #number(read, what, sign = false, least = 0) {
    const node = make("span", `n ${what}`);
    this.#cells.push(() => {
      const value = read(), text = format(value, Math.max(this.store.look.digits, least), sign === true);
      put(node, { "data-value": value, text: sign === "(" && value < 0 ? `(${text})` : text });
    });
    return node;
  }

  #table(factors, caption) {
    const rows = factors.map(([name, formula], n) =>
      make(
        "tr",
        {},
        make("th", { scope: "row" }, n ? "× " : "", mathOf(name)),
        make("td", "how", "= ", spell(this.store, formula)),
        make("td", {}, this.#number(() => this.#factor(formula), kindOf(formula))),
      )
    );
    const last = make(
      "tr",
      "product",
      make("th", { scope: "row" }, t`product`),
      make("td", { colspan: 2 }, this.#number(() => this.#product(factors), "gradient")),
    );
    return make("table", {}, make("caption", {}, caption), make("tbody", {}, rows, last));
  }

  /** The value of a factor's formula. */
  #factor(formula) {
    const { values } = this.store, names = formula.split(" ");
    if (names[0] === "σ(") return values[`da_${names[1]}_d${names[1]}`];
    return names.length > 1 ? values[names[0]] - values[names[2]] : values[formula];
  }

  #product(factors) {
    return factors.reduce((result, [, formula]) => result * this.#factor(formula), 1);
  }

  #refresh(w) {
    const { run, state, values } = this.store, slope = values["dE_d" + w];
    const found = centralDifference(run.weights[state.step], state.inputs, state.targets, WEIGHTS.indexOf(w));
    this.#found = { ...found, distance: 2 * found.step };
    const apart = Math.abs(found.slope - slope), size = Math.max(Math.abs(found.slope), Math.abs(slope));
    const agree = apart === 0 ? 17 : Math.floor(-Math.log10(apart / size));
    put(this.verdict, {
      text: agree >= 4
        ? plural(agree, "✓ The two agree to {0} digit.", "✓ The two agree to {0} digits.")
        : Number.isFinite(apart)
        ? t`✗ Too flat or too steep here to measure by a difference.`
        : t`✗ Not finite here.`,
    });
    for (const refresh of this.#cells) refresh();
  }
}
