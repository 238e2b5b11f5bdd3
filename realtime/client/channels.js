/** The channels a client listens to, and how far it has read each of them. */

/**
 * `whole`: nothing is known of the channel, or what is known does not fit: only a snapshot helps.
 * @typedef {{name: string, listeners: number, epoch: string, offset: number, whole: boolean}} Place
 * @typedef {{channel: string, since?: string, snapshot?: boolean}} Sub
 */

export class Channels {
  /** @type {Map<string, Place>} */
  #places = new Map();
  /** Where a long poll goes on, and for which channels: only the server can read it. */
  bookmark = { names: "", cursor: "" };

  get size() {
    return this.#places.size;
  }

  /** Mine comes last: it may tell the end of a job whose last words come by the job's own channel. */
  get names() {
    const names = [...this.#places.keys()].filter((name) => name !== "me");
    return this.#places.has("me") ? [...names, "me"] : names;
  }

  /**
   * Count one more listener, who has read until `since`; returns whether it is the channel's first.
   * One who knows less than we do takes us back to where they are.
   * @param {string} name
   * @param {string} [since] `<epoch>.<offset>`
   */
  join(name, since) {
    const place = this.#places.get(name) ?? {
      name,
      listeners: 0,
      epoch: "",
      offset: 0,
      whole: false,
    };
    this.#places.set(name, place);
    this.bookmark.names = "";
    const [epoch = "", offset] = since?.split(".") ?? [];
    if (!place.listeners) Object.assign(place, { epoch, offset: Number(offset) });
    else if (epoch === place.epoch) place.offset = Math.min(place.offset, Number(offset));
    if (epoch !== place.epoch || !epoch) place.whole = true;
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
   * Return where a channel is resumed, undefined when it has to be asked for whole.
   * @param {string} name
   */
  since(name) {
    const place = this.#places.get(name);
    return place && !place.whole ? `${place.epoch}.${place.offset}` : undefined;
  }

  /**
   * Return how to ask for a channel. A job is one row, so it is always asked for whole: that also
   * brings the progress and output missed in between. Others are resumed where they were left.
   * @param {string} name
   * @returns {Sub}
   */
  sub(name) {
    const since = name.startsWith("job:") ? undefined : this.since(name);
    return since ? { channel: name, since } : { channel: name, snapshot: true };
  }

  /** @returns {Sub[]} */
  subs() {
    return this.names.map((name) => this.sub(name));
  }

  /**
   * Remember how far a frame takes us; true when it is of another epoch: what was known is void.
   * @param {any} frame
   */
  note(frame) {
    const { t, channel, snapshot } = frame;
    if (t === "snapshot" || snapshot) {
      return this.#restore({ ...frame, ...snapshot, channel: snapshot?.channel ?? channel });
    }
    for (const event of (t === "ev" ? frame.e : frame.events) ?? []) this.#advance(event);
    if (t === "subbed") this.#advance(frame);
    return false;
  }

  /**
   * Ask for the whole channel next time.
   * @param {string} name
   */
  rewind(name) {
    const place = this.#places.get(name);
    if (place) place.whole = true;
    this.bookmark.names = "";
  }

  /** @param {any} frame */
  #restore({ channel, epoch, offset, state }) {
    const place = this.find(channel);
    if (!place || !epoch || !state) return false; // without state: only what it said last
    const renewed = place.epoch !== "" && place.epoch !== epoch;
    Object.assign(place, { epoch, offset, whole: false });
    return renewed;
  }

  /** @param {any} at */
  #advance({ channel, epoch, offset }) {
    const place = this.find(channel);
    if (place && !place.whole && epoch === place.epoch && offset) place.offset = offset;
  }
}
