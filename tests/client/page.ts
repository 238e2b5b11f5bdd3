/** A page that uses all of the client. Compiled by types.test.js; each mistake it makes must be one. */

import { each, ended } from "../../realtime/client/each";
import { family } from "../../realtime/client/family";
import { connect, FINAL, JobcastError, type Job, type JobcastCode } from "../../realtime/client/jobcast";
import { hooks, type ReactLike } from "../../realtime/client/react";
import { submitBatch } from "../../realtime/client/submit_batch";
import { fakeJobcast } from "../../realtime/client/testing";

interface Report {
  pages: number;
}

export async function page(React: ReactLike, signal: AbortSignal): Promise<number> {
  const jobcast = connect({ token: async () => "t0ken", shared: false });
  const job: Job<Report> = await jobcast.submit<Report>("report", { pages: 3 }, { priority: 5, signal });
  job.on("output", ({ text, whole }) => void [text.length, whole]);
  for await (const { text } of each(job, "output", { signal })) text.toUpperCase();
  for await (const { state, result } of each(job, "state")) void [FINAL.has(state), result.pages];
  for await (const { fraction } of each(job, "progress")) fraction.toFixed();
  const { result } = await ended(job, { signal });

  const batch = await submitBatch(jobcast, [{ kind: "report", args: { pages: 1 }, tags: ["a"] }]);
  for await (const { counts, progress } of each(batch, "progress")) void [counts, progress.fraction];
  (await ended(batch)).completed_at;

  const { useJob, useOutput, useBatch, useInbox } = hooks(React, () => jobcast);
  const view = useJob<Report>(job.id);
  void [view.result?.pages, useOutput(null).length, useBatch(batch.id).fraction, useInbox().unread];
  family(jobcast, job.id).items.map(({ parent_id }) => parent_id);
  fakeJobcast().jobcast.close();

  // @ts-expect-error there is no such event
  job.on("finished", () => {});
  // @ts-expect-error an option of another type
  await jobcast.submit("report", {}, { priority: "high" });
  // @ts-expect-error a job has no such word
  each(job, "finished");
  // @ts-expect-error a kind is missing
  await submitBatch(jobcast, [{ args: {} }]);
  return result.pages;
}

export function explain(error: unknown): string {
  if (!(error instanceof JobcastError)) throw error;
  const code: JobcastCode = error.code;
  switch (code) {
    case "unreachable":
    case "too_many":
      return `Later: ${error.retryMs ?? 0}`;
    case "not_found":
      return "Gone";
    default:
      return error.message;
  }
}
