/** Many jobs handed in as one batch. */

import type { Batch, Jobcast, SubmitOptions } from "./jobcast";

export interface NewJob extends Omit<SubmitOptions, "idempotencyKey" | "signal"> {
  kind: string;
  args?: object;
}

/** A thousand are taken all or none, more go in parts; the batch is complete when all of them are. */
export declare function submitBatch(
  jobcast: Jobcast,
  jobs: readonly NewJob[],
  options?: {
    tags?: string[];
    /** A job to follow when all are over. */
    on_complete?: { kind: string; args?: object };
    idempotencyKey?: string;
    signal?: AbortSignal;
  },
): Promise<Batch>;
