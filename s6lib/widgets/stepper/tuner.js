// What opens on the network where the reader taps a number: a slider and a field for it, and the way to its
// proof.

import { button, make } from "../kit/dom.js";
import { t } from "../kit/words.js";
import { Dial } from "./slider.js";

export class Tuner {
  /** `why(w)` is called when the reader asks why a weight moves as it does, `close()` when this closes. */
  constructor(store, fields, why, close) {
    this.store = store;
    this.dial = new Dial(store, fields);
    this.why = make("button", { type: "button", onclick: () => why(this.dial.picked) }, t`Why`);
    this.when = make("span", "muted", t`before the first step`);
    this.element = make(
      "div",
      {
        class: "tuner",
        role: "group",
        "aria-label": t`Change a number`,
        hidden: true,
        onkeydown: (event) => {
          if (event.key === "Escape") close();
        },
      },
      make("div", "caption", this.dial.field, this.why, button(t`Close`, "×", close, { class: "close" })),
      this.dial.slider.element,
      this.when,
    );
  }

  render() {
    const { picked } = this.store.look;
    this.element.hidden = picked === null;
    if (picked === null) return;
    this.why.hidden = picked[0] !== "w";
    this.why.setAttribute("aria-label", t`Why ${picked} moves as it does`);
    this.when.hidden = picked[0] !== "w" || this.store.state.step === 0;
    this.dial.render();
  }
}
