// What a reader chose, kept from page to page: where nothing may be kept, as long as the page lasts.

const memory = new Map();

/** The text kept under `key`, or null. A reader may have forbidden even to ask: then it is the page's own. */
export function recall(key) {
  if (memory.has(key)) return memory.get(key);
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Keeps `text` under `key`. */
export function keep(key, text) {
  try {
    localStorage.setItem(key, text);
    memory.delete(key);
  } catch { // forbidden, or full
    memory.set(key, text);
  }
}
