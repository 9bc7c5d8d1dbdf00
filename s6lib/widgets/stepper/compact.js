// The stepper in little, for a first screen: the network alive, two sliders, and the error falling beside it.

import { Announcer } from "../kit/announce.js";
import { draw } from "../kit/chart.js";
import { button, make, put } from "../kit/dom.js";
import { Fields } from "../kit/fields.js";
import { format } from "../kit/numbers.js";
import { mathOf } from "../kit/symbols.js";
import { pieces, plural, t } from "../kit/words.js";
import { addressOf } from "./address.js";
import { PlayButton } from "./controls.js";
import { callCurves, labelOf } from "./curve.js";
import { Diagram } from "./diagram.js";
import { ownNumbers, tellOwn } from "./own.js";
import { Quantities } from "./quantities.js";
import { Dial, RateDial } from "./slider.js";
import { Store } from "./store.js";
import { begin, frame, HINT } from "./view.js";

const AHEAD = 100; // steps that are in view
/** What the address of the whole stepper names, however that one was opened. */
const NAMED = { weights: "", inputs: "", targets: "", learning_rate: "", step: "" };
const PULL = t`The thicker a line, the harder the error pulls at it.`;

/** As `mount` of view.js, which says what it takes and returns. */
export function mountCompact(root, model, number) {
  const own = number ? ownNumbers(location.search, model.get("ranges")) : { given: {} },
    store = new Store(model, own.given);
  Object.assign(store.look, { speed: 8, picked: "w5" });
  store.last = Math.max(AHEAD, store.state.step);
  const parts = buildCompact(store, root, number), { diagram, status } = parts;
  const announcer = new Announcer((text) => {
    status.textContent = text;
  }, () => store.playing);
  store.render = () => renderCompact(store, root, parts, announcer);
  const anew = () => {
    if (root.isConnected) diagram.layOut();
    parts.size = { width: parts.chart.clientWidth, height: parts.chart.clientHeight };
    store.render();
  };
  const sizes = new ResizeObserver(anew);
  sizes.observe(parts.live); // which also grows where a reader puts blanks between letters
  anew();
  const leave = [store.follow(), () => store.halt(), () => announcer.stop(), () => sizes.disconnect()];
  if (number) {
    leave.push(playInView(store, root, parts.play));
    tellOwn(parts.live, own);
  }
  return () => leave.forEach((end) => end());
}

/** The parts of the small stepper, put into `root`. */
function buildCompact(store, root, number) {
  const fields = new Fields(), dial = new Dial(store, fields), rate = new RateDial(store, fields);
  const diagram = new Diagram(store, new Quantities(store), root, (name) => {
    store.look.picked = name;
    store.byHand(() => store.render());
  }, true);
  const play = new PlayButton(store, () => {
    if (store.state.step >= store.last) store.change({ step: 0 }, { keepGhost: true });
    store.play();
  });
  const step = make("b", "n"), error = make("b", "n value");
  const about = make("p", "muted about"), chart = make("svg", { role: "img", class: "chart" });
  const more = make("a", { class: "more", hidden: !number }, t`Open every operation →`);
  const row = (field, { slider }) => make("div", "dial", field, slider.element);
  store.forget = () => fields.forget();
  root.classList.add("small");
  const score = make(
    "p",
    "score",
    make("span", {}, pieces`Step ${step}`),
    make("span", {}, mathOf("E_total"), " = ", error),
  );
  const hint = make("p", "hint muted", HINT, make("span", "long", " ", PULL));
  const controls = make(
    "div",
    { class: "group", role: "group", "aria-label": t`Controls` },
    play.element,
    button(t`Step`, t`Step`, () => store.byHand(() => store.move(1))),
    button(t`Back to start`, t`Back to start`, () => store.reset()),
  );
  const dials = [row(dial.field, dial), row(rate.field(mathOf("rate")), rate)];
  const { live, alarm, status } = frame(root, number, t`A network that learns`);
  const column = (...parts) => make("div", {}, parts);
  live.append(
    make(
      "div",
      "both",
      make("div", "stage", diagram.element, hint),
      make("div", "side", column(score, chart, about), column(dials, alarm, controls, more)),
    ),
    status,
  );
  return { live, fields, diagram, dial, rate, play, step, error, about, chart, alarm, more, status };
}

function renderCompact(store, root, parts, announcer) {
  begin(store, root, parts);
  const { state, values, problem, run, ghost } = store;
  store.far = run.at(store.last);
  parts.diagram.render();
  for (const one of [parts.dial, parts.rate, parts.play]) one.render();
  parts.fields.refresh();
  put(parts.step, { text: state.step });
  put(parts.error, { text: format(values.E_total, 4), "data-value": values.E_total });
  const { now, before, about } = callCurves(store), { last } = store;
  put(parts.about, {
    text: about
      ? plural(last, "Error over {0} step; {1}", "Error over {0} steps; {1}", about)
      : plural(last, "Error over {0} step", "Error over {0} steps"),
  });
  const whole = run.loss.slice(0, store.far + 1);
  const lines = [
    { values: whole, class: "value ahead", text: now },
    { values: whole.slice(0, state.step + 1), class: "value" },
  ];
  if (ghost) lines.unshift({ values: ghost.loss.slice(0, store.last + 1), class: "ghost", text: before });
  draw(parts.chart, {
    ...parts.size,
    lines,
    upto: store.last,
    here: { step: state.step, value: values.E_total },
    label: labelOf(run.loss[0], run.loss[store.far], store.far, about),
  });
  put(parts.more, { href: store.model.get("more") + addressOf(1, state, { ...state, ...NAMED }) });
  announcer.tell(problem || t`Step ${state.step}, E total ${format(values.E_total, 4)}.`);
}

/** Plays while the stepper is in view and the reader wants motion, until the reader takes over. */
function playInView(store, root, play) {
  const stop = new AbortController(), { signal } = stop;
  let waiting = 0, free = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  const seen = new IntersectionObserver(([{ isIntersecting }]) => {
    clearTimeout(waiting);
    if (!isIntersecting) {
      if (store.playing) store.pause();
    } else if (free && store.state.step < store.last) waiting = setTimeout(() => store.play(), 1500);
  }, { threshold: 0.6 });
  seen.observe(root);
  const take = ({ target }) => {
    if (!free) return;
    free = false;
    clearTimeout(waiting);
    if (!play.element.contains(target)) store.pause();
  };
  for (const kind of ["pointerdown", "keydown"]) root.addEventListener(kind, take, { capture: true, signal });
  return () => {
    clearTimeout(waiting);
    seen.disconnect();
    stop.abort();
  };
}
