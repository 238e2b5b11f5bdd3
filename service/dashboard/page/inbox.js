/** The inbox: what jobs have told me, live, and what of it I have not looked at yet. */

import { choices } from "./choices.js";
import { fill, make, say } from "./elements.js";
import { counted, may } from "./facts.js";
import { since } from "./moments.js";
import { notice } from "./notices.js";
import { pageHead } from "./page_head.js";
import { jobAddress, keepQuery } from "./router.js";
import { nothing, once, waiting } from "./table.js";
import { sentence, stateName, title } from "./words.js";

const TICK_MS = 20_000;

/** @type {import("./pages.js").OpenPage} */
export function inboxPage({ jobcast, caller, query }) {
  const page = new InboxPage(jobcast, may(caller, "jobs:write"), query.get("show") === "unread");
  return { element: page.element, leave: () => page.leave() };
}

class InboxPage {
  /** Those that were read here stay until the page is left, also among the unread. @type {Set<string>} */
  #kept = new Set();
  #more = false;

  /**
   * @param {import("/client/jobcast.js").Jobcast} jobcast
   * @param {boolean} writes
   * @param {boolean} unread
   */
  constructor(jobcast, writes, unread) {
    this.writes = writes;
    this.unread = unread;
    this.inbox = jobcast.inbox();
    this.all = make(
      "button",
      { type: "button", onclick: () => this.#readAll() },
      "Mark all as read",
    );
    this.count = make("span", { role: "status" });
    this.list = make("ul", { class: "notes", data: { rows: "" } });
    this.place = make("div", null, waiting());
    this.older = make("button", { type: "button", class: "quiet more", hidden: true }, "Show more");
    this.older.addEventListener("click", () => once(this.older, () => this.#older()));
    this.element = this.#layout();
    this.inbox.on("change", () => this.#draw());
    this.inbox.on("error", (/** @type {any} */ error) => notice(sentence(error)));
    this.timer = setInterval(() => document.hidden || this.#draw(), TICK_MS);
    if (this.inbox.ready) this.#draw();
  }

  leave() {
    clearInterval(this.timer);
    this.inbox.close();
  }

  #layout() {
    const which = choices({
      label: "Which",
      options: [
        ["", "All"],
        ["unread", "Unread"],
      ],
      chosen: this.unread ? "unread" : "",
      onchoose: (show) => this.#narrow(show),
    });
    return make(
      "div",
      null,
      pageHead({
        title: "Inbox",
        hint: "What your jobs told you, here and on every device.",
        actions: [this.writes && this.all],
      }),
      make("div", { class: "bar" }, which, this.count),
      make("div", { class: "sheet" }, this.list, this.place, this.older),
    );
  }

  /** @param {string} show */
  #narrow(show) {
    this.unread = show === "unread";
    this.#kept.clear();
    keepQuery({ show });
    this.#draw();
  }

  #draw() {
    if (!this.inbox.ready) return;
    const { items, unread } = this.inbox;
    const shown = items.filter((one) => !this.unread || !one.read_at || this.#kept.has(one.id));
    const { activeElement } = document;
    const focused = this.list.contains(activeElement) && activeElement?.closest("li")?.dataset.id;
    fill(
      this.list,
      shown.map((one) => this.#row(one)),
    );
    say(this.count, unread ? `${counted(unread, "unread", "unread")}` : "");
    this.all.disabled = !unread;
    this.older.hidden = !(this.#more || items.length === 50);
    fill(this.place, !shown.length && nothing(this.#why(items.length > 0, unread)));
    if (focused) this.#focus(focused);
  }

  /**
   * Why nothing is shown: there is nothing, all is read, or what is unread is older than what is here.
   * @param {boolean} any
   * @param {number} unread
   */
  #why(any, unread) {
    if (!any) return EMPTY;
    return unread ? OLDER : DONE;
  }

  /** @param {string} id */
  #focus(id) {
    const row = this.list.querySelector(`[data-id="${CSS.escape(id)}"]`);
    /** @type {HTMLElement | null | undefined} */ (row?.querySelector("a, button"))?.focus();
  }

  /** @param {any} entry */
  #row(entry) {
    const { head, text } = told(entry);
    const read = () => this.#read(entry.id);
    const name = entry.job_id
      ? make("a", { href: jobAddress(entry.job_id), onclick: read, data: { row: "" } }, head)
      : make("strong", { tabIndex: -1, data: { row: "" } }, head);
    const button = make("button", { type: "button", class: "small" }, "Mark as read");
    button.addEventListener("click", () => once(button, read));
    return make(
      "li",
      { class: entry.read_at ? "note" : "note new", data: { id: entry.id } },
      make(
        "div",
        null,
        !entry.read_at && make("span", { class: "unseen" }, "Unread: "),
        name,
        text && make("p", null, text),
      ),
      make("div", { class: "when" }, since(entry.created_at), handedOff(entry)),
      !entry.read_at && this.writes && button,
    );
  }

  /** @param {string} id */
  async #read(id) {
    const known = this.inbox.items.find((one) => one.id === id);
    if (!this.writes || !known || known.read_at) return;
    this.#kept.add(id);
    await this.inbox.read([id]);
  }

  #readAll() {
    return once(this.all, () => this.inbox.read()).then(() => this.#draw());
  }

  async #older() {
    this.#more = await this.inbox.older();
    if (!this.#more) this.older.remove();
    this.#draw();
  }
}

const EMPTY = {
  title: "Nothing has happened yet",
  hint: "Jobs submitted with “notify”, and those that have something to say, tell it here.",
};
const OLDER = { title: "The unread ones are older", hint: "“Show more” goes on to them." };
const DONE = { title: "All read", hint: "New notifications appear here by themselves." };

/**
 * Return what a notification says: of an ending, or in the processor's own words.
 * @param {any} entry
 * @returns {{head: string, text: string}}
 */
export function told({ name, data }) {
  const [about, state] = name.split(".");
  const given = data && typeof data === "object" ? data : {};
  if (about === "job" && given.kind)
    return {
      head: `${title(given.kind)} ${stateName(state).toLowerCase()}`,
      text: given.reason ?? "",
    };
  const own = given.text ?? given.message ?? given.title;
  if (typeof own === "string") return { head: title(name.replaceAll(".", " ")), text: own };
  const words = Object.entries(given).filter(([, value]) =>
    ["string", "number"].includes(typeof value),
  );
  const text = words.slice(0, 4).map(([key, value]) => `${title(key)}: ${value}`);
  return { head: title(name.replaceAll(".", " ")), text: text.join(" · ") };
}

/** @param {any} entry */
function handedOff({ handed_off }) {
  const ways = Object.keys(handed_off ?? {}).map((way) => (way === "sms" ? "SMS" : way));
  return ways.length > 0 && make("span", null, `also sent by ${ways.join(" and ")}`);
}
