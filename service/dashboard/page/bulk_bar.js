/** What can be done with the chosen jobs at once: asked before, and told after how many it concerns. */

import { confirm } from "./dialog.js";
import { make, say } from "./elements.js";
import { areNone, forApi, inWords } from "./filters.js";
import { icon } from "./icons.js";
import { notice } from "./notices.js";

/** As many ids as one call takes. */
const CALL = 10_000;

/** @type {Record<string, {verb: string, doing: string, what: string, danger: boolean}>} */
const ACTIONS = {
  retry: {
    verb: "Retry",
    doing: "run again",
    what: "Those that failed, were stopped or expired run again; the others are left alone.",
    danger: false,
  },
  cancel: {
    verb: "Stop",
    doing: "are being stopped",
    what: "Those that are not over are stopped; running ones as soon as they let go.",
    danger: true,
  },
  delete: {
    verb: "Delete",
    doing: "are being deleted",
    what: "Those that are over are deleted, with their results and logs. This can’t be undone.",
    danger: true,
  },
};

export class BulkBar {
  /**
   * @param {import("/client/jobcast.js").Jobcast} jobcast
   * @param {import("./pages.js").Caller} caller
   * @param {import("./selection.js").Selection} selection
   * @param {{filters: () => import("./filters.js").Filters, deleted: (chosen: (id: string) => boolean) => void}} list
   */
  constructor(jobcast, caller, selection, list) {
    this.jobcast = jobcast;
    this.caller = caller;
    this.selection = selection;
    this.list = list;
    this.text = make("strong", { role: "status" });
    this.whole = button("All that match", "quiet small", () => selection.everything());
    const actions = Object.entries(ACTIONS).map(([action, { verb, danger }]) =>
      button(verb, danger ? "small danger" : "small primary", () => this.#ask(action)),
    );
    const clear = button("", "quiet small", () => selection.clear());
    clear.setAttribute("aria-label", "Choose none");
    clear.append(icon("close"));
    this.element = make(
      "div",
      { class: "bulk", hidden: true, role: "region", "aria-label": "Chosen jobs" },
      make("div", null, this.text, this.whole, clear),
      make("div", { class: "actions" }, actions),
    );
  }

  /** Say what is chosen now. */
  show() {
    const { size, all } = this.selection;
    this.element.hidden = !size && !all;
    say(this.text, all ? "All that match" : `${size.toLocaleString()} selected`);
    this.whole.hidden = all;
  }

  /** @param {string} action */
  async #ask(action) {
    const { verb, what, danger } = ACTIONS[action];
    const { all, size } = this.selection;
    const filters = this.list.filters();
    const jobs = all
      ? everyJob(filters)
      : `${size.toLocaleString()} ${size === 1 ? "job" : "jobs"}`;
    const text = make("div", { class: "fields" }, all && chosen(filters), make("p", null, what));
    const done = await confirm({
      title: `${verb} ${jobs}?`,
      text,
      action: verb,
      danger,
      work: () => this.#send(action, filters),
    });
    if (!done) return;
    const ids = new Set(this.selection.ids);
    if (action === "delete") this.list.deleted((id) => all || ids.has(id));
    this.selection.clear();
  }

  /**
   * @param {string} action
   * @param {import("./filters.js").Filters} filters
   */
  async #send(action, filters) {
    const { all, ids } = this.selection;
    const calls = all
      ? [{ filter: forApi(filters, this.caller) }]
      : parts(ids).map((some) => ({ ids: some }));
    let matched = 0;
    for (const which of calls) {
      const json = { action, ...which };
      matched += (await this.jobcast.api.call("POST", "api/bulk", { json })).matched;
    }
    const jobs = matched === 1 ? "1 job" : `${matched.toLocaleString()} jobs`;
    const of = all ? "" : ` of ${ids.length.toLocaleString()}`;
    notice(matched ? `${jobs}${of} ${ACTIONS[action].doing}.` : "It concerns none of these jobs.");
  }
}

/**
 * @param {string[]} ids
 */
function parts(ids) {
  const all = [];
  for (let at = 0; at < ids.length; at += CALL) all.push(ids.slice(at, at + CALL));
  return all;
}

/** @param {import("./filters.js").Filters} filters */
function everyJob(filters) {
  return areNone(filters) ? "all my jobs" : "all jobs that match";
}

/** @param {import("./filters.js").Filters} filters */
function chosen(filters) {
  const words = inWords(filters);
  return (
    words.length > 0 &&
    make(
      "ul",
      { class: "chosen" },
      words.map((one) => make("li", null, one)),
    )
  );
}

/**
 * @param {string} text
 * @param {string} kind
 * @param {() => void} onclick
 */
function button(text, kind, onclick) {
  return make("button", { type: "button", class: kind, onclick }, text);
}
