/** One job, live: how far it is, what it says, what happened to it, and what came of it. */

import { jobActions } from "./job_actions.js";
import { jobAncestors } from "./job_ancestors.js";
import { jobAttempts } from "./job_attempts.js";
import { Children } from "./job_children.js";
import { jobArgs, jobFacts } from "./job_facts.js";
import { JobInput } from "./job_input.js";
import { JobLanes } from "./job_lanes.js";
import { logLines, outputText } from "./job_output.js";
import { timeline } from "./job_timeline.js";
import { jobTools } from "./job_tools.js";
import { fill, make, say } from "./elements.js";
import { fileViews } from "./files.js";
import { resultSchema } from "./kinds.js";
import { resultTools, resultView } from "./result.js";
import { address } from "./router.js";
import { badge, showBadge } from "./row.js";
import { sentence, title } from "./words.js";
import { family } from "/client/family.js";

/**
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 * @param {string} id
 * @param {URLSearchParams} query what the list is narrowed to from which one came
 */
export function jobPage(jobcast, id, query) {
  const page = new JobPage(jobcast, id, query);
  return { element: page.element, leave: () => page.leave() };
}

class JobPage {
  #left = false;
  #resultOf = -1;

  /**
   * @param {import("/client/jobcast.js").Jobcast} jobcast
   * @param {string} id
   * @param {URLSearchParams} query
   */
  constructor(jobcast, id, query) {
    this.jobcast = jobcast;
    const list = address(query.size ? "/jobs" : "/", query);
    this.back = make("a", { class: "back", href: list }, "← My jobs");
    this.job = jobcast.job(id);
    /** @type {any} it knows its job's id */
    this.family = family(jobcast, id);
    this.input = new JobInput(jobcast, this.job);
    this.lanes = new JobLanes(this.family);
    this.parts = {
      actions: jobActions(this.job),
      ancestors: jobAncestors(jobcast),
      tools: jobTools(id),
      input: this.input,
      attempts: jobAttempts(),
      args: jobArgs(jobcast),
      facts: jobFacts(),
    };
    this.heading = make("h1", null, "Job");
    this.badge = badge({ state: "" });
    this.bar = make("progress", { max: 1, "aria-label": "Progress" });
    this.percent = make("span", { class: "percent" });
    this.message = make("span", { class: "message" });
    this.progress = make(
      "div",
      { class: "progress" },
      this.bar,
      make("p", null, this.message, this.percent),
    );
    this.outcome = make("section", { class: "outcome" });
    this.element = this.#layout(outputText(this.job), logLines(jobcast, this.job));
    this.job.on("state", (/** @type {any} */ job) => this.#show(job));
    this.job.on("progress", () => this.#showProgress(this.job.current));
    this.job.on("done", () => this.#read());
    this.job.on("error", (/** @type {any} */ error) => this.#fail(error));
    if (this.job.current) this.#show(this.job.current);
    this.#read();
  }

  /** Ask for what events are too small to tell: args, attempts, a large result. */
  #read() {
    this.job.refresh().then(
      (job) => this.#left || this.#show(job),
      (error) => this.#fail(error),
    );
  }

  leave() {
    this.#left = true;
    this.job.close();
    this.family.close();
    this.input.leave();
    this.lanes.leave();
  }

  /**
   * @param {HTMLElement} output
   * @param {HTMLElement} logs
   */
  #layout(output, logs) {
    const { actions, ancestors, tools, input, attempts, args, facts } = this.parts;
    const titled = make("div", { class: "titled" }, this.heading, this.badge);
    return make(
      "article",
      { class: "job" },
      this.back,
      ancestors.element,
      make("header", null, titled, actions.element, tools.element),
      this.progress,
      input.element,
      this.outcome,
      output,
      new Children(this.family).element,
      logs,
      timeline(this.family, this.lanes.element),
      attempts.element,
      args.element,
      facts.element,
    );
  }

  /** @param {any} job */
  #show(job) {
    document.title = `${title(job.kind)} · Jobcast`;
    say(this.heading, title(job.kind));
    showBadge(this.badge, job);
    this.#showProgress(job);
    this.#showOutcome(job);
    for (const part of Object.values(this.parts)) part.show(job);
  }

  /** @param {any} job */
  #showProgress(job) {
    const { fraction = null, message = "" } = job.progress ?? {};
    this.progress.hidden = job.state !== "running" || Boolean(job.awaiting);
    if (fraction === null) this.bar.removeAttribute("value");
    else this.bar.value = fraction;
    say(this.percent, fraction === null ? "" : `${Math.round(fraction * 100)} %`);
    say(this.message, message || "Working…");
  }

  /** @param {any} job */
  async #showOutcome(job) {
    if (job.state === "succeeded" && job.result === undefined) return;
    if (this.#resultOf === job.version) return;
    this.#resultOf = job.version;
    if (job.state !== "succeeded") return fill(this.outcome, job.error && errorView(job));
    const schema = await resultSchema(this.jobcast, job.kind);
    if (this.#resultOf !== job.version) return;
    const tools = resultTools(job.result, `result-${job.id}.json`);
    fill(
      this.outcome,
      make("div", { class: "section-head" }, make("h2", null, "Result"), tools),
      resultView(job.result, schema),
      fileViews(this.jobcast, job.result),
    );
  }

  /** @param {any} error */
  #fail(error) {
    const gone = error.status === 404 || error.code === "not_found";
    if (this.#left || (!gone && this.job.current)) return;
    fill(
      this.element,
      this.back,
      make("h1", null, gone ? "No such job" : "Not available"),
      make(
        "p",
        { role: "alert" },
        gone ? "It does not exist, or it is not yours." : sentence(error),
      ),
    );
  }
}

/** @param {any} job */
function errorView({ error, state }) {
  const again = state === "retrying" || state === "queued" || state === "running";
  return make(
    "div",
    { class: again ? "error past" : "error" },
    make("h2", null, again ? "The last attempt failed" : "What went wrong"),
    make("p", null, error.message),
    make("code", null, error.code),
  );
}
