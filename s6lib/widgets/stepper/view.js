// The stepper on the page: its parts, in their places, and what keeps them up to date.

import { Announcer } from "../kit/announce.js";
import { make, put } from "../kit/dom.js";
import { Fields } from "../kit/fields.js";
import { format } from "../kit/numbers.js";
import { t } from "../kit/words.js";
import { Ask } from "./ask.js";
import { Controls } from "./controls.js";
import { Curve } from "./curve.js";
import { Diagram } from "./diagram.js";
import { Equation } from "./equation.js";
import { Link } from "./link.js";
import { ownNumbers, tellOwn } from "./own.js";
import { Panels } from "./panels.js";
import { copy, print } from "./paper.js";
import { Proof } from "./proof.js";
import { Quantities } from "./quantities.js";
import { Store } from "./store.js";
import { Tuner } from "./tuner.js";
import { gradientFor, OPERATIONS, plain } from "./words.js";

export const HINT = t`Tap a weight, an input or a target to change it.`;
const SLOPE = t`∂ is the gradient: how fast the error grows with a weight. Thick lines: large; dashed: below
  zero.`;
const CHANGE = t`Δ is how far each weight moves.`;

/** Gives `root` its life and returns what ends it. `model` has get, set, save_changes, on and off, as in
 *  Jupyter; `number` is the stepper's on its page, and 0 elsewhere. */
export function mount(root, model, number) {
  const own = number ? ownNumbers(location.search, model.get("ranges")) : { given: {} };
  const store = new Store(model, own.given), parts = build(store, root, number);
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
    if (store.asking) parts.ask.focus();
  };
  store.held = () => parts.ask.nudge();
  store.render = () => render(store, root, parts, announcer);
  const leave = [
    store.follow(),
    () => store.halt(),
    () => announcer.stop(),
    () => link.address.stop(),
    watch(store, layOut, parts),
  ];
  assemble(parts);
  layOut();
  store.render();
  if (number) {
    leave.push(listen(() => print(root, store), link, controls));
    tellOwn(parts.live, own);
  }
  return () => leave.forEach((end) => end());
}

/** What both forms of a stepper have: the live part of `root`, what alarms, and what is only heard. */
export function frame(root, number, label, properties = {}) {
  const live = make("div", {
    class: "live mathjax_ignore",
    "data-lm-suppress-shortcuts": "true",
    hidden: Boolean(number), // shown by the style sheet, which a saved page has lost
    ...properties,
  });
  put(root, { role: "group", "aria-label": label, dir: "ltr" });
  root.prepend(live);
  return {
    live,
    alarm: make("p", { class: "alarm", role: "alert", hidden: true }),
    status: make("p", { class: "unseen", role: "status" }),
  };
}

/** Brings `root` and its alarm to the moment. */
export function begin(store, root, { alarm }) {
  store.evaluate();
  put(root, { "data-step": store.state.step, "data-operation": store.state.operation });
  alarm.hidden = !store.problem;
  put(alarm, { text: store.problem });
}

/** Opens what changes the number `name`, or closes it where it is open. */
function pickOn({ diagram, tuner }, store, name) {
  const { look } = store, closes = name === look.picked, leaves = tuner.element.matches(":focus-within");
  look.picked = closes ? null : name;
  tuner.render();
  diagram.open(tuner.element, look.picked);
  store.byHand(() => store.render());
  if (!closes) {
    const near = { block: "nearest", behavior: "instant" };
    for (const one of [diagram, tuner]) one.element.scrollIntoView(near);
    tuner.dial.slider.element.focus({ preventScroll: true });
  } else if (leaves) diagram.taps[name].focus();
}

/** The parts of a stepper, put into `root`. */
function build(store, root, number) {
  const fields = new Fields(), quantities = new Quantities(store);
  const proof = new Proof(store, (w) => {
    store.change({ proof: "none" });
    diagram.taps[w].focus();
  });
  const pick = (name) => pickOn({ diagram, tuner }, store, name);
  const tuner = new Tuner(store, fields, (w) => {
    store.change({ proof: store.state.proof === w ? "none" : w });
    if (store.state.proof === w) proof.element.scrollIntoView({ block: "nearest" });
  }, () => pick(store.look.picked));
  const diagram = new Diagram(store, quantities, root, pick);
  const controls = new Controls(store, root), panels = new Panels(store, quantities, fields);
  const link = new Link(store, root, number, ({ rates }) => {
    if (rates) panels.all.race.open = true;
  });
  store.forget = () => {
    fields.forget();
    if (store.look.picked) pick(store.look.picked);
  };
  return {
    ...frame(root, number, t`Stepper through backpropagation`, {
      oncopy: copy,
      onkeydown: (event) => controls.key(event),
    }),
    fields,
    proof,
    tuner,
    diagram,
    controls,
    panels,
    link,
    ask: new Ask(store),
    equation: new Equation(store),
    curve: new Curve(store, fields),
    hint: make("p", "hint muted"),
  };
}

/** Puts the parts into their places. */
function assemble(
  { live, link, ask, equation, diagram, hint, controls, alarm, proof, panels, curve, status },
) {
  document.body.classList.add("s6-page");
  equation.head.append(ask.tick);
  equation.element.append(ask.element);
  live.append(
    link.broken,
    equation.phases,
    make("div", "stage", equation.element, diagram.element, hint),
    controls.element,
    alarm,
    proof.element,
    ...panels.drawers(true),
    curve.rate,
    curve.element,
    ...panels.drawers(false),
    status,
  );
}

function render(store, root, parts, announcer) {
  begin(store, root, parts);
  const { problem, look } = store, { diagram } = parts;
  root.classList.toggle("long", look.digits > 9); // long numbers get wide columns
  root.classList.toggle("tuning", look.picked !== null);
  const { phase } = OPERATIONS[store.here], before = phase === "Forward" || phase === "Error";
  root.classList.toggle("before", before); // nobody has said yet what a gradient is
  put(parts.hint, { text: `${HINT} ${before ? "" : phase === "Update" ? CHANGE : SLOPE}` });
  diagram.render();
  parts.tuner.render();
  parts.ask.render();
  parts.equation.render();
  parts.controls.render();
  parts.fields.refresh();
  parts.curve.render(diagram.width);
  parts.proof.render();
  parts.panels.render(diagram.width);
  announcer.tell(problem || momentOf(store));
}

/** Where the reader stands, for one who does not see it. */
function momentOf({ state: { step, operation }, values, asking }) {
  if (operation === "overview") return t`Step ${step}, E total ${format(values.E_total, 4)}.`;
  const of = gradientFor(operation), name = plain(operation);
  if (asking) {
    return of ? t`Step ${step}, gradient for ${of}, your answer.` : t`Step ${step}, ${name}, your answer.`;
  }
  if (operation === "update") return t`Step ${step}, update.`;
  const value = format(values[operation], 4);
  return of ? t`Step ${step}, gradient for ${of} is ${value}.` : t`Step ${step}, ${name} is ${value}.`;
}

/** Lays the stepper out anew when its size changes, or the blank between letters. */
function watch(store, layOut, { diagram, tuner, controls, live, link }) {
  const anew = () => {
    layOut();
    store.render();
  };
  const ofNet = new ResizeObserver(anew);
  ofNet.observe(diagram.element);
  ofNet.observe(tuner.element); // where it says what it does not take, it grows
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
