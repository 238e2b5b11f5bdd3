/** Schedules: which there are, when each ticks next, and how it went last. One opened is `schedule.js`. */

import { again, jobChanges } from "./changes.js";
import { make } from "./elements.js";
import { may } from "./facts.js";
import { pageHead } from "./page_head.js";
import { address } from "./router.js";
import { schedulePage } from "./schedule.js";
import { askForSchedule } from "./schedule_form.js";
import { lastRun, nextRun, orders, rhythm } from "./schedule_parts.js";
import { Table } from "./table.js";
import { title } from "./words.js";

const LOOK_MS = 15_000;

/** @type {import("./pages.js").OpenPage} */
export function schedulesPage(given) {
  if (given.of) return schedulePage(given);
  const page = new ScheduleList(given);
  return { element: page.element, leave: () => page.leave() };
}

class ScheduleList {
  /** The last jobs of those shown, by id. @type {Map<string, any>} */
  #jobs = new Map();

  /** @param {Parameters<import("./pages.js").OpenPage>[0]} given */
  constructor({ jobcast, caller }) {
    this.jobcast = jobcast;
    this.writes = may(caller, "schedules:write");
    this.orders = orders(jobcast);
    const create = (/** @type {string} */ words) =>
      this.writes &&
      make("button", { type: "button", class: "primary", onclick: () => this.#edit() }, words);
    /** @type {Table<any>} */
    this.table = new Table({
      label: "Schedules",
      columns: this.#columns(),
      key: ({ key }) => key,
      href: ({ key }) => address(`/schedules/${encodeURIComponent(key)}`),
      load: (after) => this.#load(after),
      actions: (schedule) => (this.writes ? this.#actions(schedule) : []),
      empty: {
        title: "No schedules yet",
        hint: "A schedule submits a job again and again: by cron, every so often, or once at a time.",
        action: create("Make the first one") || undefined,
      },
    });
    const hint = "Jobs that are submitted by the clock, whichever worker is up.";
    const head = pageHead({ title: "Schedules", hint, actions: [create("New schedule")] });
    this.element = make("div", null, head, this.table.element);
    this.offs = [jobChanges(jobcast, (job) => this.#hear(job)), again(() => this.#look(), LOOK_MS)];
  }

  leave() {
    for (const off of this.offs) off();
  }

  /** @returns {import("./table.js").Column<any>[]} */
  #columns() {
    return [
      {
        title: "Schedule",
        class: "wide wrap",
        cell: ({ key, kind }) => [key, make("span", { class: "under" }, title(kind))],
      },
      { title: "When", cell: rhythm },
      { title: "Next run", cell: nextRun },
      {
        title: "Last run",
        class: "room",
        cell: (one) => lastRun(one, this.#jobs.get(one.last_job_id)),
      },
      { title: "Runs", class: "number", cell: ({ runs }) => runs.toLocaleString("en-GB") },
    ];
  }

  /** @param {string | null} after */
  async #load(after) {
    const page = await this.jobcast.api.insist("GET", "api/schedules", { query: { after } });
    await this.#ask(page.data);
    return page;
  }

  /** Ask how the last jobs of these went. @param {any[]} schedules */
  async #ask(schedules) {
    const ids = schedules.map(({ last_job_id }) => last_job_id).filter(Boolean);
    if (!ids.length) return;
    const query = { id: ids.join(","), limit: 200 };
    const { data } = await this.jobcast.api.insist("GET", "api/jobs", { query });
    for (const job of data) this.#jobs.set(job.id, job);
  }

  /** Ticks are not told: what is shown is looked at again, and in how long it ticks is said anew. */
  async #look() {
    const { data } = await this.#load(null).catch(() => ({ data: [] }));
    const known = new Set(this.table.things.map(({ key }) => key));
    for (const one of data) if (known.has(one.key)) this.table.put(one);
  }

  /** @param {any} job */
  #hear(job) {
    const one = this.table.things.find(({ last_job_id }) => last_job_id === job.id);
    if (!one) return;
    this.#jobs.set(job.id, job);
    this.table.put(one);
  }

  /** @param {any} one */
  #actions(one) {
    return [
      { text: "Run now", run: () => this.orders.run(one) },
      {
        text: one.paused ? "Resume" : "Pause",
        run: async () => this.table.put(await this.orders.turn(one)),
      },
      { text: "Edit", run: () => this.#edit(one) },
    ];
  }

  /** @param {any} [known] */
  async #edit(known) {
    const { done, answer } = await askForSchedule(this.jobcast, known);
    if (done) this.table.put(answer);
  }
}
