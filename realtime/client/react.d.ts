/** Jobcast for React 18 and newer, without a build: hand in the React you have. */

import type { ConnectionStatus, Jobcast, JobcastError } from "./jobcast";
import type { InboxEntryResource, JobFailure, JobResource, LogLine, Progress, State } from "./wire";

/** What is needed of React. */
export interface ReactLike {
  useMemo<T>(make: () => T, of: any[]): T;
  useSyncExternalStore<T>(
    subscribe: (told: () => void) => () => void,
    read: () => T,
    readOnServer?: () => T,
  ): T;
}

export interface JobView<Result = any> {
  job: JobResource<Result> | undefined;
  state: State | undefined;
  progress: Progress | null;
  /** What the latest attempt has put out so far. */
  output: string;
  logs: readonly LogLine[];
  result: Result | undefined;
  error: JobFailure | JobcastError | null;
  cancel(): Promise<JobResource<Result> | undefined>;
  retry(): Promise<JobResource<Result> | undefined>;
}

export interface JobsView {
  jobs: JobResource[];
  ready: boolean;
  truncated: boolean;
  older(query?: object): Promise<string | null> | undefined;
}

export interface InboxView {
  items: InboxEntryResource[];
  unread: number;
  ready: boolean;
  read(ids?: string[]): Promise<void> | undefined;
  older(): Promise<boolean> | undefined;
}

export declare function hooks(
  React: ReactLike,
  jobcast: Jobcast,
): {
  /** Nothing is listened to without an id. */
  useJob<Result = any>(id: string | null | undefined): JobView<Result>;
  useJobs(): JobsView;
  useInbox(): InboxView;
  useStatus(): ConnectionStatus;
};
