/** What the list of batches and the page of one share: where a batch is, and its jobs as a bar of states. */

import { fill, make, say } from "./elements.js";
import { mark } from "./facts.js";
import { stateName } from "./words.js";

/** In the order of a bar: what is done, what went wrong, what moves, what waits. */
const ORDER = [
  "succeeded",
  "failed",
  "expired",
  "cancelled",
  "running",
  "retrying",
  "queued",
  "scheduled",
  "waiting",
];

/** @param {any} batch */
export function badgeOf({ completed_at, open, counts }) {
  const bad = counts.failed + counts.expired;
  if (completed_at) return bad ? mark("bad", "With failures") : mark("good", "Completed");
  return open ? mark("soft", "Open") : mark("live", "Running");
}

/**
 * Return how many jobs of a batch are in each state there are any in.
 * @param {any} batch
 * @returns {[string, number][]}
 */
export function present({ counts }) {
  return ORDER.filter((state) => counts[state]).map((state) => [state, counts[state]]);
}

/** A bar with a stretch for each state, and in words how far it is. It changes in place. */
export class StateBar {
  /** @type {Map<string, HTMLElement>} */
  #parts = new Map();

  constructor() {
    this.bar = make("div", {
      class: "state-bar",
      role: "progressbar",
      "aria-valuemin": "0",
      "aria-valuemax": "100",
    });
    this.text = make("span", { class: "under" });
    this.element = make("div", { class: "states" }, this.bar, this.text);
  }

  /** @param {any} batch */
  show(batch) {
    const { total, progress } = batch;
    const shown = present(batch);
    for (const [state] of shown) if (!this.#parts.has(state)) this.#add(state);
    for (const [state, part] of this.#parts) {
      const number = batch.counts[state] ?? 0;
      part.style.flexGrow = String(number);
      part.hidden = !number;
      part.title = `${number} ${stateName(state).toLowerCase()}`;
    }
    const percent = Math.floor(progress.fraction * 100);
    this.bar.setAttribute("aria-valuenow", String(percent));
    this.bar.setAttribute("aria-label", `${percent} % of ${total} jobs are over`);
    say(this.text, `${ended(batch)} of ${total.toLocaleString("en-GB")}`);
  }

  /** @param {string} state */
  #add(state) {
    const part = make("i", { data: { state } });
    this.#parts.set(state, part);
    fill(
      this.bar,
      ORDER.map((name) => this.#parts.get(name)),
    );
  }
}

/** @param {any} batch */
function ended({ counts }) {
  const over = ["succeeded", "failed", "cancelled", "expired"];
  return over.reduce((sum, state) => sum + (counts[state] ?? 0), 0).toLocaleString("en-GB");
}
