/** The second transport: server-sent events read with fetch, for networks that break WebSockets. */

import { EventParser } from "./event_parser.js";
import { OverHttp } from "./over_http.js";

/** Names that are about the stream or a channel; every other event is an envelope. */
const FRAMES = new Set(["welcome", "snapshot", "gap", "bye", "status", "unsubbed", "expiring"]);
const UNKNOWN = "-.0"; // a place of no epoch there is, so it is answered with a snapshot

export class Stream extends OverHttp {
  static transport = "sse";
  static patience = 5_000;

  /** @param {string[]} channel */
  async read(channel) {
    const places = channel.map((name) => this.channels.sub(name).since ?? UNKNOWN);
    const response = await this.request(
      "api/events",
      {
        channel,
        snapshot: 1,
        cursor: places.some((place) => place !== UNKNOWN) ? places.join() : "",
        ticket: this.given.ticket,
      },
      { Accept: "text/event-stream" },
    );
    if (response.status === 204) return this.finished();
    await this.#consume(/** @type {ReadableStream<any>} */ (response.body));
    this.ended(1006);
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
    this.handlers.frame(FRAMES.has(name) ? { t: name, ...parsed } : { t: "ev", e: [parsed] });
  }
}
