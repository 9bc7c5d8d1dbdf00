// Numbers as readers type them for an answer, in whatever spelling; its twin in Python is
// `question/spelling.py`. What fields and addresses hold, numbers.js reads, which never guesses.

import { tidy } from "./numbers.js";

const EMPTY = "Type a number first.";
const WORDS = "A number, please, such as 0.0275, 0,0275, −3, 1/3 or 5e-4.";
const ONE = "One number, please.";
const SIZE = "That is no number that can be calculated with.";
const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const NEARLY = /^(?:about|approximately|approx\.?|circa|ca\.?|around|roughly|nearly|almost|[~≈≅=])\s*/i;
const NUMBER = String.raw`[-+]?(?:\d[\d.,]*|[.,]\d+)(?:e[-+]?\d+)?`;
const TEN = /(^[-+]?|\s*[×x·*⋅]\s*)10\s*(?:\^|\*\*)\s*\(?\s*([-+]?\d+)\s*\)?/gi;

/** What `text` may mean, as {numbers, told}: a list of [value, half a unit of its last digit], most likely
 *  first, or an empty one and a sentence that says what to type. Where the second number is as likely as the
 *  first, `told` asks which. */
export function readings(text, unit = "") {
  let plain = asTyped(String(text)), factor = 1;
  if (!plain) return { numbers: [], told: EMPTY };
  plain = bare(plain, unit);
  const percent = /^(.*?)\s*(?:%|per ?cent)$/i.exec(plain);
  if (percent) [plain, factor] = [percent[1], unit === "%" ? 1 : 0.01];
  plain = plain.replace(
    TEN,
    (_, before, power) => /[×x·*⋅]/i.test(before) ? `e${power}` : `${before}1e${power}`,
  );
  const fraction = new RegExp(`^(${NUMBER})\\s*/\\s*(${NUMBER})$`, "i").exec(plain);
  if (fraction) {
    const [upper, lower] = fraction.slice(1).map((each) => decimals(each).numbers[0]?.[0]);
    if (upper === undefined || !lower) return { numbers: [], told: SIZE };
    return { numbers: [[upper / lower * factor, 0]], told: "" };
  }
  if (!new RegExp(`^${NUMBER}$`, "i").test(plain)) {
    const several = plain.match(/\d+/g)?.length > 1 && /[^\d.,e+-]/.test(plain);
    return { numbers: [], told: several ? ONE : WORDS };
  }
  const { numbers, told } = decimals(plain);
  return { numbers: numbers.map(([value, half]) => [value * factor, half * factor]), told };
}

const asTyped = (text) =>
  tidy(
    text.slice(0, 200)
      .replace(/[⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+/g, (raised) =>
        "^" + [...raised].map((one) =>
          ({ "⁺": "+", "⁻": "-" })[one] ?? RAISED.indexOf(one)
        ).join(""))
      .normalize("NFKC"),
  ).replaceAll("\u2044", "/");

/** Without what stands before the number and after it, and in between its digits. */
function bare(plain, unit) {
  plain = plain.replace(/^.*[=≈](?=\s*[-+.,\d])/, "").trim();
  let longer;
  do {
    longer = plain;
    plain = plain.replace(NEARLY, "");
  } while (longer !== plain);
  if (unit && unit !== "%" && plain.toLowerCase().endsWith(unit.toLowerCase())) {
    plain = plain.slice(0, -unit.length).trim();
  }
  return plain.replace(/(\d)[.,;!]$/, "$1")
    .replace(
      /(^|[^\d.,])(\d{1,3}(?:[ '’_]\d{3})+)(?!\d)/g,
      (_, before, group) => before + group.replace(/\D/g, ""),
    )
    .replace(/^([-+])\s+/, "$1");
}

/** The readings of digits with points and commas among them. */
function decimals(plain) {
  const [, sign, digits, power = "0"] = /^([-+]?)([\d.,]+)(?:e([-+]?\d+))?$/i.exec(plain);
  const marks = digits.replace(/\d/g, ""), together = digits.replace(/[.,]/g, "");
  const grouped = /^\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*$/.test(digits), wrong = { numbers: [], told: WORDS };
  let texts;
  if (new Set(marks).size === 2) {
    const last = marks.at(-1), at = digits.lastIndexOf(last), whole = digits.slice(0, at);
    if (marks.split(last).length > 2 || !/^\d{1,3}(?:[.,]\d{3})+$/.test(whole)) return wrong;
    texts = [`${whole.replace(/[.,]/g, "")}.${digits.slice(at + 1)}`];
  } else if (marks.length > 1) {
    if (!grouped) return wrong;
    texts = [together];
  } else {
    texts = [digits.replace(",", ".")];
    if (grouped && digits[0] !== "0") texts.push(together);
  }
  const numbers = texts.map((text) => {
    const places = (text.split(".")[1] ?? "").length - Math.max(Math.min(Number(power), 300), -300);
    return [Number(`${sign}${text}e${power}`) + 0, 0.5 * 10 ** -places];
  });
  if (!numbers.every(([value]) => Number.isFinite(value))) return { numbers: [], told: SIZE };
  const asks = texts.length > 1 && marks.includes(",");
  return { numbers, told: asks ? `Do you mean ${texts[0]} or ${texts[1]}? Write it without the comma.` : "" };
}
