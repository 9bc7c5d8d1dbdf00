// The primer: a slope, a slope with the other held still, and gears; one scene for each widget.
//
//   engine      what is shown: a curve, a product, gears        pure functions
//   parts       sliders, a drawing to drag on, a curve with a nudge
//   scenes      the three of them

import { Announcer } from "../kit/announce.js";
import { make, put } from "../kit/dom.js";
import { life } from "../kit/life.js";
import PRIMER from "./primer.css";
import { SCENES } from "./scenes.js";

function mount(root, model, number) {
  const status = make("p", { class: "unseen", role: "status" }), said = make("p", { class: "said" });
  const announcer = new Announcer((text) => put(status, { text }), () => false);
  const state = {
    get: () => model.get("at"),
    set(value) {
      model.set("at", value);
      model.save_changes();
      state.render();
    },
    render() {
      scene.render();
      announcer.tell(said.textContent);
    },
  };
  const scene = SCENES[model.get("scene")](state, said);
  const side = make("div", { class: "side" }, scene.controls, said);
  // hidden until the style sheet shows it, which a saved page has lost
  const live = make(
    "div",
    { class: "live mathjax_ignore", "data-lm-suppress-shortcuts": "true", hidden: Boolean(number) },
    make("div", { class: "scene" }, scene.drawing, side),
    status,
  );
  put(root, { role: "group", "aria-label": scene.label, dir: "ltr" });
  root.prepend(live);
  model.on("change:at", state.render);
  state.render();
  return () => {
    announcer.stop();
    model.off("change:at", state.render);
  };
}

export default life("primer", mount, PRIMER);
