// The operation: what happens now, as a sentence and as an equation with its numbers.

import { make, put } from "../kit/dom.js";
import { format } from "../kit/numbers.js";
import { kindOf, mathOf } from "../kit/symbols.js";
import { plural, t } from "../kit/words.js";
import { ofPhase, OPERATIONS, PHASES } from "./words.js";

const OPENING = t`Every value and every gradient before the first update. “Next operation” walks through how
  they come about; so do the arrow keys, with Shift by steps.`;

const sign = (text) => make("span", "sign", text);
const line = (...parts) => make("span", "line", parts);

/** `formula` in symbols, or in numbers where `filled`. Its names and signs stand between blanks. */
export function spell({ values, state, look }, formula, filled) {
  const parts = [];
  let open = "", before = "";
  for (const token of formula.split(" ")) {
    const minus = /^−\w/.test(token), name = minus ? token.slice(1) : token;
    if (/\($/.test(token)) open = token;
    else if (token[0] === ")") parts.at(-1).append(token);
    else if (!(name in values) && name !== "rate") parts.push(sign(token));
    else {
      const value = (name === "rate" ? state.learning_rate : values[name]) * (minus ? -1 : 1);
      const text = format(value, look.digits), bracket = value < 0 && /[×−+]/.test(before);
      parts.push(
        make(
          "span",
          {},
          open,
          filled
            ? make("span", `n ${kindOf(name)}`, bracket ? `(${text})` : text)
            : [minus ? "−" : "", mathOf(name)],
        ),
      );
      open = "";
    }
    before = token;
  }
  return parts;
}

export class Equation {
  constructor(store) {
    this.store = store;
    this.heading = make("p", "heading");
    this.sentence = make("p", "sentence");
    this.equation = make("p", "equation");
    this.head = make("div", "caption", this.heading);
    this.element = make("div", "now", this.head, this.sentence, this.equation);
    this.phases = make(
      "div",
      { class: "phases", role: "group", "aria-label": t`Phases of a step` },
      Object.entries(PHASES).map(([phase, shown]) =>
        make("button", {
          type: "button",
          "data-phase": phase,
          onclick: () => store.change({ operation: ofPhase(phase)[0].name }),
        }, shown)
      ),
    );
  }

  render() {
    const { store } = this, { here, state } = store, { name, phase } = OPERATIONS[here];
    const last = OPERATIONS.length - 1,
      place = [
        make("span", "long", t`operation ${here} of ${last}`),
        make("span", "brief", t`${here} of ${last}`),
      ];
    this.heading.replaceChildren(
      make("b", {}, t`Step ${state.step}`),
      ` · ${PHASES[phase]}`,
      here ? make("span", "muted", " · ", place) : "",
    );
    const { text, lines } = store.asking
      ? this.#asked()
      : name === "overview"
      ? this.#overview()
      : name === "update"
      ? this.#update()
      : this.#operation();
    this.sentence.textContent = text;
    this.equation.replaceChildren(...lines);
    for (const one of this.phases.children) {
      put(one, { "aria-current": one.dataset.phase === phase ? "step" : null });
    }
  }

  #result(name) {
    const { values, look } = this.store;
    return make("span", `n result ${kindOf(name)}`, format(values[name], look.digits));
  }

  #overview() {
    const { run, state: { step }, values } = this.store, before = step ? run.loss[step - 1] : null;
    const percent = before ? format(Math.abs(values.E_total / before - 1) * 100, 3) : "0";
    const done = plural(
      step,
      "After {0} update of all eight weights.",
      "After {0} updates of all eight weights.",
    );
    const change = values.E_total <= before
      ? t`The last one made the error ${percent} % smaller.`
      : t`The last one made the error ${percent} % larger.`;
    const text = before === null ? OPENING : `${done} ${change}`;
    return { text, lines: [line(mathOf("E_total"), sign("="), this.#result("E_total"))] };
  }

  #update() {
    const { store } = this, w = store.shownWeight, formula = updateOf(w);
    const next = format(store.updated(w), store.look.digits);
    return {
      text: OPERATIONS[store.here].say,
      lines: [
        line(mathOf(w), sign("←"), spell(store, formula)),
        line(sign("="), spell(store, formula, true)),
        line(sign("="), make("span", "n weight result", next)),
      ],
    };
  }

  /** The sentence alone, and the formula as a hint. */
  #asked() {
    const { store } = this, { name, formula, say, edge } = OPERATIONS[store.here];
    const w = store.shownWeight, [to, of] = formula ? [name, formula] : [w, updateOf(w)];
    return {
      text: say ?? t`How fast the error grows with ${edge}.`,
      lines: store.look.hint ? [line(mathOf(to), sign(formula ? "=" : "←"), spell(store, of))] : [],
    };
  }

  #operation() {
    const { store } = this, { name, formula, say, edge } = OPERATIONS[store.here];
    return {
      text: edge ? meaning(edge, store.values[name]) : say,
      lines: [
        line(mathOf(name), sign("="), spell(store, formula)),
        line(sign("="), spell(store, formula, true)),
        line(sign("="), this.#result(name)),
      ],
    };
  }
}

const updateOf = (w) => `${w} − rate × dE_d${w}`;

/** What the gradient `slope` of weight `w` means, in a sentence. */
function meaning(w, slope) {
  if (slope > 0) return t`Above zero: a larger ${w} means more error, so the update will lower it.`;
  if (slope < 0) return t`Below zero: a larger ${w} means less error, so the update will raise it.`;
  return t`Zero: a larger ${w} changes nothing, so it stays.`;
}
