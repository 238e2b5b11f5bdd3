/** A field for a list of proposals: each is accepted, edited or rejected by whoever looks it through. */

import { make, say } from "./elements.js";
import { ACCEPT, editable, plain, shapes } from "./schema.js";
import { title } from "./words.js";

/**
 * @typedef {import("./field.js").Field} Field
 * @typedef {import("./field.js").Place} Place
 * @typedef {(place: Place, named: string[]) => Field} Members makes the fields of some of an object's properties
 */

export class ReviewField {
  /** @type {Proposal[]} */
  #proposals = [];

  /**
   * @param {Place} place
   * @param {Members} members
   */
  constructor(place, members) {
    this.place = place;
    this.members = members;
    this.rows = make("ol", { class: "proposals" });
    this.count = make("p", { class: "count", role: "status" });
    this.element = this.#box();
    this.write(place.schema.default);
  }

  async read() {
    const values = [];
    for (const proposal of this.#proposals) values.push(await proposal.read());
    return values;
  }

  /** @param {any[]} values */
  write(values) {
    this.#proposals = (values ?? []).map((value, i) => this.#proposal(value, i));
    this.rows.replaceChildren(...this.#proposals.map(({ element }) => element));
    this.#tell();
  }

  /**
   * @param {any} value
   * @param {number} at
   */
  #proposal(value, at) {
    const { schema, root, pointer } = this.place;
    const items = plain(schema.items, root);
    const place = {
      ...this.place,
      schema: items.discriminator ? shape(items, root, value) : items,
      pointer: `${pointer}/${at}`,
      name: title(this.place.name),
      required: true,
    };
    return new Proposal(place, value, this.members, () => this.#tell());
  }

  #tell() {
    const accepted = this.#proposals.filter(({ accepted }) => accepted).length;
    say(this.count, `${accepted} of ${this.#proposals.length} accepted`);
  }

  /** @param {boolean} accepted */
  #all(accepted) {
    for (const proposal of this.#proposals) proposal.accept(accepted);
    this.#tell();
  }

  #box() {
    const { schema, name, pointer } = this.place;
    const button = (/** @type {string} */ text, /** @type {boolean} */ accepted) =>
      make(
        "button",
        { type: "button", class: "quiet", onclick: () => this.#all(accepted) },
        text,
      );
    const all = [button("Accept all", true), button("Reject all", false)];
    return make(
      "fieldset",
      { class: "review", data: { pointer } },
      make("legend", null, schema.title ?? title(name)),
      make("div", { class: "all" }, all, this.count),
      this.rows,
      make("p", { class: "fault" }),
    );
  }
}

/** One proposal: a tick, the line it is known by, and the fields of what may be edited. */
class Proposal {
  /**
   * @param {Place} place
   * @param {any} value
   * @param {Members} members
   * @param {() => void} changed
   */
  constructor(place, value, members, changed) {
    this.value = value;
    this.named = editable(place.schema, place.root);
    this.fields = members(place, this.named);
    this.fields.write(value);
    this.tick = make("input", { type: "checkbox", onchange: () => (this.#show(), changed()) });
    this.edit = make(
      "details",
      { oninput: () => (this.element.dataset.edited = "yes") },
      make("summary", null, "Edit", make("span", { class: "unseen" }, ` ${line(place, value)}`)),
      this.fields.element,
    );
    this.element = this.#row(place);
    this.accept(value[ACCEPT] !== false);
  }

  get accepted() {
    return this.tick.checked;
  }

  /** @param {boolean} accepted */
  accept(accepted) {
    this.tick.checked = accepted;
    this.#show();
  }

  /** What is rejected goes back as it came: nobody has to mend it first. */
  async read() {
    if (!this.accepted) return { ...this.value, [ACCEPT]: false };
    const kept = Object.entries(this.value).filter(([name]) => !this.named.includes(name));
    return { ...Object.fromEntries(kept), [ACCEPT]: true, ...(await this.fields.read()) };
  }

  #show() {
    this.element.dataset.accepted = this.accepted ? "yes" : "no";
    this.edit.hidden = !this.accepted || !this.named.length;
  }

  /** @param {Place} place */
  #row(place) {
    return make(
      "li",
      { data: { pointer: place.pointer } },
      make("label", null, this.tick, make("span", null, line(place, this.value))),
      make("span", { class: "edited" }, "edited"),
      this.edit,
      make("p", { class: "fault" }),
    );
  }
}

/**
 * Return the shape that a value has; one without any properties when it has none of them.
 * @param {any} items
 * @param {any} root
 * @param {any} value
 */
function shape(items, root, value) {
  const { by, shapes: known } = shapes(items, root);
  return known.get(value[by]) ?? {};
}

/**
 * Return the line that a proposal is known by.
 * @param {Place} place
 * @param {any} value
 */
function line({ schema, name }, value) {
  return value.about || schema.title || name;
}
