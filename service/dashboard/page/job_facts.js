/** The facts of a job: its id, times and worker, and the args it was given. */

import { copyButton, saveButton } from "./copying.js";
import { fill, make } from "./elements.js";
import { fileViews } from "./files.js";
import { jsonView } from "./json_view.js";
import { jobAddress } from "./router.js";
import { duration } from "./words.js";

export function jobFacts() {
  const list = make("dl", { class: "facts" });
  const element = make("section", { class: "about-job" }, make("h2", null, "About this job"), list);
  const show = (/** @type {any} */ job) => {
    const all = facts(job);
    fill(
      list,
      all.flatMap(([name, value]) => [make("dt", null, name), make("dd", null, value)]),
    );
  };
  return { element, show };
}

/**
 * What the job was given. It never changes, so it is drawn once.
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 */
export function jobArgs(jobcast) {
  const element = make("section", { class: "args", hidden: true });
  let drawn = false;
  const show = (/** @type {any} */ { id, args }) => {
    if (drawn || args === undefined) return;
    drawn = true;
    const text = () => JSON.stringify(args, null, 2);
    element.hidden = false;
    fill(
      element,
      make(
        "div",
        { class: "section-head" },
        make("h2", null, "Args"),
        copyButton("Copy", text),
        saveButton("Save", `args-${id}.json`, text),
      ),
      jsonView(args),
      fileViews(jobcast, args),
    );
  };
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
    ["Queue", job.queue === "default" ? null : job.queue],
    ["Priority", job.priority || null],
    ["Expires", job.finished_at ? null : when(job.expires_at)],
    ["Batch", batch(job)],
    ["Tags", tags(job)],
    ["Unique key", job.unique_key],
    ["Concurrency key", job.concurrency_key],
    ["Of", job.user],
  ];
  return all.filter(([, value]) => value !== null && value !== undefined && value !== "");
}

/** @param {any} job */
function tags({ tags: all = [] }) {
  return all.length
    ? all.map((/** @type {string} */ tag) => make("span", { class: "tag" }, tag))
    : null;
}

/** @param {any} job */
function batch({ batch_id }) {
  return batch_id && make("code", null, batch_id);
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
