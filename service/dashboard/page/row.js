/** One job in the list: what it is, how far it is, and how old. Changes in place. */

import { make, say } from "./elements.js";
import { jobAddress } from "./router.js";
import { ago, duration, stateOf, title } from "./words.js";

export class Row {
  /** @type {any} */
  job = {};
  #place = "";

  /**
   * @param {any} job
   * @param {RowOptions} options
   *
   * @typedef {object} RowOptions
   * @property {() => Record<string, string>} query what the list is narrowed to: a job's address keeps it
   * @property {() => boolean} whose whether to say whose job it is
   * @property {((id: string, chosen: boolean, range: boolean) => void) | null} pick null: nothing is chosen here
   */
  constructor(job, options) {
    this.options = options;
    this.kind = make("strong", { class: "kind" });
    this.badge = badge(job);
    this.about = make("span", { class: "about" });
    this.time = make("time", { class: "age" });
    this.bar = make("progress", { max: 1, "aria-label": "Progress" });
    const parts = [this.kind, this.badge, this.about, this.time, this.bar];
    this.link = make("a", { data: { row: "" } }, parts);
    this.box = options.pick && this.#checkbox();
    const pick = this.box && make("label", { class: "pick" }, this.box);
    this.element = make("li", null, pick, this.link);
    this.show(job);
  }

  /** Show a job, the one it stood for or another. @param {any} job */
  show(job) {
    const other = job.id !== this.job.id;
    this.job = job;
    if (other) this.#become(job);
    showBadge(this.badge, job);
    say(this.about, about(job, this.options.whose()));
    const running = job.state === "running" && !job.awaiting;
    this.bar.hidden = !running;
    if (running && job.progress) this.bar.value = job.progress.fraction;
    else this.bar.removeAttribute("value");
    this.tick();
  }

  /** @param {any} job */
  #become({ id, kind, created_at }) {
    this.element.dataset.id = id;
    this.link.href = jobAddress(id, this.options.query());
    this.time.dateTime = created_at;
    say(this.kind, title(kind));
    this.box?.setAttribute("aria-label", `Choose ${title(kind)} ${id.slice(-6)}`);
  }

  /** Say the age again. */
  tick() {
    const { state, started_at, created_at } = this.job;
    const running = state === "running" && started_at;
    say(this.time, running ? duration(Date.now() - Date.parse(started_at)) : ago(created_at));
  }

  /** @param {boolean} open */
  mark(open) {
    if (open) this.link.setAttribute("aria-current", "page");
    else this.link.removeAttribute("aria-current");
    this.element.toggleAttribute("data-open", open);
  }

  /** @param {boolean} chosen */
  choose(chosen) {
    if (!this.box || this.box.checked === chosen) return;
    this.box.checked = chosen;
    this.element.toggleAttribute("data-chosen", chosen);
  }

  /**
   * Say the how manieth of how many it is, -1 when nobody knows.
   * @param {number} number
   * @param {number} of
   */
  place(number, of) {
    const place = `${number} ${of}`;
    if (place === this.#place) return;
    this.#place = place;
    this.element.setAttribute("aria-posinset", String(number));
    this.element.setAttribute("aria-setsize", String(of));
  }

  #checkbox() {
    const box = make("input", { type: "checkbox" });
    box.addEventListener("click", (/** @type {MouseEvent} */ event) => {
      this.element.toggleAttribute("data-chosen", box.checked);
      this.options.pick?.(this.job.id, box.checked, event.shiftKey);
    });
    return box;
  }
}

/** @param {any} job */
export function badge(job) {
  const element = make("span", { class: "badge" });
  showBadge(element, job);
  return element;
}

/**
 * @param {HTMLElement} element
 * @param {any} job
 */
export function showBadge(element, job) {
  const { key, text } = stateOf(job);
  element.dataset.state = key;
  say(element, text);
}

/**
 * @param {any} job
 * @param {boolean} whose
 */
function about(job, whose) {
  const by = whose ? job.user : "";
  return [by, happening(job), ...(job.tags ?? []).map((/** @type {string} */ tag) => `#${tag}`)]
    .filter(Boolean)
    .join(" · ");
}

/** @param {any} job */
function happening(job) {
  if (job.state === "running" && job.awaiting) return job.awaiting.prompt;
  if (job.state === "running" && job.progress?.message) return job.progress.message;
  if (job.error && job.state !== "succeeded") return job.error.message ?? "";
  const again = job.attempt > 1 ? `attempt ${job.attempt}` : "";
  const took = job.state === "succeeded" && job.started_at ? `took ${span(job)}` : "";
  return [again, took, job.state === "running" ? job.worker : ""].filter(Boolean).join(" · ");
}

/** @param {any} job */
function span({ started_at, finished_at }) {
  return duration(Date.parse(finished_at) - Date.parse(started_at));
}
