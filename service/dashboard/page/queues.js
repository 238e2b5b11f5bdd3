/** Queues and workers: what waits and runs where, who may not start, and who does the work. */

import { fill, make } from "./elements.js";
import { keepReading } from "./keep_reading.js";
import { pageHead } from "./page_head.js";
import { QueueCard } from "./queues_card.js";
import { workersSection } from "./queues_workers.js";
import { sentence } from "./words.js";

const EVERY_MS = 3_000;

/** @type {import("./pages.js").OpenPage} */
export function queuesPage({ jobcast, caller }) {
  const operator = caller.scopes.includes("admin");
  /** @type {Map<string, QueueCard>} */
  const cards = new Map();
  const list = make("div", { class: "queues" });
  const note = make("p", { class: "freshness", role: "status" });
  const workers = workersSection();
  const read = async () => {
    const [queues, series, working] = await Promise.all([
      jobcast.api.call("GET", "api/queues"),
      jobcast.api.call("GET", "api/stats/series", { query: { window: "15m" } }),
      operator ? jobcast.api.call("GET", "api/workers") : null,
    ]);
    for (const queue of queues.data) {
      const known = cards.get(queue.name) ?? new QueueCard(jobcast, queue.name, operator, again);
      if (!cards.has(queue.name)) list.append(known.element);
      cards.set(queue.name, known);
      known.draw(queue, series);
    }
    if (working) workers.draw(working.data, queues.signals);
    fill(note);
    element.dataset.ready = "";
  };
  const again = () => reading.now();
  const element = make(
    "div",
    { class: "queues-page" },
    pageHead({
      title: operator ? "Queues and workers" : "Queues",
      hint: operator
        ? "What waits and runs, of every organisation, and who does it."
        : "What waits and runs of your organisation.",
    }),
    note,
    list,
    operator && workers.element,
  );
  const fail = (/** @type {any} */ error) => fill(note, `Not up to date: ${sentence(error)}`);
  const reading = keepReading({ jobcast, everyMs: EVERY_MS, read, fail });
  reading.now();
  return { element, leave: () => reading.stop() };
}
