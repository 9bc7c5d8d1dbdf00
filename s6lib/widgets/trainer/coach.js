// Where a course is run: in a worker where there can be one, else on the page.

import { Session } from "./session.js";

/** How long a slice may take, in milliseconds: on the page, where frames wait, and in a worker. */
const ON_PAGE = 12, IN_WORKER = 40;
/** How long a worker may say nothing, in milliseconds, before it is given up. */
const SILENT = 5000;

/** The address of this script, where it is one of a site and its own copy can be a worker: nothing else may
 * be started from a page that was opened as a file. */
const SOURCE = typeof document !== "undefined" && document.currentScript?.src;
const CAN_SERVE = Boolean(SOURCE) && /^https?:/.test(SOURCE) && typeof Worker === "function";

/** In a worker this script finds no page, and trains for one. */
export function serve(scope) {
  let session = null;
  scope.addEventListener("message", ({ data }) => {
    if (!data?.trainer) return;
    const [act, ...given] = data.trainer;
    if (act === "begin") {
      session?.stop();
      session = new Session(...given, (news) => scope.postMessage({ trainer: news }));
    } else session?.[act](...given);
    scope.postMessage({ trainer: null });
  });
  scope.postMessage({ trainer: null });
}

/** A session wherever it can be: the same acts, and the same news. `where` is "worker" or "page". */
export class Coach {
  #silence = 0;

  constructor(setup, terms, tell) {
    Object.assign(this, {
      setup,
      terms,
      tell,
      kept: setup.kept ?? null,
      where: "page",
      going: false,
      answered: false,
    });
    if (CAN_SERVE) this.#hire();
    else this.#here();
  }

  go() {
    this.going = true;
    this.#act("go");
  }
  pause() {
    this.going = false;
    this.#act("pause");
  }
  back() {
    this.#act("back");
  }
  adjust(terms) {
    this.terms = terms;
    this.#act("adjust", terms);
  }
  stop() {
    clearTimeout(this.#silence);
    this.worker?.terminate();
    this.session?.stop();
  }

  #act(...act) {
    if (this.session) this.session[act[0]](...act.slice(1));
    else {
      this.worker.postMessage({ trainer: act });
      this.#listen();
    }
  }

  #hear(news) {
    if (news.kept) this.kept = news.kept;
    if (news.condition !== "going") this.going = false;
    this.tell(news);
  }

  #hire() {
    this.where = "worker";
    try {
      this.worker = new Worker(SOURCE);
    } catch {
      return this.#here();
    }
    this.worker.addEventListener("message", ({ data }) => {
      if (!data || !("trainer" in data)) return;
      this.answered = true;
      this.#listen();
      if (data.trainer) this.#hear(data.trainer);
    });
    this.worker.addEventListener("error", () => this.#leave());
    this.#act("begin", { ...this.setup, slice: IN_WORKER }, this.terms);
  }

  /** A worker that has never answered, or trains and says nothing, is given up. */
  #listen() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => (this.going || !this.answered) && this.#leave(), SILENT);
  }

  /** Goes on here, from what is known of the worker's course. */
  #leave() {
    clearTimeout(this.#silence);
    this.worker.terminate();
    this.#here();
    const { steps } = this.session.course;
    this.tell({ condition: this.going ? "going" : "paused", from: steps, losses: [], right: [], steps });
    if (this.going) this.session.go();
  }

  #here() {
    this.where = "page";
    const setup = { ...this.setup, kept: this.kept, slice: ON_PAGE };
    this.session = new Session(setup, this.terms, (news) => this.#hear(news));
  }
}
