// Items to put in order, by buttons, by dragging and by keys.

import { button, make, put } from "../kit/dom.js";
import { t } from "../kit/words.js";
import { judgeOrder, mixed } from "./judge.js";
import { checkButton } from "./kinds.js";

const UP = "M12 7l7 9H5z", DOWN = "M12 17l7-9H5z";

/** The kind of question whose items come in an order. */
export function order({ spec, chosen, rich, submit }) {
  const { items, name } = spec, status = make("span", { class: "unseen", role: "status" });
  let places = mixed(items.length, `${chosen}/${name}/order`), done = false;
  const list = make("ol", "items");
  const move = (item, to) => {
    if (done || to < 0 || to >= items.length) return;
    places.splice(places.indexOf(item), 1);
    places.splice(to, 0, item);
    render();
    put(status, { text: t`${rows[item].words}: now ${to + 1} of ${items.length}` });
  };
  const rows = items.map((text, item) => rowOf(rich(text), (by) => move(item, places.indexOf(item) + by)));
  const drag = (item) => (event) => {
    if (done || event.target.closest("button")) return;
    rows[item].element.setPointerCapture(event.pointerId);
    put(rows[item].element, { "data-dragged": "" });
  };
  const dragged = (item) => (event) => {
    if (!rows[item].element.hasPointerCapture(event.pointerId)) return;
    const above = places.filter((other) => {
      const { top, height } = rows[other].element.getBoundingClientRect();
      return other !== item && top + height / 2 < event.clientY;
    });
    if (above.length !== places.indexOf(item)) move(item, above.length);
  };
  rows.forEach(({ element }, item) => {
    element.dataset.place = item;
    onDrag(element, drag(item), dragged(item));
  });
  const render = () => {
    const focused = list.getRootNode().activeElement;
    places.forEach((item, k) => {
      if (list.children[k] !== rows[item].element) {
        list.insertBefore(rows[item].element, list.children[k] ?? null);
      }
      rows[item].up.disabled = done || k === 0;
      rows[item].down.disabled = done || k === items.length - 1;
    });
    if (list.contains(focused)) keepFocus(focused);
  };
  const judge = () => ({ verdict: judgeOrder(spec, places), answer: places.map((k) => items[k]) });
  const lay = (texts) => {
    places = texts.map((text) => items.indexOf(text));
    render();
    return judge();
  };
  const check = checkButton(() => submit(judge()));
  render();
  return {
    element: make("div", {}, list, make("div", "entry", check), status),
    put: lay,
    showRight: () => lay(items),
    lock(over) {
      done = check.disabled = over;
      put(list, { "data-done": over ? "" : null });
      render();
    },
  };
}

function onDrag(element, begin, follow) {
  element.addEventListener("pointerdown", begin);
  element.addEventListener("pointermove", follow);
  element.addEventListener("lostpointercapture", () => put(element, { "data-dragged": null }));
}

/** One item: its words, and a button for each way it may move. */
function rowOf(words, by) {
  const span = make("span", "words", words), text = span.textContent;
  const arrow = (path, label, step) =>
    button(label, "", () => by(step), { class: "arrow", title: null, "data-path": path });
  const up = arrow(UP, t`Move ${text} up`, -1), down = arrow(DOWN, t`Move ${text} down`, 1);
  for (const each of [up, down]) {
    each.append(
      make(
        "svg",
        { viewBox: "0 0 24 24", "aria-hidden": "true", class: "icon" },
        make("path", { d: each.dataset.path }),
      ),
    );
    delete each.dataset.path;
  }
  return { element: make("li", {}, span, up, down), up, down, words: text };
}

/** The button that was pressed keeps the focus where its item has moved; at an end the other one takes it. */
function keepFocus(pressed) {
  const row = pressed.closest("li");
  (pressed.disabled ? row.querySelector("button:not(:disabled)") : pressed)?.focus();
}
