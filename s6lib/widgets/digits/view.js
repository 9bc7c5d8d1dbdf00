// The widget on the page: its parts, in their places, and what keeps them up to date.

import { Announcer } from "../kit/announce.js";
import { choice } from "../kit/choices.js";
import { button, make, put } from "../kit/dom.js";
import { t } from "../kit/words.js";
import { answer } from "./answer.js";
import { load } from "./assets.js";
import { digitsOf } from "./data.js";
import { SIDE } from "./engine.js";
import { lens } from "./lens.js";
import { lesson } from "./lesson.js";
import { atlas } from "./maps.js";
import { pad } from "./pad.js";
import { fromFile, paint } from "./picture.js";
import { stages } from "./stages.js";
import { Store } from "./store.js";

/** Gives `root` its life and returns what ends it. `model` has get, set, save_changes, on and off, as in
 *  Jupyter; `number` is the widget's on its page, and 0 elsewhere. */
export function mount(root, model, number) {
  const store = new Store(model, !matchMedia("(max-width: 500px)").matches),
    status = make("p", { class: "unseen", role: "status" });
  const later = onceAFrame();
  const board = pad({
    onchange(strokes, picture) {
      store.halt(); // or its next frame would put the old drawing back
      later(() => store.draw(strokes, picture));
    },
  });
  const views = { answer: answer(store), stages: stages(store), atlas: atlas(store), lens: lens(store) };
  views.lesson = lesson(store);
  const nothing = make("p", "muted", t`Draw a digit, or take an example: here is what becomes of it.`);
  const announcer = new Announcer((text) => put(status, { text }), () => store.playing);
  const live = make(
    "div",
    { class: "live mathjax_ignore", "data-lm-suppress-shortcuts": "true", hidden: Boolean(number) },
    make("div", "top", make("div", "draw", board.element, board.buttons), views.answer.element),
    make("div", "choices", shouldBe(store), networks(store), picturePicker(root, store)),
    examples(store),
    drawer("preparation", t`What became of the drawing`, views.stages.element, model),
    drawer("lesson", t`Send the error back, and take a step`, views.lesson.element, model),
    drawer("layers", t`All layers, and any number in them`, [
      nothing,
      views.atlas.element,
      views.lens.element,
    ], model),
    status,
  );
  put(root, { role: "group", "aria-label": t`A reader of digits`, dir: "ltr" });
  root.prepend(live);
  const render = () => {
    nothing.hidden = !store.empty;
    board.show(store.strokes, store.picture);
    for (const view of Object.values(views)) view.render();
    put(root, { "data-answer": store.answer ?? "" });
    announcer.tell(views.answer.element.querySelector(".said").textContent);
  };
  const ends = [store.on(render), store.follow(), () => views.lesson.stop(), () => announcer.stop()];
  store.choose(model.get("network"));
  return () => {
    store.halt();
    ends.forEach((end) => end());
  };
}

/** A function that does, before the next frame is drawn, the last of what it was given. */
function onceAFrame() {
  let waiting = null;
  return (act) => {
    if (!waiting) {
      requestAnimationFrame(() => {
        const last = waiting;
        waiting = null;
        last();
      });
    }
    waiting = act;
  };
}

function drawer(name, title, content, model) {
  const open = model.get("panels").includes(name);
  return make("details", { class: `panel ${name}`, open }, make("summary", {}, title), content);
}

/** A list to choose from that follows the store. */
function list(store, ...given) {
  const { element, render } = choice(...given);
  store.on(render);
  return element;
}

const DIGITS_OR_NONE = [[null, "…"], ...Array.from({ length: 10 }, (_, digit) => [digit, String(digit)])];
const shouldBe = (store) =>
  list(store, t`It should be`, DIGITS_OR_NONE, () => store.label, (label) => store.should(label));
const networks = (store) =>
  list(
    store,
    t`Network`,
    Object.entries(store.model.get("networks")),
    () => store.chosen,
    (name) => store.choose(name),
  );

/** A picture from a file: chosen, dropped anywhere on the widget, or pasted into it. */
function picturePicker(root, store) {
  const message = make("span", { class: "message", role: "alert" });
  store.on(() => store.empty && put(message, { text: "" }));
  const take = async (file) => {
    if (!file) return;
    try {
      store.draw([], await fromFile(file));
      put(message, { text: "" });
    } catch (problem) {
      put(message, { text: problem.message });
    }
  };
  const input = make("input", {
    type: "file",
    accept: "image/*",
    class: "unseen",
    tabindex: -1,
    "aria-hidden": "true",
    onchange: async () => {
      await take(input.files[0]);
      input.value = ""; // so that the same file can be taken again
    },
  });
  root.addEventListener("dragover", (event) => event.preventDefault());
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    take(event.dataTransfer.files[0] ?? new Blob());
  });
  root.addEventListener("paste", (event) => take(event.clipboardData?.files[0]));
  return make(
    "span",
    {},
    button(t`Open a picture`, t`Open a picture …`, () => input.click()),
    input,
    message,
  );
}

/** The first bundled test digit of each kind, to load. */
function examples(store) {
  const place = make("div", { class: "examples", role: "group", "aria-label": t`Examples` });
  load(store.model.get("data"), "digits").then((text) => {
    const { images, labels } = digitsOf(text).test;
    for (let digit = 0; digit < 10; digit++) {
      const at = labels.indexOf(digit) * SIDE ** 2, pixels = images.slice(at, at + SIDE ** 2);
      const picture = { pixels, width: SIDE, height: SIDE }, canvas = make("canvas");
      paint(canvas, picture);
      place.append(button(t`Load a ${digit}`, canvas, () => store.draw([], picture)));
    }
  }).catch((problem) => put(place, { text: problem.message }));
  return place;
}
