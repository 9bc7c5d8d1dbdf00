// A file, or cells that were pasted, become a workbook: {sheets, names}. What is none is refused in one
// sentence, the one of s6lib/worksheet/cells.py.

import { LANGUAGE } from "../kit/language.js";
import { t } from "../kit/words.js";
import { cellsOfText } from "./texts.js";
import { keyOf, workbook } from "./workbook.js";
import { filesOf, Unreadable } from "./zip.js";

const LARGEST = 20e6, UNPACKED = 100e6, MEMBERS = 2000;
const NONE = t`not a spreadsheet, whatever its name; takes .xlsx, .xlsm, .csv and .tsv`;
const LOCKED = t`it is encrypted: save it without a password`;

/** The workbook of the file called `name`, whose content is `bytes`. Throws Unreadable. */
export async function read(name, bytes) {
  if (bytes.length > LARGEST) throw new Unreadable(tooLarge(bytes.length));
  const starts = (...codes) => codes.every((code, k) => bytes[k] === code);
  const zip = starts(0x50, 0x4b, 3, 4), old = starts(0xd0, 0xcf, 0x11, 0xe0);
  if (/\.(csv|tsv)$/i.test(name) && !zip && !old) return ofText(textOf(bytes), name.replace(/\.\w+$/, ""));
  if (!bytes.length) throw new Unreadable(t`the file is empty`);
  if (old) {
    const locked = holds(bytes, "Encrypt");
    throw new Unreadable(
      locked
        ? LOCKED
        : t`an old Excel file (.xls), or an encrypted one: save it as .xlsx, without a password`,
    );
  }
  if (!zip) throw new Unreadable(NONE);
  const files = filesOf(bytes), all = [...files.values()];
  if (all.length > MEMBERS) {
    const [given, most] = [all.length, MEMBERS].map((count) => count.toLocaleString(LANGUAGE));
    throw new Unreadable(t`${given} files inside; read are up to ${most}`);
  }
  if (all.reduce((sum, { size }) => sum + size, 0) > UNPACKED) {
    throw new Unreadable(t`it unpacks to more than ${UNPACKED / 1e6} MB`);
  }
  if (all.some(({ locked }) => locked)) throw new Unreadable(LOCKED);
  if (files.has("content.xml") || files.has("mimetype")) {
    throw new Unreadable(t`an OpenDocument file: save it as .xlsx`);
  }
  const main = [...files.keys()].find((one) => one.endsWith("workbook.xml"));
  if (!main) throw new Unreadable(NONE);
  return await workbook(bytes, files, main);
}

/** What is said of a file of so many bytes, without reading it. */
export const tooLarge = (bytes) =>
  bytes > LARGEST ? t`${(bytes / 1e6).toFixed(0)} MB; read are files up to ${LARGEST / 1e6} MB` : null;

/** The workbook of a text, whose one sheet gets this name. */
export function ofText(text, name) {
  if (!text.trim()) throw new Unreadable(t`the file is empty`);
  if (text.includes("\0")) throw new Unreadable(t`not a text`);
  const cells = new Map(cellsOfText(text).map((cell) => [keyOf(cell.row, cell.column), cell]));
  return {
    sheets: [{ name, cells, merged: [], hiddenRows: new Set(), hiddenColumns: new Set() }],
    names: {},
  };
}

/** Whether a text stands in `bytes`, two bytes a letter. */
function holds(bytes, text) {
  const codes = [...text].flatMap((letter) => [letter.charCodeAt(0), 0]);
  for (let at = bytes.indexOf(codes[0]); at >= 0; at = bytes.indexOf(codes[0], at + 1)) {
    if (codes.every((code, k) => bytes[at + k] === code)) return true;
  }
  return false;
}

function textOf(bytes) {
  const wide = { 0xfffe: "utf-16le", 0xfeff: "utf-16be" }[bytes[0] << 8 | bytes[1]];
  try {
    return new TextDecoder(wide ?? "utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}
