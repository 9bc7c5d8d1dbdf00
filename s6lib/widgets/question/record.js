// What a reader has answered, on this device only: for each chapter how many questions it asks, and for each
// that was tried {misses, right, shown, set, done, first}.

import { keep, recall } from "../kit/storage.js";

const ANSWERS = "s6-answers";

/** All that is kept: {chapter: {asks, answers: {key: {misses, right, shown, set, done, first}}}}. */
export function allAnswers() {
  return asAnswers(recall(ANSWERS) ?? "{}") ?? {};
}

/** Keeps `all` in place of what was kept. */
export const keepAll = (all) => keep(ANSWERS, JSON.stringify(all));

/** What a file holds, in the form of what is kept; null where it is another file. */
export function asAnswers(text) {
  try {
    const all = JSON.parse(text), plain = (each) => each && typeof each === "object" && !Array.isArray(each);
    const count = (asks) => Number.isInteger(asks) && asks >= 0 && asks <= 1000;
    const asked = (each) => plain(each) && count(each.asks) && plain(each.answers);
    const kept = (each) => Object.values(each.answers).every(plain);
    return plain(all) && Object.values(all).every((each) => asked(each) && kept(each)) ? all : null;
  } catch {
    return null;
  }
}

/** The chapter of this page, by the name of its file. */
export const chapterHere = () =>
  document.querySelector("[data-chapter]")?.dataset.chapter ||
  location.pathname.split("/").pop().replace(/\.html$/, "") || "index";

let asksHere = 0;

function changed(change) {
  const all = allAnswers(), name = chapterHere();
  const mine = Object.hasOwn(all, name) ? all[name] : { asks: asksHere, answers: {} };
  change(mine);
  keepAll({ ...all, [name]: mine });
}

/** Notes how many questions this page asks. */
export const noteAsked = (count) => {
  asksHere = count;
  if (allAnswers()[chapterHere()]?.asks !== count) {
    changed((mine) => {
      mine.asks = count;
    });
  }
};

/** What this device keeps of the question `key`, {get, set}. */
export const noteOf = (key) => ({
  get: () => allAnswers()[chapterHere()]?.answers?.[key] ?? null,
  set: (note) =>
    changed((mine) => {
      mine.answers[key] = note;
    }),
});

/** The same in a widget's trait, as in Jupyter: there the answer is kept too, and what was said of it. */
export const noteIn = (model, name) => ({
  get: () => model.get("answers")?.[name] ?? null,
  set(note, given) {
    model.set("answers", { ...model.get("answers"), [name]: { ...note, ...given } });
    model.save_changes();
  },
});
