/** Reading again and again while a page is shown: by the clock, and soon after something has happened. */

const SOON_MS = 800;

/**
 * Read now, every `everyMs`, and a moment after a job has changed, one reading at a time; not while the tab is
 * hidden. A reading that fails is told once, and the next one is tried all the same.
 * @param {{jobcast: import("/client/jobcast.js").Jobcast, everyMs: number, read: () => Promise<void>,
 *   fail: (error: any) => void}} given
 * @returns {{now: () => Promise<void>, every: (ms: number) => void, stop: () => void}}
 */
export function keepReading({ jobcast, everyMs, read, fail }) {
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  let due = Infinity;
  let reading = false;
  let stopped = false;
  /** Whether somebody could not wait while a reading was under way: what it brings may be old. */
  let again = false;
  const jobs = jobcast.jobs();
  const plan = (/** @type {number} */ ms) => {
    const at = Date.now() + ms;
    if (stopped || reading || at >= due) return;
    due = at;
    clearTimeout(timer);
    timer = setTimeout(now, ms);
  };
  const now = async () => {
    clearTimeout(timer);
    if (stopped) return;
    again = reading;
    if (reading) return;
    reading = true;
    try {
      if (!document.hidden) await read();
    } catch (error) {
      if (!stopped) fail(error);
    }
    reading = false;
    due = Infinity;
    plan(again ? 0 : everyMs);
  };
  const shown = () => document.hidden || plan(0);
  jobs.on("change", () => plan(Math.max(SOON_MS, everyMs / 5)));
  document.addEventListener("visibilitychange", shown);
  return {
    now,
    every: (ms) => {
      everyMs = ms;
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      jobs.close();
      document.removeEventListener("visibilitychange", shown);
    },
  };
}
