/** What happened to a job, step by step, and among it what happened to its children. */

import { make } from "./elements.js";
import { jobAddress } from "./router.js";
import { clock, duration, title } from "./words.js";

const WITH_ERROR = new Set(["retrying", "failed", "cancelled", "expired"]);
const STATES = { released: "given back", lost: "lost" };

/**
 * @param {ReturnType<typeof import("/client/family.js").family>} family
 * @param {HTMLElement} picture of the same
 */
export function timeline(family, picture) {
  const steps = make("ol", { class: "timeline" });
  let drawing = 0;
  const draw = () => {
    drawing = 0;
    const { events } = family;
    steps.replaceChildren(...events.map((event, i) => step(family, event, events[i - 1])));
  };
  family.on("event", () => (drawing ||= requestAnimationFrame(draw)));
  return make("section", null, make("h2", null, "Timeline"), picture, steps);
}

/**
 * @param {{id: string}} family
 * @param {any} event
 * @param {any} before
 */
function step({ id }, { type, time, subject, attempt, data }, before) {
  const state = type.replace("job.", "");
  const whose = subject.slice("job:".length);
  const child = whose !== id;
  const since = before ? `+${duration(Date.parse(time) - Date.parse(before.time))}` : "";
  return make(
    "li",
    { class: child && "child", data: { state } },
    make("time", { dateTime: time, title: new Date(time).toLocaleString() }, clock(time)),
    make("strong", null, title(state)),
    make(
      "span",
      null,
      child && make("a", { href: jobAddress(whose) }, title(data.kind)),
      child && " ",
      about(state, attempt, data),
    ),
    make("small", null, since),
  );
}

/**
 * @param {string} state
 * @param {number} attempt
 * @param {any} data
 */
function about(state, attempt, data) {
  const reason = data.outcome ?? data.reason;
  const words = [
    attempt ? `attempt ${attempt}` : "",
    state === "started" ? data.worker : "",
    reason
      ? (STATES[/** @type {keyof typeof STATES} */ (reason)] ?? title(reason).toLowerCase())
      : "",
    WITH_ERROR.has(state) ? data.error?.message : "",
  ];
  return words.filter(Boolean).join(" · ");
}
