/** The best transport: one WebSocket, frames in both directions. */

import { Transport } from "./transport.js";

const PROTOCOL = "jobcast.v1";

export class Socket extends Transport {
  static transport = "websocket";
  static patience = 10_000;
  #count = 0;
  /** Channels by the number of the question about them. @type {Map<number, string>} */
  #questions = new Map();

  /** @param {import("./transport.js").Given} given */
  constructor(given) {
    super(given);
    const url = given.api.address("api/ws");
    url.protocol = url.protocol.replace("http", "ws");
    this.socket = new given.WebSocket(url, [PROTOCOL, `ticket.${given.ticket}`]);
    this.socket.onopen = () => this.#hello();
    this.socket.onmessage = (event) => this.#received(event.data);
    this.socket.onclose = (event) => this.ended(event.code);
  }

  #hello() {
    const subs = this.channels.subs();
    for (const sub of subs) this.asked.set(sub.channel, sub);
    this.send({ t: "hello", subs });
  }

  /**
   * Ask for a channel, also for one that is listened to already.
   * @param {string} name
   */
  join(name) {
    const sub = this.channels.sub(name);
    this.asked.set(name, sub);
    this.#questions.set(++this.#count, name);
    this.send({ t: "sub", i: this.#count, ...sub });
  }

  /** @param {string} channel */
  leave(channel) {
    this.asked.delete(channel);
    this.send({ t: "unsub", i: ++this.#count, channel });
  }

  /** Ask the other side for a sign of life. */
  ping() {
    this.send({ t: "ping" });
  }

  /** @param {string} ticket */
  renew(ticket) {
    this.send({ t: "auth", ticket });
  }

  /** @param {number} offset */
  ack(offset) {
    this.send({ t: "ack", channel: "me", offset });
  }

  /** @param {number} [code] */
  close(code = 1000) {
    this.socket.close(code === 1000 || code >= 3000 ? code : 4299);
    this.ended(code);
  }

  /** @param {object} frame */
  send(frame) {
    if (this.socket.readyState === 1) this.socket.send(JSON.stringify(frame));
  }

  /** @param {string} text */
  #received(text) {
    this.handlers.heard();
    for (const frame of [JSON.parse(text)].flat()) this.handlers.frame(this.#named(frame));
  }

  /**
   * An answer is known by the number of its question: give it the channel it is about.
   * @param {any} frame
   */
  #named(frame) {
    const channel = this.#questions.get(frame.i);
    this.#questions.delete(frame.i);
    return channel ? { ...frame, channel } : frame;
  }
}
