/** Stop and Retry: what they say is what is true now. */

import { make, say } from "./elements.js";
import { notice } from "./notices.js";
import { sentence } from "./words.js";

const ENDED = ["succeeded", "failed", "cancelled", "expired"];

/** @param {import("/client/jobcast.js").Job} job */
export function jobActions(job) {
  const stop = make(
    "button",
    { type: "button", class: "danger", onclick: () => act(stop, () => job.cancel()) },
    "Stop",
  );
  const again = make(
    "button",
    { type: "button", class: "primary", onclick: () => act(again, () => job.retry()) },
    "Retry",
  );
  stop.hidden = again.hidden = true;
  return {
    element: make("div", { class: "actions" }, stop, again),
    /** @param {any} current */
    show({ state, cancel_requested_at }) {
      const asked = state === "running" && Boolean(cancel_requested_at);
      stop.hidden = ENDED.includes(state);
      stop.disabled = asked;
      say(stop, asked ? "Stopping…" : "Stop");
      again.hidden = !ENDED.includes(state) || state === "succeeded";
      again.disabled = false;
    },
  };
}

/**
 * Do it once; a refusal is told, and the button tells the truth again.
 * @param {HTMLButtonElement} button
 * @param {() => Promise<any>} work
 */
async function act(button, work) {
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    notice(sentence(error));
    button.disabled = false;
  }
}
