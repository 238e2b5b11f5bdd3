/** Watches over a connection's silence: asks for a sign of life, and gives up when none comes. */

const LOOK_MS = 5_000;
const ASK_MS = 20_000;
const GIVE_UP_MS = 40_000;

export class Vigil {
  #last = 0;
  #looked = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /**
   * @param {() => void} ask
   * @param {() => void} giveUp
   */
  constructor(ask, giveUp) {
    this.ask = ask;
    this.giveUp = giveUp;
  }

  start() {
    this.stop();
    this.heard();
    this.#looked = Date.now();
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** Note that the other side said something. */
  heard() {
    this.#last = Date.now();
  }

  /** Ask now, and give up unless an answer comes soon: the machine may have slept. */
  hurry() {
    this.#last = Math.min(this.#last, Date.now() - GIVE_UP_MS + LOOK_MS);
    this.ask();
  }

  #look() {
    const [now, before] = [Date.now(), this.#looked];
    this.#looked = now;
    if (now - before > 2 * ASK_MS) return this.hurry(); // this timer slept, so the machine did
    if (now - this.#last > GIVE_UP_MS) this.giveUp();
    else if (now - this.#last > ASK_MS) this.ask();
  }
}
