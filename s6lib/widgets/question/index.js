// Questions: each takes an answer, and says which mistake it was.
//
//   judge       numbers by sets, and what an answer is worth      pure functions; the twin of judging.py
//   text        `names`, *emphasis*, {numbers}                    the twin of text.py
//   kinds       choices, numbers and blanks; order and curve: a kind each
//   view        one question
//   cover       what answers it, folded
//   page        the questions of a page; record: what is kept of them; sets: which numbers they have

import { button, make, put } from "../kit/dom.js";
import { life } from "../kit/life.js";
import { t } from "../kit/words.js";
import { varies } from "./judge.js";
import { isOver, placeOf, placesHere } from "./page.js";
import QUESTION from "./question.css";
import { noteIn, noteOf } from "./record.js";
import { anySet, chooseSet, chosenSet, onSet } from "./sets.js";
import { View } from "./view.js";

/** Which numbers the questions have: on a page those of all its questions, in Jupyter those of the widget. */
function setOf(model, count, renew) {
  if (count) return { get: chosenSet, change: chooseSet, stop: onSet(renew) };
  model.on("change:set", renew);
  return {
    get: () => model.get("set"),
    change() {
      model.set("set", anySet());
      model.save_changes();
    },
    stop: () => model.off("change:set", renew),
  };
}

function fill(root, model, count, { keys, cover }) {
  const notes = model.get("questions").map(({ name }, k) => keys[k] ? noteOf(keys[k]) : noteIn(model, name));
  const over = () => {
    if (notes.every((note) => isOver(note.get()))) cover?.reveal();
  };
  const covers = () => cover?.folded;
  const views = model.get("questions").map((spec, k) => new View(spec, { note: notes[k], over, covers }));
  const changing = views.filter(({ spec }) => varies(spec));
  const set = setOf(model, count, () => ask(changing));
  const which = make("span", "muted set");
  const other = button(t`Other numbers`, t`Other numbers`, set.change, { title: null });
  function ask(these) {
    for (const view of these) view.ask(set.get());
    put(which, { text: t`Numbers: set ${set.get()}` });
  }
  cover?.onReveal(() => views.forEach((view) => view.render()));
  const heading = model.get("heading");
  const live = make(
    "div",
    { class: "live mathjax_ignore", "data-lm-suppress-shortcuts": "true", hidden: Boolean(count) },
    heading ? make("p", "heading", heading) : null,
    views.map(({ element }) => element),
    changing.length ? make("div", "last", which, other) : null,
  );
  put(root, { dir: "ltr" });
  root.prepend(live);
  ask(views);
  const renew = () => views.forEach((view) => view.renew());
  model.on("change:answers", renew);
  return () => {
    set.stop();
    model.off("change:answers", renew);
  };
}

function mount(root, model, count) {
  const place = placeOf(root, count);
  try {
    return fill(root, model, count, place);
  } catch (error) {
    place.cover?.reveal(); // or nothing could unfold it
    throw error;
  }
}

const questions = life("question", mount, QUESTION);
if (typeof document !== "undefined") placesHere();

export default questions;
