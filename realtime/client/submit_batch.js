/**
 * Many jobs handed in as one batch.
 *
 *     import { submitBatch } from "/client/submit_batch.js";
 *     const batch = await submitBatch(jobcast, pages.map((url) => ({ kind: "context_scraping", args: { url } })));
 */

const AT_ONCE = 1_000;

/**
 * Submit jobs as one batch: a thousand all or none, more in parts. A lost answer never doubles the work.
 * @param {import("./jobcast.js").Jobcast} jobcast
 * @param {({kind: string, args?: object} & Record<string, any>)[]} jobs
 * @param {{tags?: string[], on_complete?: {kind: string, args?: object}, idempotencyKey?: string,
 *   signal?: AbortSignal}} [options]
 */
export async function submitBatch(jobcast, jobs, { idempotencyKey = key(), signal, ...options } = {}) {
  let batch_id;
  const parts = Math.max(Math.ceil(jobs.length / AT_ONCE), 1);
  for (let part = 0; part < parts; part++) {
    const about = batch_id ? { batch_id } : options;
    const open = part + 1 < parts;
    const json = { ...about, jobs: jobs.slice(part * AT_ONCE, (part + 1) * AT_ONCE), open };
    const headers = { "Idempotency-Key": `${idempotencyKey}/${part}` };
    const taken = await jobcast.api.insist("POST", "api/jobs/batch", { json, headers, signal });
    batch_id = taken.batch_id;
  }
  return jobcast.batch(batch_id);
}

/** `crypto.randomUUID` is not there for pages without TLS. */
function key() {
  return [...crypto.getRandomValues(new Uint32Array(4))].join("-");
}
