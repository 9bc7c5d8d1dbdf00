// Text boxes that take what they can read, and otherwise say what they take.

import { make } from "./dom.js";
import { aboutCommas } from "./numbers.js";
import { t } from "./words.js";

/** The fields of one widget: `add` makes one, `refresh` shows what the state has become, `forget` what was
 *  typed. */
export class Fields {
  #id = `s6-${Math.random().toString(36).slice(2, 8)}`;
  #all = [];

  /** A field, labelled. `read(text)` returns a value or null; `get` and `set` reach the state; `takes`
   *  says, in words, what `read` takes; `name` is the label as it is heard. */
  add(label, { read, get, set, takes, name = label, size = 9 }) {
    const message = make("span", { class: "message", id: `${this.#id}-m${this.#all.length}`, role: "alert" });
    let typed = false;
    const tell = (text) => {
      message.textContent = text;
      if (text) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    };
    const take = () => {
      if (!typed) return;
      typed = false;
      const text = input.value.trim(), value = read(text);
      tell(value === null ? refusal(text, takes, get()) : "");
      if (value !== null) set(value);
      input.value = get();
    };
    const input = make("input", {
      type: "text",
      "aria-label": name,
      size,
      autocomplete: "off",
      spellcheck: "false",
      "aria-describedby": message.id,
      oninput: () => {
        typed = true;
      },
      onchange: take,
      onkeydown: (event) => {
        if (event.key === "Enter") take();
      },
    });
    const refresh = () => {
      if (typed || input.value === get()) return;
      input.value = get();
      tell("");
    };
    this.#all.push({
      refresh,
      forget: () => {
        typed = false;
        tell("");
      },
    });
    return make("span", "field", make("label", {}, label, input), message);
  }
  refresh() {
    for (const one of this.#all) one.refresh();
  }
  forget() {
    for (const one of this.#all) one.forget();
  }
}

function refusal(text, takes, kept) {
  const refused = text ? t`“${text.slice(0, 40)}”: takes ${takes}.` : t`Empty: takes ${takes}.`;
  return [refused, aboutCommas(text), t`Kept ${kept}.`].filter(Boolean).join(" ");
}
