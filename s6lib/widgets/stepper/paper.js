// What leaves the page: the still table, for paper and without scripts, and what the reader copies.

import { make } from "../kit/dom.js";
import { format } from "../kit/numbers.js";
import { LAST_STEP } from "./words.js";

/** Brings the still table of `root` to the moment on the screen. */
export function print(root, { state, run }) {
  const table = root.querySelector(".fallback table");
  const steps = [0, 1, 2].map((k) => state.step + k)
    .filter((step, k) => !k || (step <= LAST_STEP && run.at(step) === step));
  for (const row of table?.rows ?? []) {
    const [head, ...old] = row.cells, name = head.textContent.split(" ")[0].replace("/", "_");
    old.forEach((cell) => cell.remove());
    row.append(
      ...steps.map((
        step,
      ) => (name === "operation"
        ? make("th", { scope: "col" }, `step ${step}`)
        : make("td", {}, format(run.values(step)[name], 5)))
      ),
    );
  }
  const caption = table?.caption, pair = (key) => state[key].map((value) => format(value)).join(" and ");
  if (caption) {
    caption.textContent = caption.textContent.replace(
      /inputs .*(?=\. Each)/,
      `inputs ${pair("inputs")}, targets ${pair("targets")} and the learning rate η = ${
        format(state.learning_rate)
      }`,
    );
  }
}

/** Copies a table as a spreadsheet takes it: tabs between cells, fractions on one line, numbers in full and
 *  in ASCII. */
export function copy(event) {
  const chosen = getSelection();
  if (chosen.isCollapsed || event.target.matches?.("input")) return;
  const piece = make("div", {}, chosen.getRangeAt(0).cloneContents());
  for (const one of piece.querySelectorAll("[data-value]")) {
    if (one.textContent !== "?") one.textContent = format(one.dataset.value);
  }
  piece.querySelectorAll("td,th").forEach((cell) => cell.append("\t"));
  piece.querySelectorAll("tr,caption").forEach((row) => row.append("\n"));
  const text = piece.querySelector("td,th")
    ? piece.textContent.replace(/\t(\n|$)/g, "$1").replaceAll("\t= ", "\t")
    : String(chosen);
  event.clipboardData.setData("text/plain", text.replace(/\s+by\s+∂/g, "/∂").replaceAll("−", "-"));
  event.preventDefault();
}
