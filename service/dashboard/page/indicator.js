/** The dot that says whether what is shown is live. */

import { make, say } from "./elements.js";

const PATIENCE_MS = 700;

/**
 * Make the indicator of a connection. A hiccup shorter than a blink is not shown.
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 */
export function indicator(jobcast) {
  const text = make("span", null, "Connecting…");
  const element = make(
    "p",
    { class: "indicator", role: "status", data: { live: "no" } },
    make("i", { class: "dot" }),
    text,
  );
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  const show = (/** @type {any} */ status) => {
    const [live, words] = described(status);
    clearTimeout(timer);
    const draw = () => (
      say(text, words),
      (element.dataset.live = live),
      (element.title = `Transport: ${status.transport ?? "none"}`)
    );
    if (live === "no") timer = setTimeout(draw, PATIENCE_MS);
    else draw();
  };
  jobcast.on("status", show);
  return element;
}

/**
 * @param {{phase: string, degraded: boolean, transport: string | null}} status
 * @returns {["yes" | "slow" | "no", string]}
 */
function described({ phase, degraded }) {
  if (phase === "live" && degraded) return ["slow", "Degraded: changes arrive late"];
  if (phase === "live") return ["yes", "Live"];
  if (phase === "stopped") return ["no", "Disconnected"];
  return ["no", phase === "reconnecting" ? "Reconnecting…" : "Connecting…"];
}
