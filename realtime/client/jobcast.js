/**
 * Jobcast in the browser: submit jobs and hear what becomes of them. No build, no dependency.
 *
 *     import { connect } from "/client/jobcast.js";
 *     const jobcast = connect();
 *     const job = await jobcast.submit("context_scraping", { url: "https://example.com/" });
 *     job.on("progress", ({ fraction }) => (bar.value = fraction));
 *     console.log(await job.result());
 *
 * Reading order: `connection` · `channels` · `feed` · `store` · `job` · `jobs`.
 */

import { Api } from "./api.js";
import { LOGGED_OUT } from "./close_codes.js";
import { Connection } from "./connection.js";
import { Feed } from "./feed.js";
import { Job } from "./job.js";
import { Jobs } from "./jobs.js";
import { Socket } from "./socket.js";
import { Store } from "./store.js";
import { Stream } from "./stream.js";

export { JobcastError } from "./errors.js";
export { Job } from "./job.js";
export { Jobs } from "./jobs.js";
export { FINAL } from "./store.js";

/**
 * Make a client. Nothing is opened before somebody listens.
 * @param {Options} [options]
 *
 * @typedef {object} Options
 * @property {string} [url] where the service is; by default where the page came from
 * @property {string | (() => string | Promise<string>)} [token] a JWT or API key; without one the
 *   page's cookie session is used
 * @property {() => string | Promise<string>} [ticket] gives a fresh ticket for each connection,
 *   for pages that hold no token (the back end asks POST /api/tickets for them)
 * @property {typeof globalThis.fetch} [fetch]
 * @property {typeof globalThis.WebSocket | null} [WebSocket] null: server-sent events only
 * @property {() => number} [random]
 */
export function connect(options = {}) {
  return new Jobcast(options);
}

export class Jobcast {
  /** @param {Options} options */
  constructor({ url = location.origin, token, ticket, fetch, WebSocket, random }) {
    const sockets = WebSocket === undefined ? globalThis.WebSocket : WebSocket;
    const fetched = fetch ?? globalThis.fetch.bind(globalThis);
    this.api = new Api({ url: url.endsWith("/") ? url : `${url}/`, token, fetch: fetched, random });
    this.store = new Store();
    this.connection = new Connection({
      api: this.api,
      ticket: async () =>
        ticket ? ticket() : (await this.api.call("POST", "api/tickets", { json: {} })).ticket,
      ticketed: Boolean(ticket),
      transports: sockets ? [Socket, Stream] : [Stream],
      WebSocket: /** @type {typeof globalThis.WebSocket} */ (sockets),
      random,
    });
    this.feed = new Feed(this.connection, this.store);
    this.connection.on(
      "stopped",
      (/** @type {any} */ e) => e.code === `closed_${LOGGED_OUT}` && this.store.clear(),
    );
    this.#unwake = wakes(() => this.connection.wake());
  }

  #unwake;

  /**
   * Submit a job. It carries an idempotency key, so a lost answer is asked for again, never the work.
   * @param {string} kind
   * @param {object} [args]
   * @param {{idempotencyKey?: string, signal?: AbortSignal} & Record<string, any>} [options]
   *   priority, run_at, delay, max_attempts, timeout, tags, metadata, … as in POST /api/jobs
   */
  async submit(kind, args = {}, { idempotencyKey = crypto.randomUUID(), signal, ...options } = {}) {
    const { stream, ...job } = await this.api.insist("POST", "api/jobs", {
      json: { kind, args, ...options },
      headers: { "Idempotency-Key": idempotencyKey },
      signal,
    });
    this.store.put(job);
    return this.job(job.id);
  }

  /**
   * Hold on to a job by its id.
   * @param {string} id
   */
  job(id) {
    return new Job(this, id);
  }

  /** Listen to all of my jobs. Close the list when it is no longer shown. */
  jobs() {
    return new Jobs(this);
  }

  /** @param {string} id */
  cancel(id) {
    return this.job(id).cancel();
  }

  /** @param {string} id */
  retry(id) {
    return this.job(id).retry();
  }

  /**
   * Send a file; its `id` is what args name as `upload_id`.
   * @param {File} file
   * @param {{signal?: AbortSignal}} [options]
   */
  async upload(file, { signal } = {}) {
    const body = new FormData();
    body.append("file", file, file.name);
    return this.api.call("POST", "api/uploads", { body, signal });
  }

  /** What there is to submit, with the JSON Schema of its args. */
  kinds() {
    return this.api.insist("GET", "api/kinds");
  }

  /**
   * Hear of the connection itself: `status` ({phase, degraded, transport}) or `stopped` (error).
   * @param {"status" | "stopped"} name
   * @param {Function} listener
   */
  on(name, listener) {
    return this.connection.on(name, listener);
  }

  /** Let go of the connection. */
  close() {
    this.#unwake();
    this.connection.close();
  }
}

/**
 * Call `wake` whenever the network or the user's eye comes back; returns what ends that.
 * @param {() => void} wake
 */
function wakes(wake) {
  if (!globalThis.document) return () => {};
  const seen = () => document.visibilityState === "visible" && wake();
  globalThis.addEventListener("online", wake);
  document.addEventListener("visibilitychange", seen);
  return () => {
    globalThis.removeEventListener("online", wake);
    document.removeEventListener("visibilitychange", seen);
  };
}
