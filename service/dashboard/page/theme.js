/** Light, dark, or as the system has it; the choice is remembered in this browser. */

import { make } from "./elements.js";

const KEY = "jobcast.theme";
const CHOICES = [
  ["auto", "Auto"],
  ["light", "Light"],
  ["dark", "Dark"],
];

/** Make the choice as three radio buttons. */
export function themeChoice() {
  const now = document.documentElement.dataset.theme ?? "auto";
  const options = CHOICES.map(([value, text]) =>
    make(
      "label",
      null,
      make("input", {
        type: "radio",
        name: "theme",
        value,
        checked: value === now,
        class: "unseen",
        onchange: () => chooseTheme(value),
      }),
      make("span", null, text),
    ),
  );
  return make("div", { class: "theme", role: "radiogroup", "aria-label": "Colours" }, options);
}

/** @param {string} choice */
export function chooseTheme(choice) {
  const { dataset } = document.documentElement;
  if (choice === "auto") delete dataset.theme;
  else dataset.theme = choice;
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // It holds until the page is left.
  }
  dispatchEvent(new CustomEvent("themechange"));
}
