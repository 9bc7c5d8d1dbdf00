// A lesson for the network: a step against the error, many steps, and what it forgot.

import { button, make, put } from "../kit/dom.js";
import { Fields } from "../kit/fields.js";
import { format, positive } from "../kit/numbers.js";
import { inSlices } from "../kit/slices.js";
import { plural, t } from "../kit/words.js";
import { sentence } from "./answer.js";
import { load } from "./assets.js";
import { digitsOf, normalise, prepared } from "./data.js";
import { forward, SIDE } from "./engine.js";

const REST = 300; // milliseconds before others are read: steps may follow each other

/** { element, render() } */
export function lesson(store) {
  const said = make("p", "said"), again = make("p", "again"), fields = new Fields(), count = new Count(store);
  const act = {
    step: button(t`Take one step`, t`Take one step`, () => store.step(), { class: "primary" }),
    train: button(t`Train`, t`Train`, () => store.playing ? store.pause() : store.play()),
    back: button(t`Step back`, t`Step back`, () => store.stepBack()),
    restore: button(t`Recorded weights`, t`Recorded weights`, () => store.restore()),
  };
  const rate = fields.add(t`learning rate`, {
    read: positive,
    get: () => format(store.learning_rate),
    set: (value) => store.setRate(value),
    takes: t`a number above 0`,
  });
  const forgot = make("div", {
      class: "forgot",
      role: "region",
      "aria-label": t`What it forgot`,
      tabindex: 0,
      hidden: true,
    }),
    buttons = make("div", "group", Object.values(act));
  const element = make("div", "lesson", make("div", "choices", rate, buttons), again, said, forgot);
  return {
    element,
    render() {
      const ready = Boolean(store.back),
        { playing, moves, problem } = store,
        label = playing ? t`Pause` : t`Train`;
      put(act.train, { text: label, "aria-label": label, title: label });
      act.step.disabled = !ready || Boolean(problem);
      act.train.disabled = act.step.disabled || (!playing && store.answer === store.label);
      act.back.disabled = !moves.length;
      act.restore.hidden = !moves.length;
      fields.refresh();
      put(again, { text: store.back ? sentence(store) : "" });
      put(said, { text: `${progress(store)} ${store.ended}`.trim() });
      count.render(forgot);
    },
    stop: () => count.stop(),
  };
}

function progress({ back, label, empty, p, error, moves, network }) {
  if (!network || empty) return "";
  if (!back) return t`Choose what the drawing should be, and the error goes back through every layer.`;
  const now = format(error, 5), chance = format(p[label], 5), last = moves.at(-1);
  if (!last) {
    return t`The error is −log p = ${now} with p = ${chance} for ${label}. Take a step against all slopes at
      once.`;
  }
  const by = format(Math.abs(error - last.before), 4), from = format(last.before, 5);
  const promised = format(-last.promised, 4);
  return plural(
    moves.length,
    "After {0} step the error is −log p = {1} with p = {2} for {3}.",
    "After {0} steps the error is −log p = {1} with p = {2} for {3}.",
    now,
    chance,
    label,
  ) + " " + (error < last.before
    ? t`The last step brought it down by ${by}, from ${from}; the slopes had promised ${promised}.`
    : t`The last step raised it by ${by}, from ${from}; the slopes had promised ${promised}.`);
}

/** How many of the bundled test digits the network reads: as it came, and as it was taught. Both are read
 *  between frames, a few digits at a time. */
class Count {
  constructor(store) {
    Object.assign(this, { store, before: null, timer: 0 });
  }

  stop() {
    clearTimeout(this.timer);
    this.of = null;
  }

  render(place) {
    const { moves, playing } = this.store, last = moves.at(-1);
    place.hidden = !last;
    if (!last || playing || this.of === last) return;
    Object.assign(this, { of: last, place });
    put(place, { text: t`Reading other digits …` });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#count(last), REST);
  }

  async #count(last) {
    const { network, came, model } = this.store, soon = (work) => inSlices(work, () => this.of === last);
    try {
      const { test } = digitsOf(await load(model.get("data"), "digits"));
      this.digits = await soon(prepared(test));
    } catch (problem) {
      put(this.place, { text: problem.message });
      return;
    }
    if (this.network !== network) {
      const before = await soon(this.#answers({ ...network, state: came }));
      if (before) Object.assign(this, { network, before });
    }
    const after = await soon(this.#answers(network));
    if (after) this.#show(after);
  }

  /** What `network` says of each digit. */
  *#answers(network) {
    const { images, labels } = this.digits, said = [];
    for (let at = 0; at < images.length; at += SIDE ** 2) {
      const scores = forward(network, normalise(images.subarray(at, at + SIDE ** 2))).values.log_softmax;
      said.push(scores.indexOf(Math.max(...scores)));
      put(this.place, { text: t`Reading other digits, ${said.length} of ${labels.length} …` });
      yield;
    }
    return said;
  }

  #show(after) {
    const { labels } = this.digits, { before } = this, of = labels.length;
    const right = (said, digit) =>
      said.filter((each, k) => each === labels[k] && (digit ?? each) === each).length;
    const rows = [[t`before the lesson`, before], [t`now`, after]].map(([name, said]) =>
      make(
        "tr",
        {},
        make("th", { scope: "row" }, name),
        ...Array.from({ length: 10 }, (_, digit) => make("td", {}, String(right(said, digit)))),
        make("td", {}, make("b", {}, String(right(said)))),
      )
    );
    const heads = [...Array(10).keys(), t`all`].map((head) => make("th", { scope: "col" }, String(head)));
    const lost = right(before) - right(after);
    this.place.replaceChildren(
      make(
        "p",
        {},
        lost > 0
          ? t`It was taught one drawing, and forgot: of ${of} other digits it now misreads ${lost} more.`
          : lost
          ? t`Of ${of} other digits it reads ${-lost} more than before.`
          : t`Of ${of} other digits it reads as many as before.`,
      ),
      make(
        "table",
        {},
        make(
          "caption",
          {},
          t`Read right of ${of} bundled test digits: 8 × 8 pixels, enlarged and prepared. MNIST has none so
            blurred; look at the change, not at the level.`,
        ),
        make("thead", {}, make("tr", {}, make("th", { scope: "col" }, t`digit`), heads)),
        make("tbody", {}, rows),
      ),
    );
  }
}
