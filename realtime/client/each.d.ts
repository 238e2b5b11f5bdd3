/** What a job or a batch tells, as loops. */

import type { Batch, Job, JobEvent, OutputChange } from "./jobcast";
import type { BatchResource, JobResource, LogLine, Progress } from "./wire";

export interface Until {
  /** Ends the loop: it throws the signal's reason. */
  signal?: AbortSignal;
}

/** Yield each thing of that name until the job or batch has ended; leaving the loop ends the listening. */
export declare function each(job: Job, name: "output", options?: Until): AsyncGenerator<OutputChange, void>;
export declare function each<Result>(
  job: Job<Result>,
  name: "state",
  options?: Until,
): AsyncGenerator<JobResource<Result>, void>;
export declare function each(batch: Batch, name: "progress", options?: Until): AsyncGenerator<BatchResource, void>;
export declare function each(job: Job, name: "progress", options?: Until): AsyncGenerator<Progress, void>;
export declare function each(job: Job, name: "log", options?: Until): AsyncGenerator<LogLine, void>;
export declare function each(job: Job, name: "event", options?: Until): AsyncGenerator<JobEvent, void>;

/** The job or batch when it has ended, whichever way. */
export declare function ended<Result>(job: Job<Result>, options?: Until): Promise<JobResource<Result>>;
export declare function ended(batch: Batch, options?: Until): Promise<BatchResource>;
