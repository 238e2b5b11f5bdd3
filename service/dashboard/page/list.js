/** The live list of my jobs: filters, rows that change in place, and older jobs on request. */

import { fill, make } from "./elements.js";
import { notice, speak } from "./notices.js";
import { Row } from "./row.js";
import { STATE_NAMES, sentence, stateName, stateOf, title } from "./words.js";

const TICK_MS = 1_000;
const PAGE = 50;

/** @param {import("/client/jobcast.js").Jobcast} jobcast */
export function jobList(jobcast) {
  return new List(jobcast);
}

class List {
  /** @type {Map<string, Row>} */
  #rows = new Map();
  /** @type {Set<string>} */
  #changed = new Set();
  #whole = true;
  #scheduled = false;
  /** @type {string | null} */
  #marked = null;
  /** @type {string | null} cursor of the next page of older jobs, null when there is none */
  #next = null;
  /** Whether the first page for the chosen filters has been asked for. */
  #asked = false;

  /** @param {import("/client/jobcast.js").Jobcast} jobcast */
  constructor(jobcast) {
    this.jobs = jobcast.jobs();
    this.state = this.#select(
      "State",
      STATE_NAMES.map((name) => [name, stateName(name)]),
    );
    this.kind = this.#select("Kind", []);
    this.rows = make("ul", { class: "rows" });
    this.empty = make("p", { class: "empty" }, "Loading…");
    this.more = make(
      "button",
      { type: "button", class: "quiet more", onclick: () => this.#older() },
      "Show older jobs",
    );
    this.element = make(
      "nav",
      { class: "list", "aria-label": "My jobs" },
      make("div", { class: "filters" }, this.state, this.kind),
      this.rows,
      this.empty,
      this.more,
    );
    this.jobs.on("change", (/** @type {any} */ job) => this.#change(job));
    setInterval(() => this.#tick(), TICK_MS);
  }

  /**
   * Show which job is open.
   * @param {string | null} id
   */
  mark(id) {
    this.#rows.get(this.#marked ?? "")?.mark(false);
    this.#marked = id;
    this.#rows.get(id ?? "")?.mark(true);
  }

  /** Collect changes until the next frame: a burst costs one drawing. @param {any} job */
  #change(job) {
    if (job) this.#changed.add(job.id);
    else this.#whole = true;
    if (this.#scheduled) return;
    this.#scheduled = true;
    (document.hidden ? setTimeout : requestAnimationFrame)(() => this.#draw());
  }

  #draw() {
    this.#scheduled = false;
    const known = new Map(this.jobs.items.map((job) => [job.id, job]));
    const ids = this.#whole ? [...known.keys()] : [...this.#changed];
    this.#whole = false;
    this.#changed.clear();
    for (const id of [...this.#rows.keys()]) if (!known.has(id)) this.#remove(id);
    for (const id of ids) if (known.has(id)) this.#show(known.get(id));
    this.#settle();
    if (this.jobs.ready && !this.#asked) this.#older();
  }

  /** @param {any} job */
  #show(job) {
    const row = this.#rows.get(job.id);
    if (row) {
      if (row.job.state !== job.state) speak(`${title(job.kind)}: ${stateOf(job).text}`);
      row.show(job);
    } else this.#insert(job);
    this.#rows.get(job.id)?.element.toggleAttribute("hidden", !this.#wanted(job));
  }

  /** @param {any} job */
  #insert(job) {
    const row = new Row(job);
    this.#rows.set(job.id, row);
    row.mark(job.id === this.#marked);
    this.#offer(job.kind);
    const last = this.rows.lastElementChild;
    const older = (/** @type {any} */ other) => other.dataset.id < job.id;
    const before = last && older(last) ? [...this.rows.children].find(older) : null;
    this.rows.insertBefore(row.element, before ?? null);
  }

  /** @param {string} id */
  #remove(id) {
    this.#rows.get(id)?.element.remove();
    this.#rows.delete(id);
  }

  /** @param {any} job */
  #wanted(job) {
    return [job.state, ""].includes(this.state.value) && [job.kind, ""].includes(this.kind.value);
  }

  /** Put a kind that is seen for the first time into the filter. @param {string} kind */
  #offer(kind) {
    const known = [...this.kind.options].some((option) => option.value === kind);
    if (!known) this.kind.append(make("option", { value: kind }, title(kind)));
  }

  #filter() {
    this.#next = null;
    this.#asked = false;
    this.#whole = true;
    this.#change(null);
  }

  #settle() {
    const any = this.rows.querySelector("li:not([hidden])");
    const filtered = this.state.value || this.kind.value;
    this.empty.hidden = Boolean(any);
    fill(
      this.empty,
      !this.jobs.ready
        ? "Loading…"
        : filtered
          ? "No job matches."
          : "No jobs yet. Submit the first one.",
    );
    this.more.hidden = this.#next === null;
  }

  async #older() {
    this.#asked = this.more.disabled = true;
    const [state, kind] = [this.state.value, this.kind.value];
    try {
      const next = await this.jobs.older({ limit: PAGE, after: this.#next, state, kind });
      if (state === this.state.value && kind === this.kind.value) this.#next = next;
    } catch (error) {
      notice(sentence(error));
    }
    this.more.disabled = false;
    this.#settle();
  }

  #tick() {
    if (!document.hidden) for (const row of this.#rows.values()) row.tick();
  }

  /**
   * @param {string} label
   * @param {string[][]} options
   */
  #select(label, options) {
    const all = make("option", { value: "" }, `Any ${label.toLowerCase()}`);
    const choices = options.map(([value, text]) => make("option", { value }, text));
    return make("select", { "aria-label": label, onchange: () => this.#filter() }, all, choices);
  }
}
