/** When things are: by the reader's clock and by another, how long ago, in how long. */

import { make } from "./elements.js";
import { ago, duration } from "./words.js";

const DAY_MS = 86_400_000;

/** The zone of the reader's clock. */
export const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/**
 * Return what a clock of `zone` shows at a time, with the day; the year only when it is another one.
 * @param {string} time
 * @param {string} [zone]
 */
export function clockIn(time, zone = HERE) {
  const at = new Date(time);
  const far = Math.abs(at.getTime() - Date.now()) > 300 * DAY_MS;
  return at.toLocaleString("en-GB", {
    timeZone: known(zone),
    weekday: "short",
    day: "numeric",
    month: "short",
    ...(far && { year: "numeric" }),
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
}

/**
 * Whether two zones' clocks show different times at one moment.
 * @param {string} time
 * @param {string} zone
 */
export function differs(time, zone) {
  return clockIn(time, zone) !== clockIn(time);
}

/** A zone this browser does not know is told in UTC. @param {string} zone */
function known(zone) {
  try {
    return Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return "UTC";
  }
}

/**
 * Make a time that says how long ago it was, and exactly when on hover.
 * @param {string | null | undefined} time
 * @param {string} [none] what is said when there is no time
 */
export function since(time, none = "–") {
  if (!time) return make("span", { class: "none" }, none);
  return make("time", { dateTime: time, title: exact(time) }, ago(time));
}

/**
 * Make a time that is to come: in how long.
 * @param {string | null | undefined} time
 */
export function until(time) {
  if (!time) return make("span", { class: "none" }, "–");
  return make("time", { dateTime: time, title: exact(time) }, inHowLong(time));
}

/**
 * Return in how long a time is, coarsely.
 * @param {string} time
 */
export function inHowLong(time) {
  const seconds = Math.ceil((Date.parse(time) - Date.now()) / 1000);
  const days = Math.round(seconds / 86_400);
  if (seconds < 1) return "now";
  if (days > 730) return `in ${Math.round(days / 365)} years`;
  if (days > 60) return `in ${Math.round(days / 30)} months`;
  if (days > 1) return `in ${days} days`;
  return `in ${duration(seconds * 1000)}`.replace(/ 0 (s|min)$/, "");
}

/** @param {string} time */
export function exact(time) {
  return new Date(time).toLocaleString();
}
