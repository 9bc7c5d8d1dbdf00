// A widget's state in the address of its page: `#stepper=1&step=3` is the first stepper, at its third step.

import { inFull } from "./numbers.js";

/** The state of a widget called `name` in `hash` as {number, state}, or null where any part of it is not
 *  exactly in order. `readers` has a function for each key: text -> value or null. Mail programs may have
 *  encoded the hash, and taken the end of a sentence for the end of the address. */
export function readAddress(hash, name, readers) {
  try {
    hash = decodeURIComponent(hash).replaceAll("&amp;", "&").replace(/[^\w]+$/, "");
  } catch {
    return null;
  }
  if (hash.length > 1000 || !/^#[a-z]+=\d{1,2}(&[a-z_]+=[\w.,-]+)*$/.test(hash)) return null;
  const [[kind, number], ...parts] = hash.slice(1).split("&").map((part) => part.split("="));
  if (kind !== name) return null;
  const state = {};
  for (const [key, text] of parts) {
    if (!Object.hasOwn(readers, key) || Object.hasOwn(state, key)) return null;
    state[key] = readers[key](text);
    if (state[key] === null) return null;
  }
  return { number: Number(number), state };
}

/** The address of `state`, naming only those of `keys` that differ from `defaults`. */
export function writeAddress(name, number, state, defaults, keys) {
  const parts = keys.filter((key) => String(state[key]) !== String(defaults[key]))
    .map((key) => `&${key}=${[state[key]].flat().map(inFull)}`);
  return parts.length ? `#${name}=${number}${parts.join("")}` : "";
}

/** Keeps the address of the page at `write()`, at most twice a second, as browsers ask, and leaves others'
 *  alone. */
export class Address {
  #due = 0;
  #wrote = 0;
  constructor(name, write) {
    Object.assign(this, { name, write });
  }
  remember() {
    clearTimeout(this.#due);
    this.#due = setTimeout(() => {
      this.#wrote = performance.now();
      const here = location.href.split("#")[0], hash = this.write();
      if (hash || location.hash.startsWith(`#${this.name}=`)) {
        history.replaceState(history.state, "", here + hash);
      }
    }, Math.max(0, 500 - (performance.now() - this.#wrote)));
  }
  /** The number of the widget of this name that the address means, as text; undefined where it means none. */
  named() {
    return new RegExp(`^#${this.name}(?:=|%3D)0*(\\d*)`, "i").exec(location.hash)?.[1];
  }
  stop() {
    clearTimeout(this.#due);
  }
}
