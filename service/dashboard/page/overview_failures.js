/** The overview's last failures, each a link to its job. */

import { fill, make } from "./elements.js";
import { address, jobAddress } from "./router.js";
import { ago, title } from "./words.js";

export function failures() {
  const list = make("ul", { class: "recent", data: { rows: "" } });
  const element = make(
    "section",
    { class: "failures", "aria-labelledby": "failures-title" },
    make(
      "header",
      null,
      make("h2", { id: "failures-title" }, "Last failures"),
      make("a", { href: address("/failed") }, "All failed jobs"),
    ),
    list,
  );
  return { element, draw: (/** @type {any[]} */ jobs) => draw(list, jobs) };
}

/**
 * @param {HTMLElement} list
 * @param {any[]} jobs
 */
function draw(list, jobs) {
  const shown = jobs.map(({ id, version }) => `${id}.${version}`).join();
  if (list.dataset.shown === shown && jobs.length) return tick(list);
  list.dataset.shown = shown;
  fill(list, jobs.length ? jobs.map(item) : make("li", { class: "none" }, "No job has failed."));
}

/** Say again how long ago, without touching what may have the focus. @param {HTMLElement} list */
function tick(list) {
  for (const element of list.querySelectorAll("time")) element.textContent = ago(element.dateTime);
}

/** @param {any} job */
function item(job) {
  return make(
    "li",
    null,
    make(
      "a",
      { href: jobAddress(job.id), data: { row: "" } },
      make("strong", null, title(job.kind)),
      make("span", { class: "failure-text" }, job.error?.message ?? "Failed"),
      make("time", { dateTime: job.finished_at }, ago(job.finished_at)),
    ),
  );
}
