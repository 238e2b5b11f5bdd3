/** The form of a schedule: which job, when, with which args, and what happens to runs that are missed. */

import { formDialog } from "./dialog.js";
import { Editor } from "./editor.js";
import { fill, make } from "./elements.js";
import { choice, number, text } from "./field.js";
import { schemaForm } from "./form.js";
import { kinds } from "./kinds.js";
import { Times } from "./schedule_times.js";
import { title } from "./words.js";

const PLACE = { root: {}, required: true, upload: async () => ({ id: "" }) };
const MISSED = { one: "Become one run", skip: "Are dropped", all: "Are all made up for" };
const OVERLAP = {
  allow: "Start the next one all the same",
  skip: "Leave the next one out",
  cancel_old: "Stop it for the next one",
};

/**
 * Have a schedule described, and keep it; begun with what is known of one that is there.
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 * @param {any} [known]
 */
export async function askForSchedule(jobcast, known) {
  const form = new ScheduleForm(jobcast, await kinds(jobcast), known);
  const outcome = await formDialog({
    title: known ? `Edit ${known.key}` : "New schedule",
    body: form.element,
    action: known ? "Save" : "Create schedule",
    wide: true,
    submit: () => form.keep(),
  });
  form.times.leave();
  return outcome;
}

class ScheduleForm {
  /**
   * @param {import("/client/jobcast.js").Jobcast} jobcast
   * @param {any[]} all
   * @param {any} [known]
   */
  constructor(jobcast, all, known) {
    this.jobcast = jobcast;
    this.all = all;
    this.known = known;
    const description = "Its address: letters, digits and . _ : ~ @ -";
    const schema = { title: "Name", description };
    this.key = text({ ...PLACE, name: "key", pointer: "/key", schema });
    this.kind = kindField(all, known);
    this.kind.element.addEventListener("change", () => this.#choose());
    this.times = new Times(jobcast, known);
    this.rules = rules(known);
    this.args = make("div", { class: "members" });
    this.editor = this.#choose(known?.args);
    this.element = this.#layout();
  }

  /** Keep it as it is written; answers with the schedule. */
  async keep() {
    const { known } = this;
    const key = known?.key ?? this.key.read() ?? "";
    if (!key) throw refused("/key", "Give it a name.");
    if (!known && (await this.#find(key)))
      throw refused("/key", "There is one of this name already.");
    const json = {
      ...this.times.read(),
      kind: this.kind.read(),
      args: await this.editor.read(),
      ...this.rules.read(),
      options: known?.options ?? {},
    };
    return this.jobcast.api.insist("PUT", pathOf(key), { json });
  }

  /** @param {string} key */
  #find(key) {
    return this.jobcast.api.insist("GET", pathOf(key)).catch(() => null);
  }

  #layout() {
    return make(
      "div",
      { class: "members" },
      !this.known && this.key.element,
      this.kind.element,
      this.times.element,
      make("fieldset", null, make("legend", null, "Args"), this.args),
      make(
        "details",
        null,
        make("summary", null, "Missed and overlapping runs"),
        this.rules.element,
      ),
    );
  }

  /** @param {any} [args] */
  #choose(args) {
    const kind = this.all.find((one) => one.kind === this.kind.read());
    const upload = (/** @type {File} */ file) => this.jobcast.upload(file);
    const fields = schemaForm(kind?.args ?? {}, { pointer: "/args", upload });
    const editor = new Editor(fields, { pointer: "/args", label: "Args as JSON" });
    if (args) editor.write(args);
    const example = kind?.args.examples?.[0];
    const fillIn = () => editor.write(example);
    const sample =
      example &&
      make("button", { type: "button", class: "quiet", onclick: fillIn }, "Try a sample");
    fill(this.args, editor.element, make("div", { class: "actions" }, editor.button, sample));
    this.editor = editor;
    return editor;
  }
}

/** @param {string} key */
function pathOf(key) {
  return `api/schedules/${encodeURIComponent(key)}`;
}

/**
 * @param {any[]} all
 * @param {any} [known]
 */
function kindField(all, known) {
  const names = all.map(({ kind }) => kind);
  const first = known?.kind ?? names[0];
  const labels = Object.fromEntries([first, ...names].map((name) => [name, title(name)]));
  const schema = { title: "Job", enum: Object.keys(labels), default: first, "x-labels": labels };
  return choice({ ...PLACE, name: "kind", pointer: "/kind", schema });
}

/** @param {any} [known] */
function rules(known) {
  const of = (
    /** @type {string} */ name,
    /** @type {string} */ words,
    /** @type {Record<string, string>} */ labels,
  ) => {
    const usual = known?.[name] ?? Object.keys(labels)[0];
    const schema = { title: words, enum: Object.keys(labels), default: usual, "x-labels": labels };
    return choice({ ...PLACE, name, pointer: `/${name}`, schema });
  };
  const spread = {
    title: "Spread in seconds",
    type: "number",
    minimum: 0,
    default: known?.jitter ?? 0,
    description: "Each run starts up to so much later, so that not all start at once.",
  };
  const missed = of("missed", "Missed runs", MISSED);
  const overlap = of("overlap", "While one still runs", OVERLAP);
  const jitter = number({ ...PLACE, name: "jitter", pointer: "/jitter", schema: spread });
  const fields = [missed, overlap, jitter].map(({ element }) => element);
  return {
    element: make("div", { class: "members" }, fields),
    read: () => ({ missed: missed.read(), overlap: overlap.read(), jitter: jitter.read() ?? 0 }),
  };
}

/**
 * @param {string} pointer
 * @param {string} detail
 */
function refused(pointer, detail) {
  return Object.assign(new Error(detail), { status: 422, errors: [{ pointer, detail }] });
}
