/** One reason for which jobs failed: which jobs, and what to do with the chosen ones or all of them. */

import { act, failedAgain } from "./failed_actions.js";
import { settle } from "./changes.js";
import { fill, make, say } from "./elements.js";
import { counted, facts, may } from "./facts.js";
import { exact, since } from "./moments.js";
import { pageHead } from "./page_head.js";
import { jobAddress } from "./router.js";
import { Table, once, waiting } from "./table.js";
import { sentence, title } from "./words.js";

/** @param {Parameters<import("./pages.js").OpenPage>[0]} given */
export function failurePage(given) {
  const page = new FailurePage(given);
  return { element: page.element, leave: () => page.leave() };
}

class FailurePage {
  /** @type {Set<string>} */
  #chosen = new Set();
  /** @type {any} */
  #group = null;

  /** @param {Parameters<import("./pages.js").OpenPage>[0]} given */
  constructor({ jobcast, caller, of }) {
    this.jobcast = jobcast;
    this.failure = of;
    this.writes = may(caller, "jobs:write");
    this.head = make("div", { class: "resource" }, pageHead({ title: "Failed" }), waiting());
    this.chosen = make("span", { role: "status" });
    this.bar = this.#selection();
    this.table = this.#table();
    const back = make("a", { class: "back", href: "#/failed" }, "← Failed");
    this.element = make(
      "div",
      { class: "resource" },
      back,
      this.head,
      make("section", null, this.bar, this.table.element),
    );
    this.leave = failedAgain(jobcast, () => this.#look());
    this.#read();
    this.#settle();
  }

  /** Of what the group is: the list says it, as the jobs themselves do not know how many they are. */
  async #read() {
    try {
      const { data } = await this.jobcast.api.insist("GET", "api/failures", {
        query: { limit: 200 },
      });
      this.#group = data.find((/** @type {any} */ one) => one.failure === this.failure) ?? null;
      this.#show();
    } catch (error) {
      fill(this.head, pageHead({ title: "Failed" }), make("p", { role: "alert" }, sentence(error)));
    }
  }

  #show() {
    const group = this.#group;
    if (!group) return fill(this.head, pageHead({ title: "Nothing fails like this any more" }));
    const buttons = this.writes
      ? [
          this.#button(`Retry all ${group.count}`, "primary", () =>
            this.#act("retry", { filter: { failure: this.failure } }, group.count),
          ),
          this.#button("Delete all", "danger", () =>
            this.#act("delete", { filter: { failure: this.failure } }, group.count),
          ),
        ]
      : [];
    const about = facts([
      ["Kind", title(group.kind)],
      ["Code", make("code", null, group.code)],
      ["Jobs", group.count.toLocaleString("en-GB")],
      ["Last", exact(group.last_at)],
      ["First", exact(group.first_at)],
    ]);
    fill(
      this.head,
      pageHead({
        title: make("span", { class: "clamped" }, group.message || "No message"),
        actions: buttons,
      }),
      make("section", { class: "sheet padded" }, about),
    );
  }

  #table() {
    const box = { title: "Choose", cell: (/** @type {any} */ job) => this.#box(job) };
    return new Table({
      label: "Jobs that failed like this",
      columns: [...(this.writes ? [box] : []), ...COLUMNS],
      load: (after) => this.#page(after),
      empty: { title: "No jobs", hint: "Those that failed like this were retried or deleted." },
    });
  }

  /** @param {string | null} after */
  async #page(after) {
    const query = { failure: this.failure, after, limit: 50 };
    const page = await this.jobcast.api.insist("GET", "api/jobs", { query });
    if (after === null) this.#keepThese(page.data);
    return page;
  }

  /** @param {any} job */
  #box({ id }) {
    const choose = (/** @type {any} */ event) => {
      if (event.target.checked) this.#chosen.add(id);
      else this.#chosen.delete(id);
      this.#settle();
    };
    const label = `Choose job …${id.slice(-12)}`;
    return make("input", {
      type: "checkbox",
      checked: this.#chosen.has(id),
      "aria-label": label,
      onchange: choose,
    });
  }

  /** What is chosen and gone is not chosen any more. @param {any[]} jobs */
  #keepThese(jobs) {
    const there = new Set(jobs.map(({ id }) => id));
    this.#chosen = new Set([...this.#chosen].filter((id) => there.has(id)));
    this.#settle();
  }

  #selection() {
    const ids = () => [...this.#chosen];
    this.retry = this.#button("Retry", "", () =>
      this.#act("retry", { ids: ids() }, this.#chosen.size),
    );
    this.remove = this.#button("Delete", "danger", () =>
      this.#act("delete", { ids: ids() }, this.#chosen.size),
    );
    const every = () => {
      for (const box of this.table.body.querySelectorAll("input[type=checkbox]:not(:checked)"))
        box.click();
    };
    const all = this.#button("Choose all shown", "quiet", every);
    const buttons = this.writes ? [this.retry, this.remove, all] : [];
    return make("div", { class: "bar" }, make("h2", null, "Jobs"), this.chosen, buttons);
  }

  #settle() {
    const number = this.#chosen.size;
    say(this.chosen, number ? `${counted(number, "job")} chosen` : "");
    this.retry.hidden = this.remove.hidden = !number;
  }

  #look() {
    this.#read();
    this.#page(null).then((page) => settle(this.table, page), notAgain);
  }

  /**
   * @param {"retry" | "delete"} action
   * @param {any} which
   * @param {number} count
   */
  #act(action, which, count) {
    return act(this.jobcast, action, which, count, () => this.#look());
  }

  /**
   * @param {string} text
   * @param {string} kind
   * @param {() => any} work
   */
  #button(text, kind, work) {
    const button = make("button", { type: "button", class: kind }, text);
    button.addEventListener("click", () => once(button, work));
    return button;
  }
}

/** What could not be read again stays as it was. */
function notAgain() {}

/** @type {import("./table.js").Column<any>[]} */
const COLUMNS = [
  {
    title: "Job",
    cell: ({ id }) =>
      make(
        "a",
        { href: jobAddress(id), data: { row: "" } },
        make("code", null, `…${id.slice(-12)}`),
      ),
  },
  { title: "Message", class: "wide wrap", cell: ({ error }) => error?.message },
  { title: "Attempts", class: "number", cell: ({ attempt }) => attempt },
  { title: "User", cell: ({ user }) => user },
  { title: "Failed", cell: ({ finished_at }) => since(finished_at) },
];
