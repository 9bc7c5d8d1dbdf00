// What a reader has answered, on this device only: for each chapter how many questions it asks, and for each
// that was tried {misses, right, shown, set}.

import { keep, recall } from "../kit/storage.js";

export const ANSWERS = "s6-answers";

/** All that is kept: {chapter: {asks, answers: {key: {misses, right, shown, set}}}}. */
export function allAnswers() {
  try {
    const all = JSON.parse(recall(ANSWERS) ?? "{}");
    return all && typeof all === "object" && !Array.isArray(all) ? all : {};
  } catch {
    return {};
  }
}

/** The chapter of this page, by the name of its file. */
export const chapterHere = () =>
  document.querySelector("[data-chapter]")?.dataset.chapter ||
  location.pathname.split("/").pop().replace(/\.html$/, "") || "index";

function changed(change) {
  const all = allAnswers(), name = chapterHere();
  const mine = Object.hasOwn(all, name) ? all[name] : { asks: 0, answers: {} };
  mine.answers ??= {};
  change(mine);
  all[name] = mine;
  keep(ANSWERS, JSON.stringify(all));
}

/** Notes how many questions this page asks. */
export const noteAsked = (count) => {
  if (allAnswers()[chapterHere()]?.asks !== count) {
    changed((mine) => {
      mine.asks = count;
    });
  }
};

/** What is kept of one question: {get, set}. Without a key, as in Jupyter, it lasts as long as the widget. */
export function noteOf(key) {
  let own = null;
  return {
    get: () => (key ? allAnswers()[chapterHere()]?.answers?.[key] ?? null : own),
    set(note) {
      own = note;
      if (key) {
        changed((mine) => {
          if (note) mine.answers[key] = note;
          else delete mine.answers[key];
        });
      }
    },
  };
}
