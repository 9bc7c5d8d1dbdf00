// The stepper asks: the value of each next operation is typed before it is shown.

import { button, make, put } from "../kit/dom.js";
import { format } from "../kit/numbers.js";
import { mathOf } from "../kit/symbols.js";
import { judge, LEAST } from "./answers.js";
import { OPERATIONS, plain } from "./words.js";

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
    this.tick = make("label", "tick", box, "Ask me first");
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
    this.check = button("Check", "Check", () => this.#enter(), { class: "primary" });
    this.hint = button("Hint", "Hint", () => this.#hint());
    this.show = button("Show me", "Show me", () => this.#open(`It is ${this.#right(5)}.`));
    this.told = make("p", { class: "told", "aria-live": "polite" });
    this.element = make(
      "div",
      { class: "ask", role: "group", "aria-label": "Your answer" },
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
      this.name.replaceChildren(mathOf(name), name === quantity ? "" : " after the update");
      input.value = "";
      store.look.hint = false;
      put(input, {
        "aria-label": `Your value of ${plain(name)}${name === quantity ? "" : " after the update"}`,
      });
      this.tell("");
    }
    input.readOnly = !asking;
    put(this.check, { text: asking ? "Check" : "Next ›", "aria-label": asking ? "Check" : "Go on" });
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
    this.tell("Type your answer first, or choose Show me.");
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
    if (verdict === "right") return this.#open(`Right: ${this.#right(5)}.`);
    if (verdict === "short") return this.tell(`Right so far. Type ${LEAST} digits or more.`);
    if (!says.length) this.#hint();
    const why = says.length ? `This comes of a slip: ${says.join(" Or: ")}` : "The formula is above.";
    this.tell(`Not yet. ${why}`, true);
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
