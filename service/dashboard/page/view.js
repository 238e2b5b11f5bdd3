/** The room beside the menu: the jobs with the panel of one of them, or another page over the whole width. */

import { fill, make } from "./elements.js";
import { jobList } from "./list.js";
import { jobPage } from "./job_page.js";
import { newJobPage } from "./new_job.js";
import { pageHead } from "./page_head.js";
import { PAGES, mayOpen } from "./pages.js";
import { waiting } from "./table.js";
import { sentence } from "./words.js";

const OF_JOBS = ["list", "job", "new"];

export class View {
  /** What the shown page wants to have undone when it goes. @type {() => void} */
  #leave = () => {};
  /** @type {import("./pages.js").Shown | null} */
  #shown = null;
  #page = "";
  #opened = 0;

  /**
   * @param {import("/client/jobcast.js").Jobcast} jobcast
   * @param {import("./pages.js").Caller} caller
   */
  constructor(jobcast, caller) {
    this.jobcast = jobcast;
    this.caller = caller;
    this.list = jobList(jobcast, caller);
    this.panel = make("main", { class: "panel", tabIndex: -1 });
    this.columns = make("div", { class: "columns" }, this.list.element, this.panel);
    this.whole = make("main", { class: "whole", tabIndex: -1 });
    this.element = make("div", { id: "view", class: "view" }, this.columns, this.whole);
  }

  /**
   * Open what the address means.
   * @param {import("./router.js").Route} route
   */
  open(route) {
    const again = this.#page === route.page;
    document.body.dataset.page = route.page;
    if (again && this.#shown?.go) return this.#shown.go(route.of, route.query);
    const first = !this.#page;
    this.#page = route.page;
    this.#opened++;
    this.#leave();
    this.#leave = () => {};
    this.#shown = null;
    if (OF_JOBS.includes(route.page)) this.#openJobs(route);
    else this.#openWhole(route);
    const main = this.#main;
    if (!first && route.page !== "list") main.focus({ preventScroll: true });
    main.scrollTo?.(0, 0);
  }

  get #main() {
    return this.whole.hidden ? this.panel : this.whole;
  }

  /** @param {boolean} whole */
  #turn(whole) {
    this.columns.hidden = whole;
    this.whole.hidden = !whole;
    (whole ? this.panel : this.whole).removeAttribute("id");
    this.#main.id = "main";
  }

  /** @param {import("./router.js").Route} route */
  #openJobs({ page, of, query }) {
    document.title = "Jobcast";
    this.#turn(false);
    fill(this.whole);
    if (page === "list" || query.size || !this.list.reading.started) this.list.narrow(query);
    this.list.mark(page === "job" ? of : null);
    const shown =
      page === "job" ? jobPage(this.jobcast, of, query) : newJobPage(this.jobcast, of, query);
    this.#leave = shown.leave;
    fill(this.panel, shown.element);
  }

  /** @param {import("./router.js").Route} route */
  async #openWhole({ page, of, query }) {
    const opened = this.#opened;
    const found = PAGES.find(({ name }) => name === page);
    this.#turn(true);
    this.list.mark(null);
    fill(this.panel);
    document.title = `${found?.title ?? "No such page"} · Jobcast`;
    if (!found?.load) return this.#say("No such page", "Nothing is at this address.");
    if (!mayOpen(found, this.caller))
      return this.#say(found.title, "You are not allowed to see this.");
    fill(this.whole, make("div", { class: "late" }, pageHead({ title: found.title }), waiting()));
    try {
      const [show] = await Promise.all([found.load(), styled(found.styles)]);
      if (opened !== this.#opened) return;
      const { jobcast, caller } = this;
      const shown = (this.#shown = show({ jobcast, caller, of, query }));
      this.#leave = () => shown.leave();
      fill(this.whole, shown.element);
    } catch (error) {
      if (opened === this.#opened) this.#say(found.title, said(error), true);
    }
  }

  /**
   * @param {string} title
   * @param {string} text
   * @param {boolean} [again]
   */
  #say(title, text, again = false) {
    const reload = () => location.reload();
    fill(
      this.whole,
      pageHead({ title }),
      make("p", { role: "alert" }, text),
      again && make("p", null, make("button", { type: "button", onclick: reload }, "Try again")),
    );
  }
}

/** A module that cannot be fetched is a TypeError that names its address. @param {any} error */
function said(error) {
  return error instanceof TypeError ? "This page could not be loaded." : sentence(error);
}

/** @type {Map<string, Promise<void>>} */
const sheets = new Map();

/**
 * Load a page's style sheet once; the page waits for it, so that it is not drawn twice.
 * @param {string} [name]
 */
function styled(name) {
  if (!name) return Promise.resolve();
  const known = sheets.get(name);
  if (known) return known;
  const href = new URL(name, import.meta.url).href;
  /** @type {Promise<void>} */
  const loaded = new Promise((resolve) => {
    const done = () => resolve();
    document.head.append(make("link", { rel: "stylesheet", href, onload: done, onerror: done }));
  });
  sheets.set(name, loaded);
  return loaded;
}
