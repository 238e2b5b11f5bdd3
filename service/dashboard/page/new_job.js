/** The page that submits: choose a kind, fill in its form (or write JSON), send. */

import { fill, make } from "./elements.js";
import { parsed } from "./field.js";
import { schemaForm, showFaults } from "./form.js";
import { kinds } from "./kinds.js";
import { notice } from "./notices.js";
import { formAddress, jobAddress } from "./router.js";
import { sentence, title } from "./words.js";

/**
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 * @param {string} chosen
 */
export function newJobPage(jobcast, chosen) {
  const element = make("div", { class: "new-job" }, make("h1", null, "New job"));
  kinds(jobcast).then(
    (known) => element.append(choose(jobcast, known, chosen)),
    (error) => element.append(make("p", { role: "alert" }, sentence(error))),
  );
  return { element, leave() {} };
}

/**
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 * @param {any[]} known
 * @param {string} chosen
 */
function choose(jobcast, known, chosen) {
  if (!known.length) return make("p", { class: "hint" }, "This service knows no kind of job.");
  const kind = known.find((one) => one.kind === chosen) ?? known[0];
  const tabs = known.map((one) =>
    make(
      "a",
      { href: formAddress(one.kind), "aria-current": one === kind && "true" },
      title(one.kind),
    ),
  );
  return make(
    "div",
    null,
    make("nav", { class: "kinds", "aria-label": "Kinds of job" }, tabs),
    form(jobcast, kind),
  );
}

/**
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 * @param {any} kind
 */
function form(jobcast, kind) {
  const upload = (/** @type {File} */ file) => jobcast.upload(file);
  const fields = schemaForm(kind.args, { pointer: "/args", upload });
  const editor = new Editor(fields);
  const fault = make("p", { class: "fault", role: "alert" });
  const button = make("button", { class: "primary" }, "Submit job");
  const element = make(
    "form",
    { noValidate: true },
    make("p", { class: "hint" }, kind.description.split("\n\n")[0]),
    samples(kind, editor),
    editor.element,
    fault,
    make("div", { class: "actions" }, button, editor.button),
  );
  element.addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    button.disabled = true;
    await send(jobcast, kind.kind, editor).catch((error) => complain(element, fault, error));
    button.disabled = false;
  });
  return element;
}

/**
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 * @param {string} kind
 * @param {Editor} editor
 */
async function send(jobcast, kind, editor) {
  const job = await jobcast.submit(kind, await editor.read());
  location.hash = jobAddress(job.id);
}

/**
 * @param {HTMLElement} element
 * @param {HTMLElement} fault
 * @param {any} error
 */
function complain(element, fault, error) {
  const errors = error.errors ?? [];
  const homeless = showFaults(element, errors).map((/** @type {any} */ { detail }) => detail);
  const placed = errors.length > homeless.length;
  fault.textContent =
    homeless.join(" · ") || (placed ? "Please look at the fields marked above." : sentence(error));
  if (!error.status && !errors.length) notice(sentence(error));
}

/**
 * @param {any} kind
 * @param {Editor} editor
 */
function samples({ args }, editor) {
  const examples = args.examples ?? [];
  const label = (/** @type {number} */ i) =>
    examples.length > 1 ? `Try sample ${i + 1}` : "Try a sample";
  const buttons = examples.map((/** @type {any} */ example, /** @type {number} */ i) =>
    make(
      "button",
      { type: "button", class: "quiet", onclick: () => editor.write(example) },
      label(i),
    ),
  );
  return buttons.length > 0 && make("div", { class: "samples" }, buttons);
}

/** The args as fields or as raw JSON, whichever is shown. */
class Editor {
  #raw = false;

  /** @param {import("./field.js").Field} fields */
  constructor(fields) {
    this.fields = fields;
    this.text = make("textarea", {
      rows: 14,
      class: "code",
      spellcheck: false,
      "aria-label": "Args as JSON",
    });
    this.place = make(
      "div",
      { class: "field", data: { pointer: "/args" } },
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
    return this.#raw ? (parsed(this.text.value, { pointer: "/args" }) ?? {}) : this.fields.read();
  }

  /** @param {any} args */
  write(args) {
    this.fields.write(args);
    this.text.value = JSON.stringify(args, null, 2);
  }

  async #turn() {
    try {
      const args = await this.read();
      this.#raw = !this.#raw;
      this.write(args);
    } catch (error) {
      return notice(sentence(error));
    }
    fill(this.element, this.#raw ? this.place : this.fields.element);
    this.button.textContent = this.#raw ? "Edit as form" : "Edit as JSON";
  }
}
