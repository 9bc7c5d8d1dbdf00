// What a ZIP holds: its central directory, and its files unpacked, no more of them than was asked for.

import { t } from "../kit/words.js";

/** What is said of a file that cannot be read: one sentence. */
export class Unreadable extends Error {}

const END = 0x06054b50, ENTRY = 0x02014b50, LOCAL = 0x04034b50, WIDE = 0xffffffff;

const DAMAGED = t`the file is damaged, or cut off`;

/** The files of the ZIP `bytes` by name, {at, packed, size, method, locked}. Throws Unreadable. */
export function filesOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = endOf(view);
  if (end === null) throw new Unreadable(DAMAGED);
  const files = new Map(), count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  for (let k = 0; k < count; k++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== ENTRY) throw new Unreadable(DAMAGED);
    const [long, extra, comment] = [28, 30, 32].map((place) => view.getUint16(at + place, true));
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + long));
    const wide = wideOf(view, at + 46 + long, extra);
    const number = (place) => {
      const value = view.getUint32(at + place, true);
      return value === WIDE ? wide() : value;
    };
    const size = number(24), packed = number(20), start = number(42); // in the order of their wide forms
    files.set(name, {
      at: start,
      packed,
      size,
      method: view.getUint16(at + 10, true),
      locked: Boolean(view.getUint16(at + 8, true) & 1),
    });
    at += 46 + long + extra + comment;
  }
  return files;
}

/** Where the directory's end stands: within the last 64 kB, for a comment may follow. */
function endOf(view) {
  for (let at = view.byteLength - 22; at >= Math.max(0, view.byteLength - 65557); at--) {
    if (view.getUint32(at, true) === END) return at;
  }
  return null;
}

/** A reader of the numbers of 64 bits in an entry's extra field, one after the other. */
function wideOf(view, from, length) {
  let at = from, rest = 0;
  const until = Math.min(from + length, view.byteLength);
  while (at + 4 <= until && view.getUint16(at, true) !== 1) at += 4 + view.getUint16(at + 2, true);
  if (at + 4 <= until) rest = at + 4;
  return () => {
    if (!rest || rest + 8 > until) return WIDE;
    rest += 8;
    return Number(view.getBigUint64(rest - 8, true));
  };
}

/** The text of a file of the ZIP in `bytes`. It may have as many bytes as the directory says: what really
 *  comes out is counted, and a file that holds more is not read on. */
export async function unpacked(bytes, { at, packed, size, method }) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (at + 30 > bytes.length || view.getUint32(at, true) !== LOCAL) throw new Unreadable(DAMAGED);
  const start = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  if (start + packed > bytes.length || (method !== 0 && method !== 8)) throw new Unreadable(DAMAGED);
  const content = bytes.subarray(start, start + packed), decoder = new TextDecoder();
  let text = "", left = size;
  const take = (chunk) => {
    left -= chunk.length;
    if (left < 0) throw new Unreadable(DAMAGED);
    text += decoder.decode(chunk, { stream: true });
  };
  if (method === 0) take(content);
  else await inflate(content, take);
  return text + decoder.decode();
}

/** Hands `take` the unpacked bytes, some at a time, until it throws. */
async function inflate(content, take) {
  const stream = new Blob([content]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      take(value);
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    throw error instanceof Unreadable ? error : new Unreadable(DAMAGED);
  }
}
