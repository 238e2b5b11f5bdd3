/** One job as the page holds it: what it is, what it says while it runs, and its end. */

import { Emitter } from "./emitter.js";
import { JobcastError } from "./errors.js";
import { Output } from "./output.js";
import { FINAL } from "./store.js";

const MAX_LINES = 1_000;
const GRACE_MS = 1_000;

/**
 * What a job needs of the client it belongs to.
 * @typedef {{api: import("./api.js").Api, store: import("./store.js").Store,
 *   feed: import("./feed.js").Feed, connection: import("./connection.js").Connection}} Client
 */

/** @typedef {"state" | "progress" | "output" | "log" | "event" | "done" | "error"} JobEvent */

export class Job extends Emitter {
  output = new Output();
  /** @type {any[]} */
  logs = [];
  /** @type {Function[]} */
  #offs = [];
  #listeners = 0;
  #turn = 0;
  #joined = false;
  /** @type {Promise<any> | null} */
  #done = null;

  /**
   * @param {Client} client
   * @param {string} id
   */
  constructor(client, id) {
    super();
    this.client = client;
    this.id = id;
  }

  /** What is known of the job now, in the shape of the API's job; undefined before the first word. */
  get current() {
    return this.client.store.get(this.id);
  }

  /**
   * Listen: `state` (job) · `progress` ({fraction, message}) · `output` ({text, attempt, whole}) ·
   * `log` (line) · `event` (every durable event) · `done` (job, once for each ending) · `error`.
   * @param {JobEvent} name
   * @param {Function} listener
   * @returns {() => void} ends it
   */
  on(name, listener) {
    const off = super.on(name, listener);
    if (++this.#listeners === 1) this.#watch();
    const turn = this.#turn;
    let on = true;
    return () => {
      if (!on || turn !== this.#turn) return;
      on = false;
      off();
      if (--this.#listeners === 0) this.#unwatch();
    };
  }

  /** End all listening at once, when the job is no longer shown. */
  close() {
    this.#turn += 1;
    this.#listeners = 0;
    this.silence();
    this.#unwatch();
  }

  /** The job in its final state, whichever that is; rejects only if it cannot be watched. */
  get done() {
    this.#done ??= this.#ending().finally(() => (this.#done = null));
    return this.#done;
  }

  /** The result. Rejects with a JobcastError when the job ended without one. */
  async result() {
    const job = await this.done;
    if (job.state === "succeeded") return job.result;
    throw new JobcastError(job.error?.message ?? `The job ended ${job.state}`, {
      code: job.error?.code ?? job.state,
      job,
    });
  }

  /** Ask the API for the job as it is now. */
  async refresh() {
    return this.client.store.put(await this.client.api.insist("GET", `api/jobs/${this.id}`));
  }

  /** Stop the job: at once while it waits, as soon as it lets itself be stopped while it runs. */
  async cancel() {
    return this.client.store.put(await this.client.api.call("DELETE", `api/jobs/${this.id}`));
  }

  /** Run an ended job again. */
  async retry() {
    return this.client.store.put(await this.client.api.call("POST", `api/jobs/${this.id}/retry`));
  }

  #watch() {
    const { feed, store, connection } = this.client;
    this.#offs = [
      feed.on(this.id, (/** @type {string} */ what, /** @type {any} */ about) =>
        this.#hear(what, about),
      ),
      store.on(this.id, (/** @type {any} */ job, /** @type {any} */ known) =>
        this.#changed(job, known),
      ),
      connection.on("stopped", (/** @type {JobcastError} */ error) => this.emit("error", error)),
    ];
    this.#join();
  }

  #unwatch() {
    for (const off of this.#offs.splice(0)) off();
    this.#leave();
  }

  #join() {
    if (this.#joined) return;
    this.#joined = true;
    this.client.connection.join(`job:${this.id}`);
  }

  /**
   * Listen to a job that goes on; the server stopped telling when it ended before.
   * @param {any} known
   */
  #follow(known) {
    if (this.#joined && FINAL.has(known?.state)) this.client.connection.refresh(`job:${this.id}`);
    this.#join();
  }

  #leave() {
    if (!this.#joined) return;
    this.#joined = false;
    this.client.connection.leave(`job:${this.id}`);
  }

  /**
   * @param {any} job
   * @param {any} known
   */
  #changed(job, known) {
    const ended = FINAL.has(job.state);
    const restarted = job.attempt > this.output.attempt;
    if (restarted) this.output.restart(job.attempt);
    if (restarted && known) this.emit("output", { text: "", attempt: job.attempt, whole: true });
    if (job.version !== known?.version) this.emit("state", job);
    if (job.progress && job.progress !== known?.progress) this.emit("progress", job.progress);
    if (!ended) return this.#follow(known);
    if (known && FINAL.has(known.state) && known.finished_at === job.finished_at) return;
    this.emit("done", job);
    setTimeout(() => FINAL.has(this.current?.state) && this.#leave(), GRACE_MS);
  }

  /**
   * @param {string} what
   * @param {any} about
   */
  #hear(what, about) {
    if (what === "restored") this.#restored(about);
    else if (what === "output") this.#written(about);
    else if (what === "log") this.#logged(lines(about));
    else if (what === "event") this.emit("event", about);
    else if (what === "left") this.#leave();
    else if (what === "refused")
      this.emit("error", new JobcastError(about.message ?? about.code, about));
  }

  /** @param {{output?: any, logs?: any[], progress?: any}} ephemeral */
  #restored({ output, logs, progress }) {
    const { id, current } = this;
    if (progress)
      this.client.store.advance({
        subject: `job:${id}`,
        attempt: current?.attempt,
        data: progress,
      });
    if (output && this.output.replace(output)) {
      this.emit("output", { text: output.text, attempt: output.attempt, whole: true });
    }
    const last = this.logs.at(-1)?.time ?? "";
    this.#logged((logs ?? []).filter((line) => line.time > last));
  }

  /** @param {any} event */
  #written({ attempt, data }) {
    const piece = { attempt, ...data };
    const fate = this.output.add(piece);
    if (fate === "gap") this.client.connection.refresh(`job:${this.id}`);
    if (fate !== "added") return;
    this.emit("output", { text: piece.text, attempt, whole: this.output.text === piece.text });
  }

  /** @param {any[]} lines */
  #logged(lines) {
    this.logs = [...this.logs, ...lines].slice(-MAX_LINES);
    for (const line of lines) this.emit("log", line);
  }

  async #ending() {
    const job = FINAL.has(this.current?.state) ? this.current : await this.#ended();
    const whole = "args" in job && job.result !== undefined && !job.data_ref;
    return whole ? job : this.refresh();
  }

  /** @returns {Promise<any>} */
  #ended() {
    return new Promise((resolve, reject) => {
      const offs = [this.on("done", settle(resolve)), this.on("error", settle(reject))];
      /** @param {(value: any) => void} act */
      function settle(act) {
        return (/** @type {any} */ value) => {
          for (const off of offs) off();
          act(value);
        };
      }
    });
  }
}

/**
 * Return the lines an event brings.
 * @param {any} event
 */
function lines({ attempt, time, data }) {
  return (data.lines ?? [data]).map((/** @type {any} */ line) => ({ attempt, time, ...line }));
}
