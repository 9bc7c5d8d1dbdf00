// What a workbook holds: its sheets, and of each its cells with their values, formulas and formats. The twin
// of s6lib/worksheet/cells.py, with a reader of its own.

import { LANGUAGE } from "../kit/language.js";
import { t } from "../kit/words.js";
import { FormulaError, moved, numberOf, parse, placeOf } from "./formulas.js";
import { plainNumber } from "./texts.js";
import { attributes, plainText, walk } from "./xml.js";
import { unpacked, Unreadable } from "./zip.js";

/** Cells at most; and cells with what is in none but has a colour or a border. */
const CELLS = 300_000, EMPTY = 1_000_000;

/** Where a cell stands in the Map of a sheet's cells. */
export const keyOf = (row, column) => row * 20_000 + column;

/** The sheets of the workbook that is the ZIP `bytes` with these `files`: {sheets, names}. A sheet is
 *  {name, cells, merged, hiddenRows}, a cell {row, column, value, formula, shown}: its value is a number, a
 *  text or null, where nothing was calculated; its formula has its =, and shared ones are written out. */
export async function workbook(bytes, files, main) {
  const folder = main.slice(0, main.lastIndexOf("/") + 1);
  const text = (path) => (files.has(path) ? unpacked(bytes, files.get(path)) : "");
  const { sheets, names } = contents(await text(main));
  const targets = related(await text(`${folder}_rels/workbook.xml.rels`));
  const path = (name) => (name.startsWith("/") ? name.slice(1) : folder + name);
  const of = (kind) => Object.values(targets).find((one) => one.kind === kind)?.target;
  const strings = of("sharedStrings") ? texts(await text(path(of("sharedStrings")))) : [];
  const formats = of("styles") ? formatsOf(await text(path(of("styles")))) : [];
  const read = [],
    most = (count, limit) => {
      if (count > limit) throw new Unreadable(t`more than ${limit.toLocaleString(LANGUAGE)} cells`);
    };
  let count = 0;
  for (const { name, id } of sheets) {
    const { kind, target } = targets[id] ?? {};
    if (kind !== "worksheet") continue; // a chart alone
    const xml = await text(path(target));
    for (let at = -1; (at = xml.indexOf("<c ", at + 1)) >= 0;) count++;
    most(count, EMPTY);
    read.push({ name, xml });
  }
  count = 0;
  for (const sheet of read) {
    Object.assign(sheet, cellsIn(sheet.xml, strings, formats));
    most(count += sheet.cells.size, CELLS);
    delete sheet.xml;
  }
  return { sheets: read, names: meant(names) };
}

/** The sheets that workbook.xml names, and its names for cells. */
function contents(xml) {
  const sheets = [], names = {};
  let name = null;
  walk(xml, {
    open(tag, rest) {
      const given = tag === "sheet" || tag === "definedName" ? attributes(rest) : {};
      if (tag === "sheet") sheets.push({ name: given.name, id: given.id });
      if (tag === "definedName" && given.localSheetId === undefined) names[name = given.name] = "";
    },
    close() {
      name = null;
    },
    word(part) {
      if (name !== null) names[name] += part;
    },
  });
  return { sheets, names };
}

/** What names stand for, {name: {sheet, row, column} or a number}; others are left out. */
function meant(names) {
  const found = {};
  for (const [name, text] of Object.entries(names)) {
    const plain = plainNumber(text);
    if (plain !== null) found[name.toLowerCase()] = plain;
    else {
      try {
        const { kind, sheet, row, column } = parse(`=${text.trim()}`, "");
        if (kind === "cell") found[name.toLowerCase()] = { sheet, row, column };
      } catch (error) {
        if (!(error instanceof FormulaError)) throw error;
      }
    }
  }
  return found;
}

/** Where the parts of a workbook lie, {id: {kind, target}}. */
function related(xml) {
  const targets = {};
  walk(xml, {
    open(tag, rest) {
      if (tag !== "Relationship") return;
      const { Id, Type, Target, TargetMode } = attributes(rest);
      const kind = Type?.slice(Type.lastIndexOf("/") + 1);
      if (TargetMode !== "External") targets[Id] = { kind, target: Target }; // nothing is ever fetched
    },
  });
  return targets;
}

/** The texts that cells share. What says how a text is pronounced is left out. */
function texts(xml) {
  const all = [];
  let text = "", inside = false, aside = false;
  walk(xml, {
    open(tag) {
      if (tag === "si") text = "";
      if (tag === "rPh") aside = true;
      inside = tag === "t" && !aside;
    },
    close(tag) {
      if (tag === "si") all.push(text);
      if (tag === "rPh") aside = false;
      inside = false;
    },
    word(part) {
      if (inside) text += part;
    },
  });
  return all;
}

/** How numbers are shown where a file only gives the number of a format. */
const BUILT_IN = {
  1: "0",
  2: "0.00",
  3: "#,##0",
  4: "#,##0.00",
  9: "0%",
  10: "0.00%",
  11: "0.00E+00",
  48: "##0.0E+0",
  49: "@",
};
const isDate = (id) => (id >= 14 && id <= 22) || (id >= 45 && id <= 47);

/** The format of each style of a cell. */
function formatsOf(xml) {
  const own = {}, all = [];
  let inside = false;
  walk(xml, {
    open(tag, rest) {
      if (tag === "cellXfs") inside = true;
      if (tag === "numFmt") {
        const { numFmtId, formatCode } = attributes(rest);
        own[numFmtId] = formatCode;
      } else if (tag === "xf" && inside) {
        const id = Number(attributes(rest).numFmtId ?? 0);
        all.push(own[id] ?? BUILT_IN[id] ?? (isDate(id) ? "d" : "General"));
      }
    },
    close(tag) {
      if (tag === "cellXfs") inside = false;
    },
  });
  return all;
}

/** Whether a format shows a number as a date. */
const showsDate = (format) =>
  /[dmhys]/i.test(format.split(";")[0].replace(/".*?"|\[(?!hh?\]|mm?\]|ss?\])[^\]]*\]|[_\\]./g, ""));

/** A cell as it is mostly written: its name, style and type, its formula and its value. */
const WHOLE = new RegExp(
  '<c r="([A-Z]+)(\\d+)"(?: s="(\\d+)")?(?: t="(\\w+)")?' +
    "(?:/>|>(?:<f>([^<]*)</f>)?(?:<v>([^<]*)</v>|<v/>)?</c>)",
  "y",
);

/** What is read of a sheet, tag by tag. */
class Cells {
  cells = new Map();
  merged = [];
  hiddenRows = new Set();
  hiddenColumns = new Set();
  #shared = new Map();
  #dates = new Map();
  #strings;
  #formats;
  #row = 0;
  #column = 0;
  #cell = null;
  #part = "";

  constructor(strings, formats) {
    this.#strings = strings;
    this.#formats = formats;
  }
  /** Reads a whole cell that begins there, if it is one of the usual. */
  leap(text, at) {
    WHOLE.lastIndex = at;
    const found = text.startsWith("<c ", at) ? WHOLE.exec(text) : null;
    if (!found) return 0;
    const [, column, row, style = 0, type = "n", f = "", v = ""] = found;
    if (type === "inlineStr") return 0;
    this.#row = Number(row);
    this.#column = numberOf(column);
    this.#put(
      f ? `=${plainText(f)}` : null,
      this.#value({ type, shown: this.#shown(style), v: plainText(v) }),
      style,
    );
    return WHOLE.lastIndex;
  }
  open(tag, rest) {
    if (tag === "v" || tag === "f" || tag === "t") this.#part = tag;
    if (tag === "c") {
      const { r, t = "n", s = 0 } = attributes(rest), place = r ? placeOf(r) : null;
      this.#row = place?.row ?? this.#row;
      this.#column = place?.column ?? this.#column + 1;
      this.#cell = { type: t, style: s, shown: this.#shown(s), v: "", f: "", t: "", given: null };
    } else if (tag === "f" && this.#cell) this.#cell.given = attributes(rest);
    else if (tag === "row") {
      const { r, hidden } = attributes(rest);
      this.#row = r ? Number(r) : this.#row + 1;
      this.#column = 0;
      if (hidden === "1" || hidden === "true") this.hiddenRows.add(this.#row);
    } else if (tag === "col") {
      const { min, max = min, hidden } = attributes(rest);
      if (hidden !== "1" && hidden !== "true") return;
      for (let k = Number(min); k <= Math.min(Number(max), 16_384); k++) this.hiddenColumns.add(k);
    } else if (tag === "mergeCell") this.merged.push(attributes(rest).ref.split(":").map(placeOf));
  }
  word(part) {
    if (this.#part && this.#cell) this.#cell[this.#part] += part;
  }
  close(tag) {
    this.#part = "";
    if (tag !== "c" || !this.#cell) return;
    const cell = this.#cell;
    this.#cell = null;
    this.#put(this.#formula(cell), this.#value(cell), cell.style);
  }
  #put(formula, value, style) {
    if (formula === null && value === null) return;
    const row = this.#row, column = this.#column;
    this.cells.set(keyOf(row, column), { row, column, value, formula, shown: this.#shown(style) });
  }
  #shown(style) {
    return this.#formats[style] ?? "General";
  }
  /** The formula of a cell; one that it shares is written out as it reads there. */
  #formula({ f, given }) {
    if (!given) return null;
    if (given.t !== "shared") return f ? `=${f}` : "={}";
    const first = this.#shared.get(given.si);
    if (f) this.#shared.set(given.si, { f, row: this.#row, column: this.#column });
    if (f || !first) return `=${f}`;
    return `=${moved(first.f, this.#row - first.row, this.#column - first.column)}`;
  }
  #value({ type, shown, v, t }) {
    if (type === "inlineStr") return t;
    if (v === "") return null;
    if (type === "s") return this.#strings[v] ?? null;
    if (type === "b") return Number(v === "1" || v === "true");
    if (type !== "n") return v;
    if (!this.#dates.has(shown)) this.#dates.set(shown, showsDate(shown));
    return this.#dates.get(shown) ? `a date, ${v}` : Number(v);
  }
}

/** The cells of a sheet's XML: {cells, merged, hiddenRows}. */
function cellsIn(xml, strings, formats) {
  const reader = new Cells(strings, formats);
  walk(xml, {
    open: (tag, rest) => reader.open(tag, rest),
    close: (tag) => reader.close(tag),
    word: (part) => reader.word(part),
    leap: (text, at) => reader.leap(text, at),
  });
  const { cells, merged, hiddenRows, hiddenColumns } = reader;
  return { cells, merged, hiddenRows, hiddenColumns };
}
