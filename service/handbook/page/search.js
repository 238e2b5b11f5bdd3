/** The search over all pages: the index is fetched when somebody first wants it, the rest happens here. */

import { found, marked } from "./finding.js";

const MOST = 12;

/** Offer the search in `place`. "/" leads to it, arrows through it, Escape out of it. @param {HTMLElement} place */
export function offerSearch(place) {
  const search = new Search(place);
  addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLElement && event.target.closest("input, textarea");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    search.input.focus();
  });
}

class Search {
  /** @type {Promise<import("./finding.js").Pages> | undefined} */
  #pages;

  /** @param {HTMLElement} place */
  constructor(place) {
    this.place = place;
    this.input = document.createElement("input");
    this.input.type = "search";
    this.input.placeholder = "Search  /";
    this.input.autocomplete = "off";
    this.input.setAttribute("aria-label", "Search the documentation");
    this.box = document.createElement("div");
    this.box.className = "found";
    this.box.hidden = true;
    place.setAttribute("role", "search");
    place.append(this.input, this.box);
    place.hidden = false;
    this.#listen();
  }

  #listen() {
    this.input.addEventListener("focus", () => this.#load());
    this.input.addEventListener("input", () => this.#look());
    this.place.addEventListener("keydown", (event) => this.#press(event));
    addEventListener("click", (event) => {
      if (!this.place.contains(/** @type {Node} */ (event.target))) this.box.hidden = true;
    });
  }

  #load() {
    this.#pages ??= fetch("/docs/search.json").then((answer) => answer.json());
    this.#pages.catch(() => (this.#pages = undefined));
    return this.#pages;
  }

  async #look() {
    const asked = this.input.value;
    if (asked.trim().length < 2) {
      this.box.hidden = true;
      return;
    }
    try {
      const pages = await this.#load();
      if (asked === this.input.value) this.#show(asked, found(pages, asked));
    } catch {
      this.#say("The search cannot be reached now.");
    }
  }

  /** @param {string} asked @param {import("./finding.js").Hit[]} hits */
  #show(asked, hits) {
    if (!hits.length) {
      this.#say(`Nothing is said about “${asked.trim()}”.`);
      return;
    }
    const list = document.createElement("ul");
    list.append(...hits.slice(0, MOST).map((hit) => entry(hit, asked)));
    const many = hits.length > MOST ? `The best ${MOST} of ${hits.length}` : `${hits.length} found`;
    this.#say(many);
    this.box.append(list);
  }

  /** @param {string} words */
  #say(words) {
    const told = document.createElement("p");
    told.setAttribute("role", "status");
    told.textContent = words;
    this.box.replaceChildren(told);
    this.box.hidden = false;
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const links = [...this.box.querySelectorAll("a")];
    const here = links.indexOf(/** @type {HTMLAnchorElement} */ (document.activeElement));
    if (event.key === "Escape") {
      this.box.hidden = true;
      this.input.focus();
    } else if (event.key === "ArrowDown") (links[here + 1] ?? links[0])?.focus();
    else if (event.key === "ArrowUp") (here > 0 ? links[here - 1] : this.input)?.focus();
    else if (event.key === "Enter" && event.target === this.input) links[0]?.click();
    else return;
    event.preventDefault();
  }
}

/** @param {import("./finding.js").Hit} hit @param {string} asked */
function entry(hit, asked) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  const title = document.createElement("strong");
  const words = document.createElement("small");
  link.href = hit.anchor ? `${hit.address}#${hit.anchor}` : hit.address;
  title.textContent = hit.heading && hit.heading !== hit.title ? `${hit.title} › ${hit.heading}` : hit.title;
  for (const [text, hot] of marked(hit.words, asked)) {
    const piece = document.createElement(hot ? "mark" : "span");
    piece.textContent = text;
    words.append(piece);
  }
  link.append(title, words);
  item.append(link);
  return item;
}
