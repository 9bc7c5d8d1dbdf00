// Cells of a text: of a CSV file, or pasted; and the number that a text spells. The twin of a part of
// s6lib/worksheet/cells.py.

const PLAIN = /^[-+−]?\s*(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:e[-+]?\d+)?$/i;

/** The number that a cell holds, as one or as text: 0.5, "0,5", "5e-1"; null for anything else. */
export function plainNumber(value) {
  if (typeof value === "number") return value;
  const text = typeof value === "string" && value.length < 400 ? value.trim().replace(/^'+|'+$/g, "") : "";
  return PLAIN.test(text) ? Number(text.replace("−", "-").replace(",", ".").replaceAll(" ", "")) : null;
}

/** A number to so many digits, as Python's g writes it. */
export function general(value, digits) {
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e"), power = Number(exponent);
  if (power >= -4 && power < digits) return String(Number(value.toPrecision(digits)));
  return `${Number(mantissa)}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

/** The cells that a text holds, [{row, column, value, formula}]: between tabs, semicolons or commas,
 *  whichever divides its lines. */
export function cellsOfText(text) {
  const cells = [];
  rowsOf(text, dividing(text)).forEach((row, r) =>
    row.forEach((one, c) => {
      const value = one.trim(), formula = value.length > 1 && value.startsWith("=") ? value : null;
      if (!value) return;
      cells.push({
        row: r + 1,
        column: c + 1,
        value: formula ? null : plainNumber(value) ?? value,
        formula,
        shown: "General",
      });
    })
  );
  return cells;
}

/** The sign that no line does without. */
function dividing(text) {
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line.trim()).slice(0, 50).slice(-20);
  const least = (sign) => Math.min(...lines.map((line) => line.split(sign).length - 1));
  return [";", ","].reduce((best, sign) => (least(sign) > least(best) ? sign : best), "\t");
}

function rowsOf(text, sign) {
  const rows = [[]], end = text.length;
  let at = 0;
  while (at < end) {
    let part = "";
    if (text[at] === '"') {
      for (at++; at < end && (text[at] !== '"' || text[at + 1] === '"'); at++) {
        part += text[at];
        if (text[at] === '"') at++;
      }
      at++;
    }
    const from = at;
    while (at < end && text[at] !== sign && text[at] !== "\n" && text[at] !== "\r") at++;
    rows.at(-1).push(part + text.slice(from, at));
    if (text[at] === "\r" && text[at + 1] === "\n") at++;
    if (text[at] === "\n" || text[at] === "\r") rows.push([]);
    at++;
  }
  return rows;
}
