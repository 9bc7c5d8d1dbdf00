// Formulas of arithmetic as texts, in the language that Python and this share: `(a_o1 - t1) * sigma(o1)`.

import { sigmoid } from "./sigmoid.js";

const CALLS = { sigma: sigmoid, exp: Math.exp, log: Math.log, sqrt: Math.sqrt, abs: Math.abs };
const TOKEN = /\s*(?:((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?![\w.])|([a-z_]\w*)|(\*\*|[-+*/()]))/iy;

/** What the formula `text` comes to, as a function of numbers by name. It takes names, numbers, + - * / **,
 *  brackets, and sigma, exp, log, sqrt, abs. Throws a SyntaxError that quotes what it does not take, and the
 *  function a ReferenceError for a name that its numbers lack. */
export function formula(text) {
  const rest = tokensOf(text), value = sum(rest);
  if (rest.length) throw new SyntaxError(`${text}: got ${rest[0].text} where it should end`);
  return value;
}

function tokensOf(text) {
  const tokens = [];
  for (TOKEN.lastIndex = 0; text.slice(TOKEN.lastIndex).trim();) {
    const from = TOKEN.lastIndex, found = TOKEN.exec(text);
    if (!found) throw new SyntaxError(`${text}: got ${text.slice(from).trim()[0]}; takes arithmetic`);
    tokens.push({ number: found[1], name: found[2], text: found[1] ?? found[2] ?? found[3] });
  }
  return tokens;
}

/** The next token taken if it is one of `signs`, else undefined. */
const taken = (rest, ...signs) => (signs.includes(rest[0]?.text) ? rest.shift().text : undefined);

function need(rest, sign) {
  if (!taken(rest, sign)) throw new SyntaxError(`got ${rest[0]?.text ?? "the end"}; takes ${sign}`);
}

function sum(rest) {
  let value = product(rest);
  for (let sign; (sign = taken(rest, "+", "-"));) {
    const left = value, right = product(rest);
    value = sign === "+" ? (by) => left(by) + right(by) : (by) => left(by) - right(by);
  }
  return value;
}

function product(rest) {
  let value = signed(rest);
  for (let sign; (sign = taken(rest, "*", "/"));) {
    const left = value, right = signed(rest);
    value = sign === "*" ? (by) => left(by) * right(by) : (by) => left(by) / right(by);
  }
  return value;
}

/** As in Python, -x**2 is -(x**2). */
function signed(rest) {
  if (!taken(rest, "-")) return power(rest);
  const value = signed(rest);
  return (by) => -value(by);
}

function power(rest) {
  const base = atom(rest);
  if (!taken(rest, "**")) return base;
  const exponent = signed(rest);
  return (by) => base(by) ** exponent(by);
}

function atom(rest) {
  if (taken(rest, "(")) {
    const value = sum(rest);
    need(rest, ")");
    return value;
  }
  const token = rest.shift(), number = Number(token?.number);
  if (token?.number) return () => number;
  if (!token?.name) throw new SyntaxError(`got ${token?.text ?? "the end"}; takes a name, a number or (`);
  if (Object.hasOwn(CALLS, token.name)) {
    const call = CALLS[token.name];
    need(rest, "(");
    const value = sum(rest);
    need(rest, ")");
    return (by) => call(value(by));
  }
  return (by) => {
    if (!Object.hasOwn(by, token.name)) throw new ReferenceError(`${token.name} is not among the numbers`);
    return by[token.name];
  };
}
