// How a reader goes through the book: code folded as chosen, on all pages and on this device; solutions on paper.

/** What is kept under `key` on this device, or null. A reader may have forbidden even to ask. */
function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function keep(key, text) {
  try {
    localStorage.setItem(key, text);
  } catch {
    // forbidden, or full: then it lasts as long as the page
  }
}

// Code: all of it, key lines, or none. A cell that is opened or closed by itself stays so until the next choice.
const CODE = "s6-code", folds = [...document.querySelectorAll("details.fold")];
const choices = [...document.querySelectorAll(".code-mode input")];
const foldCode = (mode) =>
  folds.forEach((fold) => fold.open = mode === "all" || (mode === "key" && fold.classList.contains("key")));
const chosen = () => {
  const mode = recall(CODE);
  return choices.some(({ value }) => value === mode) ? mode : "key";
};
choices.forEach((choice) => {
  choice.checked = choice.value === chosen(); // the page has been folded so before it was drawn
  choice.addEventListener("change", () => {
    keep(CODE, choice.value);
    foldCode(choice.value);
  });
});
addEventListener("pageshow", ({ persisted }) => { // by Back, to a page that another choice was made after
  const choice = choices.find(({ value }) => value === chosen());
  if (!persisted || !choice || choice.checked) return;
  choice.checked = true;
  foldCode(choice.value);
});

// Paper shows what a page would unfold, solutions above all, but no code that was folded.
addEventListener("beforeprint", () => {
  const closed = [...document.querySelectorAll(".bd-article details:not([open], .fold)")]
    .filter((drawer) => !drawer.closest(".s6-stepper"));
  closed.forEach((drawer) => drawer.open = true);
  addEventListener("afterprint", () => closed.forEach((drawer) => drawer.open = false), { once: true });
});
