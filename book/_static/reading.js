// How a reader goes through the book: code folded as chosen, solutions on paper, chapters that have been read,
// and where to go from an address that leads nowhere.

/** {message: translation}; `bookbuild/translation.py` puts those of a language in. */
const CATALOGUE = {};
/** t`See ${there}.` as kit/words.js has it. */
const t = (parts, ...values) => {
  const message = parts.reduce((text, part, n) => `${text}{${n - 1}}${part}`);
  return (CATALOGUE[message] ?? message).replace(/\{(\d)\}/g, (_, place) => values[place]);
};
/** Stands for an element in a sentence; `around` puts it in. */
const HERE = "\u0000";
const around = (sentence, element) => sentence.split(HERE).flatMap((part, k) => k ? [element, part] : [part]);

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

// Paper shows what a page would unfold, solutions above all, but neither code nor output that was folded.
addEventListener("beforeprint", () => {
  const closed = [...document.querySelectorAll(".bd-article details:not([open], .fold, .fold-output)")]
    .filter((drawer) => !drawer.closest(".s6-stepper"));
  closed.forEach((drawer) => drawer.open = true);
  addEventListener("afterprint", () => closed.forEach((drawer) => drawer.open = false), { once: true });
});

// Chapters that have been read to their end are marked, on this device only, where it keeps anything at all.
const READ = "s6-read",
  end = document.querySelector(".bd-article > section > section:last-of-type > :last-child");
const here = document.querySelector("[data-chapter]")?.dataset.chapter;
const lasting = (() => {
  try {
    return localStorage instanceof Storage; // and not what stands in for it
  } catch {
    return false;
  }
})();
const chaptersRead = () => (recall(READ) ?? "").split(" ").filter(Boolean);
const made = (name, className, text = "") =>
  Object.assign(document.createElement(name), { className, textContent: text });

/** Puts a mark into each link of the menu, and of the lists on the home page, that leads to a chapter read. */
function mark() {
  document.querySelectorAll(".read-mark, .forget").forEach((old) => old.remove()); // a saved page has some
  const read = chaptersRead(), menu = document.querySelector("nav.bd-docs-nav");
  if (!lasting || !read.length || !menu) return;
  const home = document.querySelector("a.navbar-brand")?.pathname === location.pathname;
  const links = document.querySelectorAll(`nav.bd-docs-nav a${home ? ", .bd-article li a" : ""}`);
  links.forEach((link) => {
    if (link.hash || !read.includes(link.pathname.split("/").pop().replace(/\.html$/, ""))) return;
    const sign = made("span", "read-mark", "✓");
    sign.append(made("span", "visually-hidden", ` ${t`read`}`));
    link.append(sign);
  });
  const forget = made("p", "forget", `${t`✓ read, noted on this device only.`} `),
    button = made("button", "", t`Forget it`);
  button.type = "button";
  button.addEventListener("click", () => {
    keep(READ, "");
    mark();
    const done = made("p", "forget", t`Forgotten.`);
    done.tabIndex = -1;
    menu.append(done);
    done.focus();
  });
  forget.append(button);
  menu.append(forget);
}
mark();
if (lasting && here && end && window.IntersectionObserver && !chaptersRead().includes(here)) {
  const reached = new IntersectionObserver(([{ isIntersecting }]) => {
    if (!isIntersecting || !scrollY) return; // a page that is short, or was only opened
    reached.disconnect();
    keep(READ, [...chaptersRead(), here].join(" "));
    mark();
  });
  reached.observe(end);
}

// An address that names no place on its page would end at the top without a word.

/** How much of two words is alike, from 0 to 1: pairs of letters that both have (Dice 1945). */
function alikeness(one, other) {
  const [pairs, others] = [one, other].map((word) => {
    const letters = word.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-");
    return new Set([...letters].slice(1).map((letter, k) => letters[k] + letter));
  });
  const both = [...pairs].filter((pair) => others.has(pair)).length;
  return both && 2 * both / (pairs.size + others.size);
}

/** The one of `places`, {name, ...}, whose name is most like `wanted`, or undefined where none is much like it. */
function nearest(wanted, places) {
  const ranked = places.map((place) => [alikeness(wanted, place.name), place]).sort(([one], [other]) =>
    other - one
  );
  return ranked[0]?.[0] > 0.4 ? ranked[0][1] : undefined;
}

/** What an address says; as it stands where it is no proper one. */
function decoded(address) {
  try {
    return decodeURIComponent(address);
  } catch {
    return address;
  }
}

const linkTo = ({ href, text }) => Object.assign(made("a", "", text), { href });

/** Says above the page that it has no such place, and which is the nearest. */
function sayLost() {
  document.querySelector(".bd-article > .lost")?.remove();
  const wanted = decoded(location.hash.slice(1));
  // (a moment of a widget is no place, and the top is one that every page has)
  if (!wanted || wanted === "top" || /^[a-z]+=/i.test(wanted)) return;
  if (document.getElementById(wanted) || document.getElementsByName(wanted).length) return;
  const places = [...document.querySelectorAll(".bd-article section[id] > :is(h1, h2, h3)")].map(
    (heading) => {
      const text = heading.firstChild.textContent.trim(), { id } = heading.parentElement;
      return { name: id, href: `#${id}`, text };
    },
  );
  const note = made("p", "lost", t`This page has no part called “${wanted.slice(0, 80)}”.`),
    near = nearest(wanted, places);
  note.setAttribute("role", "status");
  if (near) note.append(" ", ...around(t`The nearest is ${HERE}.`, linkTo(near)));
  document.querySelector(".bd-article")?.prepend(note);
  note.scrollIntoView({ block: "center" });
}
if (document.querySelector(".bd-article > section")) {
  addEventListener("hashchange", sayLost);
  sayLost();
}

// On the page that stands in for one that is nowhere: which chapter may be meant.
const lostPage = document.querySelector("[data-lost]");
if (lostPage) {
  const wanted = decoded(location.pathname).split("/").pop().replace(/\.\w+$/, "");
  const places = [...document.querySelectorAll(".bd-article li a")].map(({ href, textContent }) => (
    { name: new URL(href).pathname.split("/").pop().replace(/\.html$/, ""), href, text: textContent }
  ));
  const near = nearest(wanted, places);
  if (near) lostPage.append(" ", ...around(t`Is it ${HERE} that you are looking for?`, linkTo(near)));
}
