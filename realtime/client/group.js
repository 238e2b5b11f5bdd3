/** The open tabs of one user: who of them leads, who is still there, and what they tell each other. */

/**
 * @typedef {object} Part
 * @property {() => void} entered
 * @property {() => void} elected
 * @property {() => void} deposed
 * @property {(from: string, message: any) => void} heard
 * @property {(tab: string) => void} gone a tab that was watched is not there any more
 *
 * @typedef {{locks: LockManager, BroadcastChannel: typeof globalThis.BroadcastChannel}} Means
 */

/**
 * Each tab holds a lock of its own for as long as it lives, so nobody has to ask whether it does;
 * and waits for the one lock of the leader. The browser frees both in the instant a tab is gone.
 */
export class Group {
  id = Math.random().toString(36).slice(2);
  #left = new AbortController();
  /** Ends what was done as the leader. @type {AbortController | null} */
  #reign = null;

  /**
   * @param {string} name the same for all who may share
   * @param {Part} part
   * @param {Means} means
   */
  constructor(name, part, { locks, BroadcastChannel }) {
    this.name = name;
    this.part = part;
    this.locks = locks;
    this.wire = new BroadcastChannel(name);
    this.wire.onmessage = ({ data: { from, to, ...message } }) =>
      (to ?? this.id) === this.id && part.heard(from, message);
    let entered = false;
    this.#hold(`${name} ${this.id}`, { signal: this.#left.signal }, () => {
      entered = true;
      this.#stand({ signal: this.#left.signal });
      part.entered();
    }).then(() => entered || this.#left.signal.aborted || part.elected()); // no locks here: be alone
  }

  /**
   * Tell all the others, or only one of them.
   * @param {any} message
   * @param {string} [to]
   */
  tell(message, to) {
    if (!this.#left.signal.aborted) this.wire.postMessage({ ...message, from: this.id, to });
  }

  /**
   * Have `gone` called when another tab is gone, while we lead.
   * @param {string} tab
   */
  watch(tab) {
    const signal = this.#reign?.signal;
    const gone = () => signal?.aborted || this.part.gone(tab);
    this.locks.request(`${this.name} ${tab}`, { signal }, gone).catch(() => {});
  }

  /** Take the lead from one who does not answer. */
  usurp() {
    this.#stand({ steal: true });
  }

  /** Let go of everything; another tab leads from now on. */
  leave() {
    this.#reign?.abort();
    this.#left.abort();
    this.wire.close();
  }

  /** @param {LockOptions} options */
  async #stand(options) {
    await this.#hold(this.name, options, () => {
      this.#reign = new AbortController();
      this.part.elected();
    });
    if (this.#left.signal.aborted || !this.#reign) return;
    this.#reign.abort();
    this.#reign = null;
    this.part.deposed();
    this.#stand({ signal: this.#left.signal });
  }

  /**
   * Hold a lock until we leave or it is taken from us.
   * @param {string} name
   * @param {LockOptions} options
   * @param {() => void} held
   */
  async #hold(name, options, held) {
    const { signal } = this.#left;
    const untilLeft = () =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve(null);
        signal.addEventListener("abort", resolve);
        held();
      });
    await this.locks.request(name, options, untilLeft).catch(() => {});
  }
}
