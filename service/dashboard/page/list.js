/** The live list of jobs: what it is narrowed to stands in the address; any number of rows, few of them drawn. */

import { BulkBar } from "./bulk_bar.js";
import { fill, make, say } from "./elements.js";
import { FilterBar } from "./filter_bar.js";
import { NONE, areNone, filtersOf } from "./filters.js";
import { ListReading } from "./list_reading.js";
import { speak } from "./notices.js";
import { keepQuery } from "./router.js";
import { Row } from "./row.js";
import { Selection } from "./selection.js";
import { shortcut } from "./shortcuts.js";
import { nothing, waiting } from "./table.js";
import { Windowed } from "./windowed.js";
import { stateOf, title } from "./words.js";

const TICK_MS = 1_000;
/** So many rows before the end of what is read the next page is asked for. */
const AHEAD = 100;

/**
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 * @param {import("./pages.js").Caller} caller
 */
export function jobList(jobcast, caller) {
  return new List(jobcast, caller);
}

class List {
  #marked = "";

  /**
   * @param {import("/client/jobcast.js").Jobcast} jobcast
   * @param {import("./pages.js").Caller} caller
   */
  constructor(jobcast, caller) {
    this.reading = new ListReading(jobcast, caller);
    this.bar = new FilterBar(jobcast, caller, () => this.#chosen());
    this.selection = new Selection(() => this.#selected());
    this.bulk = new BulkBar(jobcast, caller, this.selection, {
      filters: () => this.bar.filters,
      deleted: (chosen) => this.reading.deleted(chosen),
    });
    this.mayPick = caller.scopes.includes("jobs:write");
    this.rows = make("ul", { class: "rows", data: { rows: "" } });
    this.place = make("div", { class: "empty" }, waiting());
    this.foot = make("p", { class: "foot-note", hidden: true });
    this.scroller = make("div", { class: "scroller" }, this.rows, this.place, this.foot);
    this.element = make(
      "nav",
      { class: "list", "aria-label": "Jobs" },
      this.bar.element,
      this.#tally(),
      this.scroller,
      this.bulk.element,
    );
    this.window = this.#windowed();
    this.#listen();
  }

  /**
   * Narrow the list to what an address says.
   * @param {URLSearchParams} query
   */
  narrow(query) {
    const filters = filtersOf(query);
    if (this.reading.started && JSON.stringify(filters) === JSON.stringify(this.bar.filters))
      return;
    this.bar.write(filters);
    this.#read();
  }

  /**
   * Show which job is open.
   * @param {string | null} id
   */
  mark(id) {
    this.window.row(this.#marked)?.mark(false);
    this.#marked = id ?? "";
    this.window.row(this.#marked)?.mark(true);
  }

  #listen() {
    const { reading } = this;
    reading.on(
      "put",
      (/** @type {any} */ job, /** @type {any} */ known, /** @type {number} */ at) => {
        if (at >= 0) this.window.shift(at, 1);
        this.bar.offer(job.kind);
        if (known && known.state !== job.state && job.user === reading.caller.user)
          speak(`${title(job.kind)}: ${stateOf(job).text}`);
      },
    );
    reading.on("gone", (/** @type {string} */ id, /** @type {number} */ at) => {
      this.window.shift(at, -1);
      this.selection.forget(id);
    });
    reading.on("change", () => this.#changed());
    setInterval(() => this.#tick(), TICK_MS);
    const shown = () => this.mayPick && this.scroller.checkVisibility();
    shortcut("x", "Choose the job of this row", () => this.#pickFocused(), shown);
    shortcut("Escape", "Choose none", () => this.selection.clear(), shown);
  }

  #windowed() {
    const { reading } = this;
    return new Windowed({
      scroller: this.scroller,
      list: this.rows,
      length: () => reading.rows.length,
      id: (i) => reading.rows.at(i).id,
      make: (i) => this.#row(i),
      show: (row, i) => this.#show(row, i),
      ondraw: (first, last) => last > reading.rows.length - AHEAD && reading.more(),
    });
  }

  /** @param {number} i */
  #row(i) {
    return new Row(this.reading.rows.at(i), {
      query: () => this.bar.filters,
      whose: () => this.bar.filters.whose !== "",
      pick: this.mayPick ? (id, chosen, range) => this.#pick(id, chosen, range) : null,
    });
  }

  /**
   * @param {string} id
   * @param {boolean} chosen
   * @param {boolean} range
   */
  #pick(id, chosen, range) {
    const { rows } = this.reading;
    this.selection.set(id, chosen, range ? (from, to) => rows.between(from, to) : null);
  }

  /**
   * @param {Row} row
   * @param {number} i
   */
  #show(row, i) {
    const { rows, next } = this.reading;
    const job = rows.at(i);
    if (row.job !== job) row.show(job);
    row.mark(job.id === this.#marked);
    row.choose(this.selection.has(job.id));
    row.place(i + 1, next === null ? rows.length : -1);
  }

  /** Other filters were chosen here. */
  #chosen() {
    keepQuery(this.bar.filters);
    this.#read();
  }

  #read() {
    this.selection.clear();
    this.window.clear();
    this.scroller.scrollTop = 0;
    fill(this.place, waiting());
    this.reading.start(this.bar.filters);
  }

  #changed() {
    const { rows, state } = this.reading;
    this.window.redraw();
    this.place.hidden = rows.length > 0;
    if (!rows.length && state !== "reading") fill(this.place, this.#nothing());
    this.foot.hidden = !rows.length;
    const { text, again } = this.reading.said;
    fill(
      this.foot,
      text,
      again && make("button", { type: "button", class: "small", onclick: again }, "Try again"),
    );
    say(
      this.number,
      `${rows.length.toLocaleString()}${this.reading.next === null ? "" : "+"} ${rows.length === 1 ? "job" : "jobs"}`,
    );
    this.tally.hidden = !rows.length;
  }

  #nothing() {
    const { text, again } = this.reading.said;
    if (again)
      return nothing({
        title: text,
        action: make("button", { type: "button", onclick: again }, "Try again"),
      });
    if (areNone(this.bar.filters))
      return nothing({
        title: "No jobs yet.",
        hint: "Submit the first one: it appears here at once.",
      });
    const clear = () => (this.bar.write({ ...NONE }), this.#chosen());
    return nothing({
      title: "No job matches.",
      action: make("button", { type: "button", onclick: clear }, "Clear the filters"),
    });
  }

  #tally() {
    this.number = make("span");
    this.every = make("input", { type: "checkbox", "aria-label": "Choose all that are loaded" });
    this.every.addEventListener("change", () =>
      this.selection.only(this.every.checked ? this.reading.rows.ids : []),
    );
    this.tally = make(
      "div",
      { class: "tally", hidden: true },
      this.mayPick && make("label", { class: "pick" }, this.every),
      this.number,
    );
    return this.tally;
  }

  #selected() {
    const { size, all } = this.selection;
    const { length } = this.reading.rows;
    for (const row of this.window?.rows ?? []) row.choose(this.selection.has(row.job.id));
    this.every.checked = all || (size > 0 && size >= length);
    this.every.indeterminate = !this.every.checked && size > 0;
    this.bulk.show();
  }

  #pickFocused() {
    const row = [...this.window.rows].find(({ element }) =>
      element.contains(document.activeElement),
    );
    if (row?.box) this.selection.set(row.job.id, !this.selection.has(row.job.id));
  }

  #tick() {
    if (!document.hidden && this.scroller.checkVisibility())
      for (const row of this.window.rows) row.tick();
  }
}
