/** The live list of my jobs, newest first. */

import { Emitter } from "./emitter.js";

const NEWEST_FIRST = (/** @type {any} */ a, /** @type {any} */ b) => (a.id < b.id ? 1 : -1);

/** Emits `change` with a changed job, or with nothing when all of the list may have changed. */
export class Jobs extends Emitter {
  /** Whether the first snapshot has arrived. */
  ready = false;
  /** Whether there are older jobs than the snapshot could hold. */
  truncated = false;
  #offs;

  /** @param {import("./watch.js").Client} client */
  constructor(client) {
    super();
    this.client = client;
    this.#offs = [
      client.store.on("changed", (/** @type {any} */ job) => this.emit("change", job)),
      client.store.on("cleared", () => this.emit("change")),
      client.feed.on(
        "me",
        (/** @type {string} */ what, /** @type {any} */ about) =>
          what === "restored" && this.#restored(about.state ?? {}),
      ),
      () => client.connection.leave("me"),
    ];
    client.connection.join("me");
  }

  /** Every job that is known, newest first. */
  get items() {
    return this.client.store.all.sort(NEWEST_FIRST);
  }

  /**
   * Fetch a page of older jobs into the list; returns the cursor of the next, null at the end.
   * @param {{after?: string | null, state?: string, kind?: string, limit?: number}} [query]
   * @returns {Promise<string | null>}
   */
  async older(query = {}) {
    const page = await this.client.api.insist("GET", "api/jobs", { query });
    for (const job of page.data) this.client.store.put(job);
    return page.has_more ? page.next : null;
  }

  /** Stop listening. */
  close() {
    for (const off of this.#offs.splice(0)) off();
  }

  /** @param {any} state */
  #restored({ jobs, truncated }) {
    if (!jobs) return;
    this.ready = true;
    this.truncated = Boolean(truncated);
    this.emit("change");
  }
}
