/** What listens to a channel of its own for as long as somebody listens to it: a job, a batch. */

import { Emitter } from "./emitter.js";
import { JobcastError } from "./errors.js";

/**
 * What a listener needs of the client it belongs to.
 * @typedef {object} Client
 * @property {import("./api.js").Api} api
 * @property {import("./store.js").Store} store
 * @property {import("./feed.js").Feed} feed
 * @property {import("./connection.js").Connection | import("./tab.js").Tab} connection
 */

/** Emits `error` when it can't be listened to (any more). */
export class Watch extends Emitter {
  /** @type {Function[]} */
  #offs = [];
  #listeners = 0;
  #turn = 0;
  joined = false;

  /**
   * @param {Client} client
   * @param {string} channel
   */
  constructor(client, channel) {
    super();
    this.client = client;
    this.channel = channel;
  }

  /**
   * @param {string} name
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

  /** End all listening at once, when it is no longer shown. */
  close() {
    this.#turn += 1;
    this.#listeners = 0;
    this.silence();
    this.#unwatch();
  }

  /**
   * Return what the next `name` tells. Rejects with what an `error` tells.
   * @param {string} name
   * @returns {Promise<any>}
   */
  first(name) {
    return new Promise((resolve, reject) => {
      const offs = [this.on(name, settle(resolve)), this.on("error", settle(reject))];
      /** @param {(value: any) => void} act */
      function settle(act) {
        return (/** @type {any} */ value) => {
          for (const off of offs) off();
          act(value);
        };
      }
    });
  }

  /** What else is listened to meanwhile. @returns {Function[]} */
  sources() {
    return [];
  }

  /**
   * Take what the feed has for the channel.
   * @param {string} _what
   * @param {any} _about
   */
  hear(_what, _about) {}

  join() {
    if (this.joined) return;
    this.joined = true;
    this.client.connection.join(this.channel);
  }

  leave() {
    if (!this.joined) return;
    this.joined = false;
    this.client.connection.leave(this.channel);
  }

  #watch() {
    const { feed, connection } = this.client;
    this.#offs = [
      feed.on(this.channel, (/** @type {string} */ what, /** @type {any} */ about) =>
        this.#heard(what, about),
      ),
      connection.on("stopped", (/** @type {JobcastError} */ error) => this.emit("error", error)),
      ...this.sources(),
    ];
    this.join();
  }

  #unwatch() {
    for (const off of this.#offs.splice(0)) off();
    this.leave();
  }

  /**
   * @param {string} what
   * @param {any} about
   */
  #heard(what, about) {
    if (what === "left") this.leave();
    if (what === "refused" || (what === "left" && about !== "done")) {
      const { code = about, message = code } = about;
      this.emit("error", new JobcastError(message, { code }));
    } else this.hear(what, about);
  }
}
