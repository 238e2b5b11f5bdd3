/** What a job waits for: the form of its request for input, until somebody has answered. */

import { Draft } from "./draft.js";
import { Editor } from "./editor.js";
import { fill, make, say } from "./elements.js";
import { complain, schemaForm, showFaults } from "./form.js";
import { notice, speak } from "./notices.js";
import { remaining, sentence } from "./words.js";

const TICK_MS = 1_000;

/**
 * A form stays, with what was typed into it, while the same is asked: also by a later attempt, after a
 * crash, and when the job says what was wrong with the answer.
 */
export class JobInput {
  /** What the form was made for. */
  #asked = { schema: "", number: 0 };
  /** The version of the job that was read for its schema. */
  #read = 0;
  /** Whether this page has answered what the job waits for. */
  #sent = false;

  /**
   * @param {import("/client/jobcast.js").Jobcast} jobcast
   * @param {import("/client/jobcast.js").Job} job
   */
  constructor(jobcast, job) {
    this.jobcast = jobcast;
    this.job = job;
    this.left = make("p", { class: "left" });
    this.body = make("div", { class: "asked" });
    this.element = make(
      "section",
      { class: "input", hidden: true, "aria-label": "Needs an answer" },
      make("h2", null, "Needs an answer"),
      this.body,
      this.left,
    );
    this.clock = setInterval(() => this.#tick(), TICK_MS);
  }

  /** @param {any} job */
  show({ awaiting, version }) {
    if (!awaiting) return this.#over();
    if (awaiting.schema) return this.#ask(awaiting);
    if (this.#read === version) return;
    this.#read = version;
    this.job.refresh().then(
      (job) => this.show(job),
      (error) => notice(sentence(error)),
    );
  }

  leave() {
    clearInterval(this.clock);
  }

  /** @param {any} awaiting */
  #ask(awaiting) {
    const { number, prompt, problem, errors = [], until } = awaiting;
    const schema = JSON.stringify(awaiting.schema);
    const known = schema === this.#asked.schema && (problem || number === this.#asked.number);
    if (!known) this.#make(awaiting);
    else if (number !== this.#asked.number) this.#keepAs(number);
    if (this.element.hidden) speak(`Needs an answer: ${prompt}`);
    const again = number !== this.#asked.number;
    this.#asked = { schema, number };
    this.#sent &&= !again;
    this.until = until ? Date.parse(until) : null;
    this.element.hidden = false;
    if (again) showFaults(this.body, errors);
    say(this.prompt, prompt);
    say(this.problem, problem ?? "");
    this.#tick();
  }

  /** Whoever answered, or nobody in time: there is nothing to fill in any more. */
  #over() {
    if (this.element.hidden) return;
    this.element.hidden = true;
    if (!this.#sent) speak("No answer is needed any more");
  }

  /** The same is asked again, so what was typed belongs to the new request. @param {number} number */
  #keepAs(number) {
    if (this.draft) this.draft.key = Draft.key(this.#draftName(number));
  }

  /** @param {number} number */
  #draftName(number) {
    return `answer.${this.job.id}.${number}`;
  }

  /** @param {any} awaiting */
  #make({ schema, number }) {
    this.prompt = make("p", { class: "prompt" });
    this.problem = make("p", { class: "fault problem", role: "alert" });
    const upload = (/** @type {File} */ file) => this.jobcast.upload(file);
    const fields = schemaForm(schema, { pointer: "", upload });
    const editor = new Editor(fields, { pointer: "", label: "Answer as JSON" });
    const fault = make("p", { class: "fault", role: "alert" });
    const button = make("button", { class: "primary" }, "Send answer");
    const form = make(
      "form",
      { noValidate: true },
      editor.element,
      fault,
      make("div", { class: "actions" }, button, editor.button),
    );
    this.draft = new Draft(this.#draftName(number), editor);
    this.draft.restore();
    this.draft.follow(form);
    form.addEventListener("submit", async (/** @type {Event} */ event) => {
      event.preventDefault();
      button.disabled = true;
      await this.#send(editor).catch((error) => this.#refused(form, fault, error));
      button.disabled = false;
    });
    fill(this.body, this.prompt, this.problem, form);
  }

  /** @param {Editor} editor */
  async #send(editor) {
    const data = await editor.read();
    this.#sent = true;
    await this.job.input(data);
    this.draft?.clear();
    speak("The answer is sent");
  }

  /**
   * @param {HTMLElement} form
   * @param {HTMLElement} fault
   * @param {any} error
   */
  #refused(form, fault, error) {
    this.#sent = false;
    complain(form, fault, error);
    if (error.status !== 409) return;
    notice("It is no longer waiting for this answer.");
    this.job.refresh().catch(() => {}); // the notice has said it
  }

  #tick() {
    if (this.element.hidden || document.hidden) return;
    say(this.left, this.until ? remaining(this.until - Date.now()) : "");
  }
}
