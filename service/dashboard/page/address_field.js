/** An address of mine: written, saved, and verified by a code that is sent there. */

import { fill, make } from "./elements.js";
import { mark } from "./facts.js";
import { text } from "./field.js";
import { notice } from "./notices.js";
import { once } from "./table.js";
import { sentence } from "./words.js";

export class AddressField {
  #saved = "";

  /**
   * @param {{jobcast: import("/client/jobcast.js").Jobcast, way: "email" | "phone", title: string,
   *   type: string, hint?: string}} given
   */
  constructor({ jobcast, way, title, type, hint }) {
    this.jobcast = jobcast;
    this.way = way;
    this.field = text({
      name: way,
      schema: { title, description: hint },
      root: {},
      pointer: `/${way}`,
      required: false,
      upload: async () => ({ id: "" }),
    });
    const input = /** @type {HTMLInputElement} */ (this.field.element.querySelector("input"));
    Object.assign(input, { type, autocomplete: type });
    this.state = make("div", { class: "verify" });
    input.addEventListener("input", () => this.#show());
    this.element = make("div", null, this.field.element, this.state);
    this.at = null;
  }

  read() {
    return this.field.read();
  }

  /** @param {any} value */
  write(value) {
    this.field.write(value);
  }

  /**
   * Say which address is saved, and since when it is known to be mine.
   * @param {string | null} saved
   * @param {string | null} at
   */
  verified(saved, at) {
    this.#saved = saved ?? "";
    this.at = at;
    this.#show();
  }

  #show() {
    const written = this.read() ?? "";
    if (!written) return fill(this.state);
    if (written !== this.#saved)
      return fill(this.state, make("p", { class: "hint" }, "Save it, then verify it."));
    if (this.at) return fill(this.state, mark("good", "Verified"));
    const button = make("button", { type: "button", class: "small" }, "Send a code");
    button.addEventListener("click", () => once(button, () => this.#ask()));
    fill(this.state, mark("warn", "Not verified"), button);
  }

  async #ask() {
    const { way } = this;
    const { to } = await this.jobcast.api.call("POST", "api/preferences/verify", { json: { way } });
    const code = make("input", {
      type: "text",
      inputMode: "numeric",
      autocomplete: "one-time-code",
      maxLength: 7,
      "aria-label": `Code sent to ${to}`,
      placeholder: "123 456",
    });
    const fault = make("p", { class: "fault", role: "alert" });
    const button = make("button", { type: "button" }, "Verify");
    button.addEventListener("click", () => once(button, () => this.#confirm(code.value, fault)));
    code.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      button.click();
    });
    fill(
      this.state,
      make("p", { class: "hint" }, `A code is on its way to ${to}.`),
      make("div", { class: "pair" }, code, button),
      fault,
    );
    code.focus();
  }

  /**
   * @param {string} code
   * @param {HTMLElement} fault
   */
  async #confirm(code, fault) {
    const { way } = this;
    try {
      const json = { way, code };
      const known = await this.jobcast.api.call("POST", "api/preferences/confirm", { json });
      this.verified(known[way], known[`${way}_verified_at`]);
      notice("Verified.");
    } catch (error) {
      fill(fault, sentence(error));
    }
  }
}
