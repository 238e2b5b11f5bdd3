/** When a schedule ticks: by cron, every so often or once; while one types, the next runs are shown beside it. */

import { fill, make } from "./elements.js";
import { choice, number, text } from "./field.js";
import { ticks } from "./schedule_parts.js";
import { sentence } from "./words.js";
import { zoneField } from "./zone_field.js";

const PAUSE_MS = 250;
const PLACE = { root: {}, required: true, upload: async () => ({ id: "" }) };
const UNITS = { seconds: 1, minutes: 60, hours: 3_600, days: 86_400 };
const WAYS = { cron: "By cron", every: "Every so often", at: "Once" };
const CRON_HINT =
  "Minute, hour, day of month, month, day of week: 30 8 * * MON-FRI is half past eight on weekdays.";

export class Times {
  #asked = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {import("/client/jobcast.js").Jobcast} jobcast
   * @param {any} [known] the schedule as it is
   */
  constructor(jobcast, known) {
    this.jobcast = jobcast;
    this.path = `api/schedules/${encodeURIComponent(known?.key ?? "new")}/preview`;
    this.how = howField(known);
    this.ways = { cron: cronField(known), every: everyField(known?.every), at: atField(known?.at) };
    const hint = "Whose clock decides, also when clocks change.";
    this.zone = zoneField({ pointer: "/timezone", hint });
    if (known) this.zone.write(known.timezone);
    this.preview = make("section", { class: "preview", "aria-label": "Next runs" });
    const fields = [this.how, ...Object.values(this.ways), this.zone];
    const members = make(
      "div",
      { class: "members" },
      fields.map(({ element }) => element),
    );
    this.element = make("div", { class: "times" }, members, this.preview);
    this.element.addEventListener("input", () => this.#typed());
    this.#choose();
  }

  /** The times as the API takes them. */
  read() {
    const timezone = this.zone.read() ?? "UTC";
    const how = /** @type {keyof typeof WAYS} */ (this.how.read());
    return { [how]: this.ways[how].read() ?? "", timezone };
  }

  leave() {
    clearTimeout(this.#timer);
    this.#asked++;
  }

  #typed() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#choose(), PAUSE_MS);
  }

  #choose() {
    for (const [way, { element }] of Object.entries(this.ways))
      element.hidden = way !== this.how.read();
    return this.#look();
  }

  /** Show the next ten runs as they would be, or what is wrong with the times. */
  async #look() {
    const asked = ++this.#asked;
    const json = { ...this.read(), count: 10 };
    const shown = await this.jobcast.api.call("POST", this.path, { json }).then(ticks, whatIsWrong);
    if (asked === this.#asked) fill(this.preview, make("h3", null, "Next runs"), shown);
  }
}

/** @param {any} error */
function whatIsWrong(error) {
  const details = (error.errors ?? []).map((/** @type {any} */ { detail }) => detail);
  return make("p", { class: "fault" }, details.join(" · ") || sentence(error));
}

/** @param {any} [known] */
function howField(known) {
  const usual = known?.every ? "every" : known?.at ? "at" : "cron";
  const schema = { title: "When", enum: Object.keys(WAYS), default: usual, "x-labels": WAYS };
  return choice({ ...PLACE, name: "how", pointer: "/how", schema });
}

/** @param {any} [known] */
function cronField(known) {
  const usual = known ? (known.cron ?? "") : "0 9 * * *";
  const schema = { title: "Cron", default: usual, description: CRON_HINT };
  return text({ ...PLACE, name: "cron", pointer: "/cron", schema });
}

/** @param {number | null} [seconds] @returns {import("./field.js").Field} */
function everyField(seconds) {
  const whole = (/** @type {[string, number]} */ [, size]) => seconds && seconds % size === 0;
  const [unit, size] = Object.entries(UNITS).findLast(whole) ?? ["hours", UNITS.hours];
  const usual = seconds ? seconds / size : 1;
  const schema = { title: "Every", type: "number", minimum: 0, default: usual };
  const amount = number({ ...PLACE, name: "every", pointer: "/every", schema });
  const options = Object.keys(UNITS).map((value) =>
    make("option", { value, selected: value === unit }, value),
  );
  const units = make("select", { "aria-label": "Unit" }, options);
  const input = /** @type {HTMLElement} */ (amount.element.querySelector("input"));
  const pair = make("div", { class: "pair" });
  input.replaceWith(pair);
  pair.append(input, units);
  const read = () => (amount.read() ?? 0) * UNITS[/** @type {keyof typeof UNITS} */ (units.value)];
  return { element: amount.element, read, write: amount.write };
}

/** @param {string | null} [time] @returns {import("./field.js").Field} */
function atField(time) {
  const schema = { title: "At", description: "By the clock of this computer." };
  const field = text({ ...PLACE, name: "at", pointer: "/at", schema });
  const input = /** @type {HTMLInputElement} */ (field.element.querySelector("input"));
  input.type = "datetime-local";
  if (time) field.write(localText(time));
  const read = () => (input.value ? new Date(input.value).toISOString() : undefined);
  return { ...field, read };
}

/** @param {string} time */
function localText(time) {
  const at = new Date(time);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
