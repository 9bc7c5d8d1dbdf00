// The check of a worksheet: a file is dropped, chosen or pasted, read on the page, and what is wrong is said.
//
//   zip, xml, workbook, texts, reading          a file becomes cells                      pure functions
//   formulas, evaluate, cells                   formulas, and what they come to           pure functions
//   headings, tables, trials                    where its tables are; numbers to try      pure functions
//   known, judge, causes, repair, check         verdicts, slips, what belongs there       pure functions
//   checking                                    all of it, for a file or a text           pure functions
//   difference, view                            what was found, as it is shown

import { Announcer } from "../kit/announce.js";
import { button, make, put } from "../kit/dom.js";
import { life } from "../kit/life.js";
import { checkedFile, checkedText } from "./checking.js";
import { t } from "../kit/words.js";
import SHEET from "./sheet.css";
import { fileView, summary } from "./view.js";

/** Where files are dropped or chosen, and cells pasted. `take` gets the works that check them, and
 *  `example` is the text of the built-in one. */
function zone(take, words, example) {
  const files = (list) =>
    take([...list].map((file) => ({
      name: file.name,
      work: checkedFile(file.name, file.size, async () => new Uint8Array(await file.arrayBuffer()), words),
    })));
  const texts = (name, text) => take([{ name, work: checkedText(name, text, words) }]);
  const chooser = make("input", {
    type: "file",
    multiple: true,
    class: "unseen",
    tabindex: -1,
    "aria-hidden": "true",
    accept: ".xlsx,.xlsm,.csv,.tsv",
    onchange: async () => {
      await files(chooser.files);
      chooser.value = ""; // so that the same file can be taken again
    },
  });
  const area = make("textarea", { "aria-label": t`Cells to check`, rows: 5, spellcheck: "false" });
  const paste = make(
    "div",
    { class: "paste", hidden: true },
    make(
      "p",
      "muted",
      t`Copy the table with its headings and paste it here: numbers, or formulas from A1 on.`,
    ),
    area,
    button(t`Check the cells`, t`Check the cells`, () => texts(t`pasted cells`, area.value), { title: null }),
  );
  const opens = button(t`Paste cells`, t`Paste cells`, () => {
    paste.hidden = !paste.hidden;
    put(opens, { "aria-expanded": String(!paste.hidden) });
    if (!paste.hidden) area.focus();
  }, { title: null, "aria-expanded": "false" });
  const place = make(
    "div",
    "zone",
    make("p", "lead", t`Drop a spreadsheet here`),
    make(
      "div",
      "group",
      button(t`Choose files`, t`Choose files …`, () => chooser.click(), { title: null, class: "primary" }),
      opens,
      button(t`Try an example`, t`Try an example`, () => texts(t`example`, example), { title: null }),
    ),
    make("p", "muted", t`Excel (.xlsx) or text (.csv). It is read on this page and goes nowhere.`),
    chooser,
    paste,
  );
  return { place, files, texts };
}

/** Lets the reader drop files anywhere on `live`, which `place` shows, and paste them or cells there. */
function listen(live, { place, files, texts }) {
  const over = (is) => (event) => {
    event.preventDefault();
    place.classList.toggle("over", is);
  };
  live.addEventListener("dragenter", over(true));
  live.addEventListener("dragover", over(true));
  live.addEventListener("dragleave", over(false));
  live.addEventListener("drop", (event) => {
    over(false)(event);
    if (event.dataTransfer.files.length) files(event.dataTransfer.files);
  });
  live.addEventListener("paste", ({ target, clipboardData }) => {
    const text = clipboardData?.getData("text/plain") ?? "";
    if (clipboardData?.files.length) files(clipboardData.files);
    else if (target.tagName !== "TEXTAREA" && /[\t\n]/.test(text)) texts(t`pasted cells`, text);
  });
}

function mount(root, model, number) {
  const status = make("p", { class: "unseen", role: "status" }), results = make("div", "results");
  const announcer = new Announcer((text) => put(status, { text }), () => false);
  const copied = async (cell, text) => {
    try {
      await navigator.clipboard.writeText(text);
      put(status, { text: t`The formula for ${cell} is copied.` });
      return true;
    } catch {
      put(status, { text: t`The browser does not let this page copy: select the formula, and copy it.` });
      return false;
    }
  };
  let turn = 0;
  const take = async (files) => {
    const mine = ++turn, said = [];
    results.replaceChildren();
    for (const { name, work } of files) {
      const waiting = make("p", "muted", t`Reading ${name} …`);
      results.append(waiting);
      const found = await finished(work, () => mine === turn);
      if (mine !== turn) return;
      waiting.replaceWith(fileView(found, model.get("words").slips, copied));
      said.push(`${name}: ${found.error ?? summary(found.findings)}`);
    }
    announcer.tell(said.join(". "));
  };
  const entry = zone(take, model.get("words"), model.get("example"));
  const live = make(
    "div",
    { class: "live mathjax_ignore", "data-lm-suppress-shortcuts": "true", hidden: Boolean(number) },
    entry.place,
    results,
    status,
  );
  listen(live, entry);
  put(root, { role: "group", "aria-label": t`Check of a worksheet`, dir: "ltr" });
  root.prepend(live);
  return () => {
    turn++;
    announcer.stop();
  };
}

/** Milliseconds of work between two frames: a browser waits 4 after each. */
const SLICE = 40;

/** Carries the work out, a little of it between any two frames; undefined once nobody wants it any more. */
async function finished(work, wanted) {
  let until = performance.now() + SLICE;
  await new Promise((resolve) => setTimeout(resolve));
  while (wanted()) {
    const { done, value } = await work.next();
    if (done) return value;
    if (performance.now() < until) continue;
    await new Promise((resolve) => setTimeout(resolve));
    until = performance.now() + SLICE;
  }
}

export default life("sheet", mount, SHEET);
