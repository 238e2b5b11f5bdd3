/** What happened to a job, step by step: read once, then added to as it happens. */

import { make } from "./elements.js";
import { clock, duration, title } from "./words.js";

const WITH_ERROR = new Set(["retrying", "failed", "cancelled", "expired"]);
const STATES = { released: "given back", lost: "lost" };

export class Timeline {
  /** @type {Map<number, any>} */
  #known = new Map();
  #reading = false;

  /**
   * @param {import("/client/jobcast.js").Jobcast} jobcast
   * @param {import("/client/jobcast.js").Job} job
   */
  constructor(jobcast, job) {
    this.jobcast = jobcast;
    this.job = job;
    this.steps = make("ol", { class: "timeline" });
    this.element = make("section", null, make("h2", null, "Timeline"), this.steps);
    job.on("event", (/** @type {any} */ event) => this.#add([event]));
    this.#read();
  }

  /** Steps may have been folded on the way here: read those that are missing. @param {any} job */
  show({ version }) {
    if (this.#known.size && !this.#complete(version)) this.#read();
  }

  async #read() {
    if (this.#reading) return;
    this.#reading = true;
    const before = this.#known.size;
    const path = `api/jobs/${encodeURIComponent(this.job.id)}/events`;
    const { data } = await this.jobcast.api.insist("GET", path).catch(() => ({ data: [] }));
    this.#reading = false;
    this.#add(data);
    if (this.job.current && this.#known.size > before) this.show(this.job.current);
  }

  /** @param {any[]} events */
  #add(events) {
    for (const event of events) {
      this.#known.set(event.seq, { ...this.#known.get(event.seq), ...event });
    }
    const all = [...this.#known.values()].sort((a, b) => a.seq - b.seq);
    this.steps.replaceChildren(...all.map((event, i) => step(event, all[i - 1])));
  }

  /** @param {number} version */
  #complete(version) {
    for (let seq = 1; seq <= version; seq++) if (!this.#known.has(seq)) return false;
    return true;
  }
}

/**
 * @param {any} event
 * @param {any} before
 */
function step({ type, time, attempt, data }, before) {
  const state = type.replace("job.", "");
  const reason = data.outcome ?? data.reason;
  const about = [
    attempt ? `attempt ${attempt}` : "",
    state === "started" ? data.worker : "",
    reason
      ? (STATES[/** @type {keyof typeof STATES} */ (reason)] ?? title(reason).toLowerCase())
      : "",
    WITH_ERROR.has(state) ? data.error?.message : "",
  ];
  const since = before ? `+${duration(Date.parse(time) - Date.parse(before.time))}` : "";
  return make(
    "li",
    { data: { state } },
    make("time", { dateTime: time, title: new Date(time).toLocaleString() }, clock(time)),
    make("strong", null, title(state)),
    make("span", null, about.filter(Boolean).join(" · ")),
    make("small", null, since),
  );
}
