/** Which jobs of the list are chosen: some, or all that match the filters, those not loaded included. */

export class Selection {
  /** @type {Set<string>} */
  #ids = new Set();
  /** Where a range begins. */
  #anchor = "";
  all = false;

  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
  }

  get size() {
    return this.#ids.size;
  }

  get ids() {
    return [...this.#ids];
  }

  /** @param {string} id */
  has(id) {
    return this.all || this.#ids.has(id);
  }

  /**
   * Choose a job, or not; with `between` all from the last one that was touched.
   * @param {string} id
   * @param {boolean} chosen
   * @param {((from: string, to: string) => string[]) | null} [between]
   */
  set(id, chosen, between = null) {
    this.all = false;
    const ids = between && this.#anchor ? between(this.#anchor, id) : [id];
    for (const one of ids) {
      if (chosen) this.#ids.add(one);
      else this.#ids.delete(one);
    }
    this.#anchor = id;
    this.changed();
  }

  /** @param {Iterable<string>} ids */
  only(ids) {
    this.all = false;
    this.#ids = new Set(ids);
    this.changed();
  }

  everything() {
    this.all = true;
    this.changed();
  }

  /** A job has left the list. @param {string} id */
  forget(id) {
    if (this.#ids.delete(id)) this.changed();
  }

  clear() {
    this.#anchor = "";
    this.only([]);
  }
}
