/** Short messages: shown for a while to everybody, or only spoken to a screen reader. */

import { byId, make, say } from "./elements.js";

const SHOWN_MS = 8_000;

/**
 * Show a message until it is clicked away or has been there for a while.
 * @param {string} text
 */
export function notice(text) {
  const close = () => shown.remove();
  const shown = make(
    "button",
    { type: "button", class: "notice", onclick: close, title: "Dismiss" },
    text,
  );
  byId("notices").append(shown);
  setTimeout(close, SHOWN_MS);
}

/** @param {string} text */
export function speak(text) {
  say(byId("spoken"), text);
}
