// What becomes of a drawing before the network reads it: a picture for every step, and a switch.

import { tick } from "../kit/choices.js";
import { make, put } from "../kit/dom.js";
import { t } from "../kit/words.js";
import { sentence } from "./answer.js";
import { paint } from "./picture.js";
import { STEPS } from "./prepare.js";

const WORDS = {
  ground: t`Dark ink on light ground is turned round`,
  box: t`The ink is found, and fitted into 20 × 20`,
  grey: t`Grey levels stay`,
  centre: t`Its centre of mass goes to the middle`,
};

const NOTHING = t`Each step will have its picture here, once there is a drawing.`;
const GIVEN = t`This digit was prepared already, so the steps are idle. Draw on it, and they work.`;

/** { element, render() } */
export function stages(store) {
  const pictures = make("ol", "stages");
  const switches = STEPS.map((step) => tick(WORDS[step], () => store.steps[step], () => store.toggle(step)));
  const came = make("p", "muted"),
    again = make("p", "again"),
    list = make("div", "switches", switches.map((each) => each.element));
  let shown = null;
  return {
    element: make("div", {}, list, came, pictures, again),
    render() {
      for (const each of switches) {
        each.render();
        each.box.disabled = store.given;
      }
      put(again, { text: store.empty ? "" : sentence(store) });
      if (store.prepared === shown) return;
      shown = store.prepared;
      const steps = store.empty ? [] : shown.stages;
      pictures.replaceChildren(...steps.map(({ said, ...stage }) => {
        const canvas = make("canvas", { role: "img", "aria-label": said });
        paint(canvas, stage);
        return make("li", {}, canvas, make("span", {}, said));
      }));
      put(came, { text: store.empty ? NOTHING : store.given ? GIVEN : "" });
    },
  };
}
