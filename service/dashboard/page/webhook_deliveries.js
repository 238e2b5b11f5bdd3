/** What was sent to a webhook: each with its tries and what was answered; sent again one by one, or a time of them. */

import { renew } from "./changes.js";
import { choices } from "./choices.js";
import { formDialog, showDialog } from "./dialog.js";
import { make } from "./elements.js";
import { counted, facts, mark } from "./facts.js";
import { choice } from "./field.js";
import { exact, since, until } from "./moments.js";
import { notice } from "./notices.js";
import { jobAddress, keepQuery } from "./router.js";
import { Table } from "./table.js";

const LOOK_MS = 2_000;
/** @type {Record<string, ["good" | "bad" | "warn", string]>} */
const STATES = {
  delivered: ["good", "Delivered"],
  failed: ["bad", "Failed"],
  pending: ["warn", "On its way"],
};
const SPANS = {
  "the last hour": 1,
  "the last 24 hours": 24,
  "the last 3 days": 72,
  "the last 30 days": 720,
};

export class Deliveries {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #left = false;

  /**
   * @param {{jobcast: import("/client/jobcast.js").Jobcast, path: string, writes: boolean,
   *   query: URLSearchParams}} given
   */
  constructor({ jobcast, path, writes, query }) {
    this.api = jobcast.api;
    this.path = path;
    this.state = query.get("state") ?? "";
    this.table = new Table({
      label: "Deliveries",
      columns: COLUMNS,
      load: async (after) => {
        const page = await this.#page(after);
        this.#lookLater(page.data);
        return page;
      },
      actions: (one) => [
        { text: "Details", run: () => showDelivery(one) },
        ...(writes && one.state !== "pending"
          ? [{ text: "Replay", run: () => this.#replay(one) }]
          : []),
      ],
      empty: {
        title: "No deliveries",
        hint: "What is sent to this endpoint appears here, with what it answered.",
      },
    });
    const span = make(
      "button",
      { type: "button", onclick: () => this.#replaySpan() },
      "Replay a time span…",
    );
    this.element = make(
      "section",
      null,
      make(
        "div",
        { class: "bar" },
        make("h2", null, "Deliveries"),
        this.#choices(),
        writes && span,
      ),
      this.table.element,
    );
  }

  leave() {
    this.#left = true;
    clearTimeout(this.#timer);
  }

  /** Show what has changed, and look again while something is on its way: nobody tells of it. */
  async look() {
    const { data } = await this.#page(null);
    if (this.#left) return;
    renew(this.table, data);
    this.#lookLater(data);
  }

  /** @param {any[]} data */
  #lookLater(data) {
    clearTimeout(this.#timer);
    const soon = Date.now() + 60_000;
    const moves = data.some(
      ({ state, next_try_at }) => state === "pending" && Date.parse(next_try_at) < soon,
    );
    if (moves && !this.#left) this.#timer = setTimeout(() => this.look().catch(() => {}), LOOK_MS);
  }

  /** @param {string | null} after */
  #page(after) {
    const query = { after, state: this.state, limit: 25 };
    return this.api.insist("GET", `${this.path}/deliveries`, { query });
  }

  #choices() {
    const options = /** @type {[string, string][]} */ ([
      ["", "All"],
      ...Object.entries(STATES).map(([state, [, text]]) => [state, text]),
    ]);
    const onchoose = (/** @type {string} */ state) => {
      this.state = state;
      keepQuery({ state });
      this.table.reload();
    };
    return choices({ label: "State", options, chosen: this.state, onchoose });
  }

  /** @param {any} one */
  async #replay({ id }) {
    await this.api.call("POST", `${this.path}/replay`, { json: { delivery_ids: [id] } });
    await this.look();
  }

  async #replaySpan() {
    const place = { root: {}, required: true, upload: async () => ({ id: "" }) };
    const spans = Object.keys(SPANS);
    const span = choice({
      ...place,
      name: "since",
      pointer: "/since",
      schema: { title: "Made in", enum: spans, default: spans[1] },
    });
    const labels = { failed: "Those that failed", delivered: "Those that were delivered" };
    const which = choice({
      ...place,
      name: "state",
      pointer: "/state",
      schema: {
        title: "Which",
        enum: ["failed", "delivered"],
        default: "failed",
        "x-labels": labels,
      },
    });
    const submit = () => {
      const hours = SPANS[/** @type {keyof typeof SPANS} */ (span.read())];
      const from = new Date(Date.now() - hours * 3_600_000).toISOString();
      return this.api.call("POST", `${this.path}/replay`, {
        json: { since: from, state: which.read() },
      });
    };
    const hint = "Each is sent again under the webhook-id it had, oldest first, at most 10,000.";
    const body = make(
      "div",
      { class: "members" },
      make("p", { class: "hint" }, hint),
      span.element,
      which.element,
    );
    const { done, answer } = await formDialog({
      title: "Replay a time span",
      body,
      action: "Replay",
      submit,
    });
    if (!done) return;
    notice(
      answer.replayed
        ? `${counted(answer.replayed, "delivery", "deliveries")} on the way again.`
        : "There were none.",
    );
    this.table.reload();
  }
}

/** @type {import("./table.js").Column<any>[]} */
const COLUMNS = [
  { title: "Event", cell: ({ type }) => make("code", null, type) },
  { title: "State", cell: ({ state }) => mark(...STATES[state]) },
  { title: "Answer", class: "wide wrap", cell: (one) => answer(one) },
  { title: "Tries", class: "number", cell: ({ tries }) => tries },
  { title: "Made", cell: ({ created_at }) => since(created_at) },
  { title: "Next try", cell: ({ next_try_at }) => until(next_try_at) },
];

/** @param {any} delivery */
function answer({ status, problem }) {
  return [status, problem].filter(Boolean).join(" · ") || make("span", { class: "none" }, "–");
}

/** @param {any} one */
function showDelivery(one) {
  const { type, subject_id } = one;
  const of = type.startsWith("job.") && subject_id;
  const body = facts([
    ["Event", make("code", null, type)],
    [
      "Of",
      of
        ? make("a", { href: jobAddress(subject_id), onclick: () => shown.close() }, subject_id)
        : subject_id,
    ],
    ["webhook-id", make("code", null, one.message)],
    ["State", mark(...STATES[one.state])],
    ["Tries", String(one.tries)],
    ["Answered", one.status ? `HTTP ${one.status}` : one.tries ? "Nothing" : ""],
    ["Problem", one.problem],
    ["Made", exact(one.created_at)],
    ["Delivered", one.delivered_at && exact(one.delivered_at)],
    ["Next try", one.next_try_at && exact(one.next_try_at)],
  ]);
  const shown = showDialog({ title: "Delivery", body, close: "Close", wide: true });
}
