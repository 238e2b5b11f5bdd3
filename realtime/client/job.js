/** One job as the page holds it: what it is, what it says while it runs, and its end. */

import { JobcastError } from "./errors.js";
import { Output } from "./output.js";
import { FINAL, sameProgress } from "./store.js";
import { Watch } from "./watch.js";

const MAX_LINES = 1_000;
const GRACE_MS = 1_000;

/**
 * Listen with `on`: `state` (job) · `progress` ({fraction, message}) · `output` ({text, attempt,
 * whole}) · `log` (line) · `event` (every durable event) · `done` (job, once for each ending) · `error`.
 */
export class Job extends Watch {
  output = new Output();
  /** @type {any[]} */
  logs = [];
  /** The newest event that was told. */
  #seq = 0;
  /** An end that is not told yet. @type {any} */
  #ended = null;
  /** Lines that have to wait for those before them. @type {any[]} */
  #early = [];
  #filling = false;
  /** @type {Promise<any> | null} */
  #done = null;

  /**
   * @param {import("./watch.js").Client} client
   * @param {string} id
   */
  constructor(client, id) {
    super(client, `job:${id}`);
    this.id = id;
  }

  /** What is known of the job now, in the shape of the API's job; undefined before the first word. */
  get current() {
    return this.client.store.get(this.id);
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

  /**
   * Hand a job that waits for it what it asked for.
   * @param {any} data
   */
  async input(data) {
    const path = `api/jobs/${this.id}/input`;
    return this.client.store.put(await this.client.api.call("POST", path, { json: data }));
  }

  sources() {
    const changed = (/** @type {any} */ job, /** @type {any} */ known) => this.#changed(job, known);
    return [this.client.store.on(this.id, changed)];
  }

  /**
   * Listen to a job that goes on; the server stopped telling when it ended before.
   * @param {any} known
   */
  #follow(known) {
    this.#finish();
    if (this.joined && FINAL.has(known?.state)) this.client.connection.refresh(this.channel);
    this.join();
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
    if (job.progress && !sameProgress(job.progress, known?.progress))
      this.emit("progress", job.progress);
    if (!ended) return this.#follow(known);
    if (known && FINAL.has(known.state) && known.finished_at === job.finished_at) return;
    this.#ended = job;
    if (this.joined) setTimeout(() => this.#finish(), GRACE_MS);
    else this.#finish();
  }

  /**
   * Tell the end, once its last words have been told: my channel may have brought it before the job's
   * own, which says so when it has no more.
   */
  #finish() {
    const job = this.#ended;
    this.#ended = null;
    if (!job) return;
    this.#logged([]);
    this.emit("done", job);
  }

  /**
   * @param {string} what
   * @param {any} about
   */
  hear(what, about) {
    if (what === "restored") this.#restored(about.ephemeral ?? {});
    else if (what === "output") this.#written(about);
    else if (what === "log") this.#logged([about.data]);
    else if (what === "event") this.#happened(about);
    const last = what === "restored" || what === "left" || about.channel === this.channel;
    if (last && FINAL.has(this.current?.state)) this.#finish();
  }

  /** @param {any} event */
  #happened(event) {
    if (event.seq <= this.#seq) return;
    this.#seq = event.seq;
    this.emit("event", event);
  }

  /** @param {{output?: any, logs?: any[], progress?: any}} ephemeral */
  #restored({ output, logs = [], progress }) {
    const { current } = this;
    this.#seq = Math.min(this.#seq, current?.version ?? 0);
    if (progress)
      this.client.store.advance({
        subject: this.channel,
        attempt: current?.attempt,
        data: progress,
      });
    if (output && this.output.replace(output)) {
      this.emit("output", { text: output.text, attempt: output.attempt, whole: true });
    }
    const last = this.logs.at(-1)?.time ?? "";
    this.#logged(logs.filter((line) => line.line || line.time > last));
  }

  /** @param {any} event */
  #written({ attempt, data }) {
    const piece = { attempt, ...data };
    const fate = this.output.add(piece);
    if (fate === "gap") this.client.connection.refresh(this.channel);
    if (fate !== "added") return;
    this.emit("output", { text: piece.text, attempt, whole: this.output.text === piece.text });
  }

  /**
   * Take lines, each once and in order. What comes between is fetched, for a snapshot has only the last
   * of those that were missed; what is not there, either, comes: an emptied Redis is told it again.
   * @param {any[]} lines
   */
  #logged(lines) {
    this.#early = this.#tell([...this.#early, ...lines], false);
    if (this.#early.length && !this.#filling) this.#fill();
  }

  async #fill() {
    this.#filling = true;
    const path = `api/jobs/${this.id}/logs`;
    const { data } = await this.client.api.insist("GET", path).catch(() => ({ data: this.#early }));
    this.#filling = false;
    this.#tell(data, true);
    this.#early = this.#tell(this.#early, FINAL.has(this.current?.state));
  }

  /**
   * Tell what is new and follows what is known, or `all` that is new; return what is too early.
   * @param {any[]} lines
   * @param {boolean} all
   */
  #tell(lines, all) {
    lines.sort((a, b) => a.attempt - b.attempt || a.line - b.line);
    const last = () => this.logs.at(-1) ?? {};
    // Of an attempt that another follows no more will come.
    if (lines.length > MAX_LINES || lines.at(-1)?.attempt !== last().attempt) all = true;
    return lines.filter((one) => {
      const { attempt = 0, line = 0 } = last();
      const same = one.attempt === attempt;
      const ahead = same ? one.line - line : one.attempt - attempt;
      if (ahead <= 0) return false;
      if (ahead > 1 && same && !all) return true;
      this.logs = [...this.logs, one].slice(-MAX_LINES);
      this.emit("log", one);
      return false;
    });
  }

  async #ending() {
    const job = FINAL.has(this.current?.state) ? this.current : await this.first("done");
    const whole = "args" in job && job.result !== undefined && !job.data_ref;
    return whole ? job : this.refresh();
  }
}
