// How each kind of question is answered. A kind is a function of a question that returns {element,
// put(answer), showRight(), lock(done)}. A question is {spec, values: its numbers by name, chosen: the set
// that they are of, rich(text): its nodes, submit(judged), holes: a Map, which is given what stands for each
// blank}. A kind with blanks has placed() as well, for when they stand in their lines. What is submitted, and
// what `put` returns, is {verdict, answer: as it is kept, blank: the name of the one that the verdict is on}.

import { button, make, put, unseen } from "../kit/dom.js";
import { t } from "../kit/words.js";
import { allowed, judgeChoice, judgeNumber, shuffled, worth, written } from "./judge.js";
import { isQuantity } from "./text.js";

/** Choices as buttons: of one right choice a click is the answer, of several a button sends them. */
export function choice({ spec, chosen, rich, submit }) {
  const { choices, many, name } = spec, taken = new Set(), marks = [];
  const order = spec.kept ? choices.map((_, k) => k) : shuffled(choices.length, `${chosen}/${name}/order`);
  const buttons = choices.map((each, k) => {
    marks[k] = make("span", { class: "verdict" });
    const click = () => {
      if (!many) return submit(judge([k]));
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
    marks[k].replaceChildren(...verdictSign(sign));
    put(buttons[k], { "data-mark": sign || null });
  };
  const judge = (places) => {
    const verdict = judgeChoice(spec, places), [state] = verdict;
    places.forEach((k) => mark(k, choices[k].right ? (state === "right" ? "✓" : "") : "✗"));
    const texts = places.map((k) => choices[k].text);
    return { verdict, answer: many ? texts : texts[0] };
  };
  const hint = many ? make("span", "hint", t`More than one may be right.`) : null;
  const check = many ? checkButton(() => submit(judge([...taken]))) : null;
  return {
    element: make("div", "choices", order.map((k) => buttons[k]), hint, check),
    put(answer) {
      const places = [answer].flat().map((text) => choices.findIndex((each) => each.text === text));
      if (many) {
        for (const k of places) {
          taken.add(k);
          put(buttons[k], { "aria-pressed": "true" });
        }
      }
      return judge(places);
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

/** ✓ or ✗, and the same in words for who hears the page. */
function verdictSign(sign) {
  const words = { "✓": t`right:`, "✗": t`not this:` }[sign];
  return words ? [make("span", { "aria-hidden": "true" }, sign), unseen(`${words} `)] : [];
}

export const checkButton = (onclick) =>
  button(t`Check`, t`Check`, onclick, { class: "primary check", title: null });

/** Letters of an answer that are read; also in answering.py. */
const LONGEST = 200;

/** A field for a number; `send` hears Enter. */
function field(label, unit, send) {
  const mark = make("span", { class: "verdict", "aria-hidden": "true" });
  const input = make("input", {
    type: "text",
    size: 9,
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    onkeydown: (event) => {
      if (event.key === "Enter") send();
    },
    oninput: () => sign(""),
  });
  const sign = (state) => {
    put(mark, { text: { right: "✓", wrong: "✗" }[state] ?? "" });
    put(input, { "data-state": state || null, "aria-invalid": state === "wrong" ? "true" : null });
  };
  const call = (name) => put(input, { "aria-label": unit ? t`${name}, in ${unit}` : name });
  call(label);
  return { input, sign, call, element: make("span", "hole", input, unit ? ` ${unit}` : "", mark) };
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
  const judge = () => {
    const texts = all.map(({ input }) => [...input.value].slice(0, LONGEST).join(""));
    const verdicts = spec.blanks.map((blank, k) => judgeNumber(blank, values, texts[k]));
    verdicts.forEach(([state], k) => all[k].sign(state));
    const worst = ["wrong", "told"].map((kind) => verdicts.findIndex(([state]) => state === kind))
      .find((k) => k >= 0);
    const named = Object.fromEntries(spec.blanks.map(({ name }, k) => [name, texts[k]]));
    return {
      verdict: verdicts[worst] ?? ["right", ""],
      blank: spec.blanks[worst]?.name,
      answer: spec.kind === "number" ? texts[0] : named,
      worst,
    };
  };
  const send = () => {
    const judged = judge();
    submit(judged);
    all[judged.worst]?.input.focus();
  };
  const all = spec.blanks.map(({ name, unit }) =>
    field(spec.kind === "number" ? t`Your answer` : called(spec, name), unit, send)
  );
  spec.blanks.forEach(({ name }, k) => holes.set(name, all[k].element));
  const check = checkButton(send);
  return {
    check,
    all,
    put(answer) {
      spec.blanks.forEach(({ name }, k) => {
        all[k].input.value = spec.kind === "number" ? answer : answer[name];
      });
      return judge();
    },
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
  const kind = fields(question), { spec } = question;
  const placed = () =>
    spec.blanks.forEach(({ name }, k) => {
      if (!isQuantity(name)) kind.all[k].call(wordsBefore(kind.all[k].element) || called(spec, name));
    });
  return { ...kind, placed, element: make("div", "entry", kind.check) };
}

/** What a reader calls a blank: a quantity by its name, any other by its number. Names are for programs. */
export const called = ({ blanks }, name) =>
  isQuantity(name)
    ? name.replaceAll("_", " ")
    : t`Blank ${blanks.findIndex((blank) => blank.name === name) + 1}`;

/** What stands before a blank: in a table its row and column, else the words since the last one or a stop. */
function wordsBefore(hole) {
  const cell = hole.closest("td");
  if (cell) {
    const head = cell.closest("table").rows[0].cells[cell.cellIndex];
    return [cell.parentNode.cells[0], head].map((each) => each.textContent).join(", ");
  }
  let words = "";
  for (let node = hole.previousSibling; node && !node.matches?.(".hole"); node = node.previousSibling) {
    words = node.textContent + words;
  }
  return words.split(/[.;!?]\s+/).at(-1).replace(/^[\s,]+|[\s=:]+$/g, "");
}
