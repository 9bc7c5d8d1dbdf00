// The stepper asks: the value of each next operation is typed before it is shown.

import { button, make, put } from "../kit/dom.js";
import { format } from "../kit/numbers.js";
import { mathOf } from "../kit/symbols.js";
import { pieces, t } from "../kit/words.js";
import { judge, LEAST } from "./answers.js";
import { gradientFor, OPERATIONS, plain } from "./words.js";

export class Ask {
  #moment = "";
  constructor(store) {
    this.store = store;
    const box = make("input", {
      type: "checkbox",
      onchange: () => {
        store.look.hint = false;
        store.change({ ask: box.checked, proof: "none" });
        if (store.asking) this.focus();
      },
    });
    this.box = box;
    this.tick = make("label", "tick", box, t`Ask me first`);
    this.name = make("span");
    this.input = make("input", {
      type: "text",
      size: 11,
      autocomplete: "off",
      spellcheck: "false",
      onkeydown: (event) => {
        if (event.key === "Enter") this.#enter();
      },
    });
    this.check = button(t`Check`, t`Check`, () => this.#enter(), { class: "primary" });
    this.hint = button(t`Hint`, t`Hint`, () => this.#hint());
    this.show = button(t`Show me`, t`Show me`, () => this.#open(t`It is ${this.#right(5)}.`));
    this.told = make("p", { class: "told", "aria-live": "polite" });
    this.element = make(
      "div",
      { class: "ask", role: "group", "aria-label": t`Your answer` },
      make("label", {}, this.name, "=", this.input),
      this.check,
      this.hint,
      this.show,
      this.told,
    );
  }

  render() {
    const { store, element, input, box } = this, { state, asking, moment } = store;
    box.checked = state.ask;
    element.hidden = !state.ask || !store.here || store.playing;
    const { name, quantity } = this.#asked();
    if (moment !== this.#moment) {
      this.#moment = moment;
      const after = name !== quantity, symbol = mathOf(name);
      this.name.replaceChildren(...after ? pieces`${symbol} after the update` : [symbol]);
      input.value = "";
      store.look.hint = false;
      put(input, { "aria-label": heard(name, after) });
      this.tell("");
    }
    input.readOnly = !asking;
    put(this.check, { text: asking ? t`Check` : t`Next ›`, "aria-label": asking ? t`Check` : t`Go on` });
    this.hint.hidden = this.show.hidden = !asking;
    this.hint.disabled = store.look.hint;
  }

  focus() {
    this.input.focus({ preventScroll: true });
  }

  tell(text, bad = false) {
    put(this.told, { text });
    put(this.input, { "aria-invalid": bad || null });
  }

  /** What the reader wants to see before the answer is given. */
  nudge() {
    this.tell(t`Type your answer first, or choose Show me.`);
    this.focus();
  }

  /** The quantity that is asked for, and what it is called on the page. */
  #asked() {
    const { name } = OPERATIONS[this.store.here], w = this.store.shownWeight;
    return name === "update" ? { name: w, quantity: `${w}_new` } : { name, quantity: name };
  }

  #right(digits) {
    const { store } = this, { name, quantity } = this.#asked();
    const value = name === quantity ? store.values[name] : store.updated(name);
    return digits ? format(value, digits) : value;
  }

  #enter() {
    const { store, input } = this;
    if (!store.asking) return store.byHand(() => store.walk(1));
    const { verdict, says } = this.#judged(input.value);
    if (verdict === "told") return this.tell(says[0], true);
    if (verdict === "right") return this.#open(t`Right: ${this.#right(5)}.`);
    if (verdict === "short") return this.tell(t`Right so far. Type ${LEAST} digits or more.`);
    if (!says.length) this.#hint();
    const [one, other] = says;
    this.tell(
      other
        ? t`Not yet. This comes of a slip: ${one} Or: ${other}`
        : one
        ? t`Not yet. This comes of a slip: ${one}`
        : t`Not yet. The formula is above.`,
      true,
    );
    input.select();
  }

  #judged(text) {
    const { run, state, model } = this.store, { inputs, targets, learning_rate: rate } = state;
    const numbers = { weights: [...run.weights[state.step]], inputs, targets, rate };
    return judge(text, this.#asked().quantity, this.#right(), model.get("slips"), numbers);
  }

  #hint() {
    this.store.look.hint = true;
    this.store.render();
  }

  #open(text) {
    this.store.open();
    this.tell(text);
    this.focus();
  }
}

/** What the field is for the quantity `name`, where it is heard. */
function heard(name, after) {
  const of = gradientFor(name);
  if (of) return t`Your value of gradient for ${of}`;
  return after ? t`Your value of ${plain(name)} after the update` : t`Your value of ${plain(name)}`;
}
