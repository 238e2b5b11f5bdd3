/** A field for a list of values: one field for each, added and removed by hand. */

import { make } from "./elements.js";
import { optional } from "./field.js";
import { title } from "./words.js";

/** @typedef {import("./field.js").Field} Field @typedef {import("./field.js").Place} Place */

export class ListField {
  /** @type {{row: HTMLElement, field: Field}[]} */
  #entries = [];

  /**
   * @param {Place} place
   * @param {(place: Place) => Field} field makes the field of one value
   */
  constructor(place, field) {
    this.place = place;
    this.field = field;
    this.rows = make("div", { class: "members" });
    this.element = this.#box();
    this.write(place.schema.default);
  }

  async read() {
    const values = [];
    for (const { field } of this.#entries) values.push(await field.read());
    const given = values.filter((value) => value !== undefined);
    return given.length || this.place.required ? given : undefined;
  }

  /** @param {any} values */
  write(values) {
    this.#entries = [];
    this.rows.replaceChildren();
    for (const value of values ?? []) this.#add(value);
  }

  #box() {
    const { schema, name, pointer, required } = this.place;
    const add = () => this.#add(undefined);
    return make(
      "fieldset",
      { data: { pointer } },
      make("legend", null, schema.title ?? title(name), !required && optional()),
      this.rows,
      make("button", { type: "button", class: "quiet", onclick: add }, "Add one"),
      make("p", { class: "fault" }),
    );
  }

  /** @param {any} value */
  #add(value) {
    const { schema, name, pointer } = this.place;
    const at = this.#entries.length;
    const of = { title: `${title(name)} ${at + 1}`, ...schema.items };
    const one = {
      ...this.place,
      schema: of,
      name: "",
      pointer: `${pointer}/${at}`,
      required: true,
    };
    const field = this.field(one);
    const remove = () => this.#remove(row);
    const button = make("button", { type: "button", class: "quiet", onclick: remove }, "Remove");
    const row = make("div", { class: "entry" }, field.element, button);
    if (value !== undefined) field.write(value);
    this.#entries.push({ row, field });
    this.rows.append(row);
  }

  /**
   * Without one in the middle the others are counted anew, so that a fault finds its field.
   * @param {HTMLElement} row
   */
  async #remove(row) {
    const kept = this.#entries.filter((entry) => entry.row !== row);
    const values = await Promise.all(kept.map(({ field }) => field.read()));
    this.write(values.map((value) => value ?? null));
  }
}
