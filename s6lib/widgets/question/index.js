// Questions: each takes an answer, and says which mistake it was.
//
//   judge       numbers by sets, and what an answer is worth      pure functions; the twin of judging.py
//   text        `names`, *emphasis*, {numbers}                    the twin of text.py
//   kinds       choices, numbers, blanks, orders, curves
//   view        one question
//   cover       what answers it, folded
//   page        the questions of a page; record: what is kept of them; sets: which numbers

import { make, put } from "../kit/dom.js";
import { life } from "../kit/life.js";
import { varies } from "./judge.js";
import { isOver, placeOf, survey } from "./page.js";
import QUESTION from "./question.css";
import { noteOf } from "./record.js";
import { chosenSet, onSet } from "./sets.js";
import { View } from "./view.js";

function mount(root, model, count) {
  const { keys, cover } = placeOf(root, count),
    specs = model.get("questions"),
    heading = model.get("heading");
  try {
    const notes = specs.map((_, k) => noteOf(keys[k]));
    const over = () => {
      if (notes.every((note) => isOver(note.get()))) cover?.reveal();
    };
    const views = specs.map((spec, k) =>
      new View(spec, { note: notes[k], over, covers: () => cover?.folded })
    );
    const ask = (view) => view.ask(count ? chosenSet() : model.get("set"));
    cover?.onReveal(() => views.forEach((view) => view.render()));
    const live = make(
      "div",
      { class: "live mathjax_ignore", "data-lm-suppress-shortcuts": "true", hidden: Boolean(count) },
      heading ? make("p", "heading", heading) : null,
      views.map(({ element }) => element),
    );
    put(root, { dir: "ltr" });
    root.prepend(live);
    views.forEach(ask);
    return onSet(() => views.filter(({ spec }) => varies(spec)).forEach(ask));
  } catch (error) {
    cover?.reveal();
    throw error;
  }
}

const questions = life("question", mount, QUESTION);
if (typeof document !== "undefined") survey();

export default questions;
