/** How times, sizes, states and errors are said. */

/** @type {Record<string, string>} */
const STATES = {
  waiting: "Waiting",
  scheduled: "Scheduled",
  queued: "Queued",
  running: "Running",
  retrying: "Retrying",
  succeeded: "Succeeded",
  failed: "Failed",
  cancelled: "Stopped",
  expired: "Expired",
};

/** Made once: making one takes longer than drawing a row. */
const DAY = new Intl.DateTimeFormat();

export const STATE_NAMES = Object.keys(STATES);

/**
 * Return what a badge says; a running job that was asked to stop says so.
 * @param {any} job
 */
export function stateOf(job) {
  if (job.state === "running" && job.cancel_requested_at)
    return { key: "cancelling", text: "Stopping…" };
  if (job.state === "running" && job.awaiting) return { key: "asking", text: "Needs an answer" };
  return { key: job.state, text: STATES[job.state] ?? job.state };
}

/** @param {string} state */
export function stateName(state) {
  return STATES[state] ?? state;
}

/**
 * Return a name people read: `course_timeline_parsing` is "Course timeline parsing".
 * @param {string} name
 */
export function title(name) {
  const words = String(name).replaceAll(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** @param {number} ms */
export function duration(ms) {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  if (seconds < 86_400)
    return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/**
 * Return how long there is still time for an answer.
 * @param {number} ms
 */
export function remaining(ms) {
  return ms > 0 ? `Time left: ${duration(Math.ceil(ms / 1000) * 1000)}` : "The time is up.";
}

/**
 * Return how long ago, coarsely: a list is read, not timed.
 * @param {string} time
 */
export function ago(time) {
  const seconds = Math.max(0, Date.now() - Date.parse(time)) / 1000;
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return DAY.format(new Date(time));
}

/** @param {string} time */
export function clock(time) {
  const parts = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  const options = /** @type {Intl.DateTimeFormatOptions} */ ({
    ...parts,
    fractionalSecondDigits: 3,
  });
  return new Date(time).toLocaleTimeString([], options);
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}

/** @param {any} error */
export function sentence(error) {
  return error?.message || "Something went wrong";
}
