/** What a close code asks of the client: the hundreds digit is the policy. */

import { fullJitter } from "./backoff.js";

const DRAIN_MS = 10_000;
const NOW_MS = 1_000;

export const DRAIN = 1012;
export const BAD_TICKET = 4001;
export const CHANGED = 4298; // ours: another connection is wanted at once
export const SILENT = 4299; // ours: nothing was heard for too long

/**
 * Return what to do: `stop` for good, come back `now` or `later` with back-off, or, for a `drain`,
 * come back when the server's `retry_ms` has passed.
 * @param {number} code
 * @returns {"stop" | "now" | "later" | "drain"}
 */
export function reaction(code) {
  if (code === DRAIN) return "drain";
  if (code >= 4000 && code < 4100) return "stop";
  if (code >= 4200 && code < 4300) return "now";
  return "later";
}

/**
 * Return how long to wait before coming back.
 * @param {number} code
 * @param {number | null} told what the server asked for, in milliseconds
 * @param {number} attempt how often it has failed before
 * @param {() => number} random
 */
export function delayMs(code, told, attempt, random) {
  if (code === CHANGED || code === SILENT) return 0;
  if (reaction(code) === "now") return random() * NOW_MS;
  if (reaction(code) === "drain") return told ?? random() * DRAIN_MS;
  return Math.max(told ?? 0, fullJitter(attempt, random));
}
