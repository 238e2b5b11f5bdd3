/** The workers: how full, how large, how late, which release, what they run, and when last heard of. */

import { fill, make, say } from "./elements.js";
import { ago, duration, size, title } from "./words.js";

/** @type {Record<string, string>} */
const STATES = { working: "Working", draining: "Draining", lost: "Lost" };
const NONE = "–";
const LATE_SECONDS = 0.25;
const HEADS = [
  "Worker",
  "State",
  "Slots",
  "Runs",
  "Mean time",
  "Loop lag",
  "Memory",
  "Release",
  "Started",
  "Heard of",
];
const NUMBERS = new Set(["Mean time", "Loop lag", "Memory"]);

export function workersSection() {
  const demand = make("p", { class: "hint" });
  const body = make("tbody", { data: { rows: "" } });
  const table = make(
    "table",
    { class: "table workers", "aria-label": "Workers" },
    make(
      "thead",
      null,
      make(
        "tr",
        null,
        HEADS.map((text) =>
          make("th", { scope: "col", class: NUMBERS.has(text) ? "number" : "" }, text),
        ),
      ),
    ),
    body,
  );
  const none = make(
    "p",
    { class: "nobody", role: "alert", hidden: true },
    "No worker is there: nothing can start.",
  );
  const element = make(
    "section",
    { class: "workers-section", "aria-labelledby": "workers-title" },
    make("header", null, make("h2", { id: "workers-title" }, "Workers"), demand),
    none,
    make("div", { class: "table-box" }, table),
  );
  /** @type {Map<string, Row>} */
  const rows = new Map();
  const draw = (/** @type {any[]} */ workers, /** @type {any} */ signals) => {
    const here = new Set(workers.map(({ id }) => id));
    for (const [id, row] of rows) if (!here.has(id)) (row.element.remove(), rows.delete(id));
    for (const worker of workers) {
      const row = rows.get(worker.id) ?? new Row();
      if (!rows.has(worker.id)) body.append(row.element);
      rows.set(worker.id, row);
      row.draw(worker);
    }
    none.hidden = workers.length > 0;
    table.hidden = !workers.length;
    say(demand, demanded(signals));
  };
  return { element, draw };
}

/** @param {any} signals */
function demanded(signals) {
  if (!signals) return "";
  const { busy, slots, ready, drain_seconds: drain, wanted_workers: wanted } = signals;
  const full = `${busy} of ${slots} slots are taken.`;
  if (!ready) return `${full} Nothing waits for them.`;
  const left = drain === null ? "" : `, ${duration(drain * 1000)} of work`;
  return `${full} ${ready} could start now${left}; ${wanted} ${wanted === 1 ? "worker is" : "workers are"} wanted.`;
}

class Row {
  constructor() {
    this.cells = HEADS.map((text) =>
      make("td", { class: NUMBERS.has(text) ? "number" : "", data: { title: text } }),
    );
    this.meter = make("meter", { min: 0, max: 1, "aria-hidden": "true" });
    this.taken = make("span");
    this.badge = make("span", { class: "badge" });
    this.runs = make("span", { class: "runs" });
    fill(this.cells[1], this.badge);
    fill(this.cells[2], make("span", { class: "slots" }, this.meter, this.taken));
    fill(this.cells[3], this.runs);
    this.element = make("tr", { tabIndex: -1, data: { row: "" } }, this.cells);
  }

  /** @param {any} worker */
  draw(worker) {
    const { state, slots, busy, kinds } = worker;
    this.element.dataset.state = state;
    this.badge.dataset.state = state;
    say(this.badge, STATES[state] ?? state);
    this.meter.value = slots ? busy / slots : 0;
    say(this.taken, slots === null ? NONE : `${busy} / ${slots}`);
    say(this.runs, ran(kinds));
    const lag = worker.loop_lag_seconds;
    this.cells[5].classList.toggle("late", lag > LATE_SECONDS);
    const texts = {
      0: worker.name,
      4: worker.mean_seconds === null ? NONE : duration(worker.mean_seconds * 1000),
      5: lag === null ? NONE : duration(lag * 1000),
      6: worker.memory_bytes === null ? NONE : size(worker.memory_bytes),
      7: worker.version || NONE,
      8: ago(worker.started_at),
      9: ago(worker.seen_at),
    };
    for (const [i, text] of Object.entries(texts)) say(this.cells[Number(i)], text);
  }
}

/** @param {Record<string, number>} kinds */
function ran(kinds) {
  const most = Object.entries(kinds).sort(([, a], [, b]) => b - a);
  if (!most.length) return NONE;
  const shown = most
    .slice(0, 3)
    .map(([kind, n]) => (n > 1 ? `${title(kind)} × ${n}` : title(kind)));
  return shown.join(", ") + (most.length > 3 ? ` and ${most.length - 3} more` : "");
}
