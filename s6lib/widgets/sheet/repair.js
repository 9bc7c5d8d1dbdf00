// The formula that belongs in a cell, in the sheet's own cells: the smallest change that makes the author's
// right. The twin of s6lib/worksheet/repair.py.

import { t } from "../kit/words.js";
import { calmly } from "./cells.js";
import { addressOf, allOf, cellsOf, exchangedIn, letters, parse, tokens } from "./formulas.js";
import { before } from "./known.js";
import { general } from "./texts.js";
import { GIVEN, WEIGHTS } from "./trials.js";

/** A longer formula is not mended piece by piece. */
const MOST = 400;
/** What changes places where hidden neurons, outputs, or inputs change places. */
const HIDDEN = [["w1", "w3"], ["w2", "w4"], ["w5", "w6"], ["w7", "w8"], ["h1", "h2"]];
const OUTPUTS = [["w5", "w7"], ["w6", "w8"], ["o1", "o2"], ["t1", "t2"], ["E1", "E2"]];
const INPUTS = [["i1", "i2"], ["w1", "w2"], ["w3", "w4"]];
const SYMMETRIES = [INPUTS, HIDDEN, OUTPUTS, [...HIDDEN, ...INPUTS], [...HIDDEN, ...OUTPUTS]];

/** The repair of the formula in a cell, {formula, says, whole}, or null: small changes of the author's own,
 *  then whole formulas; of each the first that is right everywhere, else with this sheet's own numbers.
 *  `judge` knows the table, its cells and whether a formula is right. */
export function* mended(judge, name, step, judged) {
  const { formula: text } = judge.cell(name, step), { sheet } = judge.place(name, step);
  const right = (tree, networks) => calmly(() => judge.isRightTree(tree, name, step, networks));
  const { slip } = judged[name], kind = slip && `${slip.name} ${/^dE_dw[1-4]$/.test(name) ? "hidden" : name}`;
  const ways = kind && judge.hopeless.has(kind) ? [] : [small(judge, name, step, text)];
  for (const changes of [...ways, large(judge, name, step, judged)]) {
    const seen = new Set();
    let second = null;
    for (const [formula, says, changed, whole = false] of changes) {
      if (seen.has(formula)) continue;
      seen.add(formula);
      if (seen.size % 100 === 0) yield null; // so that a page stays alive
      const tree = changed ?? calmly(() => parse(formula, sheet, judge.trees.book.names));
      if (!tree || !right(tree, judge.own)) continue;
      const free = right(tree, judge.free);
      if (free) return { formula, says, whole };
      if (free === false) second ??= { formula, says, whole };
    }
    if (second) return second;
    if (kind) judge.hopeless.add(kind); // no small change mends this slip
  }
  return null;
}

/** Changes of the author's own formula: what it becomes, and what to do, in a sentence. */
function* small(judge, name, step, text) {
  const { sheet } = judge.table.columns.get(name);
  const tree = text && text.length <= MOST ? calmly(() => judge.trees.tree(text, sheet)) : null;
  if (!tree) return;
  const places = placesFor(judge, name, step);
  yield* swapped(judge, text, tree, places, sheet);
  yield* numbersIn(text, tree, places, sheet);
  yield* signs(text, tree);
  yield* leftOut(text, tree);
  yield* brackets(text);
  yield* putIn(text, tree, places, sheet);
}

/** Whole formulas: of another row, of another column, and the usual one. */
function* large(judge, name, step, judged) {
  yield* copied(judge, name, step, judged);
  yield* carriedOver(judge, name, step, judged);
  const formula = standard(judge, name, step);
  if (formula) yield [formula, t`What belongs there: ${formula}`, undefined, true];
}

/** The cells that a formula of this row may refer to: {name, at, fixed}. */
function placesFor(judge, name, step) {
  const found = [], steps = WEIGHTS.includes(name) ? [step - 1, step] : [step];
  for (const at of steps.filter((one) => one >= 0)) {
    for (const other of judge.table.columns.keys()) {
      const place = judge.place(other, at), first = judge.place(other, 0);
      if (judge.meaning(place) && (other !== name || at !== step)) {
        found.push({ name: other, at: place, fixed: false });
      } else if (GIVEN.includes(other) && judge.meaning(first)) {
        found.push({ name: other, at: first, fixed: true });
      }
    }
  }
  const nearest = new Map();
  for (const { name: other, at } of judge.constants) {
    if (!nearest.has(other) || before(judge.far(at), judge.far(nearest.get(other))) < 0) {
      nearest.set(other, at);
    }
  }
  return [...found, ...[...nearest].map(([name, at]) => ({ name, at, fixed: true }))];
}

/** How a cell is written in a formula of `sheet`; `like`: the cell whose place it takes, for its $ signs. */
function written(at, sheet, fixed, like = null) {
  const prefix = at.sheet === sheet ? "" : `'${at.sheet.replaceAll("'", "''")}'!`;
  const fixedColumn = like && !fixed ? like.fixedColumn && !like.fixedRow : fixed;
  return `${prefix}${fixedColumn ? "$" : ""}${letters(at.column)}${fixed ? "$" : ""}${at.row}`;
}

/** The text with pieces [start, end, new] put in. */
const replaced = (text, pieces) =>
  [...pieces].sort((a, b) => b[0] - a[0]).reduce(
    (all, [start, end, put]) => all.slice(0, start) + put + all.slice(end),
    text,
  );
const of = (text, { start, end }) => text.slice(start, end);
const inPlace = (text, { start, end }, put) => text.slice(0, start) + put + text.slice(end);
const brief = (text) => (text.length <= 40 ? text : `${text.slice(0, 18)} … ${text.slice(-18)}`);

const ORDINALS = [
  t`first`,
  t`second`,
  t`third`,
  t`fourth`,
  t`fifth`,
  t`sixth`,
  t`seventh`,
  t`eighth`,
  t`ninth`,
  t`tenth`,
];

/** One cell for another: everywhere in the formula, once, or twice side by side as in a*(1-a). */
function* swapped(judge, text, tree, places, sheet) {
  const groups = new Map();
  for (const one of cellsOf(tree)) {
    const key = judge.trees.key(one);
    groups.set(key, [...groups.get(key) ?? [], one]);
  }
  const all = [...groups.values()],
    parts = all.flatMap((same) => [
      ...(same.length > 1 ? same.map((one) => [one]) : []),
      ...(same.length > 2 ? same.slice(1).map((_, k) => same.slice(k, k + 2)) : []),
    ]);
  for (const same of [...all, ...parts]) {
    const every = groups.get(judge.trees.key(same[0])), old = of(text, same[0]);
    const which = same.map((one) => every.indexOf(one)).map((k) => ORDINALS[k] ?? t`number ${k + 1}`);
    for (const { at, fixed } of places) {
      if (judge.trees.key(at) === judge.trees.key(same[0])) continue;
      const put = same.map((one) => written(at, sheet, fixed, one));
      const formula = replaced(text, same.map(({ start, end }, k) => [start, end, put[k]]));
      const changed = exchangedIn(tree, new Map(same.map(({ start }) => [start, at])));
      yield [formula, exchangeText(put[0], old, which, every.length), changed];
    }
  }
}

/** What to put for `old`: everywhere, or in `which`, one or two, of so many places. */
function exchangeText(put, old, which, count) {
  const [one, two] = which;
  if (which.length === count) return t`Put ${put} where you have ${old}.`;
  return two
    ? t`Put ${put} where you have ${old} (the ${one} and ${two} of ${count}).`
    : t`Put ${put} where you have ${old} (the ${one} of ${count}).`;
}

/** A cell for a number that is typed, or another number. */
function* numbersIn(text, tree, places, sheet) {
  const cells = places.filter(({ fixed }) => fixed).map(({ at }) => written(at, sheet, true));
  for (const one of allOf(tree).filter(({ kind }) => kind === "number")) {
    for (const put of [...cells, "1", "2", "0.5"]) {
      yield [inPlace(text, one, put), t`Put ${put} where you have ${of(text, one)}.`];
    }
  }
}

function* signs(text, tree) {
  for (const one of allOf(tree)) {
    if (one.kind === "binary" && "+-*/".includes(one.sign)) {
      const old = text.slice(one.from, one.to), after = brief(text.slice(one.to, one.to + 12).trim());
      for (const sign of "-+*/") {
        if (sign === one.sign) continue;
        yield [
          replaced(text, [[one.from, one.to, sign]]),
          t`Put ${sign} where you have ${old}, before ${after}.`,
        ];
      }
    }
    if (one.kind === "minus") {
      const inner = of(text, one.of);
      yield [inPlace(text, one, inner), t`Leave out the minus before ${brief(inner)}.`];
    }
  }
  for (const one of allOf(tree)) {
    if (one.kind !== "binary" || one.sign !== "-") continue;
    const turned = `${of(text, one.right)}-${of(text, one.left)}`;
    yield [inPlace(text, one, turned), t`Put ${brief(turned)} where you have ${brief(of(text, one))}.`];
  }
  yield [`=-(${text.slice(1)})`, t`Put a minus before the whole, in brackets.`];
}

/** A factor, or a summand, left out; a function or brackets taken off is the same as what is inside. */
function* leftOut(text, tree) {
  for (const one of allOf(tree)) {
    if (one.kind === "binary" && "*/+-^".includes(one.sign)) {
      yield [inPlace(text, one, of(text, one.left)), t`Leave out ${brief(of(text, one.right))}.`];
      if ("/^".includes(one.sign)) continue;
      yield [inPlace(text, one, of(text, one.right)), t`Leave out ${brief(of(text, one.left))}.`];
    }
    if (one.kind === "call" && one.given.length === 1) {
      const inner = of(text, one.given[0]);
      yield [inPlace(text, one, `(${inner})`), t`Leave out ${one.name}, keep (${brief(inner)}).`];
    }
  }
}

/** A pair of brackets put around some of the formula, or taken away. */
function* brackets(text) {
  const parts = tokens(text), opens = [];
  for (const part of parts) {
    if (part.text === "(") opens.push(part);
    else if (part.text === ")" && opens.length) {
      const first = opens.pop();
      if (first.start && !"=+-*/^(,".includes(text[first.start - 1])) continue;
      const formula = replaced(text, [[first.start, first.end, ""], [part.start, part.end, ""]]);
      yield [formula, t`Leave out one pair of brackets.`];
    }
  }
  if (parts.length > 90) return;
  for (let a = 0; a < parts.length; a++) {
    if ("+-*/^),".includes(parts[a].text)) continue;
    for (let b = a, depth = 0; b < parts.length; b++) {
      depth += { "(": 1, ")": -1 }[parts[b].text] ?? 0;
      if (depth < 0) break;
      if (depth || b === a || "+-*/^(,".includes(parts[b].text)) continue;
      const { start } = parts[a], { end } = parts[b], inner = text.slice(start, end);
      if (/[-+]/.test(inner)) {
        yield [inPlace(text, { start, end }, `(${inner})`), t`Put brackets around ${brief(inner)}.`];
      }
    }
  }
}

/** Quantities that somebody may have left out of a product. */
const FACTOR = /^(?:[iw]\d|rate|a_h\d|da_[ho]\d_d[ho]\d|dE_d(a_)?[ho]\d)$/;

/** A factor put in: at the end of the whole, or of one part of it. */
function* putIn(text, tree, places, sheet) {
  const parts = allOf(tree).filter(({ kind }) => ["binary", "bracket", "cell", "call"].includes(kind));
  const factors = places.flatMap(({ name, at, fixed }) => {
    const one = written(at, sheet, fixed);
    return [...(/^a_[ho]\d$/.test(name) ? [`${one}*(1-${one})`] : []), ...(FACTOR.test(name) ? [one] : [])];
  });
  for (const one of parts.slice(0, 24)) {
    const inner = of(text, one), loose = one.kind === "binary" && "+-".includes(one.sign);
    for (const factor of ["2", "0.5", ...factors]) {
      const formula = inPlace(text, one, `${loose ? `(${inner})` : inner}*${factor}`);
      yield [formula, t`Multiply ${brief(inner)} by ${factor}.`];
    }
  }
  for (const cell of cellsOf(tree)) {
    const old = of(text, cell);
    for (const put of [`(1-${old})`, `1/(1+EXP(-${old}))`]) {
      yield [inPlace(text, cell, put), t`Put ${put} where you have ${old}.`];
    }
  }
  yield [`=1/(1+EXP(-(${text.slice(1)})))`, t`Put the whole into the sigmoid.`];
}

/** The formula of another row of the same column, where that is right, copied to this one. */
function* copied(judge, name, step, judged) {
  const wrong = new Set(judged[name].wrong.map(([at]) => at)), here = judge.place(name, step);
  for (let other = 0; other < judge.table.rows; other++) {
    const at = judge.place(name, other),
      cell = other === step || wrong.has(other) ? null : judge.trees.at(at);
    if (!cell?.formula) continue;
    const text = copy(judge, cell.formula, at, here);
    if (text) yield [text, t`Copy the formula of ${addressOf(at.row, at.column)} to here.`];
    return;
  }
}

/** A formula as it reads when it is copied from one cell to another; null where it would leave the sheet. */
function copy(judge, text, at, here) {
  const tree = calmly(() => judge.trees.tree(text, at.sheet)), pieces = [];
  if (!tree) return null;
  for (const one of cellsOf(tree)) {
    const row = one.fixedRow ? one.row : one.row + here.row - at.row;
    const column = one.fixedColumn ? one.column : one.column + here.column - at.column, old = of(text, one);
    if (row < 1 || column < 1) return null;
    if (!/\d$/.test(old)) continue; // a defined name
    const prefix = old.slice(0, old.lastIndexOf("!") + 1);
    const put = `${prefix}${one.fixedColumn ? "$" : ""}${letters(column)}${one.fixedRow ? "$" : ""}${row}`;
    pieces.push([one.start, one.end, put]);
  }
  return replaced(text, pieces);
}

/** The quantity that answers to this one where the pairs change places, one after the other. */
const exchanged = (quantity, pairs) =>
  pairs.reduce(
    (name, [one, other]) => name.replaceAll(one, "\0").replaceAll(other, one).replaceAll("\0", other),
    quantity,
  );

/** The formula of a right column, each of its cells exchanged for the one that answers to it. */
function* carriedOver(judge, name, step, judged) {
  for (const pairs of SYMMETRIES) {
    const other = exchanged(name, pairs);
    if (other === name || !judge.has(other) || judged[other]?.verdict !== "right") continue;
    const place = judge.place(other, step), cell = judge.trees.at(place);
    const tree = cell?.formula ? calmly(() => judge.trees.tree(cell.formula, place.sheet)) : null;
    if (!tree) continue;
    const pieces = cellsOf(tree).map((one) =>
      answering(judge, one, pairs, judge.table.columns.get(name).sheet)
    );
    if (pieces.includes(null)) continue;
    const formula = replaced(cell.formula, pieces);
    yield [
      formula,
      t`What belongs there, as in ${addressOf(place.row, place.column)}: ${formula}`,
      undefined,
      true,
    ];
  }
}

/** [start, end, what stands there] of the cell that answers to a cell of a formula, or null. */
function answering(judge, one, pairs, sheet) {
  const meant = judge.meaning(one),
    constant = judge.constant(one),
    piece = (at, fixed) => [one.start, one.end, written(at, sheet, fixed, one)];
  const held = (name) => judge.constants.findLast((each) => each.name === name)?.at;
  if (meant) {
    const name = exchanged(meant[0], pairs);
    if (judge.has(name)) return piece(judge.place(name, meant[1]), false);
    return held(name) ? piece(held(name), true) : null;
  }
  if (!constant || exchanged(constant, pairs) === constant) return piece(one, true);
  const at = held(exchanged(constant, pairs));
  return at ? piece(at, true) : null;
}

/** The usual formula of a quantity in the cells of the sheet, what it lacks written out. */
function standard(judge, name, step) {
  const cells = {}, { sheet } = judge.table.columns.get(name), update = WEIGHTS.includes(name);
  for (const { name: other, at, fixed } of placesFor(judge, name, step)) {
    if (update && !fixed && judge.meaning(at)?.[1] === step) continue;
    cells[other] ??= written(at, sheet, fixed);
  }
  for (const other in judge.known) cells[other] ??= general(judge.known[other], 15);
  const text = spelled(judge, formulaFor(judge, update ? `${name}_new` : name), cells, 0);
  return text === null ? null : `=${text}`;
}

const formulaFor = (judge, name) => judge.words.formulas[name];

/** A formula of the network in the words of a sheet; null where something is not to be had. */
function spelled(judge, formula, cells, depth) {
  let whole = depth <= 12;
  const known = (name) => name in judge.words.formulas || GIVEN.includes(name) || WEIGHTS.includes(name);
  const named = (name) => {
    if (name in cells) return cells[name];
    const inner = whole && formulaFor(judge, name)
      ? spelled(judge, formulaFor(judge, name), cells, depth + 1)
      : null;
    if (inner === null) whole = false;
    let outside = inner ?? "", longer;
    do outside = (longer = outside).replace(/\([^()]*\)/g, ""); while (outside !== longer);
    return /[-+/]/.test(outside) ? `(${inner})` : inner;
  };
  const text = formula
    .replace(
      /sigma\((\w+)\) \* sigma\(-(\w+)\)/g,
      (_, name) => `${named(`a_${name}`)}*(1-${named(`a_${name}`)})`,
    )
    .replace(/sigma\((\w+)\)/g, (_, name) => `1/(1+EXP(-${named(name)}))`)
    .replaceAll("**", "^")
    .replace(/\b(?:(?:d?[aEho]|d|w|i|t|rate)\w*)\b(?!\()/g, (name) => (known(name) ? named(name) : name))
    .replaceAll(" ", "");
  return whole ? text : null;
}
