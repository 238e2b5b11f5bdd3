/** What a close code asks of the client: the hundreds digit is the policy. */

export const DRAIN = 1012;
export const BAD_TICKET = 4001;
export const LOGGED_OUT = 4009;
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
