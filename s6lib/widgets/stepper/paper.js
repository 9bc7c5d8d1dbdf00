// What leaves the page: the still table, for paper and without scripts, and what the reader copies.

import { make } from "../kit/dom.js";
import { format, inFull } from "../kit/numbers.js";
import { BY } from "../kit/symbols.js";
import { t } from "../kit/words.js";
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
      ) => (row.parentElement.tagName === "THEAD"
        ? make("th", { scope: "col" }, t`step ${step}`)
        : make("td", {}, format(run.values(step)[name], 5)))
      ),
    );
  }
  const [inputs, targets] = [state.inputs, state.targets].map((pair) => {
    const [one, other] = pair.map((value) => format(value));
    return t`${one} and ${other}`;
  });
  if (table) {
    table.caption.textContent = t`Backpropagation, operation by operation, with inputs ${inputs}, targets
      ${targets} and the learning rate η = ${format(state.learning_rate)}. Each step ends with
      w ← w − η · dE/dw for every weight.`;
  }
}

/** Copies a table as a spreadsheet takes it: tabs between cells, fractions on one line, numbers in full and
 *  in ASCII. */
export function copy(event) {
  const chosen = getSelection();
  if (chosen.isCollapsed || event.target.matches?.("input")) return;
  const piece = make("div", {}, chosen.getRangeAt(0).cloneContents());
  for (const one of piece.querySelectorAll("[data-value]")) {
    if (one.textContent !== "?") one.textContent = inFull(one.dataset.value);
  }
  piece.querySelectorAll("td,th").forEach((cell) => cell.append("\t"));
  piece.querySelectorAll("tr,caption").forEach((row) => row.append("\n"));
  const text = piece.querySelector("td,th")
    ? piece.textContent.replace(/\t(\n|$)/g, "$1").replaceAll("\t= ", "\t")
    : String(chosen);
  event.clipboardData.setData(
    "text/plain",
    text.replace(new RegExp(`\\s+${BY}\\s+∂`, "g"), "/∂").replaceAll("−", "-"),
  );
  event.preventDefault();
}
