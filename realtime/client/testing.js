/**
 * A client without a server, for the tests of a page: the test says what happens.
 *
 *     const fake = fakeJobcast();
 *     render(page(fake.jobcast));
 *     const id = fake.submit("report");
 *     fake.progress(id, 0.5, "half way");
 *     fake.finish(id, { pages: 3 });
 *
 * It is the real client; only the network below it is played, so what a page does with gaps, drains and
 * lost networks can be tried too.
 */

import { FakeNetwork } from "./fake_network.js";
import { FakeWorld } from "./fake_world.js";
import { connect, FINAL } from "./jobcast.js";

const bytes = (/** @type {string} */ text) => new TextEncoder().encode(text).length;
const now = () => new Date().toISOString();
/**
 * @param {{user?: string, org?: string, kinds?: any[], answers?: Record<string, any>}} [options]
 *   `answers`: by "METHOD path", a value or a function of the request, before the fake's own
 */
export function fakeJobcast(options) {
  return new FakeJobcast(options);
}

export class FakeJobcast {
  #count = 0;
  #world;
  #network;
  #owner;

  /** @param {Parameters<typeof fakeJobcast>[0]} [options] */
  constructor({ user = "ada", org = "acme", kinds = [], answers = {} } = {}) {
    this.#owner = { user, org };
    const world = (this.#world = new FakeWorld(
      { user, org, kinds, answers },
      {
        submit: (/** @type {string} */ kind, /** @type {any} */ args) => this.submit(kind, args),
        cancel: (id) => this.#change(id, "cancelled", { state: "cancelled", finished_at: now() }),
        retry: (id) =>
          this.#change(id, "queued", { state: "queued", error: null, finished_at: null }),
        read: (ids) => this.#read(ids),
      },
    ));
    const network = (this.#network = new FakeNetwork(world));
    this.jobcast = connect({
      url: "http://jobcast.test",
      shared: false,
      random: () => 0,
      fetch: /** @type {any} */ (
        (/** @type {any} */ url, /** @type {any} */ init) => world.answer(new URL(url), init)
      ),
      WebSocket: network.WebSocket,
    });
  }

  /** Every request of the page, as {method, path, query, json}. */
  get requests() {
    return this.#world.requests;
  }

  /**
   * Have a job that waits in the queue; returns its id.
   * @param {string} [kind]
   * @param {object} [args]
   * @param {object} [over] other fields of the job
   */
  submit(kind = "echo", args = {}, over = {}) {
    const number = String(++this.#count).padStart(12, "0");
    const id = `01990000-0000-7000-8000-${number}`;
    this.#world.add({ id, kind, args, ...over });
    this.#change(id, "queued", { state: "queued" });
    return id;
  }

  /** A worker takes the job: its next attempt begins. @param {string} id */
  start(id) {
    const attempt = this.#world.jobs.get(id).attempt + 1;
    this.#world.texts.set(id, "");
    this.#change(id, "started", { state: "running", attempt, progress: null, error: null });
  }

  /**
   * @param {string} id
   * @param {number} fraction 0 to 1
   * @param {string} [message]
   */
  progress(id, fraction, message = "") {
    const job = this.#running(id);
    job.progress = { fraction, message };
    const channels = [`job:${id}`, `user:${this.#owner.user}`];
    for (const channel of channels) this.#pass("progress", id, job.progress, channel);
  }

  /**
   * @param {string} id
   * @param {string} text
   */
  output(id, text) {
    const { attempt } = this.#running(id);
    this.#world.texts.set(id, this.#text(id) + text);
    this.#pass("output", id, { attempt, text, position: bytes(this.#text(id)) });
  }

  /**
   * @param {string} id
   * @param {string} message
   * @param {object} [fields]
   */
  log(id, message, fields = {}) {
    const { attempt } = this.#running(id);
    const logs = this.#world.logs.get(id) ?? [];
    const line = { time: now(), attempt, line: logs.length + 1, message, ...fields };
    logs.push(line);
    this.#pass("log", id, line);
  }

  /**
   * @param {string} id
   * @param {any} [result]
   */
  finish(id, result = null) {
    this.#running(id);
    const progress = { fraction: 1, message: "" };
    this.#change(id, "succeeded", { state: "succeeded", result, progress, finished_at: now() });
  }

  /**
   * @param {string} id
   * @param {string} [message]
   * @param {string} [code]
   */
  fail(id, message = "It did not work", code = "failed") {
    this.#running(id);
    this.#change(id, "failed", { state: "failed", error: { code, message }, finished_at: now() });
  }

  /**
   * Tell the page any event, as it is; what is left out of the envelope is filled in.
   * @param {any} event
   */
  emit(event) {
    const channel = `user:${this.#owner.user}`;
    this.#network.tell(channel, {
      specversion: "1.0",
      channel,
      data: {},
      ...this.#owner,
      ...event,
    });
  }

  /**
   * Put an entry into the inbox; returns its id.
   * @param {string} name
   * @param {any} [data]
   */
  notify(name, data = {}) {
    const created_at = now();
    const id = `entry-${++this.#count}`;
    const entry = { id, name, data, job_id: null, created_at, read_at: null };
    this.#world.inbox.unshift(entry);
    this.#told(`notification.${name}`, `inbox:${id}`, { seq: 1, data: entry });
    return id;
  }

  /** The timeline of the database is another one: everything the page knows is void. */
  gap() {
    this.#world.epoch += 1;
    this.#network.restore();
  }

  /** The server restarts. @param {number} [retryMs] when the page may come back */
  drain(retryMs = 0) {
    this.#network.drop(1012, retryMs);
  }

  /** Everything takes this long from now on. @param {number} ms */
  slow(ms) {
    this.#network.delayMs = ms;
  }

  /** The network is gone, until `online`. */
  offline() {
    this.#world.reachable = false;
    this.#network.drop(1006);
  }

  /** The network is back, and the browser says so. */
  online() {
    this.#world.reachable = true;
    /** @type {any} */ (this.jobcast).connection.wake(true);
  }

  /** The session ends, as when it is ended on another device. */
  signOut() {
    this.#network.drop(4009);
  }

  /** End the page's client. */
  close() {
    this.jobcast.close();
  }

  /** @param {string[] | null} ids */
  #read(ids) {
    for (const entry of this.#world.inbox) {
      if (entry.read_at || !(ids?.includes(entry.id) ?? true)) continue;
      entry.read_at = now();
      this.#told("inbox.read", `inbox:${entry.id}`, { seq: 2, data: entry });
    }
  }

  /** @param {string} id */
  #text(id) {
    return this.#world.texts.get(id) ?? "";
  }

  /** @param {string} id */
  #running(id) {
    if (this.#world.jobs.get(id).state !== "running") this.start(id);
    return this.#world.jobs.get(id);
  }

  /**
   * @param {string} id
   * @param {string} type
   * @param {any} news
   */
  #change(id, type, news) {
    const job = this.#world.jobs.get(id);
    Object.assign(job, news, { version: job.version + 1 });
    const { version: seq, attempt, args: _, ...data } = job;
    this.#told(`job.${type}`, `job:${id}`, { seq, attempt, data }, seq);
  }

  /**
   * Tell a durable event on my channel, and on the job's own where it has another offset.
   * @param {string} type
   * @param {string} subject
   * @param {any} about
   * @param {number} [offset]
   */
  #told(type, subject, about, offset) {
    const place = { id: `${subject}.${about.seq}`, time: now(), epoch: `e${this.#world.epoch}` };
    const event = { type, subject, ...place, ...about };
    this.emit({ ...event, offset: ++this.#world.offset });
    if (!offset) return;
    this.#world.history.push(structuredClone(event));
    this.#network.tell(subject, {
      specversion: "1.0",
      channel: subject,
      ...this.#owner,
      ...event,
      offset,
    });
    if (FINAL.has(about.data.state)) this.#network.finish(subject);
  }

  /**
   * Tell something that only those who listen now will hear.
   * @param {string} type
   * @param {string} id
   * @param {any} data
   * @param {string} [channel]
   */
  #pass(type, id, data, channel = `job:${id}`) {
    const { attempt } = this.#world.jobs.get(id);
    this.#network.tell(channel, {
      type: `job.${type}`,
      subject: `job:${id}`,
      channel,
      attempt,
      data,
    });
  }
}
