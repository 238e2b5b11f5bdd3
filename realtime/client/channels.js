/** The channels a client listens to, and how far it has read each of them. */

/**
 * @typedef {{name: string, listeners: number, epoch: string, offset: number}} Place
 * @typedef {{channel: string, since?: string, snapshot?: boolean}} Sub
 */

export class Channels {
  /** @type {Map<string, Place>} */
  #places = new Map();

  get size() {
    return this.#places.size;
  }

  get names() {
    return [...this.#places.keys()];
  }

  /**
   * Count one more listener; returns whether it is the channel's first.
   * @param {string} name
   */
  join(name) {
    const place = this.#places.get(name) ?? { name, listeners: 0, epoch: "", offset: 0 };
    this.#places.set(name, place);
    return ++place.listeners === 1;
  }

  /**
   * Count one listener less; returns whether it was the channel's last.
   * @param {string} name
   */
  leave(name) {
    const place = this.#places.get(name);
    if (!place || --place.listeners > 0) return false;
    return this.#places.delete(name);
  }

  /**
   * Return the place of a channel by its wire name; a user channel that is not mine by name is `me`.
   * @param {string} name
   */
  find(name) {
    return (
      this.#places.get(name) ?? (name?.startsWith("user:") ? this.#places.get("me") : undefined)
    );
  }

  /**
   * Return how to ask for a channel. A job is one row, so it is always asked for whole: that also
   * brings the progress and output missed in between. Others are resumed where they were left.
   * @param {string} name
   * @returns {Sub}
   */
  sub(name) {
    const place = this.#places.get(name);
    if (!place?.epoch || name.startsWith("job:")) return { channel: name, snapshot: true };
    return { channel: name, since: `${place.epoch}.${place.offset}` };
  }

  /** @returns {Sub[]} */
  subs() {
    return this.names.map((name) => this.sub(name));
  }

  /**
   * Remember a place the server names. Returns whether the epoch changed: what was known is void.
   * @param {{channel: string, epoch?: string, offset?: number}} at
   */
  place({ channel, epoch, offset }) {
    const place = this.find(channel);
    if (!place || !epoch || typeof offset !== "number") return false;
    const changed = place.epoch !== "" && place.epoch !== epoch;
    place.offset = offset;
    place.epoch = epoch;
    return changed;
  }

  /** Forget every place, so that everything is asked for afresh. */
  rewind() {
    for (const place of this.#places.values()) place.epoch = "";
  }
}
