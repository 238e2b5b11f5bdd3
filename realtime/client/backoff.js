/** How long to wait before trying again: full jitter, so that a crowd never comes back at once. */

const BASE_MS = 500;
const CAP_MS = 20_000;

/**
 * Return a random delay in milliseconds up to 0.5 s, doubling with each attempt, at most 20 s.
 * @param {number} attempt how often it has failed before, from 0
 * @param {() => number} [random] 0 ≤ r < 1
 */
export function fullJitter(attempt, random = Math.random) {
  return random() * Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt, 16));
}

/**
 * Wait, unless `signal` aborts first.
 * @param {number} ms
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), {
      once: true,
    });
  });
}
