/** One connection that stays: it connects, comes back after a loss, and knows when to stop. */

import { Acks } from "./acks.js";
import { identity } from "./api.js";
import { Channels } from "./channels.js";
import { BAD_TICKET, CHANGED, SILENT, delayMs, reaction } from "./close_codes.js";
import { Emitter } from "./emitter.js";
import { JobcastError, refusal } from "./errors.js";
import { Ladder } from "./ladder.js";
import { Vigil } from "./vigil.js";

const TICKET_MS = 10_000;
const STEADY_MS = 30_000;
export const LINGER_MS = 5_000;
const HUNG_MS = 1_000; // an attempt as young as this may still succeed
const AGAIN_MS = 2_000;

/** @typedef {"idle" | "connecting" | "live" | "reconnecting" | "stopped"} Phase */

/**
 * @typedef {object} Settings
 * @property {import("./api.js").Api} api
 * @property {() => Promise<string>} ticket
 * @property {boolean} [ticketed] whether tickets are all the page has
 * @property {any[]} transports best first
 * @property {typeof globalThis.WebSocket} WebSocket
 * @property {Pick<Storage, "getItem" | "setItem" | "removeItem">} [memory]
 * @property {() => number} [random]
 */

/** Emits `status`, `frame` (for what is not about the connection itself) and `stopped`. */
export class Connection extends Emitter {
  /** @type {Phase} */
  phase = "idle";
  degraded = false;
  channels = new Channels();
  /** Whose connection it is, so that another session's is never taken for it. */
  who = "";
  /** @type {any} */
  #transport = null;
  #turn = 0;
  #attempt = 0;
  #liveSince = 0;
  #dialled = 0;
  #ticketRefused = false;
  /** @type {{code?: number, retry_ms?: number}} */
  #bye = {};
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #lingering;

  /** @param {Settings} options */
  constructor(options) {
    super();
    this.options = options;
    this.random = options.random ?? Math.random;
    this.ladder = new Ladder(options.transports, options.memory);
    this.vigil = new Vigil(
      () => this.#transport?.ping?.(),
      () => this.#transport?.close(SILENT),
    );
    this.acks = new Acks(options.api, () =>
      this.phase === "live" && this.#transport.ack ? this.#transport : null,
    );
  }

  /** What an indicator shows. */
  get status() {
    const transport = this.phase === "live" ? this.#transport.constructor.transport : null;
    return { phase: this.phase, degraded: this.degraded, transport, attempt: this.#attempt };
  }

  /**
   * Listen to a channel; one who has read until `since` hears what came after it.
   * @param {string} channel
   * @param {string} [since]
   */
  join(channel, since) {
    const fits = since && since === this.channels.since(channel);
    const first = this.channels.join(channel, since);
    if (this.phase === "idle" || this.phase === "stopped") this.#dial("connecting");
    else if (this.phase === "live" && !(fits && !first)) this.#transport.join(channel);
  }

  /** @param {string} channel */
  leave(channel) {
    if (!this.channels.leave(channel) || this.phase === "idle") return;
    if (this.phase === "live") this.#transport.leave(channel);
    clearTimeout(this.#lingering);
    this.#lingering = setTimeout(() => this.channels.size || this.close(), LINGER_MS);
  }

  /**
   * Ask for a channel from the beginning: what came of it does not fit together.
   * @param {string} channel
   */
  refresh(channel) {
    this.channels.rewind(channel);
    if (this.phase === "live" && this.channels.find(channel)) this.#transport.join(channel);
  }

  /**
   * Tell the server that everything of mine up to `offset` has been taken, at most once a second.
   * @param {number} offset
   */
  ack(offset) {
    this.acks.take(offset);
  }

  /**
   * Don't wait for the next try: the network, or the user's eye, is back.
   * @param {boolean} [moved] whether it may be another network
   */
  wake(moved = false) {
    const { phase } = this;
    if (phase === "live" && this.#transport.ping) this.vigil.hurry();
    else if (phase === "live" && moved) this.#transport.close(CHANGED);
    const waits = Date.now() - this.#dialled > HUNG_MS;
    if (phase === "live" || phase === "stopped" || !waits) return;
    this.#attempt = 0;
    if (moved) this.ladder.reset();
    this.#dial(phase === "idle" ? "connecting" : phase);
  }

  /** End the connection; a later `join` or `wake` opens it again. */
  close() {
    clearTimeout(this.#lingering);
    this.#drop();
    this.#become("idle");
  }

  /**
   * End the connection for good, until somebody joins again.
   * @param {JobcastError} error
   */
  stop(error) {
    this.#drop();
    this.acks.forget();
    this.who = "";
    this.#become("stopped");
    this.emit("stopped", error);
  }

  /** @param {Phase} phase */
  async #dial(phase) {
    const turn = this.#drop();
    if (!this.channels.size) return this.#become("idle");
    this.#dialled = Date.now();
    this.#become(phase);
    this.#timer = setTimeout(() => this.#overdue(), TICKET_MS);
    const Transport = this.ladder.current;
    try {
      const needed = this.options.ticketed || Transport.transport === "websocket";
      const ticket = needed ? await this.options.ticket() : "";
      if (turn === this.#turn) this.#open(turn, Transport, ticket);
    } catch (error) {
      if (turn === this.#turn) this.#lost(1006, error);
    }
  }

  /**
   * @param {number} turn
   * @param {any} Transport
   * @param {string} ticket
   */
  #open(turn, Transport, ticket) {
    const mine =
      (/** @type {Function} */ act) =>
      (/** @type {any[]} */ ...args) =>
        turn === this.#turn && act.apply(this, args);
    const handlers = {
      frame: mine(this.#frame),
      heard: mine(() => this.vigil.heard()),
      closed: mine(this.#closed),
    };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#overdue(), Transport.patience);
    const { channels, options } = this;
    const given = { ...options, fresh: options.ticket, ticket, handlers, channels };
    this.#transport = new Transport(given);
  }

  #overdue() {
    if (this.#transport) this.#transport.close(1006);
    else this.#lost(1006);
  }

  /** @param {any} frame */
  #frame(frame) {
    if (frame.t === "welcome") this.#welcome(frame);
    else if (frame.t === "status") this.#become(this.phase, Boolean(frame.degraded));
    else if (frame.t === "bye") this.#bye = frame;
    else if (frame.t === "expiring") this.#renew();
    else if (frame.error?.retryable && frame.channel) this.#again(frame.channel);
    else {
      const renewed = this.channels.note(frame);
      if (renewed) this.acks.forget();
      this.emit("frame", frame, renewed);
    }
  }

  /** @param {any} frame */
  #welcome(frame) {
    const who = frame.user ? identity(frame) : this.who;
    if (this.who && who !== this.who) return this.stop(refusal("identity_changed"));
    this.who = who;
    clearTimeout(this.#timer);
    this.#liveSince = Date.now();
    this.#ticketRefused = false;
    this.ladder.worked();
    this.vigil.start();
    this.#become("live", Boolean(frame.degraded));
    this.#climb();
    for (const name of this.channels.names) this.#ask(name);
  }

  /**
   * Ask for a channel that the transport does not know of, or asked for differently.
   * @param {string} name
   */
  #ask(name) {
    const asked = this.#transport.asked.get(name);
    if (!asked || (asked.since && !this.channels.since(name))) this.#transport.join(name);
  }

  /** Try the best transport again when it is time, without waiting for a loss. */
  #climb() {
    const { leftMs } = this.ladder;
    if (leftMs !== Infinity) this.#timer = setTimeout(() => this.#transport.close(CHANGED), leftMs);
  }

  /**
   * Ask again later for what could not be read now.
   * @param {string} channel
   */
  #again(channel) {
    setTimeout(() => this.refresh(channel), AGAIN_MS * (1 + this.random()));
  }

  async #renew() {
    const transport = this.#transport;
    const ticket = await this.options.ticket().catch(() => null);
    if (ticket && transport === this.#transport) transport.renew(ticket);
  }

  /**
   * @param {number} code
   * @param {unknown} [error]
   */
  #closed(code, error) {
    if (!this.#liveSince && code !== CHANGED) this.ladder.failed();
    this.#lost(this.#bye.code || code, error);
  }

  /**
   * @param {number} code
   * @param {unknown} [error]
   */
  #lost(code, error) {
    const secondTicket = code === BAD_TICKET && !this.#ticketRefused;
    this.#ticketRefused = code === BAD_TICKET;
    const many = this.channels.size > 1; // then a 404 does not say which one is unknown
    if (error instanceof JobcastError && !error.temporary && !(many && error.status === 404))
      return this.stop(error);
    if (reaction(code) === "stop" && !secondTicket) return this.stop(refusal(code));
    if (this.#liveSince && Date.now() - this.#liveSince > STEADY_MS) this.#attempt = 0;
    const told = this.#bye.retry_ms ?? (error instanceof JobcastError ? error.retryMs : null);
    const delay = delayMs(secondTicket ? 4200 : code, told, this.#attempt, this.random);
    if (code !== CHANGED) this.#attempt += 1;
    this.#drop();
    this.#become("reconnecting");
    this.#timer = setTimeout(() => this.#dial("reconnecting"), delay);
  }

  /** Let go of the transport and of every timer; what they still say is not heard any more. */
  #drop() {
    const transport = this.#transport;
    this.#transport = null;
    this.#liveSince = this.#dialled = 0;
    this.#bye = {};
    clearTimeout(this.#timer);
    this.vigil.stop();
    const turn = ++this.#turn;
    transport?.close();
    return turn;
  }

  /**
   * @param {Phase} phase
   * @param {boolean} [degraded]
   */
  #become(phase, degraded = false) {
    const changed = phase !== this.phase || degraded !== this.degraded || phase !== "live";
    this.phase = phase;
    this.degraded = degraded;
    if (changed) this.emit("status", this.status);
  }
}
