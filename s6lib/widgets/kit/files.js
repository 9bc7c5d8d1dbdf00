// Files that a reader takes along.

import { make } from "./dom.js";

/** Lets the reader keep `text` as a file called `name`. */
export function saveFile(name, text, type = "text/csv") {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = make("a", { href: address, download: name });
  document.body.append(link); // Firefox clicks only what is on the page
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
