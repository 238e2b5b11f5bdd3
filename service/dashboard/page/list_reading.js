/** What the jobs list is made from: pages of the API down to where somebody looked, and what happens meanwhile. */

import { forApi, matches } from "./filters.js";
import { JobRows } from "./job_rows.js";
import { sentence } from "./words.js";
import { Emitter } from "/client/emitter.js";
import { FINAL } from "/client/jobcast.js";

const PAGE = 200;
/** What only the server can tell is asked at most so often. */
const AGAIN_MS = 2_000;
/** Nobody looks through more; filters find the others. */
const MOST = 250_000;

/**
 * Emits `put` (job, as it was before, where it was put in anew or -1), `gone` (id, where it was), and `change`
 * once for all of a frame.
 */
export class ListReading extends Emitter {
  rows = new JobRows();
  /** @type {"reading" | "ready" | "failed"} */
  state = "reading";
  /** The cursor of the next page; null: there is none, undefined: not known yet. @type {string | null | undefined} */
  next = undefined;
  started = false;
  #asked = 0;
  #fault = "";
  /** @type {Set<string>} */
  #changed = new Set();
  #due = false;
  #org = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #again;
  #reading = false;

  /**
   * @param {import("/client/jobcast.js").Jobcast} jobcast
   * @param {import("./pages.js").Caller} caller
   */
  constructor(jobcast, caller) {
    super();
    /** @type {any} its store and its channels are its own, as a rule */
    this.jobcast = jobcast;
    this.caller = caller;
    /** @type {any} */
    this.filters = null;
    this.live = jobcast.jobs();
    this.live.on("change", (/** @type {any} */ job) =>
      this.#happened(job ? [job] : this.live.items),
    );
    this.jobcast.store.on("cleared", () => this.started && this.start(this.filters));
  }

  /**
   * Begin anew with these filters.
   * @param {import("./filters.js").Filters} filters
   */
  start(filters) {
    this.started = true;
    this.state = "reading";
    this.filters = filters;
    this.next = undefined;
    this.#asked++;
    this.#reading = false;
    this.#changed.clear();
    clearTimeout(this.#again);
    this.#again = undefined;
    this.rows.clear();
    this.#listen(
      filters.whose && filters.whose !== this.caller.user ? `org:${this.caller.org}` : "",
    );
    for (const job of this.live.items) if (matches(filters, job, this.caller)) this.rows.put(job);
    this.more();
  }

  /** Read the next page, if there is one and nobody reads it. */
  async more() {
    if (this.#reading || this.next === null || this.state === "failed") return;
    const asked = this.#asked;
    this.#reading = true;
    this.state = "reading";
    try {
      const { data, next } = await this.#page(this.next, PAGE);
      if (asked !== this.#asked) return;
      for (const job of data) this.#take(job);
      this.next = this.rows.length < MOST ? next : null;
      this.rows.readTo(next ? data.at(-1).id : null);
      this.state = "ready";
    } catch (error) {
      if (asked !== this.#asked) return;
      this.#fault = sentence(error);
      this.state = "failed";
    }
    this.#reading = false;
    this.emit("change");
  }

  /** What to say below the rows, and what to do about it. @returns {{text: string, again?: () => void}} */
  get said() {
    const again = () => ((this.state = "ready"), this.more(), this.emit("change"));
    if (this.state === "failed") return { text: this.#fault, again };
    if (this.next !== null) return { text: "Loading older jobs…" };
    return {
      text: this.rows.length < MOST ? "No older jobs." : "Older ones are found by a filter.",
    };
  }

  /**
   * Jobs are being deleted: no event will tell it. Those that are over go from here at once.
   * @param {(id: string) => boolean} chosen
   */
  deleted(chosen) {
    for (const id of this.rows.ids) {
      const { state = "" } = this.rows.get(id) ?? {};
      if (!FINAL.has(/** @type {any} */ (state)) || !chosen(id)) continue;
      this.jobcast.store.forget(id);
      this.emit("gone", id, this.rows.remove(id));
    }
    this.emit("change");
  }

  /**
   * @param {string | null | undefined} after
   * @param {number} limit
   */
  #page(after, limit) {
    const query = { ...forApi(this.filters, this.caller), after, limit };
    return this.jobcast.api.insist("GET", "api/jobs", { query });
  }

  /** @param {string} org its channel, "" for none */
  #listen(org) {
    if (org === this.#org) return;
    const { connection } = this.jobcast;
    if (this.#org) connection.leave(this.#org);
    if (org) connection.join(org);
    this.#org = org;
  }

  /** Take a job of a page, unless something newer is known of it. @param {any} job */
  #take(job) {
    const known = this.jobcast.store.get(job.id);
    if (known && known.version >= job.version) return this.#judge(known, true);
    this.rows.put(job);
  }

  /** Collect what happens until the next frame: a burst costs one drawing. @param {any[]} jobs */
  #happened(jobs) {
    if (!this.started) return;
    for (const { id } of jobs) this.#changed.add(id);
    if (this.#due) return;
    this.#due = true;
    (document.hidden ? setTimeout : requestAnimationFrame)(() => this.#settle());
  }

  #settle() {
    this.#due = false;
    for (const id of this.#changed) {
      const job = this.jobcast.store.get(id);
      if (job) this.#judge(job, false);
    }
    this.#changed.clear();
    this.emit("change");
  }

  /**
   * Put a job where it belongs, or away.
   * @param {any} job
   * @param {boolean} listed the server has said that it matches
   */
  #judge(job, listed) {
    const known = this.rows.get(job.id);
    const fits = matches(this.filters, job, this.caller) ?? (listed || known ? true : undefined);
    if (fits) this.emit("put", job, known, this.rows.put(job));
    else if (fits === undefined) this.#askAgain();
    else if (known) this.emit("gone", job.id, this.rows.remove(job.id));
  }

  /** Something happened of which only the server knows whether it belongs here. */
  #askAgain() {
    this.#again ??= setTimeout(async () => {
      this.#again = undefined;
      const asked = this.#asked;
      const { data } = await this.#page(null, PAGE).catch(() => ({ data: [] }));
      if (asked !== this.#asked) return;
      for (const job of data)
        if (!this.rows.get(job.id)) this.emit("put", job, undefined, this.rows.put(job));
      this.emit("change");
    }, AGAIN_MS);
  }
}
