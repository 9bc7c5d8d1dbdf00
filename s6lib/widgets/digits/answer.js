// What the network says: its answer in a sentence, ten probabilities, and how far each is from the truth.

import { make, put } from "../kit/dom.js";
import { format, local } from "../kit/numbers.js";
import { t } from "../kit/words.js";
import { LOOKS, NO_DIGIT } from "./prepare.js";

/** The network is sure if it gives its answer this probability or more; also in s6lib/report.py. */
export const SURE = 0.9;

/** { element, render() } */
export function answer(store) {
  const said = make("p", "said"), bars = Array.from({ length: 10 }, (_, digit) => bar(digit));
  const missed = make("span", { class: "muted miss", hidden: true }, "p − y");
  const element = make(
    "div",
    "answer",
    said,
    make("p", "heads muted", make("span"), make("span", {}, t`probability p`), missed),
    make("ul", { class: "bars", "aria-label": t`Probabilities` }, bars.map(({ row }) => row)),
  );
  return {
    element,
    render() {
      const { p, label } = store;
      put(said, { text: sentence(store) });
      missed.hidden = !p || label === null;
      bars.forEach((each, digit) => each.render(p?.[digit], label === null ? null : Number(digit === label)));
      bars.forEach(({ row }, digit) => row.classList.toggle("first", digit === store.answer));
    },
  };
}

function bar(digit) {
  const number = make("span", { class: "n value" }), fill = make("span", "fill");
  const miss = make("span", { class: "n gradient miss" }),
    row = make(
      "li",
      {},
      make("b", {}, String(digit)),
      make("span", { class: "track", "aria-hidden": "true" }, fill),
      number,
      miss,
    );
  return {
    row,
    render(p, truth) {
      put(number, {
        text: p === undefined ? "–" : fixed(p),
        "data-quantity": `p${digit}`,
        "data-value": p ?? null,
      });
      fill.style.width = `${100 * (p ?? 0)}%`;
      miss.hidden = p === undefined || truth === null;
      put(miss, { text: miss.hidden ? "" : fixed(p - truth, true) });
    },
  };
}

/** Four places; what is smaller in powers of ten. */
function fixed(x, sign = false) {
  const size = Math.abs(x);
  return size >= 5e-5 || size === 0
    ? `${x < 0 ? "−" : sign ? "+" : ""}${local(size.toFixed(4))}`
    : format(x, 1, sign);
}

/** What the network says, in a sentence. */
export function sentence({ waiting, problem, seen, empty, p }) {
  if (waiting || problem) return waiting || problem;
  if (empty) return t`Draw a digit, or take an example.`;
  if (seen === "nothing") return t`There is no ink in this.`;
  const order = [...p.keys()].sort((one, other) => p[other] - p[one]), [first, second] = order;
  const chance = fixed(p[first]), looks = LOOKS[seen];
  if (NO_DIGIT.includes(seen)) {
    return t`That looks like ${looks}, not like a digit. A network must say something all the same: ${first},
      with p = ${chance}.`;
  }
  if (seen) return t`It reads ${first}, p = ${chance}, but that looks like ${looks}.`;
  return p[first] >= SURE
    ? t`It reads ${first}, and is sure: p = ${chance}.`
    : t`It reads ${first}, but is not sure: p = ${chance} (next: ${second}, with ${fixed(p[second])}).`;
}
