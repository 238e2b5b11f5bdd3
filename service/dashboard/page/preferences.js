/** My preferences: my clock and my quiet hours, and how I want to be told of what no device has shown me. */

import { AddressField } from "./address_field.js";
import { fill, make } from "./elements.js";
import { may } from "./facts.js";
import { choice, number, text, toggle } from "./field.js";
import { complain } from "./form.js";
import { ListField } from "./list_field.js";
import { notice } from "./notices.js";
import { pageHead } from "./page_head.js";
import { waiting } from "./table.js";
import { sentence } from "./words.js";
import { zoneField } from "./zone_field.js";

const PLACE = { root: {}, required: false, upload: async () => ({ id: "" }) };

/** @type {import("./pages.js").OpenPage} */
export function preferencesPage({ jobcast, caller }) {
  const place = make("div", null, waiting());
  const hint =
    "They are yours alone, on every device. Nothing is sent to an address before it is verified.";
  const element = make(
    "div",
    { class: "resource" },
    pageHead({ title: "Preferences", hint }),
    place,
  );
  jobcast.api.insist("GET", "api/preferences").then(
    (known) => fill(place, new Form(jobcast, known, may(caller, "jobs:write")).element),
    (error) => fill(place, make("p", { role: "alert" }, sentence(error))),
  );
  return { element, leave() {} };
}

class Form {
  /**
   * @param {import("/client/jobcast.js").Jobcast} jobcast
   * @param {any} known
   * @param {boolean} writes
   */
  constructor(jobcast, known, writes) {
    this.jobcast = jobcast;
    this.known = known;
    this.email = new AddressField({
      jobcast,
      way: "email",
      title: "E-mail address",
      type: "email",
    });
    this.phone = new AddressField({
      jobcast,
      way: "phone",
      title: "Phone number",
      type: "tel",
      hint: "With the country’s code, like +4930123456.",
    });
    this.zone = zoneField({
      pointer: "/timezone",
      hint: "By whose clock quiet hours and your brief are meant.",
    });
    /** @type {Record<string, import("./field.js").Field>} */
    this.fields = {
      timezone: this.zone,
      ...plainFields(),
      email: this.email,
      phone: this.phone,
      names: namesField(),
    };
    this.from = clockField("/quiet_hours/start", "From");
    this.until = clockField("/quiet_hours/end", "Until");
    this.fault = make("p", { class: "fault", role: "alert" });
    this.save = make("button", { class: "primary", disabled: !writes }, "Save preferences");
    this.element = make(
      "form",
      { class: "preferences", noValidate: true },
      this.#sections(),
      this.fault,
      make("div", { class: "actions" }, this.save),
    );
    this.element.addEventListener("submit", (/** @type {Event} */ event) => this.#submit(event));
    this.element.addEventListener("change", () => this.#settle());
    this.#write(known);
  }

  #sections() {
    const { fields } = this;
    const quiet = make(
      "div",
      { class: "pair", data: { pointer: "/quiet_hours" } },
      this.from.element,
      this.until.element,
      make("p", { class: "fault" }),
    );
    return [
      section(
        "Time",
        "Leave quiet hours empty to be told at any time.",
        fields.timezone,
        { element: quiet },
        fields.urgent_failures,
      ),
      section(
        "E-mail",
        "Sent when no device has shown you a notification in time.",
        this.email,
        fields.email_opt_in,
      ),
      section("SMS", "The same, in short, to your phone.", this.phone, fields.sms_opt_in),
      section(
        "What about",
        "Which notifications are worth an e-mail or an SMS.",
        fields.about,
        fields.names,
        fields.handoff_seconds,
        fields.webhook_opt_in,
      ),
      section(
        "Daily brief",
        "What happened, and what is planned, once a day.",
        fields.brief_opt_in,
        fields.brief_hour,
        fields.brief_email,
      ),
    ];
  }

  /** @param {any} known */
  #write(known) {
    this.known = known;
    for (const [name, field] of Object.entries(this.fields)) field.write(known[name]);
    this.from.write(known.quiet_hours?.start);
    this.until.write(known.quiet_hours?.end);
    this.email.verified(known.email, known.email_verified_at);
    this.phone.verified(known.phone, known.phone_verified_at);
    this.#settle();
  }

  /** Ask only for what counts: names where some are told, the hour of a brief that is wanted. */
  #settle() {
    this.fields.names.element.hidden = this.fields.about.read() !== "names";
    const brief = this.fields.brief_opt_in.read();
    this.fields.brief_hour.element.hidden = this.fields.brief_email.element.hidden = !brief;
  }

  async #read() {
    /** @type {Record<string, any>} */
    const wishes = {};
    for (const [name, field] of Object.entries(this.fields))
      wishes[name] = (await field.read()) ?? null;
    const [start, end] = [this.from.read(), this.until.read()];
    const quiet_hours = start || end ? { start: start ?? "", end: end ?? "" } : null;
    return { ...wishes, names: wishes.names ?? [], quiet_hours };
  }

  /** @param {Event} event */
  async #submit(event) {
    event.preventDefault();
    this.save.disabled = true;
    fill(this.fault);
    try {
      const json = await this.#read();
      this.#write(await this.jobcast.api.insist("PUT", "api/preferences", { json }));
      notice("Preferences saved.");
    } catch (error) {
      complain(this.element, this.fault, error);
    }
    this.save.disabled = false;
  }
}

/**
 * @param {string} name
 * @param {string} hint
 * @param {...{element: HTMLElement}} parts
 */
function section(name, hint, ...parts) {
  return make(
    "section",
    { class: "sheet setting", "aria-label": name },
    make("div", null, make("h2", null, name), make("p", { class: "hint" }, hint)),
    make(
      "div",
      { class: "members" },
      parts.map(({ element }) => element),
    ),
  );
}

/**
 * @param {string} pointer
 * @param {string} title
 */
function clockField(pointer, title) {
  return text({ ...PLACE, name: title, pointer, schema: { title, format: "time" } });
}

/** @returns {Record<string, import("./field.js").Field>} */
function plainFields() {
  const yes = (/** @type {string} */ name, /** @type {string} */ words) =>
    toggle({ ...PLACE, required: true, name, pointer: `/${name}`, schema: { title: words } });
  const labels = {
    all: "All of them",
    failures: "Failures only",
    names: "Those with certain names",
  };
  const about = {
    title: "Tell me of",
    enum: ["all", "failures", "names"],
    default: "all",
    "x-labels": labels,
  };
  const wait = {
    title: "Seconds a device has to show it first",
    type: "integer",
    minimum: 10,
    maximum: 86_400,
    description: "Left empty, the service decides.",
  };
  const hours = Array.from({ length: 24 }, (_, hour) => hour);
  const clock = Object.fromEntries(
    hours.map((hour) => [hour, `${String(hour).padStart(2, "0")}:00`]),
  );
  return {
    urgent_failures: yes("urgent_failures", "Failures may disturb me in quiet hours"),
    email_opt_in: yes("email_opt_in", "Send me e-mail"),
    sms_opt_in: yes("sms_opt_in", "Send me SMS"),
    webhook_opt_in: yes("webhook_opt_in", "Tell my webhooks that hear inbox.unseen"),
    about: choice({ ...PLACE, required: true, name: "about", pointer: "/about", schema: about }),
    handoff_seconds: number({
      ...PLACE,
      name: "handoff_seconds",
      pointer: "/handoff_seconds",
      schema: wait,
    }),
    brief_opt_in: yes("brief_opt_in", "Write me a brief every day"),
    brief_hour: choice({
      ...PLACE,
      required: true,
      name: "brief_hour",
      pointer: "/brief_hour",
      schema: { title: "At", enum: hours, default: 7, "x-labels": clock },
    }),
    brief_email: yes("brief_email", "Send it by e-mail too"),
  };
}

function namesField() {
  const schema = { title: "Names", items: { type: "string" }, default: [] };
  const place = { ...PLACE, name: "name", pointer: "/names", schema };
  return new ListField(place, (one) => text({ ...one, schema: one.schema }));
}
