// A course in time: in slices between which others have their turn, with news on the way. The same in a
// worker and on the page.

import { normalise } from "../digits/data.js";
import { countRight, Course } from "./course.js";

const NEWS = 100, SAFE = 2000, OFTEN = 10;

/** Trains. `setup` is { plan, train, tests, kept, slice }: sets of { images, labels } in grey levels, `tests`
 * by their names, of which those with `atEnds` are read at the start and at the end alone; and how many
 * milliseconds a slice may take. `terms` are { rate, momentum, epochs }, and may change between two steps.
 * `tell(news)` hears
 *
 * condition: "going", "paused", "done", "blown", or "failed" with `why`
 * steps, total, epoch: how many are made, are to be made, and make an epoch; seconds: how long it took
 * losses: those of the steps since the last news, which begin at step `from`
 * right: [[name, steps, how many were right], ...] since the last news
 * lengths, kernels: of the gradients, by layer; of the first convolution
 * kept: now and then, all that it takes to go on elsewhere */
export class Session {
  #going = false;
  #told = 0;
  #kept = 0;
  #from = 0;
  #channel = new MessageChannel();

  constructor(setup, terms, tell) {
    Object.assign(this, { setup, terms, tell, condition: "paused", seconds: 0, losses: [], right: [] });
    this.train = { images: normalise(setup.train.images), labels: setup.train.labels };
    this.tests = Object.entries(setup.tests).map((
      [name, test],
    ) => [name, { ...test, images: normalise(test.images) }]);
    this.#channel.port1.onmessage = () => this.#slice();
    this.#start(setup.kept);
  }

  go() {
    if (this.#going) return;
    if (this.condition === "done") this.work = this.#work(false);
    Object.assign(this, { condition: "going", since: performance.now() });
    this.#going = true;
    this.#channel.port2.postMessage(0);
  }

  pause() {
    if (!this.#going) return;
    this.#rest("paused");
  }

  adjust(terms) {
    this.terms = terms;
  }

  /** Goes back to the last weights that were good. */
  back() {
    this.#start(this.good);
    this.#rest("paused");
  }

  stop() {
    this.#going = false;
    this.#channel.port1.close();
  }

  #start(kept) {
    this.course = new Course(this.setup.plan, this.train, kept);
    this.good = kept ?? this.course.keep();
    this.work = this.#work(!kept);
    Object.assign(this, { losses: [], right: [] });
    this.#from = this.course.steps;
  }

  get total() {
    return this.terms.epochs * this.course.epoch;
  }

  *#work(anew) {
    const { course } = this;
    if (anew) yield* this.#read(true);
    while (course.steps < this.total) {
      const { loss, lengths, blown } = yield* course.step(this.terms);
      this.losses.push(loss);
      this.lengths = lengths;
      if (blown) return "blown";
      if (course.steps % OFTEN === 0 && course.good) this.good = course.keep();
      const ended = course.steps >= this.total;
      if (ended || course.steps % course.epoch === 0) yield* this.#read(ended);
      this.between = true;
      yield;
      this.between = false;
    }
    return "done";
  }

  /** Counts what is right; of those that are read at the ends alone only there. */
  *#read(ends) {
    for (const [name, { images, labels, atEnds }] of this.tests) {
      if (atEnds && !ends) continue;
      const count = yield* countRight(this.course.network, images, labels);
      this.right.push([name, this.course.steps, count]);
    }
  }

  #slice() {
    if (!this.#going) return;
    const until = performance.now() + this.setup.slice;
    try {
      do {
        const { done, value } = this.work.next();
        if (done) return this.#rest(value);
      } while (performance.now() < until);
    } catch (error) {
      return this.#rest("failed", error.message);
    }
    if (performance.now() - this.#told > NEWS) this.#news();
    this.#channel.port2.postMessage(0);
  }

  #rest(condition, why = "") {
    this.#going = false;
    this.#count();
    this.condition = condition;
    this.#news(why);
  }

  #count() {
    const now = performance.now();
    if (this.condition === "going") this.seconds += (now - this.since) / 1000;
    this.since = now;
  }

  #news(why = "") {
    const { course, condition, total, losses, right, lengths } = this, now = performance.now();
    this.#count();
    const safe = this.between && condition === "going" && now - this.#kept > SAFE;
    if (safe) this.#kept = now;
    this.#told = now;
    const news = {
      condition,
      why,
      total,
      losses,
      right,
      lengths,
      steps: course.steps,
      epoch: course.epoch,
      seconds: this.seconds,
      from: this.#from,
      kernels: course.network.state["conv1.weight"].slice(),
      kept: safe ? course.keep() : null,
      state: condition === "done" || condition === "paused" ? course.keep().state : null,
    };
    Object.assign(this, { losses: [], right: [] });
    this.#from = course.steps;
    this.tell(news); // last: whoever hears it may act at once
  }
}
