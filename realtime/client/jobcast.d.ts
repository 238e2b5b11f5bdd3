/** Jobcast in the browser: submit jobs and hear what becomes of them. */

import type {
  BatchResource,
  CloseCode,
  InboxEntryResource,
  JobEvent,
  JobResource,
  LogLine,
  Progress,
  State,
} from "./wire";

export type * from "./wire";

/** A piece of output. `whole`: it replaces what was shown before (a snapshot, a new attempt). */
export interface OutputChange {
  attempt: number;
  text: string;
  whole: boolean;
}

export interface ConnectionStatus {
  phase: "idle" | "connecting" | "live" | "reconnecting" | "stopped";
  /** Changes arrive, but late. */
  degraded: boolean;
  transport: "websocket" | "sse" | "poll" | null;
  /** How often it has failed in a row. */
  attempt: number;
}

export interface SubmitOptions {
  /** Made up for each submission if not given: a lost answer never doubles the work. */
  idempotencyKey?: string;
  signal?: AbortSignal;
  priority?: number;
  run_at?: string;
  delay?: number | string;
  expires_in?: number | string;
  max_attempts?: number;
  timeout?: number | string;
  unique_key?: string;
  concurrency_key?: string;
  tags?: string[];
  metadata?: Record<string, any>;
  after?: string[];
  notify?: boolean;
  webhook?: string;
}

export interface Options {
  /** Where the service is; by default where the page came from. */
  url?: string;
  /** A JWT or API key; without one the page's cookie session is used. */
  token?: string | (() => string | Promise<string>);
  /** Gives a fresh ticket for each connection, for pages that hold no token. */
  ticket?: () => string | Promise<string>;
  /**
   * Whether my tabs share one connection. They do, unless told not to, or with a `ticket`, which does
   * not say who I am: a text that does, such as the user's id, lets them share.
   */
  shared?: boolean | string;
  fetch?: typeof globalThis.fetch;
  /** null: do without. */
  WebSocket?: typeof globalThis.WebSocket | null;
  /** How tabs find each other; by default by what the browser has. */
  means?: { locks: LockManager; BroadcastChannel: typeof globalThis.BroadcastChannel };
  random?: () => number;
}

export type Off = () => void;

export declare function connect(options?: Options): Jobcast;

export declare class Jobcast {
  readonly api: {
    call(method: string, path: string, options?: RequestOptions): Promise<any>;
    /** Like `call`, again while the trouble is temporary. */
    insist(method: string, path: string, options?: RequestOptions): Promise<any>;
  };
  readonly status: ConnectionStatus;
  submit<Result = any>(kind: string, args?: object, options?: SubmitOptions): Promise<Job<Result>>;
  job<Result = any>(id: string): Job<Result>;
  jobs(): Jobs;
  inbox(): Inbox;
  batch(id: string): Batch;
  cancel(id: string): Promise<JobResource>;
  retry(id: string): Promise<JobResource>;
  upload(file: File, options?: { signal?: AbortSignal }): Promise<Upload>;
  kinds(): Promise<{ data: Kind[] }>;
  on(name: "status", listener: (status: ConnectionStatus) => void): Off;
  on(name: "stopped", listener: (error: JobcastError) => void): Off;
  /** Let go of the connection. */
  close(): void;
}

export interface RequestOptions {
  json?: unknown;
  body?: BodyInit;
  headers?: Record<string, string>;
  query?: Record<string, any>;
  signal?: AbortSignal;
}

export interface Upload {
  id: string;
  name: string;
  size: number;
  media_type: string;
  sha256: string;
  expires_at: string;
}

export interface Kind {
  kind: string;
  description: string;
  /** JSON Schema (draft 2020-12) */
  args: any;
  /** JSON Schema (draft 2020-12) */
  result: any;
}

/** What is listened to while somebody listens to it. */
declare class Watch {
  on(name: "error", listener: (error: JobcastError) => void): Off;
  /** What the next event of this name tells; rejects with what an `error` tells. */
  first(name: string): Promise<any>;
  /** End all listening at once. */
  close(): void;
}

export declare class Job<Result = any> extends Watch {
  readonly id: string;
  /**
   * What is known now. One that is known from an event alone has no `args` yet, and what it waits for no
   * `schema`: `refresh()` brings both.
   */
  readonly current: JobResource<Result> | undefined;
  readonly output: { readonly attempt: number; readonly position: number; readonly text: string };
  readonly logs: readonly LogLine[];
  /** The job in its final state, whichever that is; rejects only if it cannot be watched. */
  readonly done: Promise<JobResource<Result>>;
  /** The result; rejects with a JobcastError when the job ended without one. */
  result(): Promise<Result>;
  on(name: "state" | "done", listener: (job: JobResource<Result>) => void): Off;
  on(name: "progress", listener: (progress: Progress) => void): Off;
  on(name: "output", listener: (piece: OutputChange) => void): Off;
  on(name: "log", listener: (line: LogLine) => void): Off;
  on(name: "event", listener: (event: JobEvent) => void): Off;
  on(name: "error", listener: (error: JobcastError) => void): Off;
  refresh(): Promise<JobResource<Result>>;
  cancel(): Promise<JobResource<Result>>;
  retry(): Promise<JobResource<Result>>;
  /** Hand a job that waits for input what it asked for. */
  input(data: any): Promise<any>;
}

export declare class Batch extends Watch {
  readonly id: string;
  readonly current: BatchResource | undefined;
  /** The batch when all its jobs have ended. */
  readonly done: Promise<BatchResource>;
  on(name: "progress" | "done", listener: (batch: BatchResource) => void): Off;
  on(name: "error", listener: (error: JobcastError) => void): Off;
  refresh(): Promise<BatchResource>;
  cancel(): Promise<BatchResource>;
  /** Run those of its jobs again that failed. */
  retry(): Promise<BatchResource>;
}

export declare class Jobs {
  /** Whether the first snapshot has arrived. */
  readonly ready: boolean;
  /** Whether there are older jobs than the snapshot could hold. */
  readonly truncated: boolean;
  /** Every job that is known, newest first. */
  readonly items: JobResource[];
  /** Called with a changed job, or with nothing when all of the list may have changed. */
  on(name: "change", listener: (job?: JobResource) => void): Off;
  /** Fetch a page of older jobs into the list; returns the next page's cursor, null at the end. */
  older(query?: {
    after?: string | null;
    state?: State | "";
    kind?: string;
    limit?: number;
  }): Promise<string | null>;
  close(): void;
}

export declare class Inbox {
  /** Whether the first page has arrived. */
  readonly ready: boolean;
  readonly unread: number;
  /** Every entry that is known, newest first. */
  readonly items: InboxEntryResource[];
  on(name: "change", listener: () => void): Off;
  /** An entry that was made just now. */
  on(name: "notification", listener: (entry: InboxEntryResource) => void): Off;
  on(name: "error", listener: (error: JobcastError) => void): Off;
  /** Mark these as read, all of them if none is named; my other tabs and devices hear of it. */
  read(ids?: string[]): Promise<void>;
  /** Fetch a page of older entries; returns whether there are more. */
  older(): Promise<boolean>;
  close(): void;
}

/**
 * What went wrong, in a word that stays. Those that a page may want to tell apart are named; a job's own
 * failure has the code its processor gave it.
 */
export type JobcastCode =
  | "unreachable"
  | "unauthenticated"
  | "insufficient_scope"
  | "not_found"
  | "revoked"
  | "gone"
  | "conflict"
  | "invalid_args"
  | "unknown_kind"
  | "invalid_input"
  | "too_many"
  | "too_large"
  | "invalid"
  | "forbidden"
  | "unavailable"
  | "limit_channels"
  | "ticket_refused"
  | "identity_changed"
  | `closed_${CloseCode}`
  | `http_${number}`
  | Exclude<State, "succeeded">
  | (string & {});

export declare class JobcastError extends Error {
  readonly code: JobcastCode;
  readonly status: number;
  readonly errors: { pointer: string; detail: string }[];
  readonly requestId?: string;
  readonly retryMs: number | null;
  readonly job?: JobResource;
  /** Whether the same request may well succeed later. */
  readonly temporary: boolean;
}

export declare const FINAL: ReadonlySet<State>;
