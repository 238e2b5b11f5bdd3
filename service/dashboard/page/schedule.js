/** One schedule: its next ten runs by its clock and mine, how it went last, and what its jobs are given. */

import { again, jobChanges } from "./changes.js";
import { fill, make } from "./elements.js";
import { facts, may } from "./facts.js";
import { exact } from "./moments.js";
import { pageHead } from "./page_head.js";
import { jobAddress } from "./router.js";
import { askForSchedule } from "./schedule_form.js";
import { lastRun, orders, rhythm, standing, ticks } from "./schedule_parts.js";
import { once, waiting } from "./table.js";
import { duration, sentence, title } from "./words.js";

const LOOK_MS = 15_000;
/** @type {Record<string, string>} */
const MISSED = { skip: "are dropped", one: "become one run", all: "are all made up for" };
/** @type {Record<string, string>} */
const OVERLAP = {
  allow: "the next one starts all the same",
  skip: "the next one is left out",
  cancel_old: "it is stopped for the next one",
};

/** @param {Parameters<import("./pages.js").OpenPage>[0]} given */
export function schedulePage(given) {
  const page = new SchedulePage(given);
  return { element: page.element, leave: () => page.leave() };
}

class SchedulePage {
  /** @type {any} */
  #schedule = null;

  /** @param {Parameters<import("./pages.js").OpenPage>[0]} given */
  constructor({ jobcast, caller, of }) {
    this.jobcast = jobcast;
    this.key = of;
    this.writes = may(caller, "schedules:write");
    this.orders = orders(jobcast);
    this.head = make("div", null, pageHead({ title: of }));
    this.about = make("section", { class: "sheet padded" }, waiting());
    this.next = make("section", { class: "sheet padded" });
    const back = make("a", { class: "back", href: "#/schedules" }, "← Schedules");
    const parts = make("div", { class: "halves" }, this.about, this.next);
    this.element = make("div", { class: "resource" }, back, this.head, parts);
    this.offs = [
      jobChanges(jobcast, ({ id }) => this.#hear(id)),
      again(() => this.#read(), LOOK_MS),
    ];
    this.#read();
  }

  leave() {
    for (const off of this.offs) off();
  }

  /** @param {string} id */
  #hear(id) {
    if (id === this.#schedule?.last_job_id) this.#read();
  }

  async #read() {
    try {
      const path = `api/schedules/${encodeURIComponent(this.key)}`;
      const schedule = await this.jobcast.api.insist("GET", path);
      await this.#show(schedule);
    } catch (error) {
      if (!this.#schedule) this.#fail(error);
    }
  }

  /** @param {any} error */
  #fail(error) {
    const text = error.status === 404 ? "There is no such schedule." : sentence(error);
    fill(this.about, make("p", { role: "alert" }, text));
    this.next.hidden = true;
  }

  /** @param {any} schedule */
  async #show(schedule) {
    const changed = !this.#schedule || JSON.stringify(this.#schedule) !== JSON.stringify(schedule);
    this.#schedule = schedule;
    const id = schedule.last_job_id;
    const job = id && (await this.jobcast.api.insist("GET", `api/jobs/${id}`).catch(() => null));
    fill(this.about, make("h2", null, "About this schedule"), about(schedule, job), args(schedule));
    if (!changed) return;
    const head = pageHead({
      title: [schedule.key, standing(schedule)],
      hint: title(schedule.kind),
      actions: this.writes ? this.#actions() : [],
    });
    fill(this.head, head);
    const preview = await this.orders.preview(schedule);
    const paused = schedule.paused && make("p", { class: "hint" }, "If it went on now:");
    fill(this.next, make("h2", null, "Next runs"), paused, ticks(preview));
  }

  #actions() {
    const one = this.#schedule;
    return [
      this.#button("Run now", "primary", () => this.#run()),
      this.#button(one.paused ? "Resume" : "Pause", "", async () =>
        this.#show(await this.orders.turn(one)),
      ),
      this.#button("Edit", "", () => this.#edit()),
      this.#button("Delete", "danger", () => this.#delete()),
    ];
  }

  async #run() {
    const job = await this.orders.run(this.#schedule);
    location.hash = jobAddress(job.id);
  }

  async #edit() {
    const { done, answer } = await askForSchedule(this.jobcast, this.#schedule);
    if (done) await this.#show(answer);
  }

  async #delete() {
    if (await this.orders.remove(this.#schedule)) location.hash = "#/schedules";
  }

  /**
   * @param {string} text
   * @param {string} kind
   * @param {() => Promise<any>} work
   */
  #button(text, kind, work) {
    const button = make("button", { type: "button", class: kind }, text);
    button.addEventListener("click", () => once(button, work));
    return button;
  }
}

/**
 * @param {any} schedule
 * @param {any} job
 */
function about(schedule, job) {
  const { missed, overlap, jitter, runs, created_at, updated_at } = schedule;
  const [when, zone] = rhythm(schedule);
  return facts([
    ["When", when],
    ["Clock", zone && schedule.timezone],
    ["Last run", make("span", { class: "line" }, lastRun(schedule, job))],
    ["Runs", runs.toLocaleString("en-GB")],
    ["Missed runs", MISSED[missed]],
    ["While one runs", OVERLAP[overlap]],
    ["Spread", jitter ? `Each starts up to ${duration(jitter * 1000)} later` : ""],
    ["Made", exact(created_at)],
    ["Changed", updated_at !== created_at && exact(updated_at)],
  ]);
}

/** @param {any} schedule */
function args({ args, options }) {
  const given = Object.keys(options).length ? { args, options } : args;
  return make(
    "details",
    { open: true },
    make("summary", null, "Args"),
    make("pre", { class: "code" }, JSON.stringify(given, null, 2)),
  );
}
