/** A job with the children it had do its work, and theirs: who they are, and all that happened. */

import type { Jobcast, JobEvent, JobResource, Off } from "./jobcast";

/** Listen to a job and its children; close it when it is no longer shown. */
export declare function family(jobcast: Jobcast, id: string): Family;

/** A job's children, and theirs. Of those that were there before it was asked for, the nearest 200. */
export declare class Family {
  /** Whether it has been read. */
  readonly ready: boolean;
  /** The children and theirs, oldest first; `parent_id` says whose child each is. */
  readonly items: JobResource[];
  /** What happened to the job, its children and theirs, oldest first; `subject` says to whom. */
  readonly events: Pick<JobEvent, "type" | "time" | "subject" | "seq" | "attempt" | "data">[];
  /** `change`: one of `items` has; `event`: there is more in `events`. */
  on(name: "change" | "event", listener: () => void): Off;
  close(): void;
}
