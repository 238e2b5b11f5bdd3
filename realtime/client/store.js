/** What is known of each job: the newest version wins, whatever way and order it came in. */

import { Emitter } from "./emitter.js";

export const FINAL = new Set(["succeeded", "failed", "cancelled", "expired"]);
const LIMIT = 2_000;

/** What an event that does not mention it puts an end to. */
const CLEARED = {
  error: null,
  finished_at: null,
  cancel_requested_at: null,
  awaiting: null,
  data_ref: undefined,
};

/**
 * Emits `changed` with the job and what it was before, the job's id the same way, and `cleared`.
 */
export class Store extends Emitter {
  /** @type {Map<string, any>} */
  #jobs = new Map();
  /** What an attempt said before we heard that it started. @type {WeakMap<any, any>} */
  #early = new WeakMap();

  /** @param {string} id */
  get(id) {
    return this.#jobs.get(id);
  }

  get all() {
    return [...this.#jobs.values()];
  }

  /**
   * Take a whole job, as the API and snapshots give it, unless a newer version is known.
   * @param {any} job
   */
  put(job) {
    const known = this.#jobs.get(job.id);
    if (known && known.version > job.version) return known;
    return this.#set(job, known);
  }

  /**
   * Take an event: applied only if it is newer than what is known.
   * @param {any} event
   */
  apply({ subject, seq, attempt, user, org, data }) {
    const id = subject.slice("job:".length);
    const known = this.#jobs.get(id);
    if (known && known.version >= seq) return;
    const said = known?.attempt === attempt ? known : this.#early.get(known);
    const same = said?.attempt === attempt && data.state === "running";
    const progress = data.progress ?? (same ? said.progress : null);
    const result = data.data_ref ? undefined : data.result;
    const news = { ...CLEARED, ...data, progress, result };
    this.#set({ ...known, ...news, id, user, org, attempt, version: seq }, known);
  }

  /**
   * Take the newest progress of a running attempt; what an older one says comes too late, and what one
   * says that is not known to run yet is kept for when it is.
   * @param {any} event
   */
  advance({ subject, attempt, data }) {
    const known = this.#jobs.get(subject.slice("job:".length));
    const { fraction, message } = data;
    const progress = { fraction, message };
    if (known?.attempt < attempt) this.#early.set(known, { attempt, progress });
    if (known?.attempt !== attempt || known.state !== "running") return;
    if (!sameProgress(progress, known.progress)) this.#set({ ...known, progress }, known);
  }

  /** @param {string} id */
  forget(id) {
    this.#jobs.delete(id);
  }

  /** Forget everything: it belongs to another timeline of the database, or to another user. */
  clear() {
    this.#jobs.clear();
    this.emit("cleared");
  }

  /**
   * @param {any} job
   * @param {any} known
   */
  #set(job, known) {
    this.#jobs.set(job.id, job);
    if (this.#jobs.size > LIMIT) this.#trim();
    this.emit(job.id, job, known);
    this.emit("changed", job, known);
    return job;
  }

  /** Forget the oldest ended job that nobody watches, so that a page can stay open for weeks. */
  #trim() {
    for (const { id, state } of this.#jobs.values()) {
      if (FINAL.has(state) && !this.heard(id)) return this.#jobs.delete(id);
    }
  }
}

/**
 * Whether two reports of progress say the same: each comes by two channels.
 * @param {any} one
 * @param {any} other
 */
export function sameProgress(one, other) {
  return one?.fraction === other?.fraction && one?.message === other?.message;
}
