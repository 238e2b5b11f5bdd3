/** Which transport to try: the best one, and the next one after two failures in a row. */

const FAILURES = 2;
const FORGET_MS = 300_000;

/** @template T */
export class Ladder {
  #step = 0;
  #failures = 0;
  #left = 0;

  /** @param {T[]} steps best first */
  constructor(steps) {
    this.steps = steps;
  }

  /** Return the transport to try now; five minutes after leaving the best one it is tried again. */
  get current() {
    if (this.#step && Date.now() - this.#left > FORGET_MS) this.reset();
    return this.steps[this.#step];
  }

  /** Note that the current transport did not come up. */
  failed() {
    if (++this.#failures < FAILURES) return;
    this.#step = (this.#step + 1) % this.steps.length;
    this.#failures = 0;
    this.#left = Date.now();
  }

  /** Note that the current transport works. */
  worked() {
    this.#failures = 0;
  }

  /** Start again with the best (the network has changed). */
  reset() {
    this.#step = this.#failures = 0;
  }
}
