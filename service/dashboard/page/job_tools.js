/** A job in a line, and what can be done with it beside running it: copy it, submit one like it. */

import { copyButton } from "./copying.js";
import { curl } from "./curl.js";
import { make, say } from "./elements.js";
import { icon } from "./icons.js";
import { address } from "./router.js";
import { duration } from "./words.js";

/** @param {string} id */
export function jobTools(id) {
  /** @type {any} */
  let job = null;
  const shell = copyButton("Copy as curl", () => curl(job, location.origin));
  const alike = make(
    "a",
    { class: "button quiet small with-icon" },
    icon("plus"),
    "New one like it",
  );
  shell.hidden = alike.hidden = true;
  const line = make("p", { class: "in-short" });
  const copy = copyButton("Copy id", () => id);
  const element = make("div", { class: "tools" }, line, copy, shell, alike);
  const show = (/** @type {any} */ current) => {
    say(line, inShort(current));
    if (current.args === undefined) return;
    job = current;
    shell.hidden = alike.hidden = false;
    alike.href = address(`/new/${encodeURIComponent(job.kind)}`, { like: id });
  };
  return { element, show };
}

/** @param {any} job */
function inShort({ created_at, started_at, finished_at, attempt, worker, tags = [] }) {
  const took = Date.parse(finished_at) - Date.parse(started_at);
  return [
    `Submitted ${new Date(created_at).toLocaleString()}`,
    finished_at && started_at && `took ${duration(took)}`,
    attempt > 1 && `attempt ${attempt}`,
    worker,
    ...tags.map((/** @type {string} */ tag) => `#${tag}`),
  ]
    .filter(Boolean)
    .join(" · ");
}
