// Long work on a page that stays alive: a little of it between any two frames.

/** Runs `work`, a generator, to its end, some milliseconds at a time, and returns its value; undefined once
 *  nobody wants it any more. */
export async function inSlices(work, wanted = () => true, milliseconds = 12) {
  while (wanted()) {
    const until = performance.now() + milliseconds;
    do {
      const { done, value } = work.next();
      if (done) return value;
    } while (performance.now() < until);
    await new Promise((resolve) => setTimeout(resolve));
  }
}
