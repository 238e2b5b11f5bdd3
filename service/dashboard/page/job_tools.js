/** What can be done with a job beside running it: copy what it is known by, submit one like it. */

import { copyButton } from "./copying.js";
import { curl } from "./curl.js";
import { make } from "./elements.js";
import { icon } from "./icons.js";
import { address } from "./router.js";

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
  const element = make(
    "div",
    { class: "tools" },
    copyButton("Copy id", () => id),
    shell,
    alike,
  );
  const show = (/** @type {any} */ current) => {
    if (current.args === undefined) return;
    job = current;
    shell.hidden = alike.hidden = false;
    alike.href = address(`/new/${encodeURIComponent(job.kind)}`, { like: id });
  };
  return { element, show };
}
