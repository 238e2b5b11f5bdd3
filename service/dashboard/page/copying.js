/** Copying and saving what the page shows. */

import { make } from "./elements.js";
import { icon } from "./icons.js";
import { notice, speak } from "./notices.js";

const SHOWN_MS = 1_500;

/**
 * A button that copies a text; it says so for a moment.
 * @param {string} label
 * @param {() => string} text
 */
export function copyButton(label, text) {
  const words = make("span", null, label);
  const button = make(
    "button",
    { type: "button", class: "quiet small with-icon" },
    icon("copy"),
    words,
  );
  button.addEventListener("click", async () => {
    if (!(await copied(text()))) return notice("This browser does not allow copying here.");
    speak("Copied");
    words.textContent = "Copied";
    setTimeout(() => (words.textContent = label), SHOWN_MS);
  });
  return button;
}

/** @param {string} text */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return byHand(text);
  }
}

/** Pages without TLS have no clipboard but this one. @param {string} text */
function byHand(text) {
  const field = make("textarea", {
    class: "unseen",
    value: text,
    readOnly: true,
    "aria-hidden": "true",
  });
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

/**
 * A button that saves a text as a file.
 * @param {string} label
 * @param {string} name of the file
 * @param {() => string} text
 */
export function saveButton(label, name, text) {
  const button = make(
    "button",
    { type: "button", class: "quiet small with-icon" },
    icon("download"),
    label,
  );
  button.addEventListener("click", () => {
    const url = URL.createObjectURL(new Blob([text()], { type: "application/json" }));
    make("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url));
  });
  return button;
}

/**
 * A link that saves what an address answers.
 * @param {string} label
 * @param {string} href
 * @param {string} name of the file
 */
export function saveLink(label, href, name) {
  return make(
    "a",
    { class: "button quiet small with-icon", href, download: name },
    icon("download"),
    label,
  );
}
