/**
 * What a job or a batch tells, as loops: `for await (const { text } of each(job, "output")) …`.
 *
 *     import { each, ended } from "/client/each.js";
 */

import { FINAL } from "./jobcast.js";

const MOST = 1_000;

/** How two things that were told while nobody asked become one. @type {Record<string, Function>} */
const FOLD = {
  output: (/** @type {any} */ old, /** @type {any} */ piece) =>
    piece.whole ? piece : { ...piece, text: old.text + piece.text, whole: old.whole },
  state: (/** @type {any} */ _, /** @type {any} */ job) => job,
  progress: (/** @type {any} */ _, /** @type {any} */ progress) => progress,
};

/**
 * Yield each `name` that `source` tells until it has ended; of one that has ended before, what is kept.
 * Output is joined and never lost, of states and progress a slow loop sees the newest; of the rest it keeps
 * the last 1,000. Leaving the loop ends the listening. Throws what an `error` tells, and the signal's reason
 * when it aborts.
 * @param {import("./watch.js").Watch} source a job or a batch
 * @param {string} name
 * @param {{signal?: AbortSignal}} [options]
 */
export async function* each(source, name, { signal } = {}) {
  signal?.throwIfAborted();
  const { current } = /** @type {any} */ (source);
  if (current && (FINAL.has(current.state) || current.completed_at)) {
    yield* await kept(source, name);
    return;
  }
  const line = new Line(FOLD[name]);
  const abort = () => line.end(signal?.reason);
  const offs = [
    source.on(name, (/** @type {any} */ told) => line.add(told)),
    source.on("done", () => line.end()),
    source.on("error", (/** @type {any} */ error) => line.end(error)),
    () => signal?.removeEventListener("abort", abort),
  ];
  signal?.addEventListener("abort", abort);
  try {
    while (await line.filled()) yield line.take();
  } finally {
    for (const off of offs) off();
  }
}

/**
 * Return the job or batch when it has ended. Rejects with what an `error` tells, or the signal's reason.
 * @param {import("./watch.js").Watch & {done: Promise<any>}} source
 * @param {{signal?: AbortSignal}} [options]
 * @returns {Promise<any>}
 */
export async function ended(source, { signal } = {}) {
  for await (const _ of each(source, "done", { signal }));
  return source.done;
}

/**
 * Return what is kept of a job or batch that has ended.
 * @param {any} source
 * @param {string} name
 * @returns {Promise<any[]>}
 */
async function kept({ id, current, client: { api } }, name) {
  const path = `api/jobs/${id}/${name}`;
  if (name === "log") return (await api.insist("GET", `${path}s`)).data;
  if (name === "event") return (await api.insist("GET", `${path}s`)).data;
  if (name === "progress" && current.state) return [current.progress].filter(Boolean);
  if (name !== "output") return [current];
  const text = await (await api.send("GET", path)).text();
  return text ? [{ text, attempt: current.attempt, whole: true }] : [];
}

/** What was told and not taken yet. */
class Line {
  /** @type {any[]} */
  #waiting = [];
  #over = false;
  /** @type {any} */
  #error;
  #wake = () => {};

  /** @param {Function} [fold] */
  constructor(fold) {
    this.fold = fold;
  }

  /** @param {any} told */
  add(told) {
    if (this.fold && this.#waiting.length) this.#waiting[0] = this.fold(this.#waiting[0], told);
    else this.#waiting = [...this.#waiting, told].slice(-MOST);
    this.#wake();
  }

  /** @param {any} [error] */
  end(error) {
    if (!this.#over) this.#error = error;
    this.#over = true;
    this.#wake();
  }

  /** Return whether there is something to take, now or later; throws what ended it. */
  async filled() {
    while (!this.#waiting.length && !this.#over) {
      await new Promise((resolve) => (this.#wake = () => resolve(null)));
    }
    if (!this.#waiting.length && this.#error !== undefined) throw this.#error;
    return this.#waiting.length > 0;
  }

  take() {
    return this.#waiting.shift();
  }
}
