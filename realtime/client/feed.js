/** Sorts what arrives: facts to the store, text and lines to the job they belong to. */

import { Emitter } from "./emitter.js";

/** Emits, under a job's id: `restored`, `output`, `log`, `event`, `left`, `refused`. */
export class Feed extends Emitter {
  /**
   * @param {import("./connection.js").Connection} connection
   * @param {import("./store.js").Store} store
   */
  constructor(connection, store) {
    super();
    this.channels = connection.channels;
    this.store = store;
    connection.on("frame", (/** @type {any} */ frame) => this.take(frame));
  }

  /** @param {any} frame */
  take(frame) {
    if (frame.t === "ev") this.#events(frame.e);
    else if (frame.t === "subbed") this.#subbed(frame);
    else if (frame.t === "snapshot") this.#snapshot(frame);
    else if (frame.t === "unsubbed") this.#tell(frame.channel, "left", frame.code);
    else if (frame.t === "err" && frame.channel) this.#tell(frame.channel, "refused", frame.error);
  }

  /** @param {any} frame */
  #subbed(frame) {
    this.#events(frame.events ?? []);
    if (frame.snapshot) this.#snapshot({ ...frame.snapshot, channel: frame.channel });
    else this.channels.place(frame);
  }

  /** @param {any} frame */
  #snapshot(frame) {
    const { state, ephemeral } = frame;
    if (this.channels.place(frame))
      state?.job ? this.store.forget(state.job.id) : this.store.clear();
    for (const job of state?.jobs ?? []) this.store.put(job);
    if (state?.job) this.store.put(state.job);
    if (state) this.#tell(frame.channel, "restored", ephemeral ?? {});
    this.emit("snapshot", frame);
  }

  /** @param {any[]} events */
  #events(events) {
    for (const event of events) {
      if (event.offset) this.channels.place(event);
      this.#event(event);
    }
  }

  /** @param {any} event */
  #event(event) {
    const { type, subject = "" } = event;
    if (type === "job.progress") this.store.advance(event);
    else if (type === "job.output") this.#tell(subject, "output", event);
    else if (type === "job.log") this.#tell(subject, "log", event);
    else if (type?.startsWith("job.") && event.data?.state) {
      this.store.apply(event);
      this.#tell(subject, "event", event);
    } else this.emit("event", event);
  }

  /**
   * @param {string} subject
   * @param {string} what
   * @param {any} about
   */
  #tell(subject, what, about) {
    if (subject.startsWith("job:")) this.emit(subject.slice("job:".length), what, about);
  }
}
