/** What the list of schedules and the page of one share: when one ticks, how its last job ended, orders. */

import { confirm } from "./dialog.js";
import { make } from "./elements.js";
import { mark } from "./facts.js";
import { clockIn, differs, exact, inHowLong, since } from "./moments.js";
import { notice } from "./notices.js";
import { jobAddress } from "./router.js";
import { badge } from "./row.js";
import { duration } from "./words.js";

/**
 * Return when a schedule ticks, in a few words.
 * @param {any} schedule
 */
export function rhythm({ cron, every, at, timezone }) {
  if (cron) return [make("code", null, cron), make("span", { class: "under" }, timezone)];
  if (every) return [`Every ${duration(every * 1000).replaceAll(/ 0 (s|min)\b/g, "")}`];
  return [`Once, ${clockIn(at, timezone)}`, make("span", { class: "under" }, timezone)];
}

/**
 * Make a time by a zone's clock, and by the reader's below it where that shows another one.
 * @param {string} time
 * @param {string} zone
 */
export function bothClocks(time, zone) {
  const there = make("time", { dateTime: time, title: exact(time) }, clockIn(time, zone));
  const here = differs(time, zone) && make("span", { class: "under" }, `${clockIn(time)} here`);
  return [there, here];
}

/** @param {any} schedule */
export function nextRun({ next_at, paused, timezone }) {
  if (paused) return mark("soft", "Paused");
  if (!next_at) return make("span", { class: "none" }, "Never again");
  const [there, here] = bothClocks(next_at, timezone);
  return [there, make("span", { class: "under" }, inHowLong(next_at)), here];
}

/**
 * Make how the last tick went: the state of its job, or why there is none.
 * @param {any} schedule
 * @param {any} [job]
 */
export function lastRun({ last_at, last_job_id, last_problem }, job) {
  if (last_problem) return [make("span", { class: "fault" }, last_problem)];
  if (!last_at) return [make("span", { class: "none" }, "Not yet")];
  const ago = make("span", { class: "under" }, since(last_at));
  if (!last_job_id) return [since(last_at)];
  const told = job ? badge(job) : "Job";
  return [make("a", { href: jobAddress(last_job_id), class: "plain" }, told), ago];
}

/**
 * What can be done with a schedule from anywhere; each resolves when it is done.
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 */
export function orders(jobcast) {
  const path = (/** @type {any} */ { key }) => `api/schedules/${encodeURIComponent(key)}`;
  return {
    /** @param {any} schedule */
    async run(schedule) {
      const job = await jobcast.api.call("POST", `${path(schedule)}/run`);
      notice(`${schedule.key} runs now, beside its ticks.`);
      return job;
    },
    /** @param {any} schedule @returns {Promise<any>} */
    turn: (schedule) =>
      jobcast.api.insist("PATCH", path(schedule), { json: { paused: !schedule.paused } }),
    /** @param {any} schedule */
    remove: (schedule) =>
      confirm({
        title: `Delete ${schedule.key}?`,
        text: "It ticks no more. The jobs it has made go on.",
        action: "Delete schedule",
        danger: true,
        work: () => jobcast.api.insist("DELETE", path(schedule)),
      }),
    /** @param {any} schedule */
    preview: (schedule) =>
      jobcast.api.insist("GET", `${path(schedule)}/preview`, { query: { count: 10 } }),
  };
}

/**
 * Make the list of ticks to come, with what clock changes do to them.
 * @param {{timezone: string, data: any[]}} preview
 */
export function ticks({ timezone, data }) {
  if (!data.length) return make("p", { class: "hint" }, "There are no more.");
  const rows = data.map(({ utc, note }) =>
    make(
      "li",
      null,
      bothClocks(utc, timezone),
      note && make("span", { class: "under warned" }, note),
    ),
  );
  return make("ol", { class: "ticks" }, rows);
}

/** @param {any} schedule */
export function standing({ paused, next_at, last_problem }) {
  if (paused) return mark("soft", "Paused");
  if (!next_at) return mark("soft", "Over");
  return last_problem ? mark("warn", "Has a problem") : mark("good", "Active");
}
