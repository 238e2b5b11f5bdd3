/**
 * Jobcast in the browser: submit jobs and hear what becomes of them. No build, no dependency.
 *
 *     import { connect } from "/client/jobcast.js";
 *     const jobcast = connect();
 *     const job = await jobcast.submit("context_scraping", { url: "https://example.com/" });
 *     job.on("progress", ({ fraction }) => (bar.value = fraction));
 *     console.log(await job.result());
 *
 * Reading order: `connection` · `tab` · `channels` · `feed` · `store` · `job` · `jobs` · `inbox`.
 */

import { Api } from "./api.js";
import { Batch } from "./batch.js";
import { Connection } from "./connection.js";
import { Feed } from "./feed.js";
import { Inbox } from "./inbox.js";
import { Job } from "./job.js";
import { Jobs } from "./jobs.js";
import { Poll } from "./poll.js";
import { Socket } from "./socket.js";
import { Store } from "./store.js";
import { Stream } from "./stream.js";
import { Tab } from "./tab.js";
import { wakes } from "./wakes.js";

export { Batch } from "./batch.js";
export { JobcastError } from "./errors.js";
export { Inbox } from "./inbox.js";
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
 * @property {boolean | string} [shared] whether my tabs share one connection (they do unless told
 *   not to, or with a `ticket`, which does not say who I am; a text that does lets them share)
 * @property {typeof globalThis.fetch} [fetch]
 * @property {typeof globalThis.WebSocket | null} [WebSocket] null: do without
 * @property {import("./group.js").Means} [means] how tabs find each other
 * @property {() => number} [random]
 */
export function connect(options = {}) {
  return new Jobcast(options);
}

export class Jobcast {
  #unwake;

  /** @param {Options} options */
  constructor(options) {
    const { url = location.origin, token, fetch, random } = options;
    const fetched = fetch ?? globalThis.fetch.bind(globalThis);
    this.api = new Api({ url: url.endsWith("/") ? url : `${url}/`, token, fetch: fetched, random });
    this.store = new Store();
    this.connection = connection(this.api, options);
    this.feed = new Feed(this.connection, this.store);
    this.connection.on("stopped", (/** @type {import("./errors.js").JobcastError} */ error) => {
      if (error.status !== 401) return;
      this.store.clear();
      const { channels } = this.connection;
      for (const name of channels.names) channels.rewind(name);
    });
    this.#unwake = wakes({
      wake: (moved) => this.connection.wake(moved),
      sleep: () => this.connection.close(),
    });
  }

  /**
   * Submit a job. It carries an idempotency key, so a lost answer is asked for again, never the work.
   * @param {string} kind
   * @param {object} [args]
   * @param {{idempotencyKey?: string, signal?: AbortSignal} & Record<string, any>} [options]
   *   priority, run_at, delay, max_attempts, timeout, tags, metadata, … as in POST /api/jobs
   */
  async submit(kind, args = {}, { idempotencyKey = randomKey(), signal, ...options } = {}) {
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

  /** Listen to my notifications. Close the inbox when it is no longer shown. */
  inbox() {
    return new Inbox(this);
  }

  /**
   * Hold on to a batch by its id.
   * @param {string} id
   */
  batch(id) {
    return new Batch(this, id);
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

  /** How the connection is: {phase, degraded, transport, attempt}. */
  get status() {
    return this.connection.status;
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
 * Return the connection, or this tab's share in it where tabs can find each other.
 * @param {Api} api
 * @param {Options} options
 */
function connection(api, options) {
  const { ticket, WebSocket = globalThis.WebSocket, shared = !ticket, random } = options;
  const means = options.means ?? { locks: globalThis.navigator?.locks, BroadcastChannel };
  const open = () =>
    new Connection({
      api,
      ticket: async () =>
        ticket ? ticket() : (await api.call("POST", "api/tickets", { json: {} })).ticket,
      ticketed: Boolean(ticket),
      transports: WebSocket ? [Socket, Stream, Poll] : [Stream, Poll],
      WebSocket: /** @type {typeof globalThis.WebSocket} */ (WebSocket),
      memory: storage(),
      random,
    });
  return shared && means.locks ? new Tab({ api, open, means, shared, random }) : open();
}

/** The tab's own memory, where there is one and it may be used. */
function storage() {
  try {
    return globalThis.sessionStorage;
  } catch {
    return undefined;
  }
}

/** `crypto.randomUUID` is not there for pages without TLS. */
function randomKey() {
  return [...crypto.getRandomValues(new Uint32Array(4))].join("-");
}
