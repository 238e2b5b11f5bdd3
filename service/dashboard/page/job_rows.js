/** The rows of the jobs list, newest first, however many: what is kept of each job is what a row shows. */

/**
 * @typedef {object} JobRow
 * @property {string} id
 * @property {string} kind
 * @property {string} state
 * @property {number} version
 * @property {number} attempt
 * @property {string} created_at
 * @property {string | null} started_at
 * @property {string | null} finished_at
 * @property {string | null} cancel_requested_at
 * @property {{fraction: number, message?: string} | null} progress
 * @property {{prompt: string} | null} awaiting
 * @property {{message: string} | null} error
 * @property {string | null} worker
 * @property {string[]} tags
 * @property {string} user
 * @property {string} org
 * @property {string | null | undefined} batch_id undefined: an event does not say it
 */

const MESSAGE = 200;

/**
 * Return what a row shows of a job: args and results would fill the memory.
 * @param {any} job
 * @returns {JobRow}
 */
export function brief(job) {
  const { state, progress, awaiting, error } = job;
  return {
    id: job.id,
    kind: job.kind,
    state,
    version: job.version,
    attempt: job.attempt,
    created_at: job.created_at,
    started_at: job.started_at,
    finished_at: job.finished_at,
    cancel_requested_at: job.cancel_requested_at,
    progress: state === "running" ? progress : null,
    awaiting: awaiting ? { prompt: String(awaiting.prompt).slice(0, MESSAGE) } : null,
    error: error ? { message: String(error.message ?? "").slice(0, MESSAGE) } : null,
    worker: job.worker,
    tags: job.tags ?? [],
    user: job.user,
    org: job.org,
    batch_id: job.batch_id,
  };
}

export class JobRows {
  /** @type {JobRow[]} */
  #rows = [];
  /** Those behind it may be missing: it is as far as the pages have been read. @type {string | null} */
  #end = null;

  /** How many can be shown: all that are known down to where reading has come. */
  get length() {
    if (this.#end === null) return this.#rows.length;
    const at = this.#place(this.#end);
    return this.#rows[at]?.id === this.#end ? at + 1 : at;
  }

  /** @param {number} index */
  at(index) {
    return this.#rows[index];
  }

  /** @param {string} id */
  get(id) {
    const row = this.#rows[this.#place(id)];
    return row?.id === id ? row : undefined;
  }

  /**
   * Return where a job stands, -1 when it is not there.
   * @param {string} id
   */
  indexOf(id) {
    const at = this.#place(id);
    return this.#rows[at]?.id === id ? at : -1;
  }

  /**
   * Take a job unless a newer version of it is known; returns where it was put in anew, -1 if it was known.
   * @param {any} job
   */
  put(job) {
    const last = this.#rows.at(-1);
    const at = last && job.id < last.id ? this.#rows.length : this.#place(job.id);
    const known = this.#rows[at]?.id === job.id;
    if (known && this.#rows[at].version > job.version) return -1;
    this.#rows.splice(at, known ? 1 : 0, brief(job));
    return known ? -1 : at;
  }

  /**
   * Forget a job; returns where it was, -1 if it was not there.
   * @param {string} id
   */
  remove(id) {
    const at = this.indexOf(id);
    if (at >= 0) this.#rows.splice(at, 1);
    return at;
  }

  /**
   * Say how far the pages have been read: to this job, or to the end.
   * @param {string | null} id
   */
  readTo(id) {
    this.#end = id;
  }

  clear() {
    this.#rows = [];
    this.#end = null;
  }

  /**
   * The ids of the rows from one to another, both included, whichever comes first.
   * @param {string} from
   * @param {string} to
   */
  between(from, to) {
    const [first, last] = [this.#place(from), this.#place(to)].sort((a, b) => a - b);
    return this.#rows.slice(first, last + 1).map(({ id }) => id);
  }

  /** The ids of all that can be shown. */
  get ids() {
    return this.#rows.slice(0, this.length).map(({ id }) => id);
  }

  /**
   * Return where an id stands, or where it would have to: ids fall from the first row to the last.
   * @param {string} id
   */
  #place(id) {
    let [low, high] = [0, this.#rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#rows[middle].id > id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
