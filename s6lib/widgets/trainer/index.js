// The trainer: a network learns in the page, from nothing, or from the reader's own hand.
//
//   course      what a step is: chance by a seed, batches, weights     pure
//   record      what is known of a course, in words and as CSV         pure
//   session     a course in time, in slices
//   coach       where it runs: a worker, or the page
//   pictures    curves, kernels, gradients
//   controls    what the reader chooses
//   scratch     the scene: from nothing
//   album       the reader's drawings, as a text and as images       pure
//   hand        the scene: the reader's hand

import { Announcer } from "../kit/announce.js";
import { make, put } from "../kit/dom.js";
import { Fields } from "../kit/fields.js";
import { life } from "../kit/life.js";
import PAD_SHEET from "../digits/pad.css";
import { serve } from "./coach.js";
import { Hand } from "./hand.js";
import { Scratch } from "./scratch.js";
import TRAINER from "./trainer.css";

const SCENES_OF = { scratch: Scratch, hand: Hand };
const HEARD = ["network", "learning_rate", "momentum", "batch_size", "epochs", "seed", "augment"];

function mount(root, model, number) {
  const status = make("p", { class: "unseen", role: "status" });
  const announcer = new Announcer((text) => put(status, { text }), () => false);
  const scene = new SCENES_OF[model.get("scene")](model, new Fields(), (text) => announcer.tell(text));
  // hidden until the style sheet shows it, which a saved page has lost
  const live = make(
    "div",
    { class: "live mathjax_ignore", "data-lm-suppress-shortcuts": "true", hidden: Boolean(number) },
    scene.element,
    status,
  );
  put(root, { role: "group", "aria-label": scene.label, dir: "ltr" });
  root.prepend(live);
  const heard = HEARD.map((name) => [`change:${name}`, () => scene.chosen(name)]);
  for (const [event, hear] of heard) model.on(event, hear);
  scene.render();
  return () => {
    announcer.stop();
    scene.stop();
    for (const [event, hear] of heard) model.off(event, hear);
  };
}

if (typeof document === "undefined" && typeof WorkerGlobalScope === "function") serve(globalThis);

export default life("trainer", mount, PAD_SHEET + TRAINER);
