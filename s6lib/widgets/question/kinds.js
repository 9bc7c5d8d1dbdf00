// How each kind of question is answered. A kind is a function of a question that returns {element,
// judged(verdict, answer), showRight(), lock(done)}. A question is {spec, values: its numbers by name,
// chosen: the set that they are of, rich(text): its nodes, submit(verdict, answer), holes: a Map, which is
// given what stands for each blank}.

import { button, make, put, unseen } from "../kit/dom.js";
import { allowed, judgeChoice, judgeNumber, shuffled, worth, written } from "./judge.js";

/** Choices as buttons: of one right choice a click is the answer, of several a button sends them. */
export function choice({ spec, chosen, rich, submit }) {
  const { choices, many, name } = spec, taken = new Set(), marks = [];
  const order = spec.kept ? choices.map((_, k) => k) : shuffled(choices.length, `${chosen}/${name}/order`);
  const buttons = choices.map((each, k) => {
    marks[k] = make("span", { class: "verdict" });
    const click = () => {
      if (!many) return submit(judgeChoice(spec, [k]), [k]);
      if (!taken.delete(k)) taken.add(k);
      put(buttons[k], { "aria-pressed": taken.has(k) });
      mark(k, "");
    };
    const look = {
      type: "button",
      class: "choice",
      "data-place": k,
      "aria-pressed": many ? "false" : null,
      onclick: click,
    };
    return make("button", look, marks[k], make("span", {}, rich(each.text)));
  });
  const mark = (k, sign) => {
    const words = { "✓": "right: ", "✗": "not this: " }[sign];
    marks[k].replaceChildren(...(sign ? [make("span", { "aria-hidden": "true" }, sign), unseen(words)] : []));
    put(buttons[k], { "data-mark": sign || null });
  };
  const hint = many ? make("span", "hint", "More than one may be right.") : null;
  const check = many ? checkButton(() => submit(judgeChoice(spec, [...taken]), [...taken])) : null;
  return {
    element: make("div", "choices", order.map((k) => buttons[k]), hint, check),
    judged([state], answer) {
      answer.forEach((k) => mark(k, choices[k].right ? (state === "right" ? "✓" : "") : "✗"));
    },
    showRight() {
      choices.forEach(({ right }, k) => {
        if (right) mark(k, "✓");
        if (many) put(buttons[k], { "aria-pressed": right });
      });
    },
    lock(done) {
      for (const each of [...buttons, check]) if (each) each.disabled = done;
    },
  };
}

export const checkButton = (onclick) =>
  button("Check", "Check", onclick, { class: "primary check", title: null });

/** A field for a number; `send` hears Enter. */
function field(label, unit, send) {
  const mark = make("span", { class: "verdict", "aria-hidden": "true" });
  const input = make("input", {
    type: "text",
    size: 9,
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    "aria-label": label + (unit ? `, in ${unit}` : ""),
    onkeydown: (event) => {
      if (event.key === "Enter") send();
    },
    oninput: () => sign(""),
  });
  const sign = (state) => {
    put(mark, { text: { right: "✓", wrong: "✗" }[state] ?? "" });
    put(input, { "data-state": state || null, "aria-invalid": state === "wrong" ? "true" : null });
  };
  return { input, sign, element: make("span", "hole", input, unit ? ` ${unit}` : "", mark) };
}

/** The right number as a reader would type it. */
const typed = (blank, values) => {
  const right = worth(blank.right, values), exact = blank.absolute === 0;
  return written(right, exact ? 15 : blank.digits ?? digitsFor(right, allowed(blank, right)));
};

/** As many digits of `value` as `far` allows. */
const digitsFor = (value, far) =>
  value ? Math.min(15, Math.max(1, Math.ceil(Math.log10(Math.abs(value) / far)) + 1)) : 1;

/** One number, or numbers in the blanks of a text. `holes` gets a field for each name. */
function fields({ spec, values, submit, holes }) {
  const send = () => {
    const verdicts = spec.blanks.map((blank, k) => judgeNumber(blank, values, all[k].input.value));
    verdicts.forEach(([state], k) => all[k].sign(state));
    const worst = ["wrong", "told"].map((kind) => verdicts.findIndex(([state]) => state === kind))
      .find((k) => k >= 0);
    submit(worst === undefined ? ["right", ""] : verdicts[worst], worst);
    if (worst !== undefined) all[worst].input.focus();
  };
  const all = spec.blanks.map(({ name, unit }) =>
    field(spec.kind === "number" ? "Your answer" : name.replaceAll("_", " "), unit, send)
  );
  spec.blanks.forEach(({ name }, k) => holes.set(name, all[k].element));
  const check = checkButton(send);
  return {
    check,
    all,
    judged() {},
    showRight: () =>
      spec.blanks.forEach((blank, k) => {
        all[k].input.value = typed(blank, values);
        all[k].sign("right");
      }),
    lock(done) {
      check.disabled = done;
      for (const { input } of all) input.readOnly = done;
    },
  };
}

export function number(question) {
  const kind = fields(question);
  return { ...kind, element: make("div", "entry", kind.all[0].element, kind.check) };
}

export function blanks(question) {
  const kind = fields(question);
  return { ...kind, element: make("div", "entry", kind.check) };
}
