/** Tells the server what has been taken in, so that nobody is written an e-mail about it. */

const APART_MS = 1_000;

export class Acks {
  #wanted = 0;
  #sent = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {import("./api.js").Api} api
   * @param {() => {ack: (offset: number) => void} | null} socket the way without a request, if open
   */
  constructor(api, socket) {
    this.api = api;
    this.socket = socket;
  }

  /** @param {number} offset */
  take(offset) {
    this.#wanted = Math.max(this.#wanted, offset);
    if (!this.#timer) this.#send();
  }

  /** What was said does not count any more: it was somebody else's, or did not arrive. */
  forget() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#wanted = this.#sent = 0;
  }

  #send() {
    this.#timer = undefined;
    if (this.#wanted <= this.#sent) return;
    this.#sent = this.#wanted;
    this.#timer = setTimeout(() => this.#send(), APART_MS);
    const socket = this.socket();
    if (socket) return socket.ack(this.#sent);
    const json = { offset: this.#sent };
    this.api.call("POST", "api/inbox/ack", { json }).catch(() => this.forget());
  }
}
