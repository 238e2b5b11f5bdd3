/** What happened while I was away: notifications, how many are unread, and what I have looked at. */

import { Emitter } from "./emitter.js";

const PAGE = 50;
const MAX_ENTRIES = 1_000;
const LATEST_FIRST = (/** @type {any} */ a, /** @type {any} */ b) =>
  a.created_at < b.created_at || (a.created_at === b.created_at && a.id < b.id) ? 1 : -1;

/** Emits `change`, `notification` (an entry that was just made) and `error` (it can't be read). */
export class Inbox extends Emitter {
  /** Whether the first page has arrived. */
  ready = false;
  unread = 0;
  /** @type {Map<string, any>} */
  #entries = new Map();
  /** @type {string | null} */
  #next = null;
  #reading = false;
  #again = false;
  #offs;

  /** @param {import("./watch.js").Client} client */
  constructor(client) {
    super();
    this.client = client;
    const { connection, feed } = client;
    const seen = () => this.#ack();
    globalThis.document?.addEventListener("visibilitychange", seen);
    this.#offs = [
      feed.on("me", (/** @type {string} */ what, /** @type {any} */ about) =>
        this.#hear(what, about),
      ),
      client.store.on("cleared", () => {
        this.#entries.clear();
        this.#count(0);
      }),
      () => globalThis.document?.removeEventListener("visibilitychange", seen),
      () => connection.leave("me"),
    ];
    connection.join("me", connection.channels.since("me"));
    this.#load();
  }

  /** Every entry that is known, newest first. */
  get items() {
    return [...this.#entries.values()].sort(LATEST_FIRST);
  }

  /**
   * Mark entries as read, all of them if none is named; my other tabs and devices hear of it.
   * @param {string[]} [ids]
   */
  async read(ids) {
    const json = ids ? { ids } : { all: true };
    const newest = this.items[0]?.id;
    const { unread } = await this.client.api.insist("POST", "api/inbox/read", { json });
    const read_at = new Date().toISOString();
    for (const id of ids ?? this.#entries.keys()) {
      const entry = this.#entries.get(id);
      if (entry) this.#entries.set(id, { ...entry, read_at: entry.read_at ?? read_at });
    }
    this.#count(unread);
    if (this.items[0]?.id !== newest) await this.#load(); // the answer may be from before that entry
  }

  /** Fetch a page of older entries into the list; returns whether there are more. */
  async older() {
    const query = { limit: PAGE, after: this.#next };
    this.#take(await this.client.api.insist("GET", "api/inbox", { query }));
    return this.#next !== null;
  }

  /** Stop listening. */
  close() {
    for (const off of this.#offs.splice(0)) off();
  }

  /**
   * Read the newest page; who asks meanwhile gets another reading.
   * @returns {Promise<void>}
   */
  async #load() {
    this.#again = this.#reading;
    if (this.#reading) return;
    this.#reading = true;
    try {
      this.#take(await this.client.api.insist("GET", "api/inbox", { query: { limit: PAGE } }));
      this.ready = true;
    } catch (error) {
      this.emit("error", error);
    }
    this.#reading = false;
    if (this.#again) return this.#load();
    this.emit("change");
    this.#ack();
  }

  /** @param {{data: any[], next: string | null, unread: number}} page */
  #take({ data, next, unread }) {
    for (const entry of data) this.#entries.set(entry.id, entry);
    this.#next = next;
    this.#count(unread);
  }

  /**
   * @param {string} what
   * @param {any} about
   */
  #hear(what, about) {
    if (what === "restored") this.#load();
    else if (about.subject?.startsWith("inbox:")) this.#change(about.data);
    this.#ack();
  }

  /**
   * Take the news of one entry. What does not add up from here is read again.
   * @param {any} entry
   */
  #change(entry) {
    const known = this.#entries.get(entry.id);
    this.#again ||= this.#reading; // the page may be from before it
    if (entry.data_ref || (!known && entry.read_at)) return this.#load();
    if (known?.read_at || (known && !entry.read_at)) return;
    this.#entries.set(entry.id, entry);
    if (!known) this.emit("notification", entry);
    this.#count(this.unread + (entry.read_at ? -1 : 1));
  }

  /** @param {number} unread */
  #count(unread) {
    this.unread = Math.max(unread, 0);
    for (const { id } of this.items.slice(MAX_ENTRIES)) this.#entries.delete(id);
    this.emit("change");
  }

  /** What a user had before their eyes needs no e-mail. */
  #ack() {
    if (!this.ready || this.#reading || globalThis.document?.visibilityState === "hidden") return;
    const place = this.client.connection.channels.find("me");
    if (place?.offset) this.client.connection.ack(place.offset);
  }
}
