/** An editor of a value: as fields, or as the JSON they stand for. */

import { fill, make } from "./elements.js";
import { parsed } from "./field.js";
import { notice } from "./notices.js";
import { sentence } from "./words.js";

/** A value as fields or as raw JSON, whichever is shown. */
export class Editor {
  #raw = false;

  /**
   * @param {import("./field.js").Field} fields
   * @param {{pointer: string, label: string}} place
   */
  constructor(fields, { pointer, label }) {
    this.fields = fields;
    this.pointer = pointer;
    this.text = make("textarea", {
      rows: 14,
      class: "code",
      spellcheck: false,
      "aria-label": label,
    });
    this.place = make(
      "div",
      { class: "field", data: { pointer } },
      this.text,
      make("p", { class: "fault" }),
    );
    this.element = make("div", null, fields.element);
    this.button = make(
      "button",
      { type: "button", class: "quiet", onclick: () => this.#turn() },
      "Edit as JSON",
    );
  }

  async read() {
    return this.#raw ? (parsed(this.text.value, this) ?? {}) : this.fields.read();
  }

  /** @param {any} value */
  write(value) {
    this.fields.write(value);
    this.text.value = JSON.stringify(value, null, 2);
  }

  /** What is filled in, without sending a file that was chosen: a draft sends nothing. */
  async draft() {
    if (this.#raw) return { raw: this.text.value };
    const { upload } = this.fields;
    if (upload) upload.held = true;
    try {
      return { value: await this.fields.read() };
    } finally {
      if (upload) upload.held = false;
    }
  }

  /** Show what `draft` gave. @param {{raw?: string, value?: any}} kept */
  restore({ raw, value }) {
    if (raw === undefined) return this.write(value);
    this.text.value = raw;
    this.#raw = true;
    this.#show();
  }

  async #turn() {
    try {
      const value = await this.read();
      this.#raw = !this.#raw;
      this.write(value);
    } catch (error) {
      return notice(sentence(error));
    }
    this.#show();
  }

  #show() {
    fill(this.element, this.#raw ? this.place : this.fields.element);
    this.button.textContent = this.#raw ? "Edit as form" : "Edit as JSON";
  }
}
