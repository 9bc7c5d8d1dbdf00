// Train from nothing: one of the book's networks on the bundled digits.

import { load } from "../digits/assets.js";
import { digitsOf } from "../digits/data.js";
import { layersOf, sizesOf } from "../digits/engine.js";
import { choice, tick } from "../kit/choices.js";
import { button, make, put } from "../kit/dom.js";
import { LANGUAGE } from "../kit/language.js";
import { format, local } from "../kit/numbers.js";
import { t } from "../kit/words.js";
import { Coach } from "./coach.js";
import { progress, rateControl, share, whole } from "./controls.js";
import { EVEN_GUESS } from "./course.js";
import { saveFile } from "../kit/files.js";
import { curves, gradientBars, kernelPictures } from "./pictures.js";
import { csvOf, emptyRecord, heard, rightOf, smooth, standing } from "./record.js";

const BATCHES = [8, 16, 32, 64];
/** What makes another course; the learning rate, the momentum and the epochs may change on the way. */
const PLAN = ["network", "batch_size", "seed", "augment"];

const WHERE = {
  page: t`Training runs in this page, in small portions, so that the page stays alive.`,
  worker: t`It trains beside this page, also while you read elsewhere.`,
};

/** How many numbers a network learns. */
const learned = (settings) =>
  Object.entries(sizesOf(layersOf(settings)))
    .reduce((sum, [name, length]) => sum + (name.includes("running") ? 0 : length), 0);

export class Scratch {
  label = t`Train a network from nothing`;

  /** `say(text)` is told what a reader who does not see it should hear. */
  constructor(model, fields, say) {
    Object.assign(this, { model, fields, say, networks: model.get("networks"), coach: null, earlier: null });
    this.record = emptyRecord("", null);
    this.of = model.get("held_out");
    this.pictures = {
      curves: curves(() => ({ now: this.record, earlier: this.earlier }), this.of),
      kernels: kernelPictures(),
      gradients: gradientBars(),
    };
    this.#build();
  }

  get terms() {
    const { model } = this;
    return { rate: model.get("learning_rate"), momentum: model.get("momentum"), epochs: model.get("epochs") };
  }
  get plan() {
    const [network, batch, seed, moves] = PLAN.map((name) => this.model.get(name));
    return { settings: this.networks[network], batch, seed, moves };
  }
  /** What was chosen, in words. */
  get title() {
    const [network, batch, seed, moves] = PLAN.map((name) => this.model.get(name)),
      { rate, momentum } = this.terms;
    const [by, on] = [format(rate), format(momentum)];
    return moves
      ? t`${network}, rate ${by}, momentum ${on}, batch ${batch}, seed ${seed}, moved a little`
      : t`${network}, rate ${by}, momentum ${on}, batch ${batch}, seed ${seed}`;
  }

  #build() {
    const set = (name) => (value) => this.#choose(name, value), get = (name) => () => this.model.get(name);
    const field = (label, name, read, takes, size) =>
      this.fields.add(label, { read, get: () => format(this.model.get(name)), set: set(name), takes, size });
    const named = Object.entries(this.networks).map((
      [name, settings],
    ) => [name, t`${name}: ${learned(settings).toLocaleString(LANGUAGE)} numbers`]);
    this.controls = [
      choice(t`Network`, named, get("network"), set("network")),
      rateControl(this.fields, get("learning_rate"), set("learning_rate")),
      choice(t`Batch`, BATCHES.map((size) => [size, String(size)]), get("batch_size"), set("batch_size")),
      tick(t`Shift and turn the digits a little`, get("augment"), set("augment")),
    ];
    this.#buttons();
    const [network, rate, batch, moves] = this.controls.map(({ element }) => element);
    this.#place([
      network,
      batch,
      field(t`Momentum`, "momentum", share, t`a number from 0, below 1`, 5),
      field(t`Epochs`, "epochs", whole(1, 100), t`a whole number from 1 to 100`, 4),
      field(t`Seed`, "seed", whole(0, 999_999), t`a whole number from 0 to 999999`, 7),
      moves,
    ], rate);
  }

  #buttons() {
    this.act = {
      train: button(t`Train`, t`Train`, () => this.#toggle(), { class: "primary train", title: null }),
      again: button(t`Start again`, t`Start again`, () => this.#begin(), { title: null }),
      csv: button(t`Save the curve as CSV`, "CSV", () => this.#save()),
    };
  }

  #place(choices, rate) {
    this.run = progress(Object.values(this.act));
    this.facts = make("p", "facts");
    this.where = make("p", "muted quiet");
    this.alarm = make("p", { class: "alarm", role: "alert", hidden: true });
    this.back = button(t`Back to the last good weights`, "", () => this.#goBack(), {
      title: null,
      hidden: true,
    });
    this.against = make("p", { class: "muted against", hidden: true });
    this.element = make(
      "div",
      "scratch",
      make("div", "choices", choices),
      rate,
      this.run.element,
      this.alarm,
      this.back,
      this.facts,
      this.pictures.curves.element,
      this.against,
      make("div", "inside", this.pictures.gradients.element, this.pictures.kernels.element),
      this.where,
    );
  }

  #choose(name, value) {
    this.model.set(name, value);
    this.model.save_changes();
    this.chosen(name);
  }

  /** A choice has been made, here or in Python. */
  chosen(name) {
    if (PLAN.includes(name)) return this.#leave();
    this.coach?.adjust(this.terms);
    this.render();
  }

  /** Another course: this one becomes the earlier one, if it has a curve. */
  #leave() {
    if (this.record.losses.length > 1) this.earlier = { ...this.record, condition: "paused" };
    this.coach?.stop();
    this.coach = this.coming = null;
    this.record = emptyRecord("", null);
    this.render();
  }

  async #begin() {
    this.#leave();
    const mine = this.coming = {};
    this.record = { ...this.record, condition: "going" };
    this.render();
    try {
      this.digits ??= digitsOf(await load(this.model.get("data"), "digits"));
    } catch (error) {
      this.record = { ...this.record, condition: "failed", why: error.message };
      return this.render();
    }
    if (this.coming !== mine) return; // the reader thought better of it
    this.record = emptyRecord(this.title, this.terms);
    this.coach = new Coach(
      { plan: this.plan, train: this.digits.train, tests: { test: this.digits.test } },
      this.terms,
      (news) => this.#hear(news),
    );
    this.#go();
  }

  #toggle() {
    if (this.record.condition === "going") this.coach ? this.coach.pause() : this.#leave();
    else if (!this.coach) return this.#begin();
    else {
      const { steps, total, epoch } = this.record, { epochs } = this.terms;
      if (total && steps >= total && epochs * epoch <= steps) { // on, for as long again
        this.#choose("epochs", Math.min(100, Math.round(steps / epoch) + epochs));
      }
      this.#go();
    }
    return null;
  }

  #go() {
    this.record = { ...this.record, condition: "going" };
    this.coach.go();
    this.render();
  }

  #goBack() {
    this.#choose("learning_rate", Number((this.blownAt / 10).toPrecision(2)));
    this.coach.back();
    this.act.train.focus();
  }

  #hear(news) {
    this.record = heard(this.record, news);
    this.render();
  }

  #save() {
    saveFile(`${this.model.get("network")}-seed-${this.model.get("seed")}.csv`, csvOf(this.record, ["test"]));
  }

  render() {
    const { record, act, earlier } = this, { condition, losses } = record;
    for (const each of this.controls) each.render();
    this.fields.refresh();
    const label = condition === "going" ? t`Pause` : t`Train`;
    put(act.train, { text: label, "aria-label": label });
    act.train.disabled = condition === "blown";
    act.again.disabled = !losses.length;
    act.csv.disabled = !losses.length;
    this.run.render(record);
    put(this.facts, { text: this.#facts() });
    put(this.where, { text: WHERE[this.coach?.where] ?? "" });
    this.#warn();
    put(this.against, {
      text: earlier ? t`Dashed, earlier: ${earlier.title}. Now: ${record.title || this.title}.` : "",
    });
    this.against.hidden = !earlier;
    const { settings } = this.plan;
    this.pictures.curves.render();
    this.pictures.kernels.render(record, settings);
    this.pictures.gradients.render(record, [...settings.channels.map((_, k) => `conv${k + 1}`), "linear"]);
    if (condition !== "going") this.say(`${standing(record)} ${this.#facts()}`);
  }

  #facts() {
    const { losses, right } = this.record, last = rightOf(this.record, "test").at(-1);
    if (!losses.length) {
      return t`Nothing is learned yet: an even guess among ten digits costs ${format(EVEN_GUESS, 4)}.`;
    }
    const loss = t`The loss is ${format(smooth(losses).at(-1), 3)}; an even guess costs
      ${format(EVEN_GUESS, 3)}.`;
    if (!right.length) return loss;
    const { of } = this, percent = local((100 * last / of).toFixed(1));
    const before = rightOf(this.record, "test").length < 2 && this.record.steps < this.record.epoch;
    const read = before
      ? t`Before the first epoch it read ${last} of ${of} test digits, ${percent} %.`
      : t`It reads ${last} of ${of} test digits, ${percent} %.`;
    return `${loss} ${read}`;
  }

  /** Says what went wrong, and offers the way back. */
  #warn() {
    const { condition, losses, why, steps, epoch } = this.record, blown = condition === "blown";
    if (!blown) this.blownAt = this.terms.rate; // what is typed afterwards did not do it
    const rate = this.blownAt, cost = format(losses.at(-1), 3);
    const now = format(rate), guess = format(EVEN_GUESS, 3);
    const next = format(Number((rate / 10).toPrecision(2)));
    put(this.alarm, {
      text: blown
        ? t`It has blown up: at a rate of ${now} the loss of a batch has become ${cost}, where knowing
          nothing costs ${guess}. Each step overshoots, and the next starts from farther away.`
        : condition === "failed"
        ? t`It cannot go on: ${why}`
        : "",
    });
    this.alarm.hidden = !this.alarm.textContent;
    this.back.hidden = !blown;
    put(this.back, {
      text: steps < epoch
        ? t`Back to the last good weights, those before the first step, at a rate of ${next}`
        : t`Back to the last good weights, at a rate of ${next}`,
    });
  }

  stop() {
    this.coach?.stop();
    this.pictures.curves.stop();
  }
}
