// What was answered in each chapter, on this device only: a list, a file to take along, a way to forget it.

import { button, make, put } from "../kit/dom.js";
import { saveFile } from "../kit/files.js";
import { life } from "../kit/life.js";
import { allAnswers, asAnswers, keepAll } from "../question/record.js";
import PROGRESS from "./progress.css";

/** The chapter `name` as the menu of the page calls it, with its address, where there is one. */
function chapterLink(name) {
  const links = [...document.querySelectorAll("nav.bd-docs-nav a[href]")];
  const link = links.find((each) => each.pathname.endsWith(`/${name}.html`));
  const title = link?.firstChild.textContent.trim() ?? name.replaceAll("_", " ");
  return link ? make("a", { href: link.href }, title) : title;
}

/** A line of the list: how many of a chapter's questions were answered, and how many at the first try. */
function lineOf(name, { asks = 0, answers = {} }) {
  const all = Object.values(answers), right = all.filter((each) => each.done);
  const first = right.filter((each) => each.first).length;
  const cells = [`${right.length} of ${Math.max(asks, right.length)}`, String(first)];
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, chapterLink(name)),
    cells.map((each) => make("td", "n", each)),
  );
}

/** The list of these chapters, or that there is none. */
function listOf(names, all) {
  if (!names.length) return make("p", "muted", "Nothing answered yet. The questions are in the chapters.");
  const head = ["chapter", "answered", "at the first try"].map((each) => make("th", { scope: "col" }, each));
  const rows = names.map((name) => lineOf(name, all[name]));
  return make("table", {}, make("thead", {}, make("tr", {}, head)), make("tbody", {}, rows));
}

/** Adds what the text of a file holds of these chapters to what is kept. Returns what to say of it. */
function bringBack(text, chapters) {
  const found = asAnswers(text) ?? {}, all = allAnswers();
  const names = chapters.filter((name) => Object.hasOwn(found, name));
  if (!names.length) return "That file holds no answers of this book. Nothing has changed.";
  for (const name of names) {
    const { asks, answers } = found[name], mine = all[name]?.answers ?? {};
    const more = Object.entries(answers).filter(([key]) => !mine[key]?.done);
    all[name] = { asks: all[name]?.asks || asks, answers: { ...mine, ...Object.fromEntries(more) } };
  }
  keepAll(all);
  return "Brought back. What was answered on this device stays.";
}

function mount(root, model, number) {
  const said = make("p", { class: "muted told", role: "status" }), table = make("div", "wide");
  let sure = false;
  const tell = (text) => put(said, { text });
  const take = button("Keep it as a file", "Keep it as a file", () => {
    saveFile("s6-answers.json", JSON.stringify(allAnswers(), null, 1), "application/json");
  }, { title: null });
  const file = make("input", {
    type: "file",
    accept: ".json",
    class: "unseen",
    tabindex: -1,
    "aria-hidden": "true",
  });
  const bring = button("Bring a file back", "Bring a file back", () => file.click(), { title: null });
  const remove = button("", "Delete it", () => {
    if (sure) keepAll({});
    tell(sure ? "Deleted." : "This deletes every answer kept on this device. Press again to do so.");
    sure = !sure;
    render();
    (sure ? remove : bring).focus(); // Safari gives a button that is clicked no focus, so it would lose none
  }, { title: null });
  file.addEventListener("change", async () => {
    tell(bringBack(await file.files[0]?.text() ?? "", model.get("chapters")));
    file.value = "";
    render();
  });
  remove.addEventListener("blur", () => {
    if (!sure) return;
    sure = false;
    tell("");
    render();
  });
  const render = () => {
    const all = allAnswers(), names = model.get("chapters").filter((name) => Object.hasOwn(all, name));
    table.replaceChildren(listOf(names, all));
    for (const each of [take, remove]) each.hidden = !names.length;
    put(remove, { text: sure ? "Yes, delete it" : "Delete it", "aria-label": null });
  };
  const note = make("p", "muted", "Kept on this device only.");
  const live = make(
    "div",
    { class: "live mathjax_ignore", hidden: Boolean(number) },
    table,
    make("div", "foot", take, bring, remove, file),
    said,
    note,
  );
  put(root, { dir: "ltr" });
  root.prepend(live);
  render();
  const hear = ["pageshow", "storage"]; // by Back, to a page that more was answered after; and beside another
  for (const each of hear) addEventListener(each, render);
  return () => hear.forEach((each) => removeEventListener(each, render));
}

export default life("progress", mount, PROGRESS);
