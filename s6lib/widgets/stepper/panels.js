// The drawers: all values, the race.

import { make, put } from "../kit/dom.js";
import { mathOf } from "../kit/symbols.js";
import { t } from "../kit/words.js";
import { WEIGHTS } from "./engine.js";
import { Race } from "./race.js";
import { ofPhase, PHASES } from "./words.js";

export class Panels {
  constructor(store, quantities, fields) {
    Object.assign(this, { store, quantities });
    this.race = new Race(store, fields);
    const panel = (name, title, ...content) =>
      make(
        "details",
        {
          class: "panel",
          open: store.model.get("panel") === name,
          ontoggle: () => store.render(),
        },
        make("summary", {}, title),
        ...content,
      );
    this.all = {
      values: panel("values", t`All values`, ...this.#values()),
      race: panel("race", t`Learning rates side by side`, ...this.race.content),
    };
  }

  /** The drawers that are open, or those that are not. */
  drawers(open) {
    return Object.values(this.all).filter((one) => one.open === open);
  }

  #values() {
    const { look } = this.store;
    const digits = make("input", {
      type: "range",
      min: 1,
      max: 17,
      step: 1,
      value: look.digits,
      "aria-label": t`Digits`,
      oninput: () => {
        look.digits = Number(digits.value);
        this.store.render();
      },
    });
    this.digits = make("output");
    const row = (name) =>
      make("tr", {}, make("th", { scope: "row" }, mathOf(name)), make("td", {}, this.quantities.show(name)));
    const group = (title, names) =>
      make("table", {}, make("caption", {}, title), make("tbody", {}, names.map(row)));
    return [
      make("label", "digits", t`Digits`, " ", digits, this.digits),
      make(
        "div",
        "tables",
        group(t`Given`, ["i1", "i2", "t1", "t2"]),
        group(t`Weights`, WEIGHTS),
        group(PHASES.Forward, ofPhase("Forward").map(({ name }) => name)),
        group(PHASES.Error, ["E1", "E2", "E_total"]),
        group(PHASES.Backward, [
          "dE_do1",
          "dE_do2",
          "dE_dh1",
          "dE_dh2",
          ...WEIGHTS.map((w) => "dE_d" + w),
        ]),
      ),
    ];
  }

  render(width) {
    put(this.digits, { text: ` ${this.store.look.digits}` });
    if (this.all.race.open) this.race.render(width);
  }
}
