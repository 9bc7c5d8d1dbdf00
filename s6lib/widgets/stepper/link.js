// Links to a moment of a stepper: followed, and written into the address of the page.

import { Address } from "../kit/address.js";
import { make } from "../kit/dom.js";
import { t } from "../kit/words.js";
import { addressOf, parseAddress } from "./address.js";

/** `number` is the stepper's on its page; `open(state)` is told what a link has opened. */
export class Link {
  constructor(store, root, number, open) {
    Object.assign(this, { store, root, number, open });
    this.broken = make(
      "p",
      { class: "alarm", role: "alert", hidden: true },
      t`The link that led here is broken: no moment of this stepper is at its address. It stands as without
        the link.`,
    );
    this.address = new Address("stepper", () => addressOf(number, store.state, store.defaults));
  }

  follow() {
    const { store, root, number } = this, read = parseAddress(location.hash), named = this.address.named();
    if (named === undefined) return;
    if (read?.stepper !== number) { // a link to nowhere is for the first stepper to tell
      const somewhere = number > 1 || document.querySelector(`[data-stepper="${named}"]`);
      this.broken.hidden = Number(named) !== number && somewhere;
      return;
    }
    store.pause();
    store.change({ ...structuredClone(store.defaults), ...read.state }, { keepGhost: true, silent: true });
    this.open(read.state);
    root.scrollIntoView({ block: "nearest" });
    // While the page loads, what stands above grows or shrinks, and its letters come. "nearest" would then
    // leave a stepper that is taller than the window with its head out of view.
    addEventListener("load", async () => {
      await document.fonts?.ready;
      root.scrollIntoView();
    });
  }
}
