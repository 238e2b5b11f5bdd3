/** The facts of a job: its id, attempts, times, worker, and the args it was given. */

import { fill, make } from "./elements.js";
import { jobAddress } from "./router.js";
import { clock, duration, title } from "./words.js";

export function jobFacts() {
  const list = make("dl", { class: "facts" });
  const args = make("pre", { class: "code" });
  const given = make("details", null, make("summary", null, "Args"), args);
  const attempts = make("div", { class: "attempts" });
  const show = (/** @type {any} */ job) => {
    fill(
      list,
      facts(job).flatMap(([name, value]) => [make("dt", null, name), make("dd", null, value)]),
    );
    given.hidden = job.args === undefined;
    if (!given.hidden) args.textContent = JSON.stringify(job.args, null, 2);
    fill(attempts, (job.attempts?.length ?? 0) > 1 && attemptTable(job.attempts));
  };
  const element = make(
    "section",
    { class: "about-job" },
    make("h2", null, "About this job"),
    list,
    attempts,
    given,
  );
  return { element, show };
}

/**
 * @param {any} job
 * @returns {[string, any][]}
 */
function facts(job) {
  /** @type {[string, any][]} */
  const all = [
    ["Id", make("code", null, job.id)],
    ["Parent", parent(job)],
    ["Created", when(job.created_at)],
    ["Starts", job.state === "scheduled" || job.state === "retrying" ? when(job.run_at) : null],
    ["Place in the queue", job.state === "queued" ? job.position : null],
    ["Started", when(job.started_at)],
    ["Finished", when(job.finished_at)],
    ["Took", took(job)],
    [
      "Attempt",
      job.attempt ? `${job.attempt} (${job.failures ?? 0} of ${job.max_attempts} failed)` : null,
    ],
    ["Worker", job.worker],
    ["Tags", job.tags?.join(", ")],
  ];
  return all.filter(([, value]) => value !== null && value !== undefined && value !== "");
}

/** @param {any} job */
function parent({ parent_id }) {
  return parent_id && make("a", { href: jobAddress(parent_id) }, make("code", null, parent_id));
}

/** @param {string | null} time */
function when(time) {
  if (!time) return null;
  return make("time", { dateTime: time }, new Date(time).toLocaleString());
}

/** @param {any} job */
function took({ started_at, finished_at }) {
  return started_at && finished_at
    ? duration(Date.parse(finished_at) - Date.parse(started_at))
    : null;
}

/** @param {any[]} attempts */
function attemptTable(attempts) {
  const head = ["Attempt", "Worker", "Started", "Took", "Outcome"].map((name) =>
    make("th", { scope: "col" }, name),
  );
  const rows = attempts.map((one) =>
    make(
      "tr",
      null,
      cells(one).map((cell) => make("td", null, cell)),
    ),
  );
  return make(
    "div",
    { class: "scroll", tabIndex: 0, role: "region", "aria-label": "Attempts" },
    make("table", null, make("thead", null, make("tr", null, head)), make("tbody", null, rows)),
  );
}

/** @param {any} one */
function cells({ attempt, worker, started_at, ended_at, outcome, error }) {
  const time = ended_at && duration(Date.parse(ended_at) - Date.parse(started_at));
  const end = [outcome ? title(outcome) : "Running", error?.message].filter(Boolean).join(": ");
  return [attempt, worker, clock(started_at), time, end];
}
