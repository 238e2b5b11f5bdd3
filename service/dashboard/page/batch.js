/** One batch, live: how many of its jobs are in each state, which they are, and what can be done with all of them. */

import { StateBar, badgeOf, present } from "./batch_parts.js";
import { jobChanges, soon } from "./changes.js";
import { choices } from "./choices.js";
import { confirm } from "./dialog.js";
import { fill, make } from "./elements.js";
import { chips, counted, facts, may } from "./facts.js";
import { jobColumns } from "./job_columns.js";
import { exact } from "./moments.js";
import { notice } from "./notices.js";
import { pageHead } from "./page_head.js";
import { jobAddress, keepQuery } from "./router.js";
import { Table, once, waiting } from "./table.js";
import { duration, sentence, stateName, title } from "./words.js";

const UNFINISHED = ["waiting", "scheduled", "queued", "running", "retrying"];

/** @param {Parameters<import("./pages.js").OpenPage>[0]} given */
export function batchPage(given) {
  const page = new BatchPage(given);
  return { element: page.element, leave: () => page.leave() };
}

class BatchPage {
  /** @type {any} */
  #shown = null;

  /** @param {Parameters<import("./pages.js").OpenPage>[0]} given */
  constructor({ jobcast, caller, of, query }) {
    this.jobcast = jobcast;
    this.state = query.get("state") ?? "";
    this.batch = jobcast.batch(of);
    this.bar = new StateBar();
    this.stop = this.#button("Stop all", "danger", () => this.#stop());
    this.again = this.#button("Retry failed", "primary", () => this.#retry());
    this.place = make("span");
    this.counts = make("ul", { class: "tallies" });
    this.about = make("div");
    const actions = may(caller, "jobs:write") ? [this.again, this.stop] : [];
    this.head = pageHead({ title: ["Batch", this.place], hint: make("code", null, of), actions });
    this.jobs = this.#jobs();
    this.later = soon(() => this.jobs.reload());
    this.fault = make("div", { role: "alert" }, waiting());
    const sheet = make(
      "section",
      { class: "sheet padded", "aria-label": "Progress" },
      this.bar.element,
      this.counts,
      this.about,
    );
    const back = make("a", { class: "back", href: "#/batches" }, "← Batches");
    const list = make(
      "section",
      null,
      make("div", { class: "bar" }, make("h2", null, "Jobs"), this.#choices()),
      this.jobs.element,
    );
    this.whole = make("div", { class: "resource", hidden: true }, sheet, list);
    this.element = make("div", { class: "resource" }, back, this.head, this.fault, this.whole);
    this.batch.on("progress", (/** @type {any} */ now) => this.#show(now));
    this.batch.on("error", (/** @type {any} */ error) => this.#fail(error));
    this.batch.refresh().catch((/** @type {any} */ error) => this.#fail(error));
    this.off = jobChanges(jobcast, (job) => this.#hear(job));
  }

  leave() {
    this.off();
    this.later.end();
    this.batch.close();
  }

  /** @param {any} now */
  #show(now) {
    this.whole.hidden = false;
    fill(this.fault);
    this.stop.hidden = !UNFINISHED.some((state) => now.counts[state]);
    this.again.hidden = !(now.counts.failed + now.counts.expired);
    this.bar.show(now);
    fill(this.place, badgeOf(now));
    fill(
      this.counts,
      present(now).map(([state, number]) => tally(state, number)),
    );
    if (this.#shown?.completed_at !== now.completed_at || !this.#shown?.created_at)
      fill(this.about, about(now));
    this.#shown = now;
  }

  /** @param {any} error */
  #fail(error) {
    if (this.#shown) return;
    const gone = error.status === 404 || error.code === "not_found";
    fill(this.fault, gone ? "It does not exist, or it is not yours." : sentence(error));
    this.stop.hidden = this.again.hidden = true;
  }

  #jobs() {
    return new Table({
      label: "Jobs of this batch",
      columns: jobColumns(),
      href: ({ id }) => jobAddress(id),
      load: (after) =>
        this.jobcast.api.insist("GET", "api/jobs", {
          query: { batch: this.batch.id, state: this.state, after, limit: 50 },
        }),
      empty: { title: "No jobs", hint: "None of its jobs is in this state." },
    });
  }

  #choices() {
    const names = ["", "failed", "running", "queued", "succeeded"];
    const options = /** @type {[string, string][]} */ (
      names.map((name) => [name, name ? stateName(name) : "All"])
    );
    const onchoose = (/** @type {string} */ state) => {
      this.state = state;
      keepQuery({ state });
      this.jobs.reload();
    };
    return choices({ label: "State of jobs", options, chosen: this.state, onchoose });
  }

  /** Jobs that are shown change at once; a list narrowed to a state is read again. @param {any} job */
  #hear(job) {
    const known = this.jobs.things.find(({ id }) => id === job.id);
    if (known && !this.state) return same(known, job) || this.jobs.put({ ...known, ...job });
    if (known || this.state) this.later.call();
  }

  async #stop() {
    const text = "Jobs that have not started are stopped at once, running ones are asked to stop.";
    const work = () => this.batch.cancel();
    await confirm({
      title: "Stop all jobs of this batch?",
      text,
      action: "Stop all",
      danger: true,
      work,
    });
    this.later.call();
  }

  async #retry() {
    const { failed, expired } = this.#shown.counts;
    await this.batch.retry();
    notice(`${counted(failed + expired, "job")} on the way again.`);
    this.later.call();
  }

  /**
   * @param {string} text
   * @param {string} kind
   * @param {() => Promise<any>} work
   */
  #button(text, kind, work) {
    const button = make("button", { type: "button", class: kind, hidden: true }, text);
    button.addEventListener("click", () => once(button, work));
    return button;
  }
}

/** Whether a row shows the same: progress alone is not worth a new one. @param {any} a @param {any} b */
function same(a, b) {
  return a.state === b.state && a.attempt === b.attempt && a.error?.message === b.error?.message;
}

/**
 * @param {string} state
 * @param {number} number
 */
function tally(state, number) {
  return make(
    "li",
    { data: { state } },
    make("strong", null, number.toLocaleString("en-GB")),
    ` ${stateName(state).toLowerCase()}`,
  );
}

/** @param {any} batch */
function about({ created_at, completed_at, round, tags = [], on_complete, open }) {
  const took =
    completed_at && created_at && duration(Date.parse(completed_at) - Date.parse(created_at));
  return facts([
    ["Created", created_at && exact(created_at)],
    ["Completed", completed_at && `${exact(completed_at)}, after ${took}`],
    ["Round", round > 1 ? `${round}, as failed jobs were retried` : ""],
    ["Then", on_complete && `${title(on_complete.kind)} is submitted`],
    ["Open", open ? "More jobs may follow before it completes" : ""],
    ["Tags", tags.length > 0 && chips(tags, 10)],
  ]);
}
