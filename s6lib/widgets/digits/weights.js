// The weights of a network as a page carries them: base64 of float32, one array after the other.

import { layersOf, networkOf, sizesOf } from "./engine.js";

/** The network in float64 of `given`: { settings, weights }, the arrays of its state in the order in which
 *  the layers have them. RangeError, by name, for weights that are damaged or of another network. */
export function networkFrom(given) {
  const { settings, weights } = given ?? {};
  if (!Array.isArray(settings?.channels) || typeof weights !== "string") {
    throw new RangeError("weights: got no settings of a network with its weights");
  }
  const sizes = Object.entries(sizesOf(layersOf(settings))), state = {};
  const wanted = sizes.reduce((sum, [, length]) => sum + length, 0);
  const bytes = bytesOf(weights);
  if (bytes.length !== 4 * wanted) {
    throw new RangeError(`weights: got ${bytes.length / 4} numbers; this network takes ${wanted}`);
  }
  const numbers = new Float32Array(bytes.buffer);
  let start = 0;
  for (const [name, length] of sizes) state[name] = numbers.subarray(start, start += length);
  return networkOf(settings, state);
}

function bytesOf(text) {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    throw new RangeError("weights: got what is no base64");
  }
}
