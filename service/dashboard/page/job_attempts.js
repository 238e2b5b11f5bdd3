/** The attempts at a job: which worker, how long, how it ended and why. */

import { fill, make } from "./elements.js";
import { clock, duration, title } from "./words.js";

/** How an attempt's outcome is coloured, by the state of a job that is like it. @type {Record<string, string>} */
const LIKE = { timeout: "failed", released: "waiting", lost: "retrying" };
/** @type {Record<string, string>} */
const WORDS = { timeout: "Timed out", released: "Given back", lost: "Lost", cancelled: "Stopped" };
const MOST = 50;

export function jobAttempts() {
  const list = make("ol", { class: "attempts" });
  const count = make("span", { class: "count" });
  const element = make(
    "section",
    { hidden: true, "aria-label": "Attempts" },
    make("h2", null, "Attempts ", count),
    list,
  );
  let shown = "";
  const show = (/** @type {any} */ { attempts = [], failures = 0, max_attempts }) => {
    const now = JSON.stringify(attempts);
    element.hidden = !attempts.length;
    if (now === shown) return;
    shown = now;
    count.textContent = `${failures} of ${max_attempts} failed`;
    fill(list, attempts.slice(-MOST).reverse().map(attempt));
  };
  return { element, show };
}

/** @param {any} one */
function attempt({ attempt, worker, started_at, ended_at, outcome, error }) {
  const took = ended_at && duration(Date.parse(ended_at) - Date.parse(started_at));
  const times = [clock(started_at), ended_at && `– ${clock(ended_at)}`].filter(Boolean).join(" ");
  const state = LIKE[outcome] ?? outcome ?? "running";
  return make(
    "li",
    null,
    make(
      "p",
      null,
      make("strong", null, `Attempt ${attempt}`),
      make(
        "span",
        { class: "badge", data: { state } },
        outcome ? (WORDS[outcome] ?? title(outcome)) : "Running",
      ),
      make("small", null, [took && `took ${took}`, worker].filter(Boolean).join(" · ")),
      make("time", { dateTime: started_at, title: new Date(started_at).toLocaleString() }, times),
    ),
    error &&
      make("div", { class: "why" }, make("p", null, error.message), make("code", null, error.code)),
  );
}
