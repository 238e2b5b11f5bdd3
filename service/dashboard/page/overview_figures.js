/** The overview's big figures: each with how it was before, and a small line of how it came to be. */

import { make, say } from "./elements.js";
import { duration } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 120;
const HEIGHT = 28;
const SAME = 0.05;
/** How long a third of a window is. @type {Record<string, string>} */
const THIRDS = { "15m": "5 min", "1h": "20 min", "24h": "8 h" };
const compact = new Intl.NumberFormat([], { notation: "compact", maximumFractionDigits: 1 });
const roundly = new Intl.NumberFormat([], { style: "percent", maximumFractionDigits: 0 });
const percent = new Intl.NumberFormat([], { style: "percent", maximumFractionDigits: 1 });

/** @param {number | null} seconds */
const time = (seconds) => (seconds === null ? "–" : duration(seconds * 1000));

/** Whether more of it is good, bad, or neither. @typedef {"good" | "bad" | "neither"} More */

class Figure {
  /**
   * @param {string} title
   * @param {More} more
   */
  constructor(title, more) {
    this.more = more;
    this.value = make("strong", null, "–");
    this.trend = make("span", { class: "trend" });
    this.hint = make("span", { class: "hint" });
    this.line = document.createElementNS(SVG, "polyline");
    this.element = make(
      "li",
      { class: "figure" },
      make("span", { class: "name" }, title),
      this.value,
      this.#picture(),
      make("p", null, this.trend, this.hint),
    );
  }

  #picture() {
    const picture = document.createElementNS(SVG, "svg");
    picture.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    picture.setAttribute("preserveAspectRatio", "none");
    picture.setAttribute("aria-hidden", "true");
    picture.setAttribute("class", "spark");
    picture.append(this.line);
    return picture;
  }

  /**
   * @param {{value: string, hint: string, now: number | null, before: number | null,
   *   points: (number | null)[], bad?: boolean}} given
   */
  draw({ value, hint, now, before, points, bad = false }) {
    say(this.value, value);
    say(this.hint, hint);
    this.element.dataset.bad = String(bad);
    this.line.setAttribute("points", outline(points));
    const change = now === null || !before ? null : now / before - 1;
    const same = change === null || Math.abs(change) < SAME;
    const up = !same && change > 0;
    say(this.trend, same || change === null ? "" : `${up ? "↑" : "↓"} ${amount(change)}`);
    this.trend.dataset.means =
      same || this.more === "neither" ? "" : up === (this.more === "good") ? "good" : "bad";
    this.trend.title = same ? "" : "Beside the third of the time before";
  }
}

/** @param {number} change */
function amount(change) {
  return change > 9 ? `${Math.round(change + 1)} ×` : roundly.format(Math.abs(change));
}

/** @param {(number | null)[]} points */
function outline(points) {
  const most = Math.max(...points.map((value) => value ?? 0)) || 1;
  return points
    .map((value, i) => {
      const x = (i / Math.max(points.length - 1, 1)) * WIDTH;
      return `${x.toFixed(1)},${(HEIGHT - 2 - ((value ?? 0) / most) * (HEIGHT - 4)).toFixed(1)}`;
    })
    .join(" ");
}

export class OverviewFigures {
  /** @param {boolean} operator */
  constructor(operator) {
    this.operator = operator;
    this.rate = new Figure("Finished per minute", "neither");
    this.failed = new Figure("Failed", "bad");
    this.start = new Figure("Time to start, p95", "bad");
    this.run = new Figure("Run time, p95", "bad");
    this.waiting = new Figure("Waiting now", "bad");
    this.busy = new Figure(operator ? "Slots taken" : "Running now", "neither");
    const all = [this.rate, this.failed, this.start, this.run, this.waiting, this.busy];
    this.element = make(
      "ul",
      { class: "figures", "aria-label": "Right now" },
      all.map(({ element }) => element),
    );
  }

  /**
   * @param {any} series
   * @param {any} queues
   */
  draw(series, queues) {
    const whole = series.finished;
    const third = Math.round(whole.length / 3);
    const [before, now] = [whole.slice(-2 * third, -third), whole.slice(-third)];
    this.#rates(series, whole, before, now);
    this.#times(this.start, "wait_p95", whole, before, now);
    this.#times(this.run, "run_p95", whole, before, now);
    this.#waits(series.standing, queues.data);
    this.#works(series.standing, queues);
  }

  /**
   * @param {any} series
   * @param {any[]} whole
   * @param {any[]} before
   * @param {any[]} now
   */
  #rates({ step_seconds: step, window, now: at }, whole, before, now) {
    const left = step - (Date.parse(at) - Date.parse(now[now.length - 1].time)) / 1000;
    const rate = (/** @type {any[]} */ points) =>
      (ended(points) * 60) / (points.length * step - (points === now ? left : 0));
    const share = (/** @type {any[]} */ points) => failed(points) / Math.max(ended(points), 1);
    const span = THIRDS[window];
    this.rate.draw({
      value: compact.format(rate(now)),
      hint: `${compact.format(ended(now))} in ${span}`,
      now: rate(now),
      before: rate(before),
      points: whole.map((point) => ended([point])),
    });
    this.failed.draw({
      value: percent.format(share(now)),
      hint: `${compact.format(failed(now))} in ${span}`,
      now: share(now),
      before: share(before),
      points: whole.map((point) => point.failed),
      bad: failed(now) > 0,
    });
  }

  /**
   * @param {Figure} figure
   * @param {string} name
   * @param {any[]} whole
   * @param {any[]} before
   * @param {any[]} now
   */
  #times(figure, name, whole, before, now) {
    const [then, today] = [typical(before, name), typical(now, name)];
    const median = typical(now, name.replace("p95", "p50"));
    figure.draw({
      value: time(today),
      hint: median === null ? "Nothing finished" : `Median ${time(median)}`,
      now: today,
      before: then,
      points: whole.map((point) => point[name]),
    });
  }

  /**
   * @param {any[]} standing
   * @param {any[]} queues
   */
  #waits(standing, queues) {
    const waiting = queues.reduce((sum, { queued }) => sum + queued, 0);
    const oldest = Math.max(0, ...queues.map(({ oldest_seconds: seconds }) => seconds));
    const paused = queues.filter(({ paused_at: at }) => at).length;
    const points = standing.map(({ queued, held }) => (queued ?? 0) + (held ?? 0));
    this.waiting.draw({
      value: compact.format(waiting),
      hint: paused ? `${paused} paused` : waiting ? `Oldest ${time(oldest)}` : "Nothing waits",
      now: waiting,
      before: points[Math.floor(points.length / 2)],
      points,
      bad: paused > 0,
    });
  }

  /**
   * @param {any[]} standing
   * @param {any} queues
   */
  #works(standing, { data, signals }) {
    const running = data.reduce(
      (/** @type {number} */ sum, /** @type {any} */ queue) => sum + queue.running,
      0,
    );
    const points = standing.map((point) => (this.operator ? point.busy : point.running));
    const workers = signals?.workers ?? 0;
    this.busy.draw({
      value: signals
        ? `${compact.format(signals.busy)} / ${compact.format(signals.slots)}`
        : compact.format(running),
      hint: !signals
        ? ""
        : workers
          ? `${workers} ${workers === 1 ? "worker" : "workers"}`
          : "No worker is there",
      now: null,
      before: null,
      points,
      bad: Boolean(signals) && !workers,
    });
  }
}

/** @param {any[]} points */
function ended(points) {
  return points.reduce((sum, point) => sum + point.succeeded + point.failed + point.others, 0);
}

/** @param {any[]} points */
function failed(points) {
  return points.reduce((sum, point) => sum + point.failed, 0);
}

/**
 * Return the middle of what is known, null for nothing: one bad step does not make it.
 * @param {any[]} points
 * @param {string} name
 */
function typical(points, name) {
  const known = points.map((point) => point[name]).filter((value) => value !== null);
  known.sort((a, b) => a - b);
  return known.length ? known[Math.floor(known.length / 2)] : null;
}
