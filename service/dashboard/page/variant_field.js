/** A field for a value of one of several shapes: which one is chosen, and the fields of that one. */

import { fill, make } from "./elements.js";
import { optional } from "./field.js";
import { shapes } from "./schema.js";
import { title } from "./words.js";

/** @typedef {import("./field.js").Field} Field @typedef {import("./field.js").Place} Place */

export class VariantField {
  /** @type {Field | null} */
  #fields = null;

  /**
   * @param {Place} place
   * @param {(place: Place, named: string[]) => Field} members makes the fields of some of a shape's properties
   */
  constructor(place, members) {
    this.place = place;
    this.members = members;
    const { by, shapes: known } = shapes(place.schema, place.root);
    this.by = by;
    this.shapes = known;
    this.select = this.#choice();
    this.inner = make("div", { class: "members" });
    this.element = this.#box();
    this.write(place.schema.default);
  }

  async read() {
    if (!this.#fields) return undefined;
    return { [this.by]: this.#chosen, ...(await this.#fields.read()) };
  }

  /** @param {any} value */
  write(value) {
    this.select.value = String(this.names.indexOf(value?.[this.by])).replace("-1", "");
    this.#show();
    if (value) this.#fields?.write(value);
  }

  get names() {
    return [...this.shapes.keys()];
  }

  get #chosen() {
    return this.select.value === "" ? undefined : this.names[Number(this.select.value)];
  }

  #show() {
    const schema = this.shapes.get(this.#chosen ?? "");
    const named = Object.keys(schema?.properties ?? {}).filter((name) => name !== this.by);
    this.#fields = schema ? this.members({ ...this.place, schema }, named) : null;
    fill(this.inner, this.#fields?.element);
  }

  #choice() {
    const options = this.names.map((name, i) =>
      make("option", { value: i }, this.shapes.get(name).title ?? title(name)),
    );
    const label = this.place.schema.title ?? title(this.place.name || this.by);
    const show = () => this.#show();
    const none = make("option", { value: "" }, "–");
    return make("select", { "aria-label": label, onchange: show }, none, options);
  }

  #box() {
    const { schema, name, pointer, required } = this.place;
    const legend = schema.title ?? title(name || this.by);
    return make(
      "fieldset",
      { data: { pointer } },
      make("legend", null, legend, !required && optional()),
      this.select,
      this.inner,
      make("p", { class: "fault" }),
    );
  }
}
