/** What a job says while it runs: its streamed text, and its log lines. */

import { fill, make } from "./elements.js";
import { clock } from "./words.js";

const NEAR = 24;
const MAX_LINES = 500;

/**
 * The streamed text. A new attempt starts it afresh; it follows the end while the end is in view.
 * @param {import("/client/jobcast.js").Job} job
 */
export function outputText(job) {
  const text = make("pre", {
    tabIndex: 0,
    role: "log",
    "aria-label": "Output",
    "aria-live": "off",
  });
  const element = make(
    "section",
    { class: "output", hidden: true },
    make("h2", null, "Output"),
    text,
  );
  const draw = (/** @type {{text: string, whole: boolean}} */ piece) => {
    const follow = text.scrollHeight - text.scrollTop - text.clientHeight < NEAR;
    if (piece.whole) fill(text, job.output.text);
    else text.append(piece.text);
    element.hidden = !text.textContent;
    if (follow) text.scrollTop = text.scrollHeight;
  };
  job.on("output", draw);
  return element;
}

/**
 * The log lines of all attempts; those said before the page was open are asked for.
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 * @param {import("/client/jobcast.js").Job} job
 */
export function logLines(jobcast, job) {
  const rows = make("ol", { tabIndex: 0 });
  const element = make("section", { class: "logs", hidden: true }, make("h2", null, "Log"), rows);
  const seen = new Set();
  const add = (/** @type {any} */ line) => {
    const key = `${line.time} ${line.attempt} ${line.message}`;
    if (seen.has(key)) return;
    seen.add(key);
    insert(rows, line);
    element.hidden = false;
    if (rows.childElementCount > MAX_LINES) rows.firstElementChild?.remove();
  };
  job.on("log", add);
  jobcast.api.insist("GET", `api/jobs/${encodeURIComponent(job.id)}/logs`).then(
    ({ data }) => data.slice(-MAX_LINES).forEach(add),
    () => {}, // the page says by itself what is wrong with the job
  );
  return element;
}

/**
 * Put a line where its time belongs.
 * @param {HTMLElement} rows
 * @param {any} line
 */
function insert(rows, { time, attempt, message, level, ...fields }) {
  const follow = rows.scrollHeight - rows.scrollTop - rows.clientHeight < NEAR;
  const more = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  const row = make(
    "li",
    { data: { time, level: level ?? "info" } },
    make("time", { dateTime: time, title: `Attempt ${attempt}` }, clock(time)),
    make("span", null, message, more.length > 0 && make("code", null, ` ${more.join(" ")}`)),
  );
  const earlier = (/** @type {any} */ other) => other.dataset.time <= time;
  const after = [...rows.children].reverse().find(earlier);
  if (after) after.after(row);
  else rows.prepend(row);
  if (follow) rows.scrollTop = rows.scrollHeight;
}
