/** Retrying and deleting failed jobs in any number, and hearing when that changes what is shown. */

import { jobChanges, soon } from "./changes.js";
import { confirm } from "./dialog.js";
import { counted } from "./facts.js";
import { notice } from "./notices.js";

const LOOKS_MS = [600, 2_000, 5_000];

/**
 * Retry at once, or ask and then delete. Workers go through it, so it is looked at more than once.
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 * @param {"retry" | "delete"} action
 * @param {{ids?: string[], filter?: any}} which
 * @param {number} count
 * @param {() => any} look
 */
export async function act(jobcast, action, which, count, look) {
  /** @type {any} */
  let told = null;
  const work = async () => {
    told = await jobcast.api.call("POST", "api/bulk", { json: { action, ...which } });
  };
  if (action === "retry") await work();
  else await ask(count, work);
  if (!told) return;
  const { matched } = told;
  const own = matched < count ? " Others’ jobs are theirs to change." : "";
  notice(
    `${counted(matched, "job")} ${action === "retry" ? "on the way again" : "being deleted"}.${own}`,
  );
  for (const after of LOOKS_MS) setTimeout(look, after);
}

/**
 * @param {number} count
 * @param {() => Promise<void>} work
 */
function ask(count, work) {
  const what = counted(count, "failed job");
  return confirm({
    title: `Delete ${what}?`,
    text: "With their args, results and timelines. It cannot be undone.",
    action: `Delete ${what}`,
    danger: true,
    work,
  });
}

/**
 * Call `look` soon after a job has failed or went on again; returns what ends it.
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 * @param {() => any} look
 */
export function failedAgain(jobcast, look) {
  const later = soon(look);
  const off = jobChanges(jobcast, ({ state, attempt }) => {
    if (state === "failed" || (state === "queued" && attempt)) later.call();
  });
  return () => {
    off();
    later.end();
  };
}
