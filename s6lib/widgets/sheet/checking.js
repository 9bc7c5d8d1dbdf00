// A file, or cells that were pasted, checked. Knows no page.

import { t } from "../kit/words.js";
import { findings } from "./check.js";
import { ofText, read, tooLarge } from "./reading.js";
import { Unreadable } from "./zip.js";

/** What is found in a file, {file, findings} or {file, error}, a sentence; as a generator, so that a page
 *  stays alive on the way. `words` is what Python gives. */
export async function* checkedFile(file, size, content, words) {
  try {
    const error = tooLarge(size);
    if (error) throw new Unreadable(error);
    return yield* checkedBook(await read(file, await content()), file, words);
  } catch (error) {
    return refused(file, error);
  }
}

/** The same of a text. */
export async function* checkedText(file, text, words) {
  try {
    return yield* checkedBook(ofText(text, file), file, words);
  } catch (error) {
    return refused(file, error);
  }
}

function* checkedBook(book, file, words) {
  const found = [];
  for (const one of findings(book, file, words)) {
    if (one) found.push(one);
    else yield;
  }
  return { file, findings: found };
}

/** Whatever a strange file does to this is one line. */
function refused(file, error) {
  return {
    file,
    error: `${error instanceof Unreadable ? error.message : t`not understood (${error.name})`}.`,
  };
}
