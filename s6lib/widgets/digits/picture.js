// Pictures in grey levels: painted, and read from a file.

import { t } from "../kit/words.js";
import { greyLevels } from "./prepare.js";

const LONGEST = 840;

/** Paints { pixels, width, height }, 0 black to 255 white, one pixel a pixel. */
export function paint(canvas, { pixels, width, height }) {
  Object.assign(canvas, { width, height });
  const image = new ImageData(width, height);
  for (let k = 0; k < pixels.length; k++) image.data.set([pixels[k], pixels[k], pixels[k], 255], 4 * k);
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** The picture in `file`, a large one made smaller: { pixels, width, height }. What shines through it is the
 *  ground: white below a dark picture, else black. Rejects, in words, where the file is none. */
export async function fromFile(file) {
  const bitmap = await createImageBitmap(file).catch(() => {
    const name = file.name ?? t`This`;
    throw new TypeError(t`${name}: not a picture that your browser can read; takes PNG, JPEG …`);
  });
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  const context = Object.assign(document.createElement("canvas"), { width, height })
    .getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  return { pixels: greyLevels(context.getImageData(0, 0, width, height).data), width, height };
}
