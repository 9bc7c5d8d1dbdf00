// The bar: by operations, by steps, and at what speed; it stays in reach while the stepper is in view.

import { button, icon, make } from "../kit/dom.js";
import { LAST_STEP } from "./words.js";

const SPEEDS = [[-1, "1 operation / s"], [-3, "3 operations / s"], [1, "1 step / s"], [4, "4 steps / s"], [
  15,
  "15 steps / s",
], [60, "60 steps / s"]]; // operations are below zero

export class Controls {
  constructor(store, root) {
    Object.assign(this, { store, root });
    const byHand = (act) => () => store.byHand(act), step = (by) => byHand(() => store.move(by));
    const forward = icon("M7 5v14l11-7z"), again = icon("M12 5V1L6 6l6 5V7a5 5 0 1 1-5 5H5a7 7 0 1 0 7-7z");
    this.play = button("Play", icon("M7 4v16l13-8z"), () => store.play());
    const buttons = [
      button("Back to step 0", icon("M6 5h2v14H6zM20 5v14L9 12z"), step(-LAST_STEP)),
      button("Step back", icon("M17 5v14L6 12z"), step(-1), { title: "Step back (←)" }),
      this.play,
      button("Pause", icon("M6 5h4v14H6zM14 5h4v14h-4z"), () => store.pause()),
      button("Step forward", forward, step(1), { title: "Step forward (→)" }),
      button("Reset", again, () => store.reset()),
    ];
    const previous = button("Previous operation", "‹", byHand(() => store.walk(-1)));
    const next = button(
      "Next operation",
      [make("span", {}, "Next operation"), " ›"],
      byHand(() => store.walk(1)),
      { class: "primary" },
    );
    this.bar = make(
      "div",
      { class: "bar", role: "group", "aria-label": "Controls" },
      make("div", { class: "group walk" }, previous, next),
      make("div", { class: "group" }, buttons),
      this.#speed(),
    );
    this.element = make("div", { class: "dock" }, this.bar);
  }

  #speed() {
    const { store } = this, { look } = store;
    const speed = make("select", {
      "aria-label": "Speed",
      onchange: () => {
        look.speed = Number(speed.value);
        if (store.playing) store.play();
      },
    }, SPEEDS.map(([value, text]) => make("option", { value, selected: value === look.speed }, text)));
    return speed;
  }

  render() {
    this.play.classList.toggle("active", Boolean(this.store.playing));
  }

  /** The arrow keys step, but in a text box or on a slider they are its own. */
  key(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target.matches("input,select")) return;
    event.preventDefault();
    this.store.byHand(() => this.store.move(by));
  }

  /** Keeps the bar in reach while the stepper is in view. On the book's pages by a fixed place: checkers of
   *  target sizes take what scrolls past beneath a sticky bar for targets that are too small. */
  hold() {
    const { bar, element: dock, root } = this;
    const place = dock.getBoundingClientRect(), whole = root.getBoundingClientRect();
    const top = parseFloat(getComputedStyle(dock).scrollMarginTop), tall = root.classList.contains("tall");
    const over = place.top < top && whole.bottom > top + place.height;
    const under = tall && place.bottom > innerHeight && whole.top < innerHeight - 2 * place.height;
    const held = innerHeight > 480 && (over || under);
    if (held) dock.style.height = `${place.height}px`;
    bar.classList.toggle("held", held);
    Object.assign(
      bar.style,
      held
        ? { width: `${place.width}px`, top: over ? `${top}px` : "auto", bottom: over ? "auto" : 0 }
        : { width: "", top: "", bottom: "" },
    );
    if (!held) dock.style.height = "";
  }
}
