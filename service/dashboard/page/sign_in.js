/** The page for somebody without a session: one field for a token. */

import { make, say } from "./elements.js";
import { signIn } from "./session.js";
import { sentence } from "./words.js";

/**
 * Make the form; `entered` is called once a session is open.
 * @param {() => void} entered
 * @param {string} [reason] why somebody who was signed in sees this
 */
export function signInPage(entered, reason = "") {
  const token = tokenField();
  const fault = make("p", { class: "fault", role: "alert" }, reason);
  const button = make("button", { class: "primary" }, "Sign in");
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    button.disabled = true;
    await signIn(token.value).then(entered, (error) => say(fault, sentence(error)));
    button.disabled = false;
  };
  return make(
    "main",
    { id: "main", class: "sign-in" },
    make(
      "h1",
      { class: "brand" },
      make("img", {
        src: new URL("icon.svg", import.meta.url).href,
        alt: "",
        width: 28,
        height: 28,
      }),
      "Jobcast",
    ),
    make(
      "p",
      { class: "hint" },
      "Paste a token to see your jobs. ",
      make("code", null, "jobcast token"),
      " prints one.",
    ),
    make(
      "form",
      { onsubmit: submit },
      make("label", { htmlFor: "token" }, "Token"),
      token,
      fault,
      button,
    ),
  );
}

function tokenField() {
  return make("textarea", {
    id: "token",
    rows: 4,
    class: "code",
    required: true,
    spellcheck: false,
    autocomplete: "off",
  });
}
