/** The picture of a job's time: what it waited for, what it did, and what its children did. Live while it runs. */

import { fill, make, say } from "./elements.js";
import { inWords, lanes, span, ticks } from "./lanes.js";
import { jobAddress } from "./router.js";
import { duration, stateName } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const TICK_MS = 500;
/** What lasted less is drawn as if it had lasted so long, in percent of the width. */
const THIN = 0.4;

/** In the order of the key below the picture. @type {[string, string][]} */
const KEY = [
  ["scheduled", "Scheduled"],
  ["waiting", "Waiting"],
  ["queued", "Queued"],
  ["retrying", "Until the retry"],
  ["asking", "Waiting for an answer"],
  ["running", "Running"],
  ["succeeded", "Succeeded"],
  ["failed", "Failed"],
  ["cancelled", "Stopped, given back or lost"],
  ["expired", "Expired"],
];

export class JobLanes {
  /** @type {Map<string, {element: HTMLElement, name: HTMLElement, track: Element}>} */
  #rows = new Map();
  #due = 0;

  /** @param {{id: string, events: any[], on: Function}} family */
  constructor(family) {
    this.family = family;
    this.axis = svg("svg", { class: "axis", width: "100%", height: "18", "aria-hidden": "true" });
    this.list = make("ol", { class: "lanes" });
    this.more = make("p", { class: "hint" });
    this.key = make("ul", { class: "lane-key", "aria-hidden": "true" });
    this.element = make("figure", {
      class: "picture",
      hidden: true,
      "aria-label": "Time line as a picture",
    });
    this.element.append(
      this.list,
      make("div", { class: "axis-row" }, this.axis),
      this.key,
      this.more,
    );
    family.on("event", () => this.#soon());
    family.on("change", () => this.#soon());
    this.clock = setInterval(() => this.open && !document.hidden && this.#soon(), TICK_MS);
    this.open = false;
  }

  leave() {
    clearInterval(this.clock);
  }

  #soon() {
    this.#due ||= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#due = 0;
    const now = Date.now();
    const { lanes: all, left } = lanes(this.family.events, this.family.id, now);
    const shown = span(all, now);
    this.open = all.some(({ open }) => open);
    this.element.hidden = !all.length;
    const keys = new Set(all.map(({ key }) => key));
    for (const [key, row] of this.#rows)
      if (!keys.has(key)) (row.element.remove(), this.#rows.delete(key));
    for (const lane of all) this.#lane(lane, shown);
    this.#axis(shown);
    this.#legend(all);
    say(this.more, left ? `${left} more are left out.` : "");
  }

  /**
   * @param {import("./lanes.js").Lane} lane
   * @param {{from: number, to: number}} shown
   */
  #lane(lane, shown) {
    const { name, track, element } = this.#row(lane);
    say(name, lane.label);
    const words = inWords(lane);
    if (track.getAttribute("aria-label") !== words) track.setAttribute("aria-label", words);
    element.title = words;
    track.replaceChildren(...lane.segments.map((segment) => bar(segment, shown)));
  }

  /** @param {import("./lanes.js").Lane} lane */
  #row({ key, id, child }) {
    const known = this.#rows.get(key);
    if (known) return known;
    const name = make(child ? "a" : "span", { class: "lane-name", href: child && jobAddress(id) });
    const track = svg("svg", { class: "track", role: "img", width: "100%", height: "16" });
    const element = make("li", { class: child && "of-child" }, name, track);
    const row = { element, name, track };
    this.#rows.set(key, row);
    this.#insert(element, child);
    return row;
  }

  /**
   * Attempts stand before children.
   * @param {HTMLElement} element
   * @param {boolean} child
   */
  #insert(element, child) {
    if (child) this.list.append(element);
    else this.list.insertBefore(element, this.list.querySelector(".of-child"));
  }

  /** @param {{from: number, to: number}} shown */
  #axis({ from, to }) {
    const marks = ticks(to - from).flatMap(({ at, text }) => {
      const x = `${at * 100}%`;
      const label = svg("text", { x, y: "14", dx: "4" });
      label.textContent = text;
      return [svg("line", { x1: x, x2: x, y1: "0", y2: "18" }), label];
    });
    this.axis.replaceChildren(...marks);
  }

  /** @param {import("./lanes.js").Lane[]} all */
  #legend(all) {
    const states = new Set(all.flatMap(({ segments }) => segments.map(({ state }) => state)));
    const used = KEY.filter(([state]) => states.has(state));
    if (this.key.childElementCount === used.length && this.key.dataset.of === String(used)) return;
    this.key.dataset.of = String(used);
    fill(
      this.key,
      used.map(([state, text]) => {
        const patch = svg("svg", { width: "10", height: "10", "aria-hidden": "true" });
        patch.append(svg("rect", { width: "10", height: "10", rx: "3", "data-state": state }));
        return make("li", null, patch, text);
      }),
    );
  }
}

/**
 * @param {import("./lanes.js").Segment} segment
 * @param {{from: number, to: number}} shown
 */
function bar({ state, from, to }, shown) {
  const length = shown.to - shown.from;
  const start = Math.max(from, shown.from);
  const width = Math.max(((to - start) / length) * 100, THIN);
  const x = Math.min(((start - shown.from) / length) * 100, 100 - THIN);
  const waits = ["scheduled", "waiting", "queued", "retrying"].includes(state);
  const shape = { x: `${x}%`, width: `${width}%`, rx: "3", "data-state": state };
  const rect = svg("rect", { ...shape, y: waits ? "5" : "1", height: waits ? "6" : "14" });
  const tip = svg("title", {});
  tip.textContent = `${stateName(state)} · ${duration(to - from)}`;
  rect.append(tip);
  return rect;
}

/**
 * @param {string} tag
 * @param {Record<string, string>} attributes
 */
function svg(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
