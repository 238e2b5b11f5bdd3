/** Jobcast in the browser: submit jobs and hear what becomes of them. */

export type State =
  | "waiting"
  | "scheduled"
  | "queued"
  | "running"
  | "retrying"
  | "succeeded"
  | "failed"
  | "cancelled"
  | "expired";

export interface Progress {
  /** 0 to 1 */
  fraction: number;
  message: string;
}

export interface Failure {
  code: string;
  message: string;
}

/** A job as the API gives it. One that is known from an event alone has no `args` yet. */
export interface JobResource<Result = any> {
  id: string;
  kind: string;
  state: State;
  args?: any;
  result?: Result;
  error: Failure | null;
  progress: Progress | null;
  attempt: number;
  failures: number;
  max_attempts: number;
  attempts?: Attempt[];
  priority: number;
  queue?: string;
  user: string;
  org: string;
  tags: string[];
  metadata?: Record<string, any>;
  run_at: string;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  cancel_requested_at: string | null;
  worker: string | null;
  version: number;
  position?: number | null;
  eta_seconds?: number | null;
}

export interface Attempt {
  attempt: number;
  worker: string | null;
  started_at: string;
  ended_at: string | null;
  outcome: "succeeded" | "failed" | "timeout" | "cancelled" | "released" | "lost" | null;
  error: Failure | null;
}

export interface JobEvent {
  id: string;
  type: string;
  subject: string;
  time: string;
  channel: string;
  seq: number;
  attempt: number;
  data: any;
}

export interface LogLine {
  time: string;
  attempt: number;
  message: string;
  [field: string]: any;
}

/** A piece of output. `whole`: it replaces what was shown before (a snapshot, a new attempt). */
export interface OutputPiece {
  attempt: number;
  text: string;
  whole: boolean;
}

export interface ConnectionStatus {
  phase: "idle" | "connecting" | "live" | "reconnecting" | "stopped";
  degraded: boolean;
  transport: "websocket" | "sse" | null;
  attempt: number;
}

export interface SubmitOptions {
  /** Made up for each submission if not given: a lost answer never doubles the work. */
  idempotencyKey?: string;
  signal?: AbortSignal;
  priority?: number;
  run_at?: string;
  delay?: number | string;
  max_attempts?: number;
  timeout?: number | string;
  tags?: string[];
  metadata?: Record<string, any>;
}

export interface Options {
  /** Where the service is; by default where the page came from. */
  url?: string;
  /** A JWT or API key; without one the page's cookie session is used. */
  token?: string | (() => string | Promise<string>);
  /** Gives a fresh ticket for each connection, for pages that hold no token. */
  ticket?: () => string | Promise<string>;
  fetch?: typeof globalThis.fetch;
  /** null: server-sent events only. */
  WebSocket?: typeof globalThis.WebSocket | null;
  random?: () => number;
}

type Off = () => void;

export declare function connect(options?: Options): Jobcast;

export declare class Jobcast {
  readonly api: {
    call(method: string, path: string, options?: RequestOptions): Promise<any>;
    /** Like `call`, again while the trouble is temporary. */
    insist(method: string, path: string, options?: RequestOptions): Promise<any>;
  };
  submit<Result = any>(kind: string, args?: object, options?: SubmitOptions): Promise<Job<Result>>;
  job<Result = any>(id: string): Job<Result>;
  jobs(): Jobs;
  cancel(id: string): Promise<JobResource>;
  retry(id: string): Promise<JobResource>;
  upload(file: File, options?: { signal?: AbortSignal }): Promise<Upload>;
  kinds(): Promise<{ data: Kind[] }>;
  on(name: "status", listener: (status: ConnectionStatus) => void): Off;
  on(name: "stopped", listener: (error: JobcastError) => void): Off;
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

export declare class Job<Result = any> {
  readonly id: string;
  readonly current: JobResource<Result> | undefined;
  readonly output: { readonly attempt: number; readonly position: number; readonly text: string };
  readonly logs: readonly LogLine[];
  /** The job in its final state, whichever that is; rejects only if it cannot be watched. */
  readonly done: Promise<JobResource<Result>>;
  /** The result; rejects with a JobcastError when the job ended without one. */
  result(): Promise<Result>;
  on(name: "state" | "done", listener: (job: JobResource<Result>) => void): Off;
  on(name: "progress", listener: (progress: Progress) => void): Off;
  on(name: "output", listener: (piece: OutputPiece) => void): Off;
  on(name: "log", listener: (line: LogLine) => void): Off;
  on(name: "event", listener: (event: JobEvent) => void): Off;
  on(name: "error", listener: (error: JobcastError) => void): Off;
  refresh(): Promise<JobResource<Result>>;
  cancel(): Promise<JobResource<Result>>;
  retry(): Promise<JobResource<Result>>;
  /** End all listening at once. */
  close(): void;
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
    state?: string;
    kind?: string;
    limit?: number;
  }): Promise<string | null>;
  close(): void;
}

export declare class JobcastError extends Error {
  readonly code: string;
  readonly status: number;
  readonly errors: { pointer: string; detail: string }[];
  readonly requestId?: string;
  readonly retryMs: number | null;
  readonly job?: JobResource;
  /** Whether the same request may well succeed later. */
  readonly temporary: boolean;
}

export declare const FINAL: ReadonlySet<State>;
