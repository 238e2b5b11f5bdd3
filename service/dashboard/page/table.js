/** A table of things the API lists page by page: loads, says that there are none, says what went wrong. */

import { fill, make } from "./elements.js";
import { notice } from "./notices.js";
import { sentence } from "./words.js";

/**
 * @template Thing
 * @typedef {{title: string, cell: (thing: Thing) => import("./elements.js").Child |
 *   import("./elements.js").Child[], class?: string, hideHead?: boolean}} Column `class`: "number" for
 *   figures, "wide" for what takes the room, "wrap" for long texts
 */

/**
 * @template Thing
 * @typedef {object} Given
 * @property {string} label
 * @property {Column<Thing>[]} columns the first one names the thing
 * @property {(after: string | null) => Promise<{data: Thing[], next?: string | null}>} load reads a page
 * @property {(thing: Thing) => string} [key] what it is known by; its id if not given
 * @property {(thing: Thing) => string | null} [href] where its page is: the first cell is a link to it
 * @property {(thing: Thing) => {text: string, run: () => any, danger?: boolean}[]} [actions] a promise of
 *   `run` keeps the button from being pressed again, and is said when it fails
 * @property {{title: string, hint?: string, action?: Node}} [empty] what is said when there are none
 */

/** @template Thing */
export class Table {
  /** @type {Map<string, {thing: Thing, row: HTMLElement}>} */
  #rows = new Map();
  /** @type {string | null} */
  #next = null;
  #asked = 0;

  /** @param {Given<Thing>} given */
  constructor(given) {
    this.given = { key: (/** @type {any} */ thing) => thing.id, ...given };
    this.body = make("tbody", { data: { rows: "" } });
    this.place = make("div", { class: "table-state", role: "status" });
    this.more = make(
      "button",
      { type: "button", class: "quiet more", hidden: true, onclick: () => this.#read(this.#next) },
      "Show more",
    );
    this.table = make(
      "table",
      { class: "table", hidden: true, "aria-label": given.label },
      this.#head(),
      this.body,
    );
    this.element = make("div", { class: "table-box" }, this.table, this.place, this.more);
    fill(this.place, waiting());
    this.reload();
  }

  /** What is shown, in its order. */
  get things() {
    return [...this.#rows.values()].map(({ thing }) => thing);
  }

  /** Read the first page again; what is shown stays until it is there. */
  reload() {
    return this.#read(null);
  }

  /**
   * Show a thing that has changed in its place, a new one first.
   * @param {Thing} thing
   */
  put(thing) {
    const key = this.given.key(thing);
    const row = this.#row(thing);
    const known = this.#rows.get(key);
    const focused = known ? placeOfFocus(known.row) : -1;
    if (known) renewRow(known.row, row);
    else this.body.prepend(row);
    this.#rows = known
      ? this.#rows.set(key, { thing, row })
      : new Map([[key, { thing, row }], ...this.#rows]);
    controls(row)[focused]?.focus();
    this.#settle();
  }

  /** @param {string} key */
  remove(key) {
    this.#rows.get(key)?.row.remove();
    this.#rows.delete(key);
    this.#settle();
  }

  /** @param {string | null} after */
  async #read(after) {
    const asked = ++this.#asked;
    this.more.disabled = true;
    try {
      const { data, next = null } = await this.given.load(after);
      if (asked !== this.#asked) return;
      if (after === null) this.#clear();
      for (const thing of data) this.#append(thing);
      this.#next = next;
      this.#settle();
    } catch (error) {
      if (asked === this.#asked) this.#fail(error);
    }
    this.more.disabled = false;
  }

  #clear() {
    this.#rows.clear();
    fill(this.body);
  }

  /** @param {Thing} thing */
  #append(thing) {
    const key = this.given.key(thing);
    if (this.#rows.has(key)) return;
    const row = this.#row(thing);
    this.#rows.set(key, { thing, row });
    this.body.append(row);
  }

  #settle() {
    const { empty } = this.given;
    this.table.hidden = !this.#rows.size;
    this.more.hidden = this.#next === null;
    fill(this.place, !this.#rows.size && nothing(empty));
  }

  /** @param {any} error */
  #fail(error) {
    if (this.#rows.size) return notice(sentence(error));
    const again = () => {
      fill(this.place, waiting());
      this.reload();
    };
    const button = make("button", { type: "button", onclick: again }, "Try again");
    fill(
      this.place,
      make("div", { class: "nothing" }, make("p", { role: "alert" }, sentence(error)), button),
    );
  }

  #head() {
    const { columns, actions } = this.given;
    const cells = columns.map(({ title, class: kind }) =>
      make("th", { scope: "col", class: kind }, title),
    );
    const last =
      actions && make("th", { scope: "col" }, make("span", { class: "unseen" }, "Actions"));
    return make("thead", null, make("tr", null, cells, last));
  }

  /** @param {Thing} thing */
  #row(thing) {
    const { columns, href, actions } = this.given;
    const to = href?.(thing);
    const cells = columns.map(({ title, cell, class: kind }, i) => {
      const shown = [cell(thing)].flat();
      const linked = i === 0 && to ? make("a", { href: to, data: { row: "" } }, shown) : shown;
      return make("td", { class: kind, data: { title } }, linked);
    });
    const row = make(
      "tr",
      { data: { key: this.given.key(thing) } },
      cells,
      actions && this.#actions(thing),
    );
    if (!to) Object.assign(row, { tabIndex: -1 }).dataset.row = "";
    return row;
  }

  /** @param {Thing} thing */
  #actions(thing) {
    const key = this.given.key(thing);
    const buttons = (this.given.actions?.(thing) ?? []).map(({ text, danger }, i) => {
      const button = make(
        "button",
        { type: "button", class: danger ? "small danger" : "small" },
        text,
      );
      button.addEventListener("click", () => once(button, () => this.#act(key, i)));
      return button;
    });
    return make("td", { class: "row-actions" }, make("div", null, buttons));
  }

  /**
   * Do what a row's button says with the thing as it is now.
   * @param {string} key
   * @param {number} i
   */
  #act(key, i) {
    const thing = this.#rows.get(key)?.thing;
    return thing && this.given.actions?.(thing)[i].run();
  }
}

/**
 * Put a new row in place of an old one. Buttons that say the same stay: one of them may have opened a dialog
 * that will give the focus back to it.
 * @param {HTMLElement} old
 * @param {HTMLElement} fresh
 */
function renewRow(old, fresh) {
  const [was, is] = [old, fresh].map((row) => row.querySelector(":scope > .row-actions"));
  if (was && is && was.textContent === is.textContent) is.replaceWith(was);
  old.replaceWith(fresh);
}

/**
 * Do it, and keep the button from being pressed meanwhile; a refusal is told.
 * @param {HTMLButtonElement} button
 * @param {() => any} work
 */
export async function once(button, work) {
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    notice(sentence(error));
  }
  button.disabled = false;
  if (document.activeElement === document.body) button.focus(); // disabled, it could not keep it
}

/** @param {HTMLElement} row */
function controls(row) {
  return /** @type {HTMLElement[]} */ ([...row.querySelectorAll("a, button, input")]);
}

/**
 * Return which control of a row has the focus, or would have it were it not at work; -1 for none.
 * @param {HTMLElement} row
 */
function placeOfFocus(row) {
  const lost = document.activeElement === document.body;
  return controls(row).findIndex(
    (control) => control === document.activeElement || (lost && control.matches(":disabled")),
  );
}

/** What is shown until the first page is there. */
export function waiting() {
  const line = () => make("i");
  return make(
    "div",
    { class: "skeleton" },
    make("span", { class: "unseen" }, "Loading…"),
    line(),
    line(),
    line(),
  );
}

/**
 * What is shown in place of an empty list.
 * @param {{title: string, hint?: string, action?: Node}} [said]
 */
export function nothing({ title, hint, action } = { title: "Nothing here yet." }) {
  return make(
    "div",
    { class: "nothing" },
    make("strong", null, title),
    hint && make("p", null, hint),
    action,
  );
}
