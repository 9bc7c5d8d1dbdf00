// Slides by keys, buttons and touch: on, and where a slide has an answer, first to that. `#3` is the third.

const main = document.querySelector("main"), all = [...main.children];
const output = document.querySelector("nav output");

/** The slide in view, from 0. */
const here = () => Math.round(main.scrollLeft / main.clientWidth);

function goTo(place, smooth = true) {
  const next = Math.max(0, Math.min(all.length - 1, place));
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  main.scrollTo({ left: next * main.clientWidth, behavior: smooth && !still ? "smooth" : "instant" });
  tell(next);
  if (document.activeElement === document.body || main.contains(document.activeElement)) {
    all[next].focus({ preventScroll: true });
  }
}

function tell(place) {
  output.textContent = `${place + 1} / ${all.length}`;
  all.forEach((slide, k) => slide.inert = k !== place);
  if (location.hash !== `#${place + 1}`) history.replaceState(null, "", `#${place + 1}`);
  now = place;
}

let now = 0;

/** Opens the answer of a slide, or goes to the next; back closes it, or goes to the one before. */
function step(by) {
  const answer = all[now].querySelector("details");
  if (answer && answer.open !== by > 0) {
    answer.open = by > 0;
    if (answer.open) answer.scrollIntoView({ block: "nearest" });
  } else goTo(now + by);
}

const KEYS = {
  ArrowRight: () => step(1),
  ArrowDown: () => step(1),
  PageDown: () => step(1),
  " ": () => step(1),
  ArrowLeft: () => step(-1),
  ArrowUp: () => step(-1),
  PageUp: () => step(-1),
  Home: () => goTo(0),
  End: () => goTo(all.length - 1),
};

addEventListener("keydown", (event) => {
  const pressed = event.target.closest("button, summary, a") && [" ", "Enter"].includes(event.key);
  if (pressed || event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
  const slide = all[now], longer = slide.scrollHeight > slide.clientHeight + 1;
  if (longer && /^(Arrow(Up|Down)|Page)/.test(event.key)) return; // these scroll it
  event.preventDefault();
  KEYS[event.key]();
});
for (const button of document.querySelectorAll("[data-go]")) {
  button.addEventListener("click", () => step(Number(button.dataset.go)));
}
document.querySelector("[data-theme-of]").addEventListener("click", () => {
  const { dataset } = document.documentElement;
  const dark = dataset.theme ? dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  dataset.theme = dark ? "light" : "dark";
});

// A finger has moved them.
const settle = () => here() !== now && tell(here());
let settled = 0;
if ("onscrollend" in window) main.addEventListener("scrollend", settle);
else {
  main.addEventListener("scroll", () => {
    clearTimeout(settled);
    settled = setTimeout(settle, 300);
  });
}
addEventListener("resize", () => goTo(now, false));

let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open])")];
  for (const each of opened) each.open = true;
});
addEventListener("afterprint", () => {
  for (const each of opened) each.open = false;
});

const named = Number(location.hash.slice(1));
goTo(named >= 1 ? named - 1 : 0, false);
