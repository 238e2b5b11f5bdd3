/** Sorts what arrives: facts to the store, everything else to who listens to its channel. */

import { Emitter } from "./emitter.js";

/**
 * Emits, under a channel (`me`, `job:…`, `batch:…`): `restored` (the snapshot, and whether it is `renewed`,
 * of another epoch than what was told before), `left` (why),
 * `refused` (error); under the subject of an event: its type's last word and the event; and under `job`
 * every durable event of any job, before the job is changed by it.
 */
export class Feed extends Emitter {
  /**
   * @param {import("./watch.js").Client["connection"]} connection
   * @param {import("./store.js").Store} store
   */
  constructor(connection, store) {
    super();
    this.store = store;
    connection.on("frame", (/** @type {any} */ frame, /** @type {boolean} */ renewed) =>
      this.#take(frame, renewed),
    );
  }

  /**
   * @param {any} frame
   * @param {boolean} renewed
   */
  #take(frame, renewed) {
    const { t, channel, snapshot } = frame;
    for (const event of (t === "ev" ? frame.e : frame.events) ?? []) this.#event(event);
    if (t === "snapshot" || snapshot) this.#restore({ channel, ...frame, ...snapshot, renewed });
    else if (t === "unsubbed" && frame.code !== "unsub") this.#tell(channel, "left", frame.code);
    else if (t === "err" && channel) this.#tell(channel, "refused", frame.error);
  }

  /** @param {any} about */
  #restore(about) {
    const { channel, state, renewed } = about;
    if (renewed) state?.job ? this.store.forget(state.job.id) : this.store.clear();
    for (const job of state?.jobs ?? []) this.store.put(job);
    if (state?.job) this.store.put(state.job);
    this.#tell(channel, "restored", about);
  }

  /** @param {any} event */
  #event(event) {
    const { type = "", subject = "", seq } = event;
    const [about, what] = type.split(".");
    if (type === "job.progress") return this.store.advance(event);
    if (about === "job" && seq) {
      this.emit("job", event);
      this.store.apply(event);
      this.emit(subject, "event", event);
    } else if (subject.startsWith("inbox:")) this.emit("me", what, event);
    else this.emit(subject, what, event);
  }

  /**
   * @param {string} channel
   * @param {string} what
   * @param {any} about
   */
  #tell(channel, what, about) {
    this.emit(channel.startsWith("user:") ? "me" : channel, what, about);
  }
}
