/** What is half filled in survives a reload: kept in the tab's own memory until it is sent. */

const PREFIX = "jobcast.draft.";
const TYPING_MS = 250;
const LARGEST = 256 * 1024;

/**
 * @typedef {object} Drafted what can be kept: `write` takes what `draft` gave
 * @property {() => Promise<any>} draft
 * @property {(value: any) => void} restore
 */

export class Draft {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #due;
  #sent = false;

  /**
   * @param {string} name of the form, of its thing
   * @param {Drafted} what
   */
  constructor(name, what) {
    this.key = Draft.key(name);
    this.what = what;
  }

  /** @param {string} name */
  static key(name) {
    return PREFIX + name;
  }

  /** Fill in what was kept, if there is something; returns whether there was. */
  restore() {
    const kept = memory()?.getItem(this.key);
    if (!kept) return false;
    try {
      this.what.restore(JSON.parse(kept));
      return true;
    } catch {
      this.clear(); // of an older form
      return false;
    }
  }

  /**
   * Keep what is typed into a form, once it has been quiet for a moment.
   * @param {HTMLElement} form
   */
  follow(form) {
    for (const name of ["input", "change", "click"])
      form.addEventListener(name, () => this.#soon());
  }

  /** It is sent: nothing is left to keep. */
  clear() {
    clearTimeout(this.#due);
    this.#sent = true;
    memory()?.removeItem(this.key);
  }

  #soon() {
    clearTimeout(this.#due);
    this.#sent = false;
    this.#due = setTimeout(() => this.#keep(), TYPING_MS);
  }

  async #keep() {
    try {
      const text = JSON.stringify(await this.what.draft());
      if (!this.#sent && text.length <= LARGEST) memory()?.setItem(this.key, text);
    } catch {
      // What can't be read yet, such as half a JSON, is kept when it can.
    }
  }
}

/** Forget everything that was kept: somebody else may sign in here. */
export function forgetDrafts() {
  const kept = memory();
  for (const key of Object.keys(kept ?? {})) if (key.startsWith(PREFIX)) kept?.removeItem(key);
}

function memory() {
  try {
    return globalThis.sessionStorage;
  } catch {
    return null;
  }
}
