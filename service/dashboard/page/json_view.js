/** JSON to read: folded, the first levels open, long lists and texts in pieces. */

import { make } from "./elements.js";

const OPEN_LEVELS = 2;
const PIECE = 50;
const TEXT = 500;

/**
 * @param {any} value
 * @param {number} [level]
 * @returns {HTMLElement}
 */
export function jsonView(value, level = 0) {
  const view = node(value, level);
  return level
    ? view
    : make("div", { class: "json", tabIndex: 0, role: "group", "aria-label": "JSON" }, view);
}

/**
 * @param {any} value
 * @param {number} level
 */
function node(value, level) {
  if (value === null || typeof value !== "object") return scalar(value);
  const entries = Object.entries(value);
  const list = Array.isArray(value);
  if (!entries.length) return make("span", { class: "json-mark" }, list ? "[]" : "{}");
  const items = make("ul", null);
  const details = make("details", { open: level < OPEN_LEVELS && entries.length <= PIECE });
  const number = `${entries.length} ${list ? "item" : "field"}${entries.length === 1 ? "" : "s"}`;
  details.append(
    make(
      "summary",
      null,
      make("span", { class: "json-mark" }, list ? `[${number}]` : `{${number}}`),
    ),
    items,
  );
  // What is folded is made when it is opened: a large result costs nothing before.
  const unfold = () => items.childElementCount || add(items, entries, 0, level);
  if (details.open) unfold();
  details.addEventListener("toggle", unfold);
  return details;
}

/**
 * @param {HTMLElement} items
 * @param {[string, any][]} entries
 * @param {number} from
 * @param {number} level
 */
function add(items, entries, from, level) {
  const piece = entries.slice(from, from + PIECE);
  items.append(...piece.map(([name, value]) => entry(name, value, level)));
  const left = entries.length - from - PIECE;
  if (left <= 0) return;
  const more = make(
    "button",
    { type: "button", class: "quiet small" },
    `Show ${Math.min(left, PIECE)} more of ${left}`,
  );
  const row = make("li", null, more);
  more.addEventListener("click", () => {
    row.remove();
    add(items, entries, from + PIECE, level);
  });
  items.append(row);
}

/**
 * @param {string} name
 * @param {any} value
 * @param {number} level
 */
function entry(name, value, level) {
  return make("li", null, make("span", { class: "json-name" }, name), node(value, level + 1));
}

/** @param {any} value */
function scalar(value) {
  if (typeof value !== "string")
    return make("span", { class: `json-${typeof value}` }, String(value));
  const text = make("span", { class: "json-string" }, value.slice(0, TEXT));
  if (value.length <= TEXT) return text;
  const more = make(
    "button",
    { type: "button", class: "quiet small" },
    `${(value.length - TEXT).toLocaleString()} more characters`,
  );
  more.addEventListener("click", () => {
    text.textContent = value;
    more.remove();
  });
  return make("span", null, text, "… ", more);
}
