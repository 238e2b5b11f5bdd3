/** The best transport: one WebSocket, frames in both directions. */

const PROTOCOL = "jobcast.v1";

/**
 * @typedef {{frame: (frame: any) => void, heard: () => void,
 *   closed: (code: number, error?: unknown) => void}} Handlers
 */

export class Socket {
  static transport = "websocket";

  /**
   * @param {{api: import("./api.js").Api, ticket: string, WebSocket: typeof globalThis.WebSocket,
   *   channels: import("./channels.js").Channels, handlers: Handlers}} options
   */
  constructor({ api, ticket, WebSocket, channels, handlers }) {
    const url = api.address("api/ws");
    url.protocol = url.protocol.replace("http", "ws");
    this.socket = new WebSocket(url, [PROTOCOL, `ticket.${ticket}`]);
    this.channels = channels;
    this.handlers = handlers;
    /** @type {Map<number, string>} */
    this.asked = new Map();
    this.count = 0;
    /** @type {Set<string>} */
    this.names = new Set();
    this.socket.onopen = () => this.#hello();
    this.socket.onmessage = (event) => this.#received(event.data);
    this.socket.onclose = (event) => this.#closed(event.code);
  }

  #hello() {
    const subs = this.channels.subs();
    this.names = new Set(subs.map((sub) => sub.channel));
    this.send({ t: "hello", subs });
  }

  /** @param {string} name */
  join(name) {
    this.names.add(name);
    this.asked.set(++this.count, name);
    this.send({ t: "sub", i: this.count, ...this.channels.sub(name) });
  }

  /** @param {string} name */
  leave(name) {
    this.send({ t: "unsub", i: ++this.count, channel: name });
  }

  /** @param {string} name */
  refresh(name) {
    this.join(name);
  }

  /** Ask the other side for a sign of life. */
  ping() {
    this.send({ t: "ping" });
  }

  /** @param {string} ticket */
  renew(ticket) {
    this.send({ t: "auth", ticket });
  }

  /** @param {number} [code] */
  close(code = 1000) {
    this.socket.close(code === 1000 || code >= 3000 ? code : 4299);
    this.#closed(code);
  }

  /** @param {object} frame */
  send(frame) {
    if (this.socket.readyState === 1) this.socket.send(JSON.stringify(frame));
  }

  /** @param {string} text */
  #received(text) {
    this.handlers.heard();
    const frames = JSON.parse(text);
    for (const frame of [frames].flat()) this.handlers.frame(this.#named(frame));
  }

  /**
   * An answer is known by the number of its question: give it the channel it is about.
   * @param {any} frame
   */
  #named(frame) {
    const asked = this.asked.get(frame.i);
    this.asked.delete(frame.i);
    return asked ? { ...frame, channel: asked } : frame;
  }

  /** @param {number} code */
  #closed(code) {
    const { closed } = this.handlers;
    this.handlers = { frame() {}, heard() {}, closed() {} };
    closed(code);
  }
}
