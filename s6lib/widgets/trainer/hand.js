// Teach it your hand: the reader's drawings, kept on this device, and the recorded network that learns them.

import { load } from "../digits/assets.js";
import { digitsOf, prepared } from "../digits/data.js";
import { pad } from "../digits/pad.js";
import { paint } from "../digits/picture.js";
import { judge, LOOKS, rasterise } from "../digits/prepare.js";
import { networkFrom } from "../digits/weights.js";
import { choice } from "../kit/choices.js";
import { button, make, put } from "../kit/dom.js";
import { format } from "../kit/numbers.js";
import { inSlices } from "../kit/slices.js";
import { keep, recall } from "../kit/storage.js";
import { t } from "../kit/words.js";
import { albumFrom, albumText, heldBack, imageOf, MOST_DRAWINGS, setOf, wanted } from "./album.js";
import { Coach } from "./coach.js";
import { progress, rateControl } from "./controls.js";
import { saveFile } from "../kit/files.js";
import { emptyRecord, heard, smooth } from "./record.js";

const PLACE = "s6-hand", FEWEST = 20, BATCH = 8, GROUND = 140;
const HELD = "held", TESTS = "test";

export class Hand {
  label = t`Teach the network your hand`;

  constructor(model, fields, say) {
    Object.assign(this, { model, fields, say, coach: null, drawings: [], record: emptyRecord("", null) });
    this.told = "";
    try {
      this.drawings = albumFrom(recall(PLACE) ?? albumText([]));
    } catch (error) {
      keep(`${PLACE}-unread`, recall(PLACE)); // before anything is written in its place
      this.told = `${t`What was kept here cannot be read, and was put aside.`} ${error.message}`;
    }
    this.next = wanted(this.drawings);
    this.#build();
  }

  get terms() {
    const { model } = this;
    return { rate: model.get("learning_rate"), momentum: model.get("momentum"), epochs: model.get("epochs") };
  }

  #build() {
    const { model } = this, digits = Array.from({ length: 10 }, (_, digit) => [digit, String(digit)]);
    this.board = pad({ onchange: () => this.render() });
    this.which = choice(t`It is a`, digits, () => this.next, (digit) => {
      this.next = digit;
      this.render();
    });
    this.rate = rateControl(this.fields, () => model.get("learning_rate"), (rate) => {
      model.set("learning_rate", rate);
      model.save_changes();
      this.chosen("learning_rate");
    });
    this.keeper = button(t`Keep this drawing`, t`Keep it`, () => this.#keep(), {
      class: "primary",
      title: null,
    });
    this.file = make("input", {
      type: "file",
      accept: "application/json,.json",
      class: "unseen",
      "aria-label": t`A file with drawings`,
      tabindex: -1,
      onchange: () => this.#bring(),
    });
    this.act = {
      train: button(t`Train`, t`Train`, () => this.#toggle(), { class: "primary train", title: null }),
      again: button(t`Recorded weights`, t`Recorded weights`, () => this.#leave(), { title: null }),
    };
    this.album = {
      save: button(
        t`Save the drawings as a file`,
        t`Save`,
        () => saveFile("my-digits.json", albumText(this.drawings), "application/json"),
      ),
      bring: button(t`Load drawings from a file`, t`Load`, () => this.file.click()),
      empty: button(t`Delete all drawings`, t`Delete all`, () => this.#change([])),
    };
    this.#place();
  }

  #place() {
    this.gallery = make("div", { class: "gallery", role: "group", "aria-label": t`Your drawings` });
    this.advice = make("p", { class: "advice" });
    this.message = make("p", { class: "message", role: "alert" });
    this.run = progress(Object.values(this.act));
    this.result = make("div", "result");
    this.element = make(
      "div",
      "hand",
      make(
        "div",
        "desk",
        make("div", "draw", this.board.element, this.board.buttons),
        make(
          "div",
          "side",
          this.advice,
          make("div", "choices", this.which.element, this.keeper),
          this.message,
          this.gallery,
          make("div", "group", Object.values(this.album)),
          this.file,
        ),
      ),
      this.rate.element,
      this.run.element,
      this.result,
    );
  }

  #keep() {
    const { strokes } = this.board, seen = judge(rasterise(strokes, GROUND), GROUND, GROUND);
    if (seen) {
      this.told = t`This looks like ${LOOKS[seen]}. Draw a ${this.next}, or keep nothing.`;
      return this.render();
    }
    const drawings = [...this.#latest(), { label: this.next, strokes }];
    if (drawings.length > MOST_DRAWINGS) {
      this.told = t`There is room for ${MOST_DRAWINGS} drawings here: save them as a file, and delete some.`;
      return this.render();
    }
    this.board.clear();
    this.#change(drawings);
    this.board.element.focus();
  }

  /** The drawings with those that another page, or another trainer on this one, has kept meanwhile. */
  #latest() {
    try {
      return albumFrom(recall(PLACE) ?? albumText(this.drawings));
    } catch {
      return this.drawings;
    }
  }

  /** Other drawings: a course on the ones before is over. */
  #change(drawings) {
    if (drawings.length > MOST_DRAWINGS) {
      throw new RangeError(t`That would be ${drawings.length} drawings; at most ${MOST_DRAWINGS} are kept.`);
    }
    Object.assign(this, { drawings, next: wanted(drawings), told: "" });
    const text = albumText(drawings);
    keep(PLACE, text);
    if (!this.#kept(text)) {
      this.told =
        t`This browser keeps nothing here, or has no room left: save your drawings as a file, or they
        are gone with this page.`;
    }
    this.#leave();
  }

  #kept(text) {
    try {
      return localStorage.getItem(PLACE) === text;
    } catch {
      return false;
    }
  }

  async #bring() {
    const [file] = this.file.files;
    if (!file) return;
    try {
      this.#change([...this.#latest(), ...albumFrom(await file.text())]);
    } catch (error) {
      this.told = `${file.name}: ${error.message} ${t`Nothing was taken.`}`;
    }
    this.file.value = "";
    this.render();
  }

  chosen() {
    this.coach?.adjust(this.terms);
    this.render();
  }

  #leave() {
    this.coach?.stop();
    Object.assign(this, { coach: null, coming: null, record: emptyRecord("", null) });
    this.render();
  }

  async #begin() {
    const mine = this.coming = {}, data = this.model.get("data");
    this.record = { ...this.record, condition: "going" };
    this.render();
    try {
      this.digits ??= digitsOf(await load(data, "digits"));
      this.network ??= networkFrom(await load(data, "author"));
      this.others ??= await inSlices(prepared(this.digits.test), () => this.coming === mine);
    } catch (error) {
      this.told = error.message;
      return this.#leave();
    }
    if (this.coming !== mine) return; // the reader thought better of it
    const { settings, state } = this.network, seed = this.model.get("seed");
    this.coach = new Coach(
      {
        // Batch norm goes by each batch here too. With its averages held, steps three times as long as those
        // that teach it lost the whole network, on drawings by a program; in this way they did not.
        plan: { settings, state, seed, batch: BATCH, moves: this.model.get("augment") },
        train: setOf(this.drawings, false),
        tests: {
          [HELD]: setOf(this.drawings, true),
          [TESTS]: { ...this.others, atEnds: true },
        },
      },
      this.terms,
      (news) => {
        this.record = heard(this.record, news);
        this.render();
      },
    );
    this.#go();
  }

  #toggle() {
    const { condition, steps, total, epoch } = this.record;
    if (condition === "going") return this.coach ? this.coach.pause() : this.#leave();
    if (!this.coach) return void this.#begin();
    if (total && steps >= total) {
      this.coach.adjust({ ...this.terms, epochs: steps / epoch + this.terms.epochs });
    }
    this.#go();
  }

  #go() {
    this.record = { ...this.record, condition: "going" };
    this.coach.go();
    this.render();
  }

  render() {
    const { record, act, drawings, board } = this, { condition } = record, going = condition === "going";
    this.which.render();
    this.rate.render();
    this.fields.refresh();
    const label = going ? t`Pause` : t`Train`;
    put(act.train, { text: label, "aria-label": label });
    act.train.disabled = drawings.length < FEWEST || condition === "blown";
    act.again.disabled = !this.coach;
    this.keeper.disabled = !board.strokes.length;
    this.album.save.disabled = this.album.empty.disabled = !drawings.length;
    put(this.message, { text: this.told });
    put(this.advice, { text: this.#advice() });
    this.#pictures();
    this.run.render(record);
    this.#show();
    if (!going) this.say(`${this.run.status.textContent} ${this.result.textContent}`);
  }

  #advice() {
    const { length } = this.drawings, held = heldBack(this.drawings).filter(Boolean).length;
    if (length < FEWEST) {
      return t`Draw a ${this.next}, as you write it. Training needs ${FEWEST} drawings; you have ${length}.
        Three of each digit are better. They stay on this device.`;
    }
    return t`Draw a ${this.next}, or train. Of your ${length} drawings, ${held} are held back: it never
      learns from them, and they tell you whether it reads your hand.`;
  }

  #pictures() {
    if (this.shown === this.drawings) return;
    this.shown = this.drawings;
    const held = heldBack(this.drawings);
    this.gallery.replaceChildren(...this.drawings.map((drawing, k) => {
      const canvas = make("canvas", { "aria-hidden": "true" });
      paint(canvas, { pixels: imageOf(drawing), width: 28, height: 28 });
      const name = held[k]
        ? t`Delete drawing ${k + 1}, a ${drawing.label}, held back`
        : t`Delete drawing ${k + 1}, a ${drawing.label}`;
      const same = (each) => JSON.stringify(each) === JSON.stringify(drawing);
      const drop = () => this.#change(this.#latest().filter((_each, at, all) => at !== all.findIndex(same)));
      return button(name, canvas, drop, { class: held[k] ? "held" : null });
    }));
  }

  /** What was read before, and what is read now. */
  #show() {
    const { right, losses, condition, why } = this.record;
    this.result.hidden = !right.length && condition !== "failed" && condition !== "blown";
    if (this.result.hidden) return;
    const of = {
      [HELD]: this.coach.setup.tests[HELD].labels.length,
      [TESTS]: this.digits.test.labels.length,
    };
    const names = { [HELD]: t`your drawings, held back`, [TESTS]: t`bundled test digits, prepared` };
    const rows = [HELD, TESTS].map((name) => {
      const counts = right.filter(([test]) => test === name).map(([, , count]) => count);
      const cells = [counts[0], counts.length > 1 ? counts.at(-1) : undefined];
      return make(
        "tr",
        {},
        make("th", { scope: "row" }, names[name]),
        cells.map((count) => make("td", "n", count === undefined ? "…" : t`${count} of ${of[name]}`)),
      );
    });
    const heads = [t`read right`, t`as recorded`, t`as taught`].map((head) =>
      make("th", { scope: "col" }, head)
    );
    const loss = losses.length ? `${t`Loss on your drawings: ${format(smooth(losses).at(-1), 3)}.`} ` : "";
    const wrong = condition === "blown"
      ? t`It has blown up: the rate is too large. Go back to the recorded weights, and give it a smaller
        one.`
      : condition === "failed"
      ? t`It cannot go on: ${why}`
      : "";
    this.result.replaceChildren(
      make("p", wrong ? "alarm" : "facts", wrong || loss),
      make("table", {}, make("thead", {}, make("tr", {}, heads)), make("tbody", {}, rows)),
    );
  }

  stop() {
    this.coach?.stop();
  }
}
