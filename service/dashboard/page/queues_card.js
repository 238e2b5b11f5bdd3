/** One queue: its figures, whether it is paused and by whom, and its shares by kind. */

import { confirm } from "./dialog.js";
import { fill, make, say } from "./elements.js";
import { address } from "./router.js";
import { ago, duration, title } from "./words.js";

const compact = new Intl.NumberFormat([], { notation: "compact", maximumFractionDigits: 1 });
const FIGURES = ["Waiting", "Held by a limit", "Running", "Oldest", "Finished per minute"];
const MOST = 50;
const NONE = "–";

export class QueueCard {
  #shown = "";
  #paused = false;

  /**
   * @param {import("/client/jobcast.js").Jobcast} jobcast
   * @param {string} name
   * @param {boolean} operator
   * @param {() => Promise<void>} changed
   */
  constructor(jobcast, name, operator, changed) {
    this.jobcast = jobcast;
    this.name = name;
    this.operator = operator;
    this.changed = changed;
    this.badge = make("span", { class: "badge" });
    this.button = make("button", { type: "button", class: "small", onclick: () => this.#turn() });
    this.since = make("strong");
    const history = address("/audit", { subject: `queue:${name}` });
    this.pause = make(
      "p",
      { class: "paused", hidden: true },
      this.since,
      " What runs goes on; nothing starts. ",
      operator && make("a", { href: history }, "Who paused it, and when"),
    );
    this.values = FIGURES.map(() => make("dd", null, NONE));
    this.shares = make("div", { class: "shares" });
    const heading = `queue-${name}`;
    this.element = make(
      "section",
      { class: "queue", "aria-labelledby": heading },
      make(
        "header",
        null,
        make("h2", { id: heading }, name),
        this.badge,
        operator && make("div", { class: "actions" }, this.button),
      ),
      this.pause,
      make(
        "dl",
        { class: "facts" },
        FIGURES.map((text, i) => fact(text, this.values[i])),
      ),
      this.shares,
    );
  }

  /**
   * @param {any} queue
   * @param {any} series
   */
  draw(queue, series) {
    this.#paused = Boolean(queue.paused_at);
    const state = this.#paused ? "paused" : "open";
    this.element.dataset.state = state;
    this.badge.dataset.state = state;
    say(this.badge, this.#paused ? "Paused" : "Open");
    say(this.button, this.#paused ? "Resume" : "Pause");
    this.button.setAttribute("aria-label", `${this.#paused ? "Resume" : "Pause"} ${this.name}`);
    const rows = rowsOf(queue, series);
    const rate = rows.reduce((sum, { perMinute }) => sum + perMinute, 0);
    const about = queue.estimated ? "≈ " : "";
    const texts = [
      about + compact.format(queue.queued),
      about + compact.format(queue.held),
      compact.format(queue.running),
      queue.queued ? duration(queue.oldest_seconds * 1000) : NONE,
      compact.format(rate),
    ];
    for (const [i, text] of texts.entries()) say(this.values[i], text);
    this.#tellPause(queue);
    this.#tabulate(rows);
  }

  /** @param {any} queue */
  #tellPause({ paused_at: at, paused_by: by }) {
    this.pause.hidden = !at;
    if (at) say(this.since, `Paused ${ago(at)}${by ? ` by ${by}` : ""}.`);
  }

  /** @param {ReturnType<typeof rowsOf>} rows */
  #tabulate(rows) {
    const shown = JSON.stringify(rows);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const heads = ["Kind", ...(this.operator ? ["Organisation"] : []), "Waiting", "Running"];
    if (!rows.length)
      return fill(this.shares, make("p", { class: "hint" }, "Nothing waits or runs."));
    fill(
      this.shares,
      make(
        "table",
        { class: "table", "aria-label": `${this.name} by kind` },
        make("thead", null, line("th", [...heads, "Oldest", "Per minute", "Failed", "Run, p95"])),
        make(
          "tbody",
          null,
          rows.map((row) =>
            line("td", cells(row, this.operator), [
              ...heads,
              "Oldest",
              "Per minute",
              "Failed",
              "Run, p95",
            ]),
          ),
        ),
      ),
    );
  }

  async #turn() {
    const paused = this.#paused;
    const work = () =>
      this.jobcast.api.call(
        "POST",
        `api/queues/${encodeURIComponent(this.name)}/${paused ? "resume" : "pause"}`,
      );
    const done = await confirm({
      title: `${paused ? "Resume" : "Pause"} ${this.name}?`,
      text: paused
        ? "What waits in it starts again at once."
        : "What runs goes on. What waits, and what is submitted meanwhile, stays until it is resumed. It is written into the audit log.",
      action: paused ? "Resume" : "Pause",
      danger: !paused,
      work,
    });
    if (done) await this.changed();
  }
}

/**
 * @param {string} text
 * @param {Element} value
 */
function fact(text, value) {
  return make("div", null, make("dt", null, text), value);
}

/**
 * Return the queue's shares with what finished of each in the last 15 minutes, also of those of which nothing
 * waits or runs now.
 * @param {any} queue
 * @param {any} series
 */
function rowsOf(queue, series) {
  const minutes = (series.finished.length * series.step_seconds) / 60;
  const key = (/** @type {any} */ one) => `${one.org} ${one.kind}`;
  const mine = series.kinds.filter((/** @type {any} */ one) => one.queue === queue.name);
  const finished = new Map(mine.map((/** @type {any} */ one) => [key(one), one]));
  const waits = new Set(queue.shares.map(key));
  const idle = mine.filter((/** @type {any} */ one) => !waits.has(key(one)));
  const nothing = { queued: 0, running: 0, oldest_seconds: 0 };
  const all = [
    ...queue.shares,
    ...idle.map((/** @type {any} */ { org, kind }) => ({ ...nothing, org, kind })),
  ];
  return all.slice(0, MOST).map((share) => withRate(share, finished.get(key(share)), minutes));
}

/**
 * @param {any} share
 * @param {any} done what finished of it, if anything did
 * @param {number} minutes
 */
function withRate(share, done, minutes) {
  const ended = done ? done.succeeded + done.failed + done.others : 0;
  return {
    ...share,
    oldest_seconds: Math.round(share.oldest_seconds),
    perMinute: ended / minutes,
    failed: ended ? done.failed / ended : 0,
    p95: done?.run_p95 ?? null,
  };
}

/**
 * @param {any} row
 * @param {boolean} operator
 */
function cells(row, operator) {
  return [
    title(row.kind),
    ...(operator ? [row.org] : []),
    compact.format(row.queued),
    compact.format(row.running),
    row.queued ? duration(row.oldest_seconds * 1000) : NONE,
    compact.format(row.perMinute),
    row.failed ? `${(row.failed * 100).toFixed(row.failed < 0.1 ? 1 : 0)} %` : NONE,
    row.p95 === null ? NONE : duration(row.p95 * 1000),
  ];
}

/**
 * @param {"th" | "td"} tag
 * @param {string[]} texts
 * @param {string[]} [heads]
 */
function line(tag, texts, heads = texts) {
  const names = heads.indexOf("Organisation") < 0 ? 1 : 2;
  return make(
    "tr",
    null,
    texts.map((text, i) => {
      const kind = i < names ? "" : "number";
      return tag === "th"
        ? make("th", { scope: "col", class: kind }, text)
        : make("td", { class: kind, data: { title: heads[i] } }, text);
    }),
  );
}
