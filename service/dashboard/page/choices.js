/** One of a few, chosen with a click: what a list is narrowed to. */

import { make } from "./elements.js";

/**
 * @param {{label: string, options: [value: string, text: string][], chosen: string,
 *   onchoose: (value: string) => void}} given
 * @returns {HTMLElement}
 */
export function choices({ label, options, chosen, onchoose }) {
  const buttons = options.map(([value, text]) =>
    make(
      "button",
      {
        type: "button",
        "aria-pressed": String(value === chosen),
        onclick: (/** @type {Event} */ event) => {
          for (const one of buttons)
            one.setAttribute("aria-pressed", String(one === event.currentTarget));
          onchoose(value);
        },
      },
      text,
    ),
  );
  return make("div", { class: "choices", role: "group", "aria-label": label }, buttons);
}
