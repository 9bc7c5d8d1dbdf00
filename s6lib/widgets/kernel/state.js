// What is given, where the window is, and where it has been.

import { limited, moved, sideOf, way } from "./engine.js";

const TRAITS = ["image", "kernel", "place", "stride", "padding", "relu"];
/** Milliseconds in which the window slides over the whole picture. */
const SLIDE = 4000;

export class State {
  /** `model` has the traits; `render()` follows each change. */
  constructor(model, render) {
    Object.assign(this, { model, render, seen: new Set(), sliding: null, saving: false });
  }
  get given() {
    const [image, kernel, , stride, padding, relu] = TRAITS.map((name) => this.model.get(name));
    return { image, kernel, stride, padding, relu };
  }
  get place() {
    return this.sliding?.place ?? limited(this.given, this.model.get("place"));
  }
  /** Listens to the model, and returns what ends that. */
  begin() {
    const hear = () => {
      if (this.saving) return;
      const { given } = this, shape = `${given.stride} ${given.padding}`;
      if (shape !== this.shape) this.#fit();
      this.shape = shape;
      this.#see([this.place]);
      this.render();
    };
    for (const name of TRAITS) this.model.on(`change:${name}`, hear);
    this.hear = hear;
    hear();
    return () => {
      this.stop();
      for (const name of TRAITS) this.model.off(`change:${name}`, hear);
    };
  }
  /** A map that was whole stays whole; another begins anew. */
  #fit() {
    const side = sideOf(this.given), whole = this.whole;
    this.count = side * side;
    this.seen.clear();
    if (whole) this.#fill();
  }
  get whole() {
    return this.seen.size > 0 && this.seen.size === this.count;
  }
  #fill() {
    for (let k = 0; k < this.count; k++) this.seen.add(k);
  }
  #see(places) {
    const side = sideOf(this.given);
    for (const [row, column] of places) this.seen.add(row * side + column);
  }
  #save(traits) {
    this.saving = true; // one change, not one for each trait
    for (const [name, value] of Object.entries(traits)) this.model.set(name, value);
    this.model.save_changes();
    this.saving = false;
    this.hear();
  }
  setKernel(kernel) {
    this.#save({ kernel });
  }
  /** Stride, padding or ReLU; the window stays where it is, or near it. */
  change(traits) {
    this.stop();
    const { given, place } = this;
    this.#save({ ...traits, place: moved(given, { ...given, ...traits }, place) });
  }
  /** Moves the window to `place` or the nearest of the map, and past all on its way. */
  go(place) {
    this.stop();
    const from = this.place, to = limited(this.given, place);
    if (String(from) === String(to)) return;
    this.#see(way(from, to));
    this.#save({ place: to });
  }
  step(rows, columns) {
    const [row, column] = this.place;
    this.go([row + rows, column + columns]);
  }
  clear() {
    this.stop();
    this.seen.clear();
    this.hear();
  }
  /** Slides over all places, row by row, and back to where it was; or stops that. */
  slide() {
    if (this.sliding) return this.stop();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.#fill();
      return this.render();
    }
    this.seen.clear();
    const side = sideOf(this.given), start = performance.now();
    const tick = (now) => {
      const end = Math.min(this.count, Math.floor(Math.max(0, now - start) / SLIDE * this.count) + 1);
      for (let k = 0; k < end; k++) this.seen.add(k);
      if (end === this.count) return this.stop();
      this.sliding = {
        place: [Math.floor((end - 1) / side), (end - 1) % side],
        due: requestAnimationFrame(tick),
      };
      this.render();
    };
    tick(start);
  }
  stop() {
    if (!this.sliding) return;
    cancelAnimationFrame(this.sliding.due);
    this.sliding = null;
    this.render();
  }
}
