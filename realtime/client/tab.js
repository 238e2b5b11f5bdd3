/** This tab's share in the one connection of all open tabs of the same user. */

import { identity } from "./api.js";
import { fullJitter, pause } from "./backoff.js";
import { Channels } from "./channels.js";
import { LINGER_MS } from "./connection.js";
import { Emitter } from "./emitter.js";
import { JobcastError } from "./errors.js";
import { Group } from "./group.js";

const CHECK_MS = 5_000;
const PATIENCE_MS = 2_500;
const HURRY_MS = 1_000;
const NOT_OPEN = { phase: "idle", degraded: false, transport: null, attempt: 0 };
const VERSION = 1; // of what tabs tell each other: tabs of two versions don't share

/** Emits the same as a connection, of which it has the same outside. */
export class Tab extends Emitter {
  channels = new Channels();
  /** @type {any} */
  status = NOT_OPEN;
  #who = "";
  /** @type {Group | null} */
  #group = null;
  /** The connection, while this tab leads. @type {import("./connection.js").Connection | null} */
  #line = null;
  /** As the leader: what each tab listens to. @type {Map<string, Set<string>>} */
  #wishes = new Map();
  #turn = 0;
  /** Whether the leader was heard since it was asked for a sign of life. */
  #answered = true;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #looking;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #lingering;

  /**
   * @param {{api: import("./api.js").Api, open: () => import("./connection.js").Connection,
   *   means: import("./group.js").Means, shared: true | string, random?: () => number}} options
   */
  constructor(options) {
    super();
    this.options = options;
  }

  /** Whether this tab holds the connection. */
  get leads() {
    return this.#line !== null;
  }

  /**
   * @param {string} channel
   * @param {string} [since]
   */
  join(channel, since) {
    const fits = since && since === this.channels.since(channel);
    const first = this.channels.join(channel, since);
    if (!this.#turn) this.#enter();
    else if (!(fits && !first)) this.#ask({ t: "join", subs: [{ channel, since }] });
  }

  /** @param {string} channel */
  leave(channel) {
    if (!this.channels.leave(channel) || !this.#turn) return;
    this.#ask({ t: "leave", channel });
    clearTimeout(this.#lingering);
    this.#lingering = setTimeout(() => this.channels.size || this.close(), LINGER_MS);
  }

  /** @param {string} channel */
  refresh(channel) {
    this.channels.rewind(channel);
    this.#ask({ t: "join", subs: [{ channel }] });
  }

  /** @param {number} offset */
  ack(offset) {
    this.#ask({ t: "ack", offset });
  }

  /** @param {boolean} [moved] */
  wake(moved) {
    const idle = !this.#turn && this.status.phase === "idle" && this.channels.size;
    if (idle || (moved && this.#turn && !this.#group)) this.#enter();
    this.#ask({ t: "wake", moved });
    this.#inquire(HURRY_MS);
  }

  /** Leave the others alone; a later `join` or `wake` comes back to them. */
  close() {
    this.#exit();
    this.#show(NOT_OPEN);
  }

  /** Find the others, however long it takes to learn who we are. */
  async #enter() {
    const turn = (this.#turn = Date.now() + Math.random());
    this.#show({ ...NOT_OPEN, phase: "connecting" });
    for (let attempt = 0; ; attempt++) {
      try {
        const name = await this.#name();
        if (turn === this.#turn) this.#meet(name);
        return;
      } catch (error) {
        if (turn !== this.#turn) return;
        if (error instanceof JobcastError && !error.temporary) return this.#stopped(error);
        await pause(fullJitter(attempt, this.options.random));
      }
    }
  }

  /** Return the name that only tabs of the same user and rights have in common. */
  async #name() {
    const { api, shared } = this.options;
    if (shared !== true) return JSON.stringify(["jobcast", VERSION, api.url.href, shared]);
    const who = await api.call("GET", "api/session");
    this.#who = identity(who);
    return JSON.stringify(["jobcast", VERSION, api.url.href, this.#who, who.scopes]);
  }

  /** @param {string} name */
  #meet(name) {
    const part = {
      entered: () => this.#ask(this.#wish()),
      elected: () => this.#lead(),
      deposed: () => this.#follow(),
      heard: (/** @type {string} */ from, /** @type {any} */ message) => this.#heard(from, message),
      gone: (/** @type {string} */ tab) => this.#gone(tab),
    };
    this.#group = new Group(name, part, this.options.means);
    this.#looking = setInterval(() => this.#inquire(PATIENCE_MS), CHECK_MS);
  }

  /** What this tab listens to, and from where on. */
  #wish() {
    const { channels } = this;
    const subs = channels.names.map((channel) => ({ channel, since: channels.since(channel) }));
    return { t: "join", subs };
  }

  /**
   * Ask the leader, whoever it is.
   * @param {any} message
   */
  #ask(message) {
    if (this.#line) this.#serve(/** @type {Group} */ (this.#group).id, message);
    else this.#group?.tell(message);
  }

  /**
   * @param {string} from
   * @param {any} message
   */
  #heard(from, message) {
    const { t, frame, status } = message;
    if (this.#line) return this.#serve(from, message);
    if (!["lead", "frame", "status"].includes(t)) return;
    this.#answered = true;
    if (t === "lead") this.#ask(this.#wish());
    else if (t === "frame") this.#take(frame);
    else this.#show(status);
  }

  #lead() {
    const group = /** @type {Group} */ (this.#group);
    const line = (this.#line = this.options.open());
    line.who = this.#who;
    line.on("frame", (/** @type {any} */ frame) => {
      group.tell({ t: "frame", frame });
      this.#take(frame);
    });
    line.on("status", (/** @type {any} */ status) => {
      if (status.phase !== "stopped") group.tell({ t: "status", status });
      this.#show(status);
    });
    line.on("stopped", (/** @type {JobcastError} */ error) => this.#stopped(error));
    group.tell({ t: "lead" });
    this.#serve(group.id, this.#wish());
  }

  /** Another tab leads now. */
  #follow() {
    this.#hangUp();
    this.#ask(this.#wish());
  }

  /**
   * Do what a tab asks of its leader.
   * @param {string} from
   * @param {any} message
   */
  #serve(from, message) {
    const line = /** @type {import("./connection.js").Connection} */ (this.#line);
    const group = /** @type {Group} */ (this.#group);
    if (message.t === "join") this.#joined(from, message.subs);
    else if (message.t === "leave")
      this.#wishes.get(from)?.delete(message.channel) && line.leave(message.channel);
    else if (message.t === "ack") line.ack(message.offset);
    else if (message.t === "wake") line.wake(message.moved);
    if (from !== group.id && message.t !== "leave")
      group.tell({ t: "status", status: line.status }, from);
  }

  /**
   * @param {string} from
   * @param {{channel: string, since?: string}[]} subs
   */
  #joined(from, subs) {
    const line = /** @type {import("./connection.js").Connection} */ (this.#line);
    const wishes = this.#wishes.get(from) ?? new Set();
    if (!this.#wishes.has(from)) this.#group?.watch(from);
    this.#wishes.set(from, wishes);
    for (const { channel, since } of subs) {
      if (!wishes.has(channel)) line.join(channel, since);
      else if (!since || since !== line.channels.since(channel)) line.refresh(channel);
      wishes.add(channel);
    }
  }

  /** @param {string} tab */
  #gone(tab) {
    for (const channel of this.#wishes.get(tab) ?? []) this.#line?.leave(channel);
    this.#wishes.delete(tab);
  }

  /**
   * Take from a frame what this tab listens to.
   * @param {any} frame
   */
  #take(frame) {
    const mine = (/** @type {any} */ about) => this.channels.find(about.channel);
    const wanted = frame.t === "ev" ? { ...frame, e: frame.e.filter(mine) } : frame;
    if (wanted.e ? wanted.e.length : mine(frame))
      this.emit("frame", wanted, this.channels.note(wanted));
  }

  /**
   * Ask the leader for a sign of life; without one this tab leads itself.
   * @param {number} patienceMs
   */
  #inquire(patienceMs) {
    const group = this.#group;
    if (!group || this.#line) return;
    this.#answered = false;
    group.tell({ t: "ping" });
    setTimeout(() => {
      if (group === this.#group && !this.#line && !this.#answered) group.usurp();
    }, patienceMs);
  }

  /** @param {JobcastError} error */
  #stopped(error) {
    this.#exit();
    this.#show({ ...NOT_OPEN, phase: "stopped" });
    this.emit("stopped", error);
  }

  #exit() {
    this.#turn = 0;
    clearTimeout(this.#lingering);
    clearInterval(this.#looking);
    this.#hangUp();
    this.#group?.leave();
    this.#group = null;
  }

  #hangUp() {
    this.#wishes.clear();
    this.#line?.silence();
    this.#line?.close();
    this.#line = null;
  }

  /** @param {any} status */
  #show(status) {
    if (JSON.stringify(status) === JSON.stringify(this.status)) return;
    this.status = status;
    this.emit("status", status);
  }
}
