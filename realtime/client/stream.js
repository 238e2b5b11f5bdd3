/** The second transport: server-sent events read with fetch, for networks that break WebSockets. */

import { CHANGED } from "./close_codes.js";
import { JobcastError } from "./errors.js";
import { EventParser } from "./event_parser.js";

const MAX_CHANNELS = 8;

/** Frames that say the same as an event of the stream; any other event is one of a channel. */
const FRAMES = {
  welcome: (/** @type {any} */ data) => ({ t: "welcome", ...data }),
  snapshot: (/** @type {any} */ data) => ({ t: "snapshot", ...data }),
  gap: (/** @type {any} */ data) => ({ t: "gap", ...data }),
  bye: (/** @type {any} */ data) => ({ t: "bye", ...data }),
  status: (/** @type {any} */ data) => ({ t: "status", ...data }),
  unsubbed: (/** @type {any} */ data) => ({ t: "unsubbed", ...data }),
};

export class Stream {
  static transport = "sse";

  /**
   * @param {{api: import("./api.js").Api, ticket: string, ticketed?: boolean,
   *   channels: import("./channels.js").Channels, handlers: import("./socket.js").Handlers}} options
   */
  constructor({ api, ticket, ticketed, channels, handlers }) {
    this.api = api;
    this.handlers = handlers;
    this.reading = new AbortController();
    this.names = new Set(newest(channels.names));
    this.#read(ticketed ? ticket : null);
  }

  // A stream's channels are in its address: another set of them is another stream.

  /** @param {string} name */
  join(name) {
    if (this.names.size >= MAX_CHANNELS) return;
    this.names.add(name);
    this.#change();
  }

  /** Nothing is heard of a channel that nobody listens to, so leaving costs no new stream. */
  leave() {}

  refresh() {
    this.#change();
  }

  renew() {
    this.#change();
  }

  /** @param {number} [code] */
  close(code = 1000) {
    this.#closed(code);
    this.reading.abort();
  }

  #change() {
    queueMicrotask(() => this.close(CHANGED));
  }

  /** @param {string | null} ticket */
  async #read(ticket) {
    const channel = [...this.names];
    try {
      const response = await this.api.send("GET", "api/events", {
        query: { channel, snapshot: 1, ticket },
        headers: { Accept: "text/event-stream" },
        signal: this.reading.signal,
      });
      if (response.status === 204) return this.#finished(channel);
      await this.#consume(/** @type {ReadableStream<any>} */ (response.body));
      this.#closed(1006);
    } catch (error) {
      this.#closed(1006, error instanceof JobcastError ? error : undefined);
    }
  }

  /** @param {ReadableStream<Uint8Array>} body */
  async #consume(body) {
    const parser = new EventParser((name, data) => this.#event(name, data));
    const decoder = new TextDecoder();
    const reader = body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      this.handlers.heard();
      parser.feed(decoder.decode(part.value, { stream: true }));
    }
  }

  /**
   * @param {string} name
   * @param {string} data
   */
  #event(name, data) {
    const parsed = JSON.parse(data);
    const framed = FRAMES[/** @type {keyof typeof FRAMES} */ (name)];
    this.handlers.frame(framed ? framed(parsed) : { t: "ev", e: [parsed] });
  }

  /** @param {string[]} names */
  #finished(names) {
    this.handlers.frame({ t: "welcome" });
    for (const channel of names) this.handlers.frame({ t: "unsubbed", channel, code: "done" });
  }

  /**
   * @param {number} code
   * @param {unknown} [error]
   */
  #closed(code, error) {
    const { closed } = this.handlers;
    this.handlers = { frame() {}, heard() {}, closed() {} };
    closed(code, error);
  }
}

/**
 * Return as many channels as a stream may have: mine, and those asked for last.
 * @param {string[]} names
 */
function newest(names) {
  const mine = names.filter((name) => name === "me");
  const others = names.filter((name) => name !== "me");
  return [...mine, ...others.slice(mine.length - MAX_CHANNELS)];
}
