/** Batches: what there are, and how far each is, live. One of them opened is `batch.js`. */

import { batchPage } from "./batch.js";
import { StateBar, badgeOf } from "./batch_parts.js";
import { again, renew } from "./changes.js";
import { choices } from "./choices.js";
import { make } from "./elements.js";
import { chips } from "./facts.js";
import { since } from "./moments.js";
import { pageHead } from "./page_head.js";
import { address, keepQuery } from "./router.js";
import { Table } from "./table.js";

/** @type {[string, string][]} */
const STATES = [
  ["", "All"],
  ["running", "Running"],
  ["completed", "Completed"],
  ["failed", "With failures"],
];
const HINT =
  "Jobs that were sent together: one progress, one ending, one button to retry what failed.";
const LOOK_MS = 10_000;
const MOST_HEARD = 20;

/** @type {import("./pages.js").OpenPage} */
export function batchesPage(given) {
  if (given.of) return batchPage(given);
  const page = new BatchList(given);
  return { element: page.element, leave: () => page.leave() };
}

class BatchList {
  /** Those that are listened to, by id. @type {Map<string, import("/client/jobcast.js").Batch>} */
  #heard = new Map();
  #left = false;

  /** @param {Parameters<import("./pages.js").OpenPage>[0]} given */
  constructor({ jobcast, query }) {
    this.jobcast = jobcast;
    this.state = query.get("state") ?? "";
    /** @type {Table<any>} */
    this.table = new Table({
      label: "Batches",
      columns: COLUMNS,
      href: ({ id }) => address(`/batches/${id}`),
      load: (after) => this.#load(after),
      empty: {
        title: "No such batches",
        hint: "Jobs sent together by POST /api/jobs/batch are counted together here, and complete together.",
      },
    });
    this.element = make(
      "div",
      null,
      pageHead({ title: "Batches", hint: HINT }),
      make("div", { class: "bar" }, this.#choices()),
      this.table.element,
    );
    this.off = again(() => this.#look(), LOOK_MS);
  }

  leave() {
    this.#left = true;
    this.off();
    for (const batch of this.#heard.values()) batch.close();
  }

  #choices() {
    const onchoose = (/** @type {string} */ state) => {
      this.state = state;
      keepQuery({ state });
      this.table.reload();
    };
    return choices({ label: "State", options: STATES, chosen: this.state, onchoose });
  }

  /** @param {string | null} after */
  async #load(after) {
    const query = { after, state: this.state };
    const page = await this.jobcast.api.insist("GET", "api/batches", { query });
    for (const batch of page.data) this.#listen(batch);
    return page;
  }

  /** New batches are not told on a channel that is known: the first page is looked at again. */
  async #look() {
    const { data } = await this.#load(null).catch(() => ({ data: [] }));
    if (this.#left) return;
    const known = new Map(this.table.things.map(({ id, revision }) => [id, revision]));
    /** @param {any} batch */
    const news = ({ id, revision }) => !(revision < known.get(id)); // unless more was heard meanwhile
    renew(this.table, data.filter(news));
  }

  /** Hear of one that is not complete, for as long as it is not. @param {any} listed */
  #listen(listed) {
    if (this.#left || listed.completed_at || this.#heard.has(listed.id)) return;
    if (this.#heard.size >= MOST_HEARD) return;
    const batch = this.jobcast.batch(listed.id);
    this.#heard.set(listed.id, batch);
    batch.on("progress", (/** @type {any} */ news) => this.table.put({ ...listed, ...news }));
    batch.on("done", () => {
      batch.close();
      this.#heard.delete(listed.id);
    });
    batch.on("error", () => {}); // it is looked at again anyway
  }
}

/** @type {import("./table.js").Column<any>[]} */
const COLUMNS = [
  {
    title: "Batch",
    class: "room",
    cell: ({ id, tags }) => [
      make("code", null, `…${id.slice(-12)}`),
      tags.length > 0 && make("span", { class: "under" }, chips(tags, 3)),
    ],
  },
  { title: "Status", cell: badgeOf },
  {
    title: "Progress",
    class: "wide",
    cell: (batch) => {
      const bar = new StateBar();
      bar.show(batch);
      return bar.element;
    },
  },
  {
    title: "Failed",
    class: "number",
    cell: ({ counts }) => counts.failed + counts.expired || make("span", { class: "none" }, "–"),
  },
  { title: "Created", cell: ({ created_at }) => since(created_at) },
];
