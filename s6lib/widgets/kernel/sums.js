// Nine pixels, nine weights, nine products: three squares of numbers, and their sum written out.

import { make, put } from "../kit/dom.js";
import { Fields } from "../kit/fields.js";
import { pieces, t } from "../kit/words.js";
import { patchAt, productsOf, total } from "./engine.js";
import { LARGEST, readWeight, remark, short, spell, written } from "./words.js";

const nineOf = (cell) => [0, 1, 2].map((r) => make("tr", {}, [0, 1, 2].map((c) => cell(r, c))));

function square(name, kind, cells) {
  return make("table", `square ${kind}`, make("caption", {}, name), make("tbody", {}, cells));
}

/** `state` has `given` and `place`, and `setKernel`. */
export class Sums {
  constructor(state) {
    this.state = state;
    this.fields = new Fields();
    this.messages = make("div", "messages");
    this.pixels = [];
    this.products = [];
    const shown = (cells, kind) => () => {
      const cell = make("td", `n word ${kind}`);
      cells.push(cell);
      return cell;
    };
    this.sum = make("b", { class: "n", "data-quantity": "sum" });
    this.written = make("span", "n");
    this.line = make("p", "sum");
    this.remark = make("p", "remark muted");
    const sign = (text) => make("span", { class: "sign", "aria-hidden": "true" }, text);
    this.element = make(
      "div",
      "sums",
      make(
        "div",
        "squares",
        square(t`pixels`, "value", nineOf(shown(this.pixels, "value"))),
        sign("×"),
        square(t`kernel`, "weight", nineOf((r, c) => make("td", "word", this.#field(r, c)))),
        sign("="),
        square(t`products`, "", nineOf(shown(this.products, ""))),
      ),
      this.messages,
      this.line,
      this.remark,
    );
  }
  #field(r, c) {
    const { state } = this;
    const field = this.fields.add("", {
      name: t`Kernel, row ${r}, column ${c}`,
      read: readWeight,
      get: () => spell(state.given.kernel[r][c]),
      set: (weight) => {
        const kernel = state.given.kernel.map((row) => [...row]);
        kernel[r][c] = weight;
        state.setKernel(kernel);
      },
      takes: t`a number from −${LARGEST} to ${LARGEST}, such as 0.5 or 1/9`,
      size: 3,
    });
    this.messages.append(field.querySelector(".message"));
    return field;
  }
  /** Returns what a reader who does not see it is told. */
  render() {
    const { given, place } = this.state,
      nine = patchAt(given, place),
      products = productsOf(nine, given.kernel);
    nine.forEach((one, k) => put(this.pixels[k], { text: short(one), "data-value": one }));
    products.forEach((one, k) => put(this.products[k], { text: short(one), "data-value": one }));
    this.fields.refresh();
    const sum = total(products), value = given.relu ? Math.max(0, sum) : sum;
    put(this.sum, { text: short(value), "data-value": value });
    put(this.written, { text: `${written(products)} = ${given.relu ? short(sum) : ""}` });
    const { line, written: before } = this;
    line.replaceChildren(...given.relu ? pieces`${before}, and after ReLU ${this.sum}` : [before, this.sum]);
    const noticed = remark(given, place);
    put(this.remark, { text: noticed });
    return `${t`Row ${place[0]}, column ${place[1]}: ${short(value)}.`} ${noticed}`;
  }
}
