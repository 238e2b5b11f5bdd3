/** The head of a page: its name, a sentence about it, and what can be done. */

import { make } from "./elements.js";

/**
 * @param {{title: import("./elements.js").Child | import("./elements.js").Child[], hint?: import("./elements.js").Child, actions?: import("./elements.js").Child[]}} given
 * @returns {HTMLElement}
 */
export function pageHead({ title, hint, actions = [] }) {
  return make(
    "header",
    { class: "page-head" },
    make("div", null, make("h1", null, title), hint && make("p", { class: "hint" }, hint)),
    actions.length > 0 && make("div", { class: "actions" }, actions),
  );
}
