// What was found in files: for each table a sentence, a picture of its columns, what is wrong with the cell
// and the formula that belongs there, and, folded, what is right.

import { button, make } from "../kit/dom.js";
import { plural, t } from "../kit/words.js";
import { differences } from "./difference.js";
import { numberOf } from "./formulas.js";

const columnsRight = (count) => plural(count, "{0} column right", "{0} columns right");
const sentenceOf = (text) => text[0].toUpperCase() + text.slice(1) + (text.endsWith(".") ? "" : ".");
const KINDS = { right: "yes", wrong: "no", "not calculated": "open" };
const kindOf = ({ verdict, because }) => (because ? "after" : KINDS[verdict]);

/** What was found in a file: its name, and each of its tables. `slips` are all that have a
 *  name; `copied(cell, formula)` copies, and says so. */
export function fileView({ file, findings, error }, slips, copied) {
  const tables = new Map();
  for (const one of findings ?? []) {
    const key = JSON.stringify([one.sheet, one.table]);
    tables.set(key, [...tables.get(key) ?? [], one]);
  }
  const all = [...tables.values()], puzzle = all.filter(isPuzzle);
  const view = (each) => tableView(each, slips, copied);
  return make(
    "div", // no article or section: pages have a style for theirs
    { class: "file", role: "group", "aria-label": file },
    make("p", "name", file),
    error ? make("p", "alarm", sentenceOf(error)) : null,
    all.filter((each) => !isPuzzle(each)).map(view),
    puzzle.length
      ? make("details", {}, make("summary", {}, t`The puzzle: this tells its solution`), puzzle.map(view))
      : null,
  );
}

/** Whether a table is one of the puzzle's in the book's own workbook, which readers are to solve. */
const isPuzzle = ([{ sheet }]) => /^Puzzle [A-F]$/.test(sheet);

/** In a few words, how many columns are right. */
export function summary(findings) {
  const of = (verdict) => findings.filter((one) => one.verdict === verdict).length;
  const right = of("right"), wrong = of("wrong"), open = of("not calculated");
  const parts = [columnsRight(right), wrong && t`${wrong} wrong`, open && t`${open} not judged`];
  return parts.filter(Boolean).join(", ");
}

function tableView(findings, slips, copied) {
  const [{ sheet, table }] = findings,
    of = (...kinds) => findings.filter((one) => kinds.includes(kindOf(one)));
  const [wrong, open, after, right] = [of("no"), of("open"), of("after"), of("yes")];
  const good = !wrong.length && !open.length;
  return make(
    "div",
    { class: "table-of", role: "group", "aria-label": t`${sheet}, table at ${table}` },
    make(
      "div",
      "sum",
      make("span", { class: `sign ${good ? "yes" : "no"}`, "aria-hidden": "true" }, good ? "✓" : "✗"),
      make(
        "p",
        {},
        make("b", {}, summary(findings)),
        make("span", "muted", " ", t`${sheet}, from ${table} on`),
      ),
    ),
    picture(findings),
    grouped(wrong).map((group) => card(group, slips, copied)),
    folded(t`${open.length} not judged`, open, !wrong.length),
    folded(t`${after.length} wrong because of others`, after),
    folded(columnsRight(right.length), right),
    notes(findings),
  );
}

/** Columns with the same slip together, in the order of the first. */
function grouped(findings) {
  const groups = new Map();
  for (const one of findings) {
    const key = one.slip ?? one.cell;
    groups.set(key, [...groups.get(key) ?? [], one]);
  }
  return [...groups.values()];
}

function folded(title, findings, open = false) {
  if (!findings.length) return null;
  const items = findings.map(({ column, cell, verdict, says }) => {
    const more = verdict === "right" && says === t`right` ? null : `: ${says}`;
    return make("li", {}, make("b", "n", cell), ` ${column}`, more);
  });
  return make("details", { open }, make("summary", {}, title), make("ul", "list", items));
}

const NEVER = t`never calculated`;

/** What else there is to know, each once, with the columns that it is true of. */
function notes(findings) {
  const all = new Map();
  for (const { notes, column } of findings) {
    for (const text of notes) all.set(text, [...all.get(text) ?? [], column]);
  }
  const never = all.delete(NEVER) && /\.xls[xm]$/i.test(findings[0].file) // cells alone cannot be saved
    ? make(
      "p",
      "muted",
      t`The sheet was never calculated. Its formulas are judged all the same; open and save it once, and its
        numbers are there too.`,
    )
    : null;
  if (!all.size) return never;
  const items = [...all].map(([text, columns]) => {
    const some = columns.slice(0, 4).join(", "), more = columns.length - 4;
    const where = more > 0 ? t`${some} and ${more} more` : some;
    return make("li", {}, `${sentenceOf(text).slice(0, -1)} (${where}).`);
  });
  return [never, make("details", {}, make("summary", {}, t`To know besides`), make("ul", "list", items))];
}

/** The columns of a table as they stand side by side (or its rows, where it lies on its side): what is
 *  wrong has a pointer above it and is filled. Between columns that are no neighbours is a gap. */
function picture(findings) {
  const placed = findings.filter(({ cell }) => cell).map((one) => {
    const [, column, row] = /^([A-Z]+)(\d+)$/.exec(one.cell);
    return { one, column: numberOf(column), row: Number(row) };
  });
  const across = new Set(placed.map(({ column }) => column)).size < placed.length / 2,
    way = across ? "row" : "column";
  placed.sort((a, b) => a[way] - b[way]);
  const cells = [], size = 10;
  let x = 0, last = null;
  for (const { one, [way]: at } of placed) {
    if (last !== null && at > last + 1) x += size / 2;
    last = at;
    const kind = kindOf(one);
    for (let r = 0; r < 4; r++) {
      cells.push(make("path", { class: r ? kind : `${kind} head`, d: `M${x + 1} ${r * size + 12}h8v8h-8z` }));
    }
    if (kind === "no") cells.push(make("path", { class: "pointer", d: `M${x + 1} 2h8l-4 8z` }));
    x += size;
  }
  const wrong = findings.filter((one) => kindOf(one) === "no").map(({ cell }) => cell);
  return make("svg", {
    class: "columns",
    viewBox: `0 0 ${Math.max(x, size)} ${4 * size + 12}`,
    width: 18 * x / size,
    role: "img",
    "aria-label": wrong.length
      ? t`The columns side by side; wrong from ${wrong.join(", ")} on.`
      : t`The columns side by side; none is wrong.`,
  }, cells);
}

/** What is wrong with the columns of one slip, and the formulas that belong there. */
function card(group, slips, copied) {
  const slip = slips.find(({ name }) => name === group[0].slip);
  return make(
    "div",
    "proof wrong",
    slip ? make("p", "slip", slip.says) : null,
    group.map((one) => wrongView(one, copied)),
  );
}

function wrongView({ column, cell, told, formula, repair }, copied) {
  const own = told.replaceAll(" %", "\u00a0%");
  const [has, needs] = formula && repair
    ? differences(formula, repair)
    : [formula, repair].map((one) => [[one?.slice(1)]]);
  const line = (name, kind, parts, more) => [
    make("span", "muted", name),
    make("code", kind, "=", parts.map(([text, differs]) => (differs ? make("mark", {}, text) : text))),
    more,
  ];
  return make(
    "div",
    "one",
    make("p", {}, make("b", "n gradient", cell), ` ${column}: ${own}`),
    make(
      "div",
      "formulas",
      formula ? line(t`It has`, "has", has, make("span")) : null,
      repair ? line(t`It needs`, "needs", needs, copyButton(cell, repair, copied)) : null,
    ),
  );
}

function copyButton(cell, repair, copied) {
  const copy = async () => {
    made.textContent = await copied(cell, repair) ? t`Copied` : t`Not copied`;
  };
  const made = button(t`Copy the formula for ${cell}`, t`Copy`, copy, { title: null });
  return made;
}
