/** Listeners by event name: how each part of the client tells the next one. */

export class Emitter {
  /** @type {Map<string, Set<Function>>} */
  #listeners = new Map();

  /**
   * Call `listener` for each event `name`; the returned function ends that.
   * @param {string} name
   * @param {Function} listener
   * @returns {() => void}
   */
  on(name, listener) {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (!listeners.size && this.#listeners.get(name) === listeners) this.#listeners.delete(name);
    };
  }

  /**
   * Tell everybody. A listener that throws is reported and does not keep the others from hearing.
   * @param {string} name
   * @param {...any} args
   */
  emit(name, ...args) {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        listener(...args);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /** Let go of every listener. */
  silence() {
    this.#listeners.clear();
  }

  /** @param {string} name */
  heard(name) {
    return this.#listeners.has(name);
  }
}
