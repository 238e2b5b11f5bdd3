/** Jobcast for React 18 and newer, without a build: hand in the React you have. */

import type { ConnectionStatus, Jobcast, JobcastError } from "./jobcast";
import type {
  BatchResource,
  InboxEntryResource,
  JobFailure,
  JobResource,
  LogLine,
  Progress,
  State,
} from "./wire";

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

export interface BatchView {
  batch: BatchResource | undefined;
  /** How far it is, 0 to 1. */
  fraction: number;
  counts: Readonly<Partial<Record<State, number>>>;
  /** Whether all of its jobs have ended. */
  done: boolean;
  error: JobcastError | null;
  cancel(): Promise<BatchResource | undefined>;
  retry(): Promise<BatchResource | undefined>;
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

/**
 * The hooks of one client, or of what makes it: that is called once, in the browser. On a server, and while a
 * page takes over what a server drew, everything is empty.
 */
export declare function hooks(
  React: ReactLike,
  jobcast: Jobcast | (() => Jobcast),
): {
  /** Nothing is listened to without an id. */
  useJob<Result = any>(id: string | null | undefined): JobView<Result>;
  /** The text of its latest attempt so far, and nothing else: drawn only when there is more of it. */
  useOutput(id: string | null | undefined): string;
  useBatch(id: string | null | undefined): BatchView;
  useJobs(): JobsView;
  useInbox(): InboxView;
  useStatus(): ConnectionStatus;
};
