// The questions of a page, in its order: under which key each answer is kept, and what they cover.

import { dress } from "../kit/theme.js";
import { cover, unfoldSaved } from "./cover.js";
import QUESTION from "./question.css";
import { noteAsked, noteOf } from "./record.js";

let places = null;

/** Whether a question is done with: answered, missed twice, or shown. */
export const isOver = (note) => Boolean(note && (note.done || note.right || note.shown || note.misses > 1));

/** What the page knows of the questions in `root`, {keys, cover}; nothing in Jupyter, where `number` is 0. */
export function placeOf(root, number) {
  if (!number) return { keys: [], cover: null };
  return placesHere().get(root) ?? { keys: [], cover: null };
}

/** The same of all of them, once. */
export const placesHere = () => places ??= survey();

/** Looks through the page: gives every question its key, the second of the same name another than the first,
 *  and folds what answers those that are not done with. */
function survey() {
  unfoldSaved();
  const found = new Map(), seen = new Map();
  let count = 0;
  for (const root of document.querySelectorAll("div[data-question]")) {
    if (!Number(root.dataset.question)) continue; // not to live
    const { questions } = JSON.parse(root.querySelector("script[type='application/json']").textContent);
    const keys = questions.map(({ name }) => {
      const times = (seen.get(name) ?? 0) + 1;
      seen.set(name, times);
      return times > 1 ? `${name}.${times}` : name;
    });
    count += keys.length;
    found.set(root, { keys, cover: null });
  }
  if (count) {
    dress(document, "question", QUESTION);
    noteAsked(count);
  }
  for (const [root, place] of found) {
    if (!place.keys.every((key) => isOver(noteOf(key).get()))) place.cover = cover(root);
  }
  return found;
}
