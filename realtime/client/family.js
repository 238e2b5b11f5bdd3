/**
 * A job with the children it had do its work, and theirs: who they are, and all that happened. A module of
 * its own: most pages show one job at a time.
 *
 *     import { family } from "/client/family.js";
 *     const all = family(jobcast, id);
 *     all.on("change", () => draw(all.items));
 */

import { Emitter } from "./emitter.js";
import { FINAL } from "./jobcast.js";

const MOST = 200;

/**
 * Listen to a job and its children; close it when it is no longer shown.
 * @param {any} jobcast
 * @param {string} id
 */
export function family(jobcast, id) {
  return new Family(jobcast, id);
}

/** Emits `change` when one of the jobs has changed, and `event` when more is known of what happened. */
export class Family extends Emitter {
  /** Whether it has been read. */
  ready = false;
  /** Who belongs to it, the job itself included. @type {Set<string>} */
  #ids = new Set();
  /** By job and number. @type {Map<string, any>} */
  #events = new Map();
  #reading = false;
  #again = false;
  #offs;

  /**
   * @param {import("./watch.js").Client} client
   * @param {string} id
   */
  constructor(client, id) {
    super();
    this.client = client;
    this.id = id;
    this.#ids.add(id);
    const { connection, feed, store } = client;
    this.#offs = [
      feed.on("job", (/** @type {any} */ event) => this.#happened([event])),
      store.on("changed", (/** @type {any} */ job, /** @type {any} */ known) =>
        this.#changed(job, known),
      ),
      store.on("cleared", () => this.#restart()),
      () => connection.leave("me"),
      () => this.silence(),
    ];
    connection.join("me", connection.channels.since("me"));
    this.#read();
  }

  /** The children and theirs as far as they are known, oldest first. */
  get items() {
    const others = [...this.#ids].filter((id) => id !== this.id);
    const known = others.map((id) => this.client.store.get(id)).filter(Boolean);
    return known.sort(by((job) => `${job.created_at} ${job.id}`));
  }

  /** Whether there may be more children than are followed. */
  get full() {
    return this.#ids.size > MOST;
  }

  /** Every durable event of the job, the children and theirs, oldest first. */
  get events() {
    return [...this.#events.values()].sort(by(({ time }) => time));
  }

  /** Stop listening. */
  close() {
    for (const off of this.#offs.splice(0)) off();
  }

  #restart() {
    this.#ids = new Set([this.id]);
    this.#events.clear();
    this.#read();
  }

  /** Read who they are and what happened; who asks meanwhile may get another reading. */
  async #read() {
    this.#again = this.#reading;
    if (this.#reading) return;
    this.#reading = true;
    const { api, store } = this.client;
    const path = `api/jobs/${encodeURIComponent(this.id)}/events`;
    const query = { ancestor: this.id, limit: MOST };
    const [told, jobs] = await Promise.all([
      api.insist("GET", path, { query: { children: 1 } }),
      api.insist("GET", "api/jobs", { query }),
    ]).catch(() => [null, null]);
    this.#reading = false;
    if (!told || !this.#offs.length) return;
    for (const job of jobs.data) this.#adopt(job.id);
    const known = this.#ids.size;
    for (const job of store.all) this.#mine(job.id, job);
    const more = this.#happened(told.data) || this.#ids.size > known;
    this.ready = true;
    for (const job of jobs.data) store.put(job);
    // What happened meanwhile to somebody it did not know yet was not heard.
    if ((this.#again || more) && ![...this.#ids].every((id) => this.#complete(id))) this.#read();
    this.emit("change");
  }

  /**
   * Take events; returns whether there was a new one.
   * @param {any[]} events
   */
  #happened(events) {
    const before = this.#events.size;
    for (const event of events) {
      const id = event.subject.slice("job:".length);
      if (!this.#mine(id, event.data)) continue;
      const key = `${id} ${event.seq}`;
      this.#events.set(key, { ...this.#events.get(key), ...event });
    }
    const more = this.#events.size > before;
    if (more) this.emit("event");
    return more;
  }

  /**
   * Steps may have been folded on the way here: read those that are missing. Others' children are told on
   * channels that we don't hear: look after them when the job itself has ended.
   * @param {any} job
   * @param {any} known
   */
  #changed(job, known) {
    if (!this.#mine(job.id, job)) return;
    const over = job.id === this.id && FINAL.has(job.state) && !FINAL.has(known?.state);
    const open = over && this.items.some(({ state }) => !FINAL.has(state));
    const news = job.version !== known?.version;
    if (open || (news && this.ready && !this.#complete(job.id))) this.#read();
    this.emit("change");
  }

  /**
   * @param {string} id
   * @param {any} about
   */
  #mine(id, { parent_id = null }) {
    if (this.#ids.has(parent_id)) this.#adopt(id);
    return this.#ids.has(id);
  }

  /** A job may have children without end: those that come late are not followed. @param {string} id */
  #adopt(id) {
    if (!this.full) this.#ids.add(id);
  }

  /** @param {string} id */
  #complete(id) {
    const { version = 0 } = this.client.store.get(id) ?? {};
    for (let seq = 1; seq <= version; seq++) if (!this.#events.has(`${id} ${seq}`)) return false;
    return true;
  }
}

/**
 * Return how to sort by a text.
 * @param {(one: any) => string} text
 */
function by(text) {
  return (/** @type {any} */ one, /** @type {any} */ other) => {
    const [a, b] = [text(one), text(other)];
    return a < b ? -1 : a > b ? 1 : 0;
  };
}
