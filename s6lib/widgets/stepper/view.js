// The stepper on the page: its parts, in their places, and what keeps them up to date.

import { Announcer } from "../kit/announce.js";
import { make, put } from "../kit/dom.js";
import { Fields } from "../kit/fields.js";
import { format } from "../kit/numbers.js";
import { Controls } from "./controls.js";
import { Curve } from "./curve.js";
import { Diagram } from "./diagram.js";
import { Equation } from "./equation.js";
import { Link } from "./link.js";
import { Panels } from "./panels.js";
import { copy, print } from "./paper.js";
import { Proof } from "./proof.js";
import { Quantities } from "./quantities.js";
import { Store } from "./store.js";
import { plain } from "./words.js";

/** Gives `root` its life and returns what ends it. `model` has get, set, save_changes, on and off, as in
 *  Jupyter; `number` is the stepper's on its page, and 0 elsewhere. */
export function mount(root, model, number) {
  const store = new Store(model), parts = build(store, root, number);
  const { diagram, link, controls } = parts;
  const announcer = new Announcer((text) => {
    print(root, store);
    if (!store.problem) parts.status.textContent = text; // the alarm has spoken
  }, () => store.playing);
  const layOut = () => {
    if (root.isConnected) diagram.layOut(); // Jupyter hands out its element before it places it
  };
  store.changed = (silent) => {
    link.broken.hidden = true;
    if (number && !silent) link.address.remember();
  };
  store.walked = () => {
    if (diagram.tall) diagram.element.querySelector(".on")?.scrollIntoView({ block: "nearest" });
  };
  store.render = () => render(store, root, parts, announcer);
  const leave = [
    store.follow(),
    () => store.halt(),
    () => announcer.stop(),
    () => link.address.stop(),
    watch(store, layOut, parts),
  ];
  layOut();
  store.render();
  if (number) leave.push(listen(() => print(root, store), link, controls));
  return () => leave.forEach((end) => end());
}

/** The parts of a stepper, put into `root`. */
function build(store, root, number) {
  const fields = new Fields(), quantities = new Quantities(store);
  const proof = new Proof(store, (w) => {
    store.change({ proof: "none" });
    diagram.edges[w].focus();
  });
  const diagram = new Diagram(store, quantities, root, (w) => {
    store.change({ proof: store.state.proof === w ? "none" : w });
    if (store.state.proof === w) proof.element.scrollIntoView({ block: "nearest" });
  });
  const equation = new Equation(store),
    controls = new Controls(store, root),
    curve = new Curve(store, fields);
  const panels = new Panels(store, quantities, fields);
  const link = new Link(store, root, number, ({ rates }) => {
    if (rates) panels.all.race.open = true;
  });
  const alarm = make("p", { class: "alarm", role: "alert", hidden: true });
  const status = make("p", { class: "unseen", role: "status" });
  const live = make(
    "div",
    {
      class: "live mathjax_ignore",
      "data-lm-suppress-shortcuts": "true",
      oncopy: copy,
      onkeydown: (event) => controls.key(event),
      hidden: Boolean(number),
    }, // shown by the style sheet, which a saved page has lost
    link.broken,
    equation.phases,
    make("div", { class: "stage" }, equation.element, diagram.element),
    controls.element,
    alarm,
    proof.element,
    panels.drawers(true),
    curve.rate,
    curve.element,
    panels.drawers(false),
    status,
  );
  store.forget = () => fields.forget();
  document.body.classList.add("s6-page");
  put(root, { role: "group", "aria-label": "Stepper through backpropagation", dir: "ltr" });
  root.prepend(live);
  return { fields, diagram, equation, controls, curve, proof, panels, link, alarm, status, live };
}

function render(store, root, parts, announcer) {
  store.evaluate();
  const { state, values, problem, look } = store, { alarm, diagram } = parts;
  put(root, { "data-step": state.step, "data-operation": state.operation });
  root.classList.toggle("long", look.digits > 9); // long numbers get wide columns
  alarm.hidden = !problem;
  put(alarm, { text: problem });
  diagram.render();
  parts.equation.render();
  parts.controls.render();
  parts.fields.refresh();
  parts.curve.render(diagram.width);
  parts.proof.render();
  parts.panels.render(diagram.width);
  const { operation } = state, value = operation in values ? ` is ${format(values[operation], 4)}` : "";
  const moment = operation === "overview"
    ? `E total ${format(values.E_total, 4)}`
    : `${plain(operation)}${value}`;
  announcer.tell(problem || `Step ${state.step}, ${moment}.`);
}

/** Lays the stepper out anew when its size changes, or the blank between letters. */
function watch(store, layOut, { diagram, controls, live, link }) {
  const anew = () => {
    layOut();
    store.render();
  };
  const ofNet = new ResizeObserver(anew);
  ofNet.observe(diagram.element);
  let spacing = diagram.spacing;
  const ofAll = new ResizeObserver(() => {
    if (spacing !== (spacing = diagram.spacing)) anew();
    controls.hold();
  });
  if (link.number) ofAll.observe(live);
  return () => {
    ofNet.disconnect();
    ofAll.disconnect();
  };
}

/** Hears what happens to the page around a stepper. */
function listen(toPaper, link, controls) {
  const stop = new AbortController(), { signal } = stop;
  addEventListener("hashchange", () => link.follow(), { signal });
  addEventListener("beforeprint", toPaper, { signal });
  addEventListener("scroll", () => controls.hold(), { signal, passive: true });
  link.follow();
  return () => stop.abort();
}
