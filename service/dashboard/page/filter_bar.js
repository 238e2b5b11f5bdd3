/** The fields that narrow the jobs list: search, state and kind always there, the others on request. */

import { make, say } from "./elements.js";
import { GROUPS, NONE, areNone, seesOthers, stateWord } from "./filters.js";
import { icon } from "./icons.js";
import { kinds } from "./kinds.js";
import { STATE_NAMES, title } from "./words.js";

const TYPING_MS = 300;
const HOUR = 3_600_000;
/** @type {[string, number][]} */
const SPANS = [
  ["1 h", HOUR],
  ["24 h", 24 * HOUR],
  ["7 d", 168 * HOUR],
];

export class FilterBar {
  /** @type {import("./filters.js").Filters} */
  filters = { ...NONE };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #typing;

  /**
   * @param {import("/client/jobcast.js").Jobcast} jobcast
   * @param {import("./pages.js").Caller} caller
   * @param {() => void} changed what was chosen is in `filters`
   */
  constructor(jobcast, caller, changed) {
    this.changed = changed;
    this.search = this.#input("q", "Search", {
      type: "search",
      placeholder: "Search jobs",
      class: "search",
    });
    this.state = this.#select("state", "State", [
      ["", "Any state"],
      ...[...Object.keys(GROUPS), ...STATE_NAMES].map((name) => [name, stateWord(name)]),
    ]);
    this.kind = this.#select("kind", "Kind", [["", "Any kind"]]);
    this.tag = this.#input("tag", "Tag", { type: "text" });
    this.batch = this.#input("batch", "Batch", {
      type: "text",
      placeholder: "Its id",
      class: "code",
    });
    this.whose = this.#whose(caller);
    this.since = this.#time("since", "Created since");
    this.until = this.#time("until", "Created before");
    this.further = this.#further();
    this.toggle = this.#toggle();
    this.element = make(
      "form",
      {
        class: "filters",
        role: "search",
        "aria-label": "Jobs",
        onsubmit: (/** @type {Event} */ e) => e.preventDefault(),
      },
      make("div", { class: "find" }, icon("search"), this.search, this.toggle),
      make("div", { class: "selects" }, this.state, this.kind),
      this.further,
    );
    kinds(jobcast).then(
      (known) => known.forEach(({ kind }) => this.offer(kind)),
      () => {}, // those of the jobs that are seen are offered
    );
  }

  /** Put a kind that is seen for the first time into the choice. @param {string} kind */
  offer(kind) {
    offer(this.kind, kind, title(kind));
  }

  /**
   * Show these filters as chosen.
   * @param {import("./filters.js").Filters} filters
   */
  write(filters) {
    this.filters = { ...filters };
    const { state, kind, tag, batch, whose, since, until, q } = filters;
    if (kind) this.offer(kind);
    offer(this.state, state, state.split(",").map(stateWord).join(" or "));
    if (this.whose) offer(this.whose, whose, `Of ${whose}`);
    const fields = { search: q, state, kind, tag, batch };
    for (const [name, value] of Object.entries(fields))
      /** @type {any} */ (this)[name].value = value;
    if (this.whose) this.whose.value = whose;
    this.since.value = local(since);
    this.until.value = local(until);
    this.#count();
    if (this.#hidden()) this.#open(true);
  }

  /** How many filters stand in the part that may be closed. */
  #hidden() {
    const { tag, batch, whose, since, until } = this.filters;
    return [tag, batch, whose, since, until].filter(Boolean).length;
  }

  /**
   * @param {Partial<import("./filters.js").Filters>} change
   */
  #choose(change) {
    clearTimeout(this.#typing);
    this.filters = { ...this.filters, ...change };
    this.#count();
    this.changed();
  }

  #count() {
    const number = this.#hidden();
    say(this.bubble, String(number));
    this.bubble.hidden = !number;
    this.none.hidden = areNone(this.filters);
  }

  /** @param {boolean} open */
  #open(open) {
    this.further.hidden = !open;
    this.toggle.setAttribute("aria-expanded", String(open));
  }

  #toggle() {
    this.bubble = make("span", { class: "bubble", hidden: true });
    return make(
      "button",
      {
        type: "button",
        class: "quiet",
        "aria-expanded": "false",
        "aria-controls": "further-filters",
        "aria-label": "More filters",
        title: "More filters",
        onclick: () => this.#open(this.further.hidden),
      },
      icon("filter"),
      this.bubble,
    );
  }

  #further() {
    const clear = () => (this.write({ ...NONE }), this.#choose({}));
    this.none = make(
      "button",
      { type: "button", class: "quiet small", hidden: true, onclick: clear },
      "Clear all",
    );
    const spans = SPANS.map(([text, ms]) =>
      make(
        "button",
        {
          type: "button",
          class: "small",
          onclick: () => this.#last(ms),
          "aria-label": `The last ${text}`,
        },
        text,
      ),
    );
    return make(
      "div",
      { id: "further-filters", class: "further", hidden: true },
      this.whose && labelled("Whose", this.whose),
      labelled("Tag", this.tag),
      labelled("Batch", this.batch),
      labelled("Since", this.since),
      labelled("Before", this.until),
      make("div", { class: "spans" }, spans, this.none),
    );
  }

  /** @param {number} ms */
  #last(ms) {
    const since = new Date(Date.now() - ms).toISOString();
    this.since.value = local(since);
    this.until.value = "";
    this.#choose({ since, until: "" });
  }

  /** @param {import("./pages.js").Caller} caller */
  #whose(caller) {
    if (!seesOthers(caller)) return null;
    const wide = caller.scopes.includes("admin") ? "Everybody’s" : "The organisation’s";
    return this.#select("whose", "Whose jobs", [
      ["", "Mine"],
      ["all", wide],
    ]);
  }

  /**
   * @param {keyof import("./filters.js").Filters} name
   * @param {string} label
   * @param {string[][]} options
   */
  #select(name, label, options) {
    const choices = options.map(([value, text]) => make("option", { value }, text));
    const select = make("select", { name, "aria-label": label }, choices);
    select.addEventListener("change", () => this.#choose({ [name]: select.value }));
    return select;
  }

  /**
   * @param {keyof import("./filters.js").Filters} name
   * @param {string} label
   * @param {Record<string, any>} props
   */
  #input(name, label, props) {
    const input = make("input", {
      name,
      "aria-label": label,
      autocomplete: "off",
      spellcheck: false,
      maxLength: 200,
      ...props,
    });
    input.addEventListener("input", () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.#choose({ [name]: input.value.trim() }), TYPING_MS);
    });
    return input;
  }

  /**
   * @param {"since" | "until"} name
   * @param {string} label
   */
  #time(name, label) {
    const input = make("input", { type: "datetime-local", name, "aria-label": label });
    input.addEventListener("change", () => {
      const time = input.value ? new Date(input.value).toISOString() : "";
      this.#choose({ [name]: time });
    });
    return input;
  }
}

/**
 * @param {HTMLSelectElement} select
 * @param {string} value
 * @param {string} text
 */
function offer(select, value, text) {
  const known = [...select.options].some((option) => option.value === value);
  if (!known) select.append(make("option", { value }, text));
}

/**
 * @param {string} text
 * @param {HTMLElement} field
 */
function labelled(text, field) {
  return make("label", null, make("span", null, text), field);
}

/** A time as a field of local time takes it. @param {string} time */
function local(time) {
  if (!time) return "";
  const date = new Date(time);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
