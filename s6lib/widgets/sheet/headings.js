// What the headings of a table name, in whatever usual spelling. The twin of the first half of
// s6lib/worksheet/tables.py, whose patterns come as data.

import { GIVEN, WEIGHTS } from "./trials.js";

const whole = (pattern) => new RegExp(`^(?:${pattern})$`);
/** A longer text is no heading. */
export const LONGEST_HEADING = 60;
const digitOf = (found) => found.slice(1).find(Boolean);

/** Reads headings by the patterns of `words`. */
export class Headings {
  #words;
  #known = new Map();

  constructor(words) {
    const compiled = (list) => list.map(([pattern, name]) => [whole(pattern), name]);
    this.#words = {
      letters: words.letters,
      neurons: compiled(words.neurons),
      simple: compiled(words.simple),
      total: whole(words.total),
      rate: whole(words.rate),
      gradients: words.gradients.map(whole),
      loss: whole(words.loss),
      formulas: words.formulas,
    };
  }

  /** Whether a column may hold this quantity. */
  isKnown(name) {
    return GIVEN.includes(name) || WEIGHTS.includes(name) || Object.hasOwn(this.#words.formulas, name);
  }

  /** Whether a heading is a delta alone, as Δw1, dw1 or δo1: that has more than one meaning. */
  isDelta(text) {
    return /^(?:d|delta)(?:of)?(?:w|[a-z]*[ho])[1-8]$/.test(this.normal(text));
  }

  /** A heading in small letters, without spaces, brackets and underscores, its Greek spelled out. */
  normal(text) {
    const spelled = (given) => [...given].map((each) => this.#words.letters[each] ?? each).join("");
    return spelled(spelled(text).normalize("NFKC"))
      .replace(/\\(?:partial|delta|Delta)\s*/g, "d")
      .replace(/\\(?:frac|text|mathrm|left|right)/g, "").replaceAll("}{", "/")
      .split("=")[0].split(":")[0].toLowerCase().replaceAll("÷", "/")
      .replace(/\bpartial\b|\bder(?:ivative)?\b/g, "d")
      .replace(/\bw\.?r\.?t\.?\b/g, "/")
      .replace(/[^a-z0-9/+']/g, "");
  }

  /** The quantity that a heading names, or null. `plain`: what "h1" and "o1" alone mean in this table, the
   *  sum ("h", "o") or the activation ("a_h", "a_o"). */
  quantity(text, plain = { h: "h", o: "o" }) {
    const asked = `${plain.h} ${plain.o} ${plain.y} ${text}`;
    if (!this.#known.has(asked)) {
      const short = typeof text === "string" && [...text].length <= LONGEST_HEADING;
      const other = () => (text.includes("(") ? this.#read(text.replace(/\(.*?\)/g, ""), plain) : null);
      this.#known.set(asked, short ? this.#read(text, plain) ?? other() : null); // "E1 (error)"
    }
    return this.#known.get(asked);
  }
  #read(text, plain) {
    const key = this.normal(text), { simple, total, rate, gradients } = this.#words;
    if (!key) return null;
    for (const [pattern, name] of simple) {
      const found = pattern.exec(key);
      if (!found) continue;
      if (name === "new w") return `w${digitOf(found)}_new`;
      return (name === "y" ? plain.y ?? "t" : name) + digitOf(found);
    }
    if (total.test(key)) return "E_total";
    if (rate.test(key)) return "rate";
    for (const pattern of gradients) {
      const found = pattern.exec(key);
      if (found) return `dE_dw${digitOf(found)}`;
    }
    return this.#neuron(key, plain) ?? this.#slope(key, plain);
  }
  /** The quantity of a neuron: its sum or its activation. */
  #neuron(key, plain) {
    for (const [pattern, name] of this.#words.neurons) {
      const found = pattern.exec(key);
      if (found) return (name.startsWith("plain") ? plain[name.slice(6)] : name) + digitOf(found);
    }
    return null;
  }
  /** A slope along the way, as dE_da_o1, da_h1_dh1 or do1_dw5; "delta_o1" is dE_do1. */
  #slope(key, plain) {
    const alone = /^(?:d|delta|grad)(?:of)?(.+)$/.exec(key), name = alone && this.#neuron(alone[1], plain);
    if (name) return `dE_d${name}`;
    const cuts = key.indexOf("/"), less = (text) => text.replace(/^d/, "");
    for (let cut = 2; cut < key.length - 1; cut++) {
      const at = cuts < 0 ? cut : cuts;
      const top = less(key.slice(0, at)), rest = less(key.slice(cuts < 0 ? at : at + 1));
      let end = /^w[1-8]$/.test(rest) ? rest : this.#neuron(rest, plain);
      const one = /^(?:e|err|error|loss|l)(?:o)?([12])$/.exec(top);
      const begin = one ? `E${one[1]}` : this.#words.loss.test(top) ? "E" : this.#neuron(top, plain);
      if (begin && begin === end && begin.startsWith("a_")) end = end.slice(2); // h1 alone is the activation
      if (begin && end && (cuts >= 0 || key[cut] === "d")) return `d${begin}_d${end}`;
      if (cuts >= 0) break;
    }
    return null;
  }
}
