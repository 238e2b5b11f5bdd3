/** The overview: how the work goes right now and how it went, in big figures, charts and the last failures. */

import { fill, make } from "./elements.js";
import { keepReading } from "./keep_reading.js";
import { OverviewCharts } from "./overview_charts.js";
import { failures } from "./overview_failures.js";
import { kinds } from "./overview_kinds.js";
import { OverviewFigures } from "./overview_figures.js";
import { pageHead } from "./page_head.js";
import { keepQuery } from "./router.js";
import { sentence } from "./words.js";

/** By the window's name: what it is called, how often it is read. @type {Record<string, {text: string, everyMs: number}>} */
const WINDOWS = {
  "15m": { text: "15 min", everyMs: 4_000 },
  "1h": { text: "1 hour", everyMs: 8_000 },
  "24h": { text: "24 hours", everyMs: 30_000 },
};
const PART = "So much finished that a part of it stands for the rest.";
const NEWEST = "So much happened that only the newest of it is counted.";
const FAILURES = { state: "failed", limit: 6 };

/** @type {import("./pages.js").OpenPage} */
export function overviewPage({ jobcast, caller, query }) {
  let chosen = query.get("window") ?? "";
  if (!WINDOWS[chosen]) chosen = "15m";
  const operator = caller.scopes.includes("admin");
  const figures = new OverviewFigures(operator);
  const charts = new OverviewCharts(operator);
  const recent = failures();
  const busy = kinds();
  const note = make("p", { class: "freshness", role: "status" });
  const choose = (/** @type {string} */ name) => {
    chosen = name;
    keepQuery({ window: name });
    reading.every(WINDOWS[name].everyMs);
    return reading.now();
  };
  const read = async () => {
    const window = chosen;
    const [series, queues, failed] = await Promise.all([
      jobcast.api.call("GET", "api/stats/series", { query: { window } }),
      jobcast.api.call("GET", "api/queues"),
      jobcast.api.call("GET", "api/jobs", { query: FAILURES }),
    ]);
    if (window !== chosen) return;
    if (operator) bringUpToNow(series, queues);
    figures.draw(series, queues);
    charts.draw(series);
    busy.draw(series.kinds);
    recent.draw(failed.data);
    fill(note, series.estimated && (operator ? PART : NEWEST));
    element.dataset.ready = "";
  };
  const element = make(
    "div",
    { class: "overview" },
    pageHead({
      title: "Overview",
      hint: operator ? "Everything that runs, of every organisation." : scopeOf(caller),
      actions: [windows(chosen, choose)],
    }),
    figures.element,
    note,
    charts.element,
    make("div", { class: "ends" }, busy.element, recent.element),
  );
  const fail = (/** @type {any} */ error) => fill(note, `Not up to date: ${sentence(error)}`);
  const reading = keepReading({ jobcast, everyMs: WINDOWS[chosen].everyMs, read, fail });
  reading.now();
  return { element, leave: () => (reading.stop(), charts.leave()) };
}

/**
 * Samples are taken every quarter of a minute: the last step also shows how things stand right now.
 * @param {any} series
 * @param {any} queues
 */
function bringUpToNow({ standing }, { data, signals }) {
  const last = standing[standing.length - 1];
  const sum = (/** @type {string} */ name) =>
    data.reduce((/** @type {number} */ all, /** @type {any} */ one) => all + one[name], 0);
  const held = sum("held");
  const { lag_seconds, workers, slots, busy } = signals;
  const now = { queued: sum("queued") - held, held, running: sum("running") };
  for (const [name, value] of Object.entries({ ...now, lag_seconds, workers, slots, busy }))
    last[name] = Math.max(last[name] ?? 0, value);
}

/** @param {import("./pages.js").Caller} caller */
function scopeOf({ org, scopes }) {
  return scopes.includes("org:read") ? `The jobs of ${org}.` : "Your jobs.";
}

/**
 * @param {string} chosen
 * @param {(name: string) => void} choose
 */
function windows(chosen, choose) {
  const options = Object.entries(WINDOWS).map(([value, { text }]) =>
    make(
      "label",
      null,
      make("input", {
        type: "radio",
        name: "window",
        value,
        checked: value === chosen,
        class: "unseen",
        onchange: () => choose(value),
      }),
      make("span", null, text),
    ),
  );
  return make("div", { class: "segments", role: "radiogroup", "aria-label": "Window" }, options);
}
