// What a reader who does not see the page is told, once it has come to rest.

export class Announcer {
  #timer = 0;
  #told = "";
  /** `say(text)` is called when nothing has happened for half a second, unless `busy()`. */
  constructor(say, busy) {
    Object.assign(this, { say, busy });
  }
  tell(text) {
    this.#told ||= text; // a page that opens speaks for itself
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.busy() || text === this.#told) return;
      this.#told = text;
      this.say(text);
    }, 500);
  }
  stop() {
    clearTimeout(this.#timer);
  }
}
