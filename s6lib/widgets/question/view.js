// One question: what it asks, how it is answered, what is said of the answer, and what else can be done.

import { button, make, put } from "../kit/dom.js";
import { t } from "../kit/words.js";
import { curve } from "./curve.js";
import { numbersOf, varies } from "./judge.js";
import { blanks, called, choice, number } from "./kinds.js";
import { order } from "./order.js";
import { rich, withRight } from "./text.js";

const KINDS = { choice, number, blanks, order, curve };

export class View {
  /** `note` keeps what was answered, {get, set}; `over()` is called when the question is done with, and
   *  `covers()` says whether what answers it is folded. */
  constructor(spec, { note, over, covers }) {
    Object.assign(this, { spec, note, over, covers });
    const label = /^\d+$/.test(spec.label) ? t`Question ${spec.label}` : spec.label;
    this.element = make("div", { class: "task", role: "group", "aria-label": label });
    this.said = make("p", { class: "said", role: "status" });
    this.show = button(t`Show me`, t`Show me`, () => this.#show(), { title: null });
    this.again = button(t`Start over`, t`Start over`, () => this.#startOver(), { title: null });
    this.folded = make("span", "muted folded");
    this.foot = make("div", "foot", this.folded, this.show, this.again);
  }

  /** Asks anew, with the numbers of the set `chosen`. */
  ask(chosen) {
    const { spec } = this, values = numbersOf(spec, chosen), holes = new Map();
    this.values = withRight(spec, values);
    this.chosen = chosen;
    const say = (text) => rich(text, spec, this.values, (name) => holes.get(name));
    const submit = (judged) => this.#judged(judged);
    this.kind = KINDS[spec.kind]({ spec, values, chosen, rich: say, submit, holes });
    this.element.replaceChildren(
      make("p", "label", spec.label),
      make("p", "ask", say(spec.ask)),
      ...linesOf(spec.lines, say),
      this.kind.element,
      this.said,
      this.foot,
    );
    this.kind.placed?.();
    const note = this.#noted(), answer = note?.answer ?? null;
    this.seen = JSON.stringify(this.note.get());
    this.misses = note?.misses ?? 0;
    this.#tell("");
    if (note?.right) this.#settle("right");
    else if (note?.shown) this.#settle("shown");
    else if (answer !== null) this.#miss(this.kind.put(answer));
    this.render();
  }

  /** Asks anew where what is kept was changed elsewhere. */
  renew() {
    if (JSON.stringify(this.note.get()) !== this.seen) this.ask(this.chosen);
  }

  /** What was kept of it, if its numbers were these. */
  #noted() {
    const note = this.note.get();
    return note && (!varies(this.spec) || note.set === this.chosen) ? note : null;
  }

  /** Notes what has happened, and whether it was ever right, and that at once, whatever its numbers. */
  #keep({ right = false, shown = false, answer = null, says = "" }) {
    const before = this.note.get() ?? {}, { misses, chosen } = this;
    const first = before.first ?? (right ? !misses && !shown : false);
    const note = { misses, set: chosen, right, shown, done: Boolean(before.done || right), first };
    this.seen = JSON.stringify({ ...note, answer, says }); // before who hears of it asks
    this.note.set(note, { answer, says });
  }

  #judged(judged) {
    const { verdict: [state, says], blank, answer } = judged;
    if (this.done) return;
    const { activeElement } = this.element.getRootNode();
    if (state === "wrong") {
      this.misses++;
      this.#keep({ answer, says: this.spec.kind === "blanks" ? `${blank}: ${says}` : says });
      this.#miss(judged);
      if (this.misses > 1) this.over();
    } else if (state === "told") this.#tell("told", says);
    else {
      this.#keep({ right: true, answer });
      this.#settle("right");
      this.over();
    }
    this.render();
    if (activeElement?.disabled && this.element.contains(activeElement)) {
      this.again.focus({ preventScroll: true });
    }
  }

  #miss({ verdict: [, says], blank }) {
    const several = this.spec.blanks?.length > 1;
    this.#tell("wrong", several ? `${called(this.spec, blank)}: ${says}` : says);
  }

  #show() {
    const { answer, says } = this.#noted() ?? {};
    this.#keep({ shown: true, answer, says });
    this.#settle("shown");
    this.over();
    this.render();
    this.again.focus();
  }

  #startOver() {
    this.misses = 0;
    this.#keep({});
    this.ask(this.chosen);
    this.element.querySelector("input, .choice, button")?.focus();
  }

  /** Shows the right answer, and why it is right. */
  #settle(how) {
    this.kind.showRight();
    this.kind.lock(true);
    this.#tell(how, this.spec.because);
  }

  #tell(state, says = "") {
    const words = { right: t`Right.`, wrong: t`Not yet.`, shown: t`The answer is shown.` }[state] ?? "";
    const sign = { right: "✓", wrong: "✗", told: "…", shown: "→" }[state];
    this.done = state === "right" || state === "shown";
    put(this.said, { "data-state": state || null });
    this.said.replaceChildren(
      ...(sign
        ? [
          make("span", { class: "sign", "aria-hidden": "true" }, sign),
          make("span", {}, words && make("strong", {}, words), " ", rich(says, this.spec, this.values)),
        ]
        : []),
    );
  }

  render() {
    const covered = this.covers(), { done, misses } = this;
    this.show.hidden = done || !(covered || misses > 1);
    this.again.hidden = !done;
    const waits = misses ? t`Try again, or have it shown:` : t`The answer opens when you have answered.`;
    put(this.folded, { text: covered && !done ? waits : "" });
    this.foot.hidden = [...this.foot.children].every((each) => each.hidden || !each.textContent);
  }
}

/** Lines of a worked example; those with " | " are rows of a table, its head first. */
function linesOf(lines, say) {
  const nodes = [];
  let rows = null;
  for (const line of lines) {
    const cells = line.split(" | ");
    if (cells.length < 2) {
      rows = null;
      nodes.push(make("p", "line", say(line)));
      continue;
    }
    const head = !rows;
    if (head) nodes.push(make("div", "wide", make("table", {}, rows = make("tbody"))));
    rows.append(
      make(
        "tr",
        {},
        cells.map((cell) => make(head ? "th" : "td", { scope: head ? "col" : null }, say(cell))),
      ),
    );
  }
  return nodes;
}
