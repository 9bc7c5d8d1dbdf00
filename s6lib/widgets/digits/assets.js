// What a widget needs and a page does not carry itself: fetched when a reader comes near, also from file://.

import { t } from "../kit/words.js";

const coming = new Map();

/** What stands in the state of a widget under `key`, or, where the state says { src }, in the script there,
 *  which leaves it in `s6Data`. Rejects, in words, where that does not arrive; the next call asks again. */
export function load(data, key) {
  const given = data?.[key];
  if (given === undefined) return Promise.reject(new Error(t`${key}: this page does not have it`));
  if (!given?.src) return Promise.resolve(given);
  if (!coming.has(given.src)) {
    const arrived = fetchScript(given.src).then(() => {
      if (globalThis.s6Data?.[key] === undefined) throw new Error(t`${key}: nothing in ${given.src}`);
      return globalThis.s6Data[key];
    });
    arrived.catch(() => coming.delete(given.src));
    coming.set(given.src, arrived);
  }
  return coming.get(given.src);
}

function fetchScript(src) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.addEventListener("load", () => resolve());
    script.addEventListener("error", () => reject(new Error(t`${src} did not arrive`)));
    script.src = src;
    document.head.append(script);
    script.remove();
  });
}
