/** One job in the list: what it is, how far it is, and how old. Changes in place. */

import { make, say } from "./elements.js";
import { jobAddress } from "./router.js";
import { ago, duration, stateOf, title } from "./words.js";

export class Row {
  /**
   * @param {any} job
   * @param {{query: Record<string, string>, whose: boolean,
   *   pick: ((id: string, chosen: boolean, range: boolean) => void) | null}} list `whose`: say whose job it is
   */
  constructor(job, { query, whose, pick }) {
    this.whose = whose;
    this.kind = make("strong", { class: "kind" }, title(job.kind));
    this.badge = badge(job);
    this.about = make("span", { class: "about" });
    this.time = make("time", { class: "age", dateTime: job.created_at });
    this.bar = make("progress", { max: 1, "aria-label": "Progress" });
    this.link = make(
      "a",
      { href: jobAddress(job.id, query), data: { row: "" } },
      this.kind,
      this.badge,
      this.about,
      this.time,
      this.bar,
    );
    this.box = pick && checkbox(job, pick);
    this.element = make(
      "li",
      { data: { id: job.id } },
      this.box && make("label", { class: "pick" }, this.box),
      this.link,
    );
    this.show((this.job = job));
  }

  /** @param {any} job */
  show(job) {
    this.job = job;
    showBadge(this.badge, job);
    say(this.about, about(job, this.whose));
    const running = job.state === "running" && !job.awaiting;
    this.bar.hidden = !running;
    if (running && job.progress) this.bar.value = job.progress.fraction;
    else this.bar.removeAttribute("value");
    this.tick();
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
  }

  /** @param {boolean} chosen */
  choose(chosen) {
    if (!this.box) return;
    this.box.checked = chosen;
    this.element.toggleAttribute("data-chosen", chosen);
  }
}

/**
 * @param {any} job
 * @param {(id: string, chosen: boolean, range: boolean) => void} pick
 */
function checkbox({ id, kind }, pick) {
  const label = `Choose ${title(kind)} ${id.slice(-6)}`;
  const box = make("input", { type: "checkbox", "aria-label": label });
  box.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    pick(id, box.checked, event.shiftKey);
  });
  return box;
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
