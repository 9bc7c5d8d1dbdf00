// A widget's two lives: in Jupyter (the object that `life` returns is what anywidget takes), and on a page
// without a kernel, where every <div data-NAME> waits for its reader.

import { make } from "./dom.js";
import { dress } from "./theme.js";

// Where a browser lacks what they need, their tables stay: all or nothing.
const able = [].at && Object.hasOwn && "".replaceAll &&
  ["structuredClone", "IntersectionObserver", "ResizeObserver"].every((name) => globalThis[name]);

/** The widget called `name`, whose style sheet is `css` (& stands for it). `mount(root, model, number)` gives
 *  it its life and returns what ends it. `model` has get, set, save_changes, on and off, as in Jupyter;
 *  `number` counts the widgets of a page from 1, and is 0 elsewhere. */
export function life(name, mount, css) {
  const widget = { name, mount, css };
  if (able && typeof document !== "undefined") whenNear(widget, rootsOf(name));
  return {
    render({ model, el }) {
      const root = el.appendChild(make("div"));
      const leave = enliven(widget, root, model, 0);
      return () => {
        leave();
        root.remove();
      };
    },
  };
}

/** The elements that wait for a widget called `name`, with their numbers. */
function rootsOf(name) {
  const waiting = new Map();
  document.querySelectorAll(`div[data-${name}]`).forEach((root, k) => {
    if (root.s6Lives) return; // a second copy of this script
    root.s6Lives = true;
    root.querySelector(".live")?.remove(); // of a page that was saved: nothing in it answers any more
    waiting.set(root, k + 1);
    root.dataset[name] = k + 1;
  });
  return waiting;
}

/** A page does not wait for its widgets. Each gets its life when the reader comes near it; all of them
 *  before the keyboard is used, so that Tab finds them, before a link or a reload leads to a place on the
 *  page, so that nothing grows above it, and some seconds later, for readers who come by a list of the
 *  page's buttons. */
function whenNear(widget, waiting) {
  if (!waiting.size) return;
  const wake = (roots = [...waiting.keys()]) => {
    for (const root of roots) {
      const number = waiting.get(root);
      if (waiting.delete(root)) bring(widget, root, number);
    }
  };
  const near = new IntersectionObserver(
    (seen) => wake(seen.filter((one) => one.isIntersecting).map((one) => one.target)),
    { rootMargin: "1000000px 0px 100%" }, // or has passed it
  );
  for (const root of waiting.keys()) near.observe(root);
  addEventListener("keydown", () => wake(), { capture: true, once: true });
  addEventListener("click", ({ target }) => {
    if (target.closest?.("a[href*='#']")) wake();
  }, { capture: true });
  addEventListener("hashchange", () => wake());
  addEventListener("load", () => setTimeout(() => wake(), 5000));
  // its name has the fragments of text that the hash leaves out
  const [opened] = performance.getEntriesByType("navigation");
  if (location.hash || opened?.name.includes("#") || opened?.type !== "navigate") wake();
}

/** A widget without a kernel: its state stands beside it as JSON. If it fails, its table stays. */
function bring(widget, root, number) {
  try {
    const state = JSON.parse(root.querySelector("script[type='application/json']").textContent);
    const model = {
      get: (key) => state[key],
      set: (key, value) => {
        state[key] = value;
      },
      save_changes() {},
      on() {},
      off() {},
    };
    enliven(widget, root, model, number);
  } catch (error) {
    root.querySelector(".live")?.remove();
    delete root.dataset.alive;
    setTimeout(() => {
      throw error;
    });
  }
}

/** Dresses `root` before it is filled: in Jupyter when its element has been placed, which is later. */
function enliven({ name, mount, css }, root, model, number) {
  const put = () => {
    if (root.isConnected) dress(root.getRootNode(), name, css);
  };
  const placed = new ResizeObserver(put);
  placed.observe(root);
  put();
  root.classList.add(`s6-${name}`);
  root.dataset.alive = "";
  root.closest(".cell_output .output")?.classList.add("s6-room"); // the theme would clip and tint it
  const leave = mount(root, model, number);
  return () => {
    placed.disconnect();
    leave();
  };
}
