/** Where a job comes from: its parent, and theirs, as a path to it. */

import { fill, make } from "./elements.js";
import { jobAddress } from "./router.js";
import { title } from "./words.js";

const MOST = 8;

/** @param {import("/client/jobcast.js").Jobcast} jobcast */
export function jobAncestors(jobcast) {
  const element = make("nav", { class: "ancestors", "aria-label": "Parent jobs", hidden: true });
  let asked = "";
  const show = async (/** @type {any} */ { parent_id = null }) => {
    if (!parent_id || asked === parent_id) return;
    asked = parent_id;
    const found = await ancestors(jobcast, parent_id);
    element.hidden = !found.length;
    fill(
      element,
      found
        .map(({ id, kind }) => [
          make("a", { href: jobAddress(id) }, title(kind)),
          make("span", { "aria-hidden": "true" }, "›"),
        ])
        .flat(),
    );
  };
  return { element, show };
}

/**
 * Return a job and those above it, the topmost first; one that is gone or somebody else's ends the path.
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 * @param {string} id
 */
async function ancestors(jobcast, id) {
  const found = [];
  for (let at = id; at && found.length < MOST;) {
    const job = await jobcast.api
      .insist("GET", `api/jobs/${encodeURIComponent(at)}`)
      .catch(() => null);
    if (!job) break;
    found.unshift(job);
    at = job.parent_id;
  }
  return found;
}
