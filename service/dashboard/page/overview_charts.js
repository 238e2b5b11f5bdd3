/** The overview's four charts, drawn from one series. */

import { Chart } from "./chart.js";
import { make } from "./elements.js";
import { duration } from "./words.js";

/** A step that has just begun says little: it is drawn when so much of it is over. */
const ENOUGH = 0.34;
const SYNC = "overview";

/** @param {number} value */
const count = (value) => compact.format(value);
/** @param {number} value */
const rate = (value) => compact.format(value);
/** @param {number} seconds */
const time = (seconds) => duration(seconds * 1000);
const compact = new Intl.NumberFormat([], { notation: "compact", maximumFractionDigits: 1 });

export class OverviewCharts {
  /** @param {boolean} operator whether samples of the workers are there to be seen */
  constructor(operator) {
    this.operator = operator;
    this.throughput = new Chart({
      title: "Finished per minute",
      sync: SYNC,
      empty: "Nothing has finished in this time.",
      lines: [
        { label: "Failed", colour: "--bad", look: "bars", say: rate, onTopOf: 1 },
        { label: "Succeeded", colour: "--good", look: "bars", say: rate },
      ],
    });
    this.latency = new Chart({
      title: "Latency",
      sync: SYNC,
      empty: "Nothing has finished in this time.",
      lines: [
        { label: "Start p95", colour: "--warn", look: "line", say: time },
        { label: "Start p50", short: "p50", colour: "--warn", look: "dashed", say: time },
        { label: "Run p95", colour: "--accent", look: "line", say: time },
        { label: "Run p50", short: "p50", colour: "--accent", look: "dashed", say: time },
      ],
    });
    this.queue = new Chart({
      title: "Waiting jobs",
      sync: SYNC,
      empty: "Nothing has waited in this time.",
      lines: operator
        ? [
            { label: "Waiting", colour: "--accent", look: "area", say: count },
            { label: "Oldest ready", colour: "--warn", look: "dashed", say: time, side: "right" },
          ]
        : [{ label: "Waiting", colour: "--accent", look: "area", say: count }],
    });
    this.workers = new Chart({
      title: operator ? "Workers' slots" : "Running jobs",
      sync: SYNC,
      empty: operator ? "No worker was seen in this time." : "Nothing has run in this time.",
      lines: operator
        ? [
            { label: "Busy", colour: "--good", look: "area", say: count },
            { label: "Slots", colour: "--soft", look: "steps", say: count },
          ]
        : [{ label: "Running", colour: "--good", look: "area", say: count }],
    });
    this.all = [this.throughput, this.latency, this.queue, this.workers];
    this.element = make(
      "section",
      { class: "charts", "aria-label": "Charts" },
      this.all.map(({ element }) => element),
    );
  }

  /** @param {any} series */
  draw(series) {
    const times = series.finished.map((/** @type {any} */ point) => Date.parse(point.time) / 1000);
    const age = Date.parse(series.now) / 1000 - times[times.length - 1];
    const early = age < series.step_seconds * ENOUGH;
    this.#throughput(times, series, age, early);
    this.#latency(times, early ? series.finished.slice(0, -1) : series.finished);
    this.#queue(times, series.standing);
    this.#workers(times, series.standing);
  }

  leave() {
    for (const chart of this.all) chart.leave();
  }

  /**
   * @param {number[]} times
   * @param {any} series
   * @param {number} age of the last step, in seconds
   * @param {boolean} early whether it has just begun
   */
  #throughput(times, { finished, step_seconds: step }, age, early) {
    const minutes = times.map((_, i) => (i < times.length - 1 ? step : Math.min(age, step)) / 60);
    const per = (/** @type {(point: any) => number} */ of) =>
      finished.map((/** @type {any} */ point, /** @type {number} */ i) =>
        early && i === times.length - 1 ? null : of(point) / minutes[i],
      );
    const succeeded = total(finished, "succeeded");
    const failed = total(finished, "failed");
    this.throughput.draw({
      times,
      values: [per((point) => point.failed), per((point) => point.succeeded)],
      summary: `${succeeded} succeeded and ${failed} failed.`,
    });
  }

  /**
   * @param {number[]} times
   * @param {any[]} finished
   */
  #latency(times, finished) {
    const names = ["wait_p95", "wait_p50", "run_p95", "run_p50"];
    const values = names.map((name) => times.map((_, i) => finished[i]?.[name] ?? null));
    const worst = (/** @type {number} */ i) => time(Math.max(0, ...values[i].map((v) => v ?? 0)));
    const summary = `At most ${worst(0)} to the start and ${worst(2)} to run, at the 95th percentile.`;
    this.latency.draw({ times, values, summary });
  }

  /**
   * @param {number[]} times
   * @param {any[]} standing
   */
  #queue(times, standing) {
    const waiting = standing.map(({ queued, held }) =>
      queued === null ? null : queued + (held ?? 0),
    );
    const oldest = standing.map(({ lag_seconds: lag }) => lag);
    const most = Math.max(0, ...waiting.map((value) => value ?? 0));
    const values = this.operator ? [waiting, oldest] : [waiting];
    this.queue.draw({ times, values, summary: `At most ${count(most)} waited.` });
  }

  /**
   * @param {number[]} times
   * @param {any[]} standing
   */
  #workers(times, standing) {
    const of = (/** @type {string} */ name) => standing.map((point) => point[name]);
    const values = this.operator ? [of("busy"), of("slots")] : [of("running")];
    const [most, slots] = values.map((all) => Math.max(0, ...all.map((value) => value ?? 0)));
    const summary = this.operator
      ? `At most ${count(most)} of ${count(slots)} slots were taken.`
      : `At most ${count(most)} ran at once.`;
    this.workers.draw({ times, values, summary });
  }
}

/**
 * @param {any[]} points
 * @param {string} name
 */
function total(points, name) {
  return points.reduce((sum, point) => sum + point[name], 0);
}
