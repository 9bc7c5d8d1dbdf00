// The bar: by operations, by steps, and at what speed; it stays in reach while the stepper is in view.

import { button, icon, make, put } from "../kit/dom.js";
import { t } from "../kit/words.js";
import { LAST_STEP } from "./words.js";

/** Operations a second are below zero. */
const SPEEDS = [
  [-1, t`1 operation / s`],
  [-3, t`3 operations / s`],
  [1, t`1 step / s`],
  [4, t`4 steps / s`],
  [15, t`15 steps / s`],
  [60, t`60 steps / s`],
];

const PLAY = "M7 4v16l13-8z", PAUSE = "M6 5h4v14H6zM14 5h4v14h-4z";

/** Play, which is Pause while it plays. `play()` starts it. */
export class PlayButton {
  constructor(store, play) {
    this.store = store;
    this.icon = icon(PLAY);
    this.word = make("span");
    this.element = button(t`Play`, [this.icon, this.word], () => store.playing ? store.pause() : play(), {
      class: "play primary",
    });
  }
  render() {
    const { playing } = this.store, label = playing ? t`Pause` : t`Play`;
    put(this.icon.firstChild, { d: playing ? PAUSE : PLAY });
    put(this.word, { text: label });
    put(this.element, { "aria-label": label, title: label });
  }
}

const keys = (combination) => ({ "aria-keyshortcuts": combination });

export class Controls {
  constructor(store, root) {
    Object.assign(this, { store, root });
    const byHand = (act) => () => store.byHand(act), step = (by) => byHand(() => store.move(by));
    const again = icon("M12 5V1L6 6l6 5V7a5 5 0 1 1-5 5H5a7 7 0 1 0 7-7z");
    this.play = new PlayButton(store, () => store.play());
    const steps = [
      button(t`Back to step 0`, icon("M4 5h2v14H4zM13 5v14l-7-7zM20 5v14l-7-7z"), step(-LAST_STEP)),
      button(t`Step back`, icon("M17 5v14L8 12zM5 5h2v14H5z"), step(-1), keys("Shift+ArrowLeft")),
      this.play.element,
      button(
        t`Step forward`,
        icon("M7 5v14l9-7zM17 5h2v14h-2z"),
        step(1),
        keys("Shift+ArrowRight"),
      ),
      button(t`Reset`, again, () => store.reset()),
    ];
    const walk = [
      button(
        t`Previous operation`,
        "‹",
        byHand(() => store.walk(-1)),
        keys("ArrowLeft"),
      ),
      button(
        t`Next operation`,
        [make("span", "long", t`Next operation ›`), make("span", "brief", t`Next ›`)],
        byHand(() => store.walk(1)),
        { class: "primary", ...keys("ArrowRight") },
      ),
    ];
    const group = (name, buttons, also = "") =>
      make(
        "div",
        { class: `group ${also}`, role: "group", "aria-label": name },
        make("span", { class: "what muted", "aria-hidden": "true" }, name),
        buttons,
      );
    this.bar = make(
      "div",
      { class: "bar", role: "group", "aria-label": t`Controls` },
      group(t`operation`, walk, "walk"),
      group(t`step`, steps),
      this.#speed(),
    );
    this.element = make("div", "dock", this.bar);
  }

  #speed() {
    const { store } = this, { look } = store;
    const speed = make("select", {
      "aria-label": t`Speed`,
      onchange: () => {
        look.speed = Number(speed.value);
        if (store.playing) store.play();
      },
    }, SPEEDS.map(([value, text]) => make("option", { value, selected: value === look.speed }, text)));
    return speed;
  }

  render() {
    this.play.render();
  }

  /** The arrow keys ← and → walk through the operations, with Shift through the steps; but in a text box or
   *  on a slider they are its own. */
  key(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key], { store } = this;
    if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.target.matches("input,select")) return;
    event.preventDefault();
    store.byHand(() => event.shiftKey ? store.move(by) : store.walk(by));
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
