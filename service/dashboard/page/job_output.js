/** What a job says while it runs: its streamed text, and its log lines. */

import { copyButton, saveLink } from "./copying.js";
import { fill, make } from "./elements.js";
import { clock } from "./words.js";

const NEAR = 24;
const MAX_LINES = 500;
/** As much of the text is in the document: the end of it. All of it can be saved. */
const MAX_TEXT = 100_000;
/** Pieces that are put together again, so that a long stream is not a million of them. */
const MAX_PIECES = 2_000;

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
  const cut = make(
    "p",
    { class: "hint", hidden: true },
    "The beginning is left out here; save it to see all of it.",
  );
  const href = `/api/jobs/${encodeURIComponent(job.id)}/output`;
  const element = make(
    "section",
    { class: "output", hidden: true },
    make(
      "div",
      { class: "section-head" },
      make("h2", null, "Output"),
      copyButton("Copy", () => job.output.text),
      saveLink("Save", href, `output-${job.id}.txt`),
    ),
    cut,
    text,
  );
  const draw = (/** @type {{text: string, whole: boolean}} */ piece) => {
    const follow = text.scrollHeight - text.scrollTop - text.clientHeight < NEAR;
    const whole = piece.whole || text.childNodes.length > MAX_PIECES;
    if (whole) fill(text, job.output.text.slice(-MAX_TEXT));
    else text.append(piece.text);
    cut.hidden = job.output.text.length <= MAX_TEXT;
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
  const href = `/api/jobs/${encodeURIComponent(job.id)}/logs`;
  const element = make(
    "section",
    { class: "logs", hidden: true },
    make(
      "div",
      { class: "section-head" },
      make("h2", null, "Log"),
      saveLink("Save", href, `log-${job.id}.json`),
    ),
    rows,
  );
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
function insert(rows, { time, attempt, message, level, line: _number, ...fields }) {
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
