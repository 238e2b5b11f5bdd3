/** What the transports without a WebSocket share: their channels are in the request's address. */

import { CHANGED } from "./close_codes.js";
import { JobcastError } from "./errors.js";
import { Transport } from "./transport.js";

const MAX_CHANNELS = 8;

export class OverHttp extends Transport {
  reading = new AbortController();

  /** @param {import("./transport.js").Given} given */
  constructor(given) {
    super(given);
    for (const name of this.channels.names.slice(-MAX_CHANNELS))
      this.asked.set(name, { channel: name });
    this.read([...this.asked.keys()]).catch((error) =>
      this.ended(1006, error instanceof JobcastError ? error : undefined),
    );
  }

  /**
   * Tell what comes until it is over.
   * @param {string[]} _channel
   * @returns {Promise<void>}
   */
  async read(_channel) {}

  /**
   * Send the request that is answered with what happens.
   * @param {string} path
   * @param {Record<string, any>} query
   * @param {Record<string, string>} [headers]
   */
  request(path, query, headers) {
    return this.given.api.send("GET", path, { query, headers, signal: this.reading.signal });
  }

  // Another set of channels is another request.

  /** @param {string} channel */
  join(channel) {
    if (this.asked.has(channel) || this.asked.size < MAX_CHANNELS) this.renew();
    else {
      const frame = { t: "err", channel, error: { code: "limit_channels" } };
      queueMicrotask(() => this.handlers.frame(frame));
    }
  }

  /**
   * What nobody listens to is heard a while longer, unless others wait for its place.
   * @param {string} name
   */
  leave(name) {
    this.asked.delete(name);
    if (this.channels.size >= MAX_CHANNELS) this.renew();
  }

  renew() {
    queueMicrotask(() => this.close(CHANGED));
  }

  /** @param {number} [code] */
  close(code = 1000) {
    this.ended(code);
    this.reading.abort();
  }

  /** There is nothing more to come, ever. */
  finished() {
    this.handlers.frame({ t: "welcome" });
    for (const channel of this.asked.keys())
      this.handlers.frame({ t: "unsubbed", channel, code: "done" });
  }
}
