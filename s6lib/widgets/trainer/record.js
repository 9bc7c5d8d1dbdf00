// What is known of a course: its curve, as news brings it; said in words, and as a table. Pure.

import { inFull } from "../kit/numbers.js";
import { t } from "../kit/words.js";

const WINDOW = 20;

/** The record of a course, as yet empty; `title` says what was chosen for it. */
export const emptyRecord = (title, terms) => ({
  title,
  terms,
  losses: [],
  right: [],
  steps: 0,
  total: 0,
  epoch: 1,
  seconds: 0,
  condition: "paused",
});

/** `record` after `news`, which may begin before its end: then it went back. */
export function heard(record, { losses, right, from, ...news }) {
  const known = Object.fromEntries(Object.entries(news).filter(([, value]) => value !== undefined));
  return {
    ...record,
    ...known,
    losses: [...record.losses.slice(0, from), ...losses],
    right: [...record.right.filter(([, steps]) => steps <= from), ...right],
  };
}

/** Each value, and the up to 19 before it, as their mean. */
export function smooth(values) {
  const means = [];
  for (let k = 0, sum = 0; k < values.length; k++) {
    sum += values[k] - (k >= WINDOW ? values[k - WINDOW] : 0);
    means.push(sum / Math.min(k + 1, WINDOW));
  }
  return means;
}

/** How many of the test `name` were right at the end of each epoch, the start included. */
export const rightOf = ({ right }, name) =>
  right.filter(([test]) => test === name).map(([, , count]) => count);

/** How long the steps that are left will take, in words; "" while nobody can say. */
export function timeLeft({ steps, total, seconds, condition }) {
  if (condition !== "going" || steps < 3 || seconds < 0.5) return "";
  const left = (total - steps) / steps * seconds;
  return left < 90
    ? t`About ${Math.max(1, Math.round(left))}\u00a0s left.`
    : t`About ${Math.round(left / 60)}\u00a0min left.`;
}

/** Where a course stands. */
export function standing({ steps, total, epoch, condition }) {
  if (!total) return t`Not begun.`;
  const pass = Math.min(Math.floor(steps / epoch) + 1, Math.max(1, Math.ceil(total / epoch)));
  const of = Math.ceil(total / epoch);
  if (condition === "done") return t`Step ${steps} of ${total}, epoch ${pass} of ${of}, done.`;
  if (condition === "blown") return t`Step ${steps} of ${total}, epoch ${pass} of ${of}, stopped.`;
  return steps && condition === "paused"
    ? t`Step ${steps} of ${total}, epoch ${pass} of ${of}, paused.`
    : t`Step ${steps} of ${total}, epoch ${pass} of ${of}.`;
}

/** The curve as CSV: step, loss before it, and what was right after it. */
export function csvOf({ losses, right }, tests) {
  const rows = losses.map((loss, k) => [k + 1, inFull(loss)]);
  const after = tests.map((name) =>
    new Map(right.filter(([test]) => test === name).map((one) => one.slice(1)))
  );
  const lines = [[0, ""], ...rows].map((row) =>
    [...row, ...after.map((counts) => counts.get(row[0]) ?? "")].join(",")
  );
  return `step,loss,${tests.map((name) => `${name}_right`).join(",")}\n${lines.join("\n")}\n`;
}
