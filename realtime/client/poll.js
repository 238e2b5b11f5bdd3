/** The last transport: one question after the other, for proxies that hold an answer back. */

import { pause } from "./backoff.js";
import { OverHttp } from "./over_http.js";

const WAIT_SECONDS = 25;
const BREATH_MS = 1_000; // between answers that say nothing and did not wait either

export class Poll extends OverHttp {
  static transport = "poll";
  static patience = 10_000;

  /** @param {string[]} channel */
  async read(channel) {
    const { api, ticketed } = this.given;
    const names = channel.join();
    const { bookmark } = this.channels;
    let { ticket } = this.given;
    let cursor = bookmark.names === names ? bookmark.cursor : "";
    let who = ticketed ? {} : await api.call("GET", "api/session", { signal: this.reading.signal });
    for (let wait = 0; ; wait = WAIT_SECONDS) {
      const asked = Date.now();
      const response = await this.request("api/events/poll", { channel, cursor, wait, ticket });
      if (response.status === 204) return this.finished();
      const answer = await response.json();
      this.handlers.heard();
      if (!wait) this.handlers.frame({ t: "welcome", ...who });
      const told = this.#tell(answer);
      cursor = answer.cursor;
      this.channels.bookmark = { names, cursor };
      const soon = told || !wait || Date.now() - asked > BREATH_MS;
      await pause(Math.max(answer.retry_ms ?? 0, soon ? 0 : BREATH_MS), this.reading.signal);
      if (ticketed) ticket = await this.given.fresh();
    }
  }

  /**
   * Tell an answer as frames, in the order they apply; returns whether there were any.
   * @param {any} answer
   */
  #tell({ gaps = [], snapshots = [], events = [], unsubbed = [], degraded = false }) {
    const { handlers } = this;
    const frames = [
      ...gaps.map((/** @type {any} */ gap) => ({ t: "gap", ...gap })),
      ...snapshots.map((/** @type {any} */ one) => ({ t: "snapshot", ...one })),
      ...(events.length ? [{ t: "ev", e: events }] : []),
      ...unsubbed.map((/** @type {any} */ one) => ({ t: "unsubbed", ...one })),
    ];
    for (const frame of [{ t: "status", degraded }, ...frames]) handlers.frame(frame);
    return frames.length > 0;
  }
}
