// Numbers as people write them, and as pages do: `parseNumber` reads whatever `format` writes, both with the
// decimal sign of the reader's language; `exact` what addresses and files hold, whatever the language.

import { DECIMAL } from "./language.js";
import { t } from "./words.js";

/** The one of . and , that is not the language's decimal sign. */
export const OTHER = DECIMAL === "," ? "." : ",";

/** What is to be said where `text` has a comma, or where that is the decimal sign a point: it may mean two
 *  things. */
export const aboutCommas = (text) =>
  tidy(text).includes(OTHER)
    ? t`A comma is a decimal sign where it can be nothing else: 1,000 may be 1 or 1000; 1,5 in a list 1.5,
        or 1 and 5.`
    : "";

/** `text`, a number in ASCII, with the decimal sign of the language. */
export const local = (text) => text.replace(".", DECIMAL);

/** `text` in ASCII, as far as copying has changed it: wide letters, dashes, marks of the direction of
 *  writing. */
export const tidy = (text) =>
  String(text)
    .replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
    .replace(/\p{Cf}/gu, "").replace(/[\u2010-\u2013\u2212]/g, "-").trim();

/** The finite number that `text` spells, else null: whatever `format` writes, digits in groups between
 *  blanks that do not break a line, and a comma as the decimal point where it cannot mean thousands (where
 *  the comma is the decimal sign, a point). */
export function parseNumber(text) {
  const plain = tidy(text).replace(
    /^[+-]?\d{1,3}([\xa0\u2007\u2009\u202f]\d{3})+(?!\d)/,
    (whole) => whole.replace(/[^+\d-]/g, ""),
  );
  const [sign] = /[.,]/.exec(plain) ?? [];
  if (sign === OTHER && /^[+-]?[1-9]\d{0,2}.\d{3}(?!\d)/.test(plain)) return null;
  return exact(sign ? plain.replace(sign, ".") : plain);
}

/** The finite number that `plain` spells in ASCII, else null. Zero has no sign. */
export function exact(plain) {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain)) return null;
  const value = Number(plain); // too small for a float64 is no more a zero than too large is infinite
  return Number.isFinite(value) && (value || !/^[^e]*[1-9]/i.test(plain)) ? value + 0 : null;
}

/** The number above 0 that `text` spells, else null. */
export const positive = (text) => (parseNumber(text) > 0 ? parseNumber(text) : null);

/** A reader of `count` exact numbers with commas between them. */
export const numbers = (count) => (text) => {
  const list = text.split(",").map(exact);
  return list.includes(null) || list.length !== count ? null : list;
};

/** `value` in full, in ASCII, as addresses and files hold it. What this writes, `exact` reads. */
export const inFull = (value) => String(value).replace("e+", "e");

/** `value` to `digits` significant digits; numbers that are short anyway stay short below 17. Without
 *  `digits` in full, as fields hold it. What this writes, parseNumber reads. */
export function format(value, digits = 0, sign = false, small = 1e-4) {
  if (!digits) return local(inFull(value));
  if (Number.isNaN(value)) return t`not a number`;
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value), short = String(size);
  const long = size !== 0 && (size < small || size >= 1e6);
  let text = long ? size.toExponential(digits - 1) : size.toPrecision(digits);
  if (digits < 17 && short.length <= text.length && Number(text) === size) text = short;
  text = local(text.replace("e-", "e−").replace("e+", "e"));
  return (value < 0 ? "−" : sign ? "+" : "") + text;
}

/** As many digits of `value` as fit into `room` characters, at most `most`. */
export function fit(value, most, room, sign) {
  for (let digits = most; digits > 0; digits--) {
    for (const small of [1e-4, 1e-2]) {
      const text = format(value, digits, sign, small);
      if (text.length <= room || (digits === 1 && small > 1e-3)) return text;
    }
  }
}
