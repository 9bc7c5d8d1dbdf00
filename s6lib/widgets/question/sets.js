// Which set of numbers a reader has: from the address, `?set=7`, so that a class can share one; else the one
// that this device has kept; else the first, which the page was built with.

import { keep, recall } from "../kit/storage.js";

const KEPT = "s6-set", SETS = 9999;
const hearing = new Set();
let current = 0;

const readSet = (text) => (/^[1-9]\d{0,3}$/.test(text ?? "") ? Number(text) : null);

/** The set of this page. */
export function chosenSet() {
  if (!current) {
    const asked = readSet(new URLSearchParams(location.search).get("set"));
    current = asked ?? readSet(recall(KEPT)) ?? 1;
    if (asked) keep(KEPT, String(asked));
  }
  return current;
}

export const anySet = () => 1 + Math.floor(Math.random() * SETS);

/** Takes another set, tells all who listen, and keeps it and the address at it. */
export function chooseSet() {
  const next = anySet();
  current = next === current ? next % SETS + 1 : next;
  keep(KEPT, String(current));
  try {
    const address = new URL(location.href);
    address.searchParams.set("set", current);
    history.replaceState(history.state, "", address);
  } catch {
    // a page that may not change its address
  }
  for (const hear of hearing) hear();
}

/** Calls `hear` when the set has changed; returns what ends that. */
export function onSet(hear) {
  hearing.add(hear);
  return () => hearing.delete(hear);
}
