/** Keys that do something while nobody types: pages and parts say which, `?` lists them. */

import { showDialog } from "./dialog.js";
import { make } from "./elements.js";

const SECOND_KEY_MS = 1_200;
const TYPING = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

/**
 * The newest of a key's listeners hears it.
 * @type {{keys: string, text: string, run: () => void, when: () => boolean}[]}
 */
const known = [];
let first = "";
/** @type {ReturnType<typeof setTimeout>} */
let forgetting;

/**
 * Have `run` called when the keys are pressed: one, or two behind each other ("g j"). What was said before
 * for the same keys waits until the returned function is called.
 * @param {string} keys
 * @param {string} text what it does, for the list of keys
 * @param {() => void} run
 * @param {() => boolean} [when] whether it does something now
 */
export function shortcut(keys, text, run, when = () => true) {
  const entry = { keys, text, run, when };
  known.push(entry);
  return () => {
    const at = known.indexOf(entry);
    if (at >= 0) known.splice(at, 1);
  };
}

/** Start to listen. */
export function listenForShortcuts() {
  shortcut("?", "Show these keys", showShortcuts);
  shortcut("/", "Search", focusSearch);
  shortcut("j", "Next row", () => moveRow(1));
  shortcut("k", "Previous row", () => moveRow(-1));
  addEventListener("keydown", pressed);
}

/** @param {KeyboardEvent} event */
function pressed(event) {
  const { key, target } = event;
  const typing = target instanceof Element && target.closest(TYPING);
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented)
    return;
  if (typing && key === "Escape") return /** @type {HTMLElement} */ (target).blur();
  if (typing || document.querySelector("dialog[open]")) return;
  const found = (first && heard(`${first} ${key}`)) || heard(key);
  first = "";
  clearTimeout(forgetting);
  if (found) {
    event.preventDefault();
    found.run();
  } else if (known.some(({ keys }) => keys.startsWith(`${key} `))) {
    first = key;
    forgetting = setTimeout(() => (first = ""), SECOND_KEY_MS);
  }
}

/** @param {string} pressed */
function heard(pressed) {
  return known.findLast(({ keys, when }) => keys === pressed && when());
}

function focusSearch() {
  const fields = [...document.querySelectorAll("input[type=search]")];
  const field = /** @type {HTMLInputElement | undefined} */ (fields.find(visible));
  field?.focus();
  field?.select();
}

/**
 * Move the focus through the rows of the shown page: whatever in `[data-rows]` is marked `[data-row]`.
 * @param {number} step
 */
function moveRow(step) {
  const rows = /** @type {HTMLElement[]} */ ([
    ...document.querySelectorAll("[data-rows] [data-row]"),
  ]);
  const shown = rows.filter(visible);
  const here = shown.findIndex((row) => row.contains(document.activeElement));
  const at = here < 0 ? shown.findIndex((row) => row.ariaCurrent) : here;
  const next = shown[at < 0 ? 0 : Math.min(Math.max(at + step, 0), shown.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

/** @param {Element} element */
function visible(element) {
  return element.checkVisibility();
}

/** Show all keys that do something here. */
export function showShortcuts() {
  const newest = new Map(
    known.filter(({ when }) => when()).map((entry) => [entry.keys, entry.text]),
  );
  newest.set("Esc", "Close what is open, leave a field, choose none");
  newest.delete("Escape");
  const list = [...newest].flatMap(([keys, text]) => [
    make(
      "dt",
      null,
      keys.split(" ").map((key) => make("kbd", null, key)),
    ),
    make("dd", null, text),
  ]);
  showDialog({ title: "Keyboard", body: make("dl", { class: "keys" }, list), close: "Close" });
}
