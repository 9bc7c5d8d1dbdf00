// Sliders, and the dial: a slider and a field for one of the numbers that the reader gives.

import { make, put } from "../kit/dom.js";
import { format, parseNumber, positive } from "../kit/numbers.js";
import { mathOf } from "../kit/symbols.js";
import { t } from "../kit/words.js";

/** A slider. `take(value, on)` gets what it is moved to; `on` is true from the second value on, until the
 *  reader takes hold of it anew: a drag is one change to whoever keeps the setting before it. */
export class Slider {
  constructor(properties, take) {
    let on = false;
    const anew = () => {
      on = false;
    };
    this.element = make("input", {
      type: "range",
      ...properties,
      oninput: () => {
        take(Number(this.element.value), on);
        on = true;
      },
      onfocus: anew,
      onpointerdown: anew,
    });
  }
  /** Shows `value`, which is heard as `text`. */
  show(value, text) {
    this.element.value = value;
    put(this.element, { "aria-valuetext": text });
  }
}

/** The learning rate's slider, logarithmic, and its field. */
export class RateDial {
  constructor(store, fields) {
    this.store = store;
    this.slider = new Slider(
      { min: -3, max: 3, step: 0.01, "aria-label": t`Rate from 0.001 to 1000, logarithmic` },
      (power, keepGhost) => {
        store.change({ learning_rate: Number((10 ** power).toPrecision(3)) }, { keepGhost });
      },
    );
    this.field = (label) =>
      fields.add(label, {
        name: t`Learning rate`,
        read: positive,
        get: () => format(store.state.learning_rate),
        size: 7,
        set: (learning_rate) => store.change({ learning_rate }),
        takes: t`a finite number above 0, such as 0.5 or 2e-3`,
      });
  }
  render() {
    const { learning_rate } = this.store.state;
    this.slider.show(Math.log10(learning_rate), format(learning_rate));
  }
}

/** The number that `store.look.picked` names, before the first step. */
export class Dial {
  constructor(store, fields) {
    this.store = store;
    this.symbol = make("span");
    this.slider = new Slider(
      { step: 0.01 },
      (value, keepGhost) => store.give(this.picked, value, { keepGhost }),
    );
    this.field = fields.add(this.symbol, {
      name: null, // it follows what is picked
      read: parseNumber,
      get: () => format(store.given(this.picked)),
      size: 7,
      set: (value) => store.give(this.picked, value),
      takes: t`any finite number, such as 0.15 or −2e-3`,
    });
    this.input = this.field.querySelector("input");
  }
  get picked() {
    return this.store.look.picked ?? "w5";
  }
  /** Brings it to what is picked. The slider reaches from −1 to 1, for weights from −2 to 2, and further
   *  where the number is larger. */
  render() {
    const { picked } = this, value = this.store.given(picked), usual = picked[0] === "w" ? 2 : 1;
    const reach = Math.abs(value) > usual ? 2 * Math.abs(value) : usual;
    const other = this.symbol.dataset.name !== picked;
    if (other) {
      this.symbol.dataset.name = picked;
      this.symbol.replaceChildren(mathOf(picked));
      put(this.input, { "aria-label": t`${picked} at the start` });
      put(this.slider.element, { "aria-label": t`${picked}, by sliding` });
    }
    if (other || !this.slider.element.matches(":focus")) {
      put(this.slider.element, { min: -reach, max: reach, step: reach > usual ? "any" : 0.01 });
    }
    this.slider.show(value, format(value));
  }
}
