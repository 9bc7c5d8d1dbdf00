// What answers a question is folded until the reader has answered, or wants to see it: all that follows the
// question's cell, up to the last cell with the tag `answer`, or container of that class, before the next
// question or heading.

import { make, put } from "../kit/dom.js";

const ENDS = "section, h1, h2, h3, h4, h5, h6";

/** Unfolds what a page folded before it was saved: nothing else would ever open it. */
export function unfoldSaved() {
  for (const box of document.querySelectorAll(".s6-folded")) {
    if (!box.s6Lives) box.replaceWith(...box.childNodes); // else a second copy of this script
  }
}

/** Folds what answers the question in `root`. Returns {reveal}, or null where nothing does. */
export function cover(root) {
  const cell = root.closest(".cell"), folded = answersOf(cell);
  if (!folded.length) return null;
  const box = make("div", { class: "s6-folded", hidden: "until-found" });
  box.s6Lives = true;
  cell.after(box);
  box.append(...folded);
  const hearing = [];
  const made = {
    folded: true,
    reveal() {
      if (!made.folded) return;
      made.folded = false;
      put(box, { class: null, hidden: null });
      removeEventListener("hashchange", led);
      for (const hear of hearing) hear();
    },
    onReveal: (hear) => hearing.push(hear),
  };
  const led = () => {
    const place = document.querySelector(":target") ?? document.getElementById(location.hash.slice(1));
    if (!place || !box.contains(place)) return;
    made.reveal();
    place.scrollIntoView();
  };
  box.addEventListener("beforematch", made.reveal);
  addEventListener("hashchange", led);
  led();
  return made;
}

function answersOf(cell) {
  const found = [];
  let last = 0;
  for (let node = cell?.nextElementSibling; node; node = node.nextElementSibling) {
    if (node.matches(ENDS) || node.querySelector("[data-question]")) break;
    found.push(node);
    if (node.matches(".tag_answer, .answer")) last = found.length;
  }
  return found.slice(0, last);
}
