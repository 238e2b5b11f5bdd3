/** Which transport to try: the best one, and the next one after two failures in a row. */

const FAILURES = 2;
const FORGET_MS = 300_000;
const KEY = "jobcast:transport";

/** @template T */
export class Ladder {
  #step = 0;
  #failures = 0;
  #left = 0;

  /**
   * @param {T[]} steps best first
   * @param {Pick<Storage, "getItem" | "setItem" | "removeItem">} [memory] where what worked is kept
   *   for the tab's next page
   */
  constructor(steps, memory) {
    this.steps = steps;
    this.memory = memory;
    const [step, left] = (memory?.getItem(KEY) ?? "").split(" ").map(Number);
    if (step < steps.length && left <= Date.now()) [this.#step, this.#left] = [step, left];
  }

  /** Return the transport to try now; five minutes after leaving the best one it is tried again. */
  get current() {
    if (this.leftMs <= 0) this.reset();
    return this.steps[this.#step];
  }

  /** How long until the best is tried again, Infinity while it is in use. */
  get leftMs() {
    return this.#step ? this.#left + FORGET_MS - Date.now() : Infinity;
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
    if (this.#step) this.memory?.setItem(KEY, `${this.#step} ${this.#left}`);
    else this.memory?.removeItem(KEY);
  }

  /** Start again with the best (the network has changed). */
  reset() {
    this.#step = this.#failures = 0;
  }
}
