/** Failed jobs by why they failed, to be retried or deleted by the reason. One reason opened is `failure.js`. */

import { settle } from "./changes.js";
import { choices } from "./choices.js";
import { make, say } from "./elements.js";
import { counted, may } from "./facts.js";
import { act, failedAgain } from "./failed_actions.js";
import { failurePage } from "./failure.js";
import { since } from "./moments.js";
import { pageHead } from "./page_head.js";
import { address, keepQuery } from "./router.js";
import { Table } from "./table.js";
import { title } from "./words.js";

/** @type {import("./pages.js").OpenPage} */
export function failedPage(given) {
  if (given.of) return failurePage(given);
  const page = new FailedList(given);
  return { element: page.element, leave: () => page.leave() };
}

class FailedList {
  /** @param {Parameters<import("./pages.js").OpenPage>[0]} given */
  constructor({ jobcast, caller, query }) {
    this.jobcast = jobcast;
    this.writes = may(caller, "jobs:write");
    this.kind = query.get("kind") ?? "";
    this.count = make("span", { role: "status" });
    this.kinds = make("div");
    this.table = new Table({
      label: "Reasons",
      columns: COLUMNS,
      key: ({ failure }) => failure,
      href: ({ failure }) => address(`/failed/${failure}`),
      load: () => this.#load(),
      actions: (group) => (this.writes ? this.#actions(group) : []),
      empty: {
        title: "No failed jobs",
        hint: "Jobs whose attempts are used up, or that gave up, wait here for you.",
      },
    });
    const hint =
      "Jobs that ended without success, by why. They stay here until they are retried, deleted, or too old.";
    this.element = make(
      "div",
      null,
      pageHead({ title: "Failed", hint }),
      make("div", { class: "bar" }, this.kinds, this.count),
      this.table.element,
    );
    this.leave = failedAgain(jobcast, () => this.#look());
  }

  async #look() {
    settle(this.table, await this.#load(), ({ failure }) => failure);
  }

  async #load() {
    const found = await this.jobcast.api.insist("GET", "api/failures", {
      query: { kind: this.kind, limit: 200 },
    });
    const { looked_at, complete, data } = found;
    const all = `${counted(looked_at, "failed job")}, ${counted(data.length, "reason")}`;
    say(this.count, complete ? (looked_at ? all : "") : `The newest ${all}`);
    if (!this.kind) this.#offer([...new Set(data.map((/** @type {any} */ { kind }) => kind))]);
    else if (!this.kinds.firstChild) this.#offer([this.kind]);
    return { data };
  }

  /** @param {any[]} kinds */
  #offer(kinds) {
    const onchoose = (/** @type {string} */ kind) => {
      this.kind = kind;
      keepQuery({ kind });
      this.table.reload();
    };
    const options = /** @type {[string, string][]} */ ([
      ["", "All kinds"],
      ...kinds.sort().map((kind) => [kind, title(kind)]),
    ]);
    const offered = kinds.length > 1 || this.kind;
    this.kinds.replaceChildren(
      ...(offered ? [choices({ label: "Kind", options, chosen: this.kind, onchoose })] : []),
    );
  }

  /** @param {any} group */
  #actions({ failure, count }) {
    const filter = { failure };
    return [
      {
        text: "Retry all",
        run: () => act(this.jobcast, "retry", { filter }, count, () => this.#look()),
      },
      {
        text: "Delete all",
        danger: true,
        run: () => act(this.jobcast, "delete", { filter }, count, () => this.#look()),
      },
    ];
  }
}

/** @type {import("./table.js").Column<any>[]} */
const COLUMNS = [
  {
    title: "Reason",
    class: "wide wrap",
    cell: ({ message, code }) => [
      make("span", { class: "clamped" }, message || "No message"),
      make("span", { class: "under" }, make("code", null, code)),
    ],
  },
  { title: "Kind", cell: ({ kind }) => title(kind) },
  { title: "Jobs", class: "number", cell: ({ count }) => count.toLocaleString("en-GB") },
  { title: "Last", cell: ({ last_at }) => since(last_at) },
  { title: "First", cell: ({ first_at }) => since(first_at) },
];
