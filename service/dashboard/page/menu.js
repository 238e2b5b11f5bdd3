/** The menu of pages: beside the page where there is room, a drawer on a phone. */

import { byId, make, say } from "./elements.js";
import { icon } from "./icons.js";
import { PAGES, mayOpen } from "./pages.js";
import { showShortcuts } from "./shortcuts.js";
import { themeChoice } from "./theme.js";

export class Menu {
  /** @type {Map<string, HTMLAnchorElement>} */
  #links = new Map();
  /** @type {Map<string, HTMLElement>} */
  #badges = new Map();

  /**
   * @param {import("./pages.js").Caller} caller
   * @param {() => void} out signs out
   */
  constructor(caller, out) {
    this.button = make(
      "button",
      {
        type: "button",
        class: "quiet menu-button",
        "aria-expanded": "false",
        "aria-controls": "menu",
        "aria-label": "Menu",
        onclick: () => this.#open(document.body.dataset.menu !== "open"),
      },
      icon("menu"),
    );
    this.element = make(
      "nav",
      { id: "menu", class: "menu", "aria-label": "Pages" },
      make("div", { class: "groups" }, this.#groups(caller)),
      foot(caller, out),
    );
    this.backdrop = make("div", { class: "backdrop", onclick: () => this.#open(false) });
    this.element.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Escape") this.#open(false);
    });
  }

  /**
   * Say which page is open.
   * @param {string} name
   */
  mark(name) {
    for (const [page, link] of this.#links) {
      if (page === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    if (document.body.dataset.menu === "open") this.#open(false);
  }

  /**
   * Show how many there are beside a page's name; none, and there is no badge.
   * @param {string} name
   * @param {number} number
   * @param {string} what such as "unread"
   */
  count(name, number, what) {
    const badge = this.#badges.get(name);
    if (!badge) return;
    badge.hidden = !number;
    say(badge, number > 99 ? "99+" : String(number));
    badge.setAttribute("aria-label", `${number} ${what}`);
  }

  /** @param {boolean} open */
  #open(open) {
    document.body.dataset.menu = open ? "open" : "shut";
    this.button.setAttribute("aria-expanded", String(open));
    byId("view").inert = open;
    if (open) this.#links.values().next().value?.focus();
    else this.button.focus();
  }

  /** @param {import("./pages.js").Caller} caller */
  #groups(caller) {
    const shown = PAGES.filter((page) => mayOpen(page, caller));
    return [...new Set(shown.map(({ group }) => group))].map((group) =>
      make(
        "section",
        { "aria-label": group },
        make("h2", null, group),
        make(
          "ul",
          null,
          shown.filter((page) => page.group === group).map((page) => this.#item(page)),
        ),
      ),
    );
  }

  /** @param {import("./pages.js").Entry} page */
  #item({ name, title, icon: picture }) {
    const badge = make("span", { class: "bubble", role: "img", hidden: true });
    const href = name === "jobs" ? "#/" : `#/${name}`;
    const link = make("a", { href }, icon(picture), make("span", null, title), badge);
    this.#links.set(name, link);
    this.#badges.set(name, badge);
    return make("li", null, link);
  }
}

/**
 * @param {import("./pages.js").Caller} caller
 * @param {() => void} out
 */
function foot({ user, org }, out) {
  return make(
    "div",
    { class: "foot" },
    themeChoice(),
    make(
      "p",
      { class: "account" },
      make("span", { class: "who", title: `Organisation ${org}` }, user),
      org !== user && make("span", { class: "org" }, org),
    ),
    make(
      "div",
      { class: "actions" },
      make("button", { type: "button", class: "quiet small", onclick: out }, "Sign out"),
      make(
        "button",
        { type: "button", class: "quiet small keyboard", onclick: showShortcuts },
        "Keyboard ",
        make("kbd", null, "?"),
      ),
    ),
  );
}
