/** One connection that stays: it connects, comes back after a loss, and knows when to stop. */

import { fullJitter } from "./backoff.js";
import { Channels } from "./channels.js";
import { BAD_TICKET, CHANGED, SILENT, reaction } from "./close_codes.js";
import { Emitter } from "./emitter.js";
import { JobcastError } from "./errors.js";
import { Ladder } from "./ladder.js";
import { Vigil } from "./vigil.js";

const WELCOME_MS = 10_000;
const STEADY_MS = 30_000;
const LINGER_MS = 5_000;
const DRAIN_MS = 10_000;
const NOW_MS = 1_000;

/** @typedef {"idle" | "connecting" | "live" | "reconnecting" | "stopped"} Phase */

/** Emits `status`, `frame` (for what is not about the connection itself) and `stopped`. */
export class Connection extends Emitter {
  /** @type {Phase} */
  phase = "idle";
  degraded = false;
  channels = new Channels();
  /** @type {any} */
  #transport = null;
  #turn = 0;
  #attempt = 0;
  #liveSince = 0;
  #ticketRefused = false;
  /** @type {{code?: number, retry_ms?: number}} */
  #bye = {};
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #lingering;

  /**
   * @param {{api: import("./api.js").Api, ticket: () => Promise<string>, ticketed?: boolean,
   *   transports: any[], WebSocket: typeof globalThis.WebSocket, random?: () => number}} options
   */
  constructor(options) {
    super();
    this.options = options;
    this.random = options.random ?? Math.random;
    this.ladder = new Ladder(options.transports);
    this.vigil = new Vigil(
      () => this.#transport?.ping?.(),
      () => this.#transport?.close(SILENT),
    );
  }

  /** What an indicator shows. */
  get status() {
    const transport = this.phase === "live" ? this.#transport.constructor.transport : null;
    return { phase: this.phase, degraded: this.degraded, transport, attempt: this.#attempt };
  }

  /** @param {string} channel */
  join(channel) {
    const first = this.channels.join(channel);
    if (this.phase === "idle" || this.phase === "stopped") this.#dial("connecting");
    else if (this.phase === "live" && first) this.#transport.join(channel);
  }

  /** @param {string} channel */
  leave(channel) {
    if (!this.channels.leave(channel)) return;
    if (this.phase === "idle") return;
    if (this.channels.size && this.phase === "live") this.#transport.leave(channel);
    clearTimeout(this.#lingering);
    this.#lingering = setTimeout(() => this.channels.size || this.close(), LINGER_MS);
  }

  /**
   * Ask for a channel from the beginning: what came of it does not fit together.
   * @param {string} channel
   */
  refresh(channel) {
    if (this.phase === "live" && this.channels.find(channel)) this.#transport.refresh(channel);
  }

  /** Don't wait for the next try: the network, or the user's eye, is back. */
  wake() {
    if (this.phase === "reconnecting") {
      this.#attempt = 0;
      this.ladder.reset();
      this.#dial("reconnecting");
    } else if (this.phase === "live" && this.#transport.ping) this.vigil.hurry();
  }

  /** End the connection; a later `join` opens it again. */
  close() {
    clearTimeout(this.#lingering);
    this.#drop();
    this.#become("idle");
  }

  /** @param {Phase} phase */
  async #dial(phase) {
    const turn = this.#drop();
    if (!this.channels.size) return this.#become("idle");
    this.#become(phase);
    this.#timer = setTimeout(() => this.#overdue(), WELCOME_MS);
    try {
      const ticket = await this.options.ticket();
      if (turn === this.#turn) this.#open(turn, ticket);
    } catch (error) {
      if (turn === this.#turn) this.#lost(1006, error);
    }
  }

  /**
   * @param {number} turn
   * @param {string} ticket
   */
  #open(turn, ticket) {
    const mine =
      (/** @type {Function} */ act) =>
      (/** @type {any[]} */ ...args) =>
        turn === this.#turn && act.apply(this, args);
    const handlers = {
      frame: mine(this.#frame),
      heard: mine(() => this.vigil.heard()),
      closed: mine(this.#closed),
    };
    const Transport = this.ladder.current;
    this.#transport = new Transport({ ...this.options, ticket, handlers, channels: this.channels });
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
    else this.emit("frame", frame);
  }

  /** @param {any} frame */
  #welcome(frame) {
    clearTimeout(this.#timer);
    this.#liveSince = Date.now();
    this.#ticketRefused = false;
    this.ladder.worked();
    this.vigil.start();
    this.#become("live", Boolean(frame.degraded));
    const { names } = this.#transport;
    for (const name of this.channels.names) if (!names.has(name)) this.#transport.join(name);
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
    if (!this.#liveSince) this.ladder.failed();
    this.#lost(this.#bye.code ?? code, error);
  }

  /**
   * @param {number} code
   * @param {unknown} [error]
   */
  #lost(code, error) {
    const secondTicket = code === BAD_TICKET && !this.#ticketRefused;
    this.#ticketRefused = code === BAD_TICKET;
    if (error instanceof JobcastError && [401, 403].includes(error.status))
      return this.#stop(error);
    if (reaction(code) === "stop" && !secondTicket) return this.#stop(refusal(code));
    if (this.#liveSince && Date.now() - this.#liveSince > STEADY_MS) this.#attempt = 0;
    const delay = this.#delay(secondTicket ? 4200 : code, error);
    if (code !== CHANGED) this.#attempt += 1;
    this.#drop();
    this.#become("reconnecting");
    this.#timer = setTimeout(() => this.#dial("reconnecting"), delay);
  }

  /**
   * @param {number} code
   * @param {unknown} error
   */
  #delay(code, error) {
    const told = this.#bye.retry_ms ?? (error instanceof JobcastError ? error.retryMs : null);
    if (code === CHANGED || code === SILENT) return 0;
    if (reaction(code) === "now") return this.random() * NOW_MS;
    if (reaction(code) === "drain") return told ?? this.random() * DRAIN_MS;
    return Math.max(told ?? 0, fullJitter(this.#attempt, this.random));
  }

  /** @param {JobcastError} error */
  #stop(error) {
    this.#drop();
    this.#become("stopped");
    this.emit("stopped", error);
  }

  /** Let go of the transport and of every timer; what they still say is not heard any more. */
  #drop() {
    const transport = this.#transport;
    this.#transport = null;
    this.#liveSince = 0;
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
    this.phase = phase;
    this.degraded = degraded;
    this.emit("status", this.status);
  }
}

/** @type {Record<number, string>} */
const REFUSALS = {
  4001: "The server does not accept the ticket",
  4003: "Listening is not allowed",
  4008: "Too many connections are open",
  4009: "You have been signed out",
};

/** @param {number} code */
function refusal(code) {
  return new JobcastError(REFUSALS[code] ?? `The server ended the connection for good (${code})`, {
    code: code === BAD_TICKET ? "ticket_refused" : `closed_${code}`,
    status: code === BAD_TICKET ? 401 : 403,
  });
}
