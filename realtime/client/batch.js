/** Many jobs as one: how far they are, and when the last of them has ended. */

import { Watch } from "./watch.js";

/** Listen with `on`: `progress` (batch) · `done` (batch, once for each round) · `error`. */
export class Batch extends Watch {
  /** What is known, in the shape of the API's batch. @type {any} */
  current;
  #told = "";

  /**
   * @param {import("./watch.js").Client} client
   * @param {string} id
   */
  constructor(client, id) {
    super(client, `batch:${id}`);
    this.id = id;
  }

  /** The batch when all its jobs have ended; rejects only if it cannot be watched. */
  get done() {
    return this.current?.completed_at ? Promise.resolve(this.current) : this.first("done");
  }

  /** Ask the API for the batch as it is now. */
  refresh() {
    return this.#order("GET", "");
  }

  /** Stop all of its jobs that have not ended. */
  cancel() {
    return this.#order("POST", "/cancel");
  }

  /** Run those of its jobs again that failed. */
  retry() {
    return this.#order("POST", "/retry");
  }

  /**
   * @param {string} what
   * @param {any} about
   */
  hear(what, about) {
    if (about.renewed) this.current = undefined; // set back to an earlier state, it counts from there
    if (what === "restored") about.state && this.#take(about.state.batch);
    else if (about.data) this.#take(about.data);
  }

  /**
   * @param {string} method
   * @param {string} path
   */
  async #order(method, path) {
    return this.#take(await this.client.api.call(method, `api/batches/${this.id}${path}`));
  }

  /**
   * Take news unless something newer is known: what was asked and what is told come by different ways.
   * @param {any} news
   */
  #take(news) {
    if (news.revision < this.current?.revision) return this.current;
    this.current = { ...this.current, ...news };
    this.emit("progress", this.current);
    if (news.completed_at && news.completed_at !== this.#told) {
      this.#told = news.completed_at;
      this.emit("done", this.current);
    }
    return this.current;
  }
}
