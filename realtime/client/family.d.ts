/** A job with the children it had do its work, and theirs: who they are, and all that happened. */

import type { Jobcast, JobEvent, JobResource, Off } from "./jobcast";

/** Listen to a job and its children; close it when it is no longer shown. */
export declare function family(jobcast: Jobcast, id: string): Family;

/** A job's children, and theirs: at most 200, the nearest of those that were there when it was asked for. */
export declare class Family {
  /** The job's. */
  readonly id: string;
  /** Whether it has been read. */
  readonly ready: boolean;
  /** The children and theirs, oldest first; `parent_id` says whose child each is. */
  readonly items: JobResource[];
  /** Whether there may be more than these. */
  readonly full: boolean;
  /** What happened to the job, its children and theirs, oldest first; `subject` says to whom. */
  readonly events: Pick<JobEvent, "type" | "time" | "subject" | "seq" | "attempt" | "data">[];
  /** `change`: one of `items` has; `event`: there is more in `events`. */
  on(name: "change" | "event", listener: () => void): Off;
  close(): void;
}
