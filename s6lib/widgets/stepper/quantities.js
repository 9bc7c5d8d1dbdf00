// Numbers on the page that follow the state.

import { make, put } from "../kit/dom.js";
import { fit, format } from "../kit/numbers.js";
import { kind } from "./words.js";

export class Quantities {
  #shown = [];
  constructor(store) {
    this.store = store;
  }

  /** The value of `name`, with `most` digits at most, in `room` characters where that is given. */
  show(name, { most = 17, room = null } = {}) {
    const node = make("span", { class: `n ${kind(name)}`, "data-quantity": name });
    this.#shown.push({ node, name, most, room });
    return node;
  }

  /** All of them anew. `roomy(room)` is how many characters there are in a place for `room` of them. */
  render(roomy) {
    const { store } = this, { digits } = store.look;
    for (const { node, name, most, room } of this.#shown) {
      const sign = kind(name) === "gradient", value = store.values[name];
      put(node, {
        "data-value": value,
        text: (room || store.state.ask) && !store.known(name)
          ? "?"
          : room
          ? fit(value, Math.min(most, digits), roomy(room), sign)
          : format(value, digits, sign),
      });
    }
  }
}
