// XML as spreadsheets hold it: tags, attributes and text, without a document. No entity but the five that XML
// itself defines, and nothing that refers to anything.

import { t } from "../kit/words.js";
import { Unreadable } from "./zip.js";

const TAG = new RegExp(
  [
    /<!--[^]*?-->/,
    /<!\[CDATA\[([^]*?)\]\]>/,
    /<\?[^]*?\?>/,
    /<(\/?)(?:[\w.-]+:)?([\w.-]+)([^<>"']*(?:(?:"[^"]*"|'[^']*')[^<>"']*)*)>/,
  ].map(({ source }) => source).join("|"),
  "y",
);
const DECLARED = t`its XML declares a document type; such files are not read`;
const BROKEN = t`the file is damaged, or cut off`;
const ATTRIBUTE = /([\w.:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const NAMED = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Goes through `text`: `open(name, rest)` for each tag, `close(name)` for each end, and `word(text)` for
 *  what stands between; `rest` is what `attributes` reads. Names are without their prefixes. `leap(text,
 *  at)` may read what begins at a tag by itself, and returns where that ends, else 0. */
export function walk(text, { open, close = () => {}, word = () => {}, leap = () => 0 }) {
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  for (;;) {
    const next = text.indexOf("<", at);
    if (next < 0) return;
    if (next > at) word(plainText(text.slice(at, next)));
    at = leap(text, next);
    if (at) continue;
    TAG.lastIndex = next;
    const found = TAG.exec(text);
    if (!found) throw new Unreadable(text.startsWith("<!", next) ? DECLARED : BROKEN);
    at = TAG.lastIndex;
    const [, data, end, name, rest] = found;
    if (data !== undefined) word(data);
    else if (end) close(name);
    else if (name) {
      open(name, rest);
      if (rest.endsWith("/")) close(name);
    }
  }
}

/** The attributes in the `rest` of a tag, by their names without prefixes. */
export function attributes(rest) {
  const all = {};
  for (const [, name, double, single] of rest.matchAll(ATTRIBUTE)) {
    all[name.slice(name.indexOf(":") + 1)] = plainText(double ?? single);
  }
  return all;
}

/** `text` with its entities read. */
export function plainText(text) {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));/gi, (whole, decimal, hex, name) => {
    if (name) return NAMED[name] ?? whole;
    const code = decimal ? Number(decimal) : Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
