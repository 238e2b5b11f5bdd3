/**
 * What goes over the wire between Jobcast and a browser.
 * Written by `python -m service.typescript` from the models of the server; do not edit.
 */

/** The browser has taken everything up to ``offset``. */
export interface AckFrame {
  channel: string;
  offset: number;
  t: "ack";
  /** Comes back in the answer */
  i?: number | string;
}

export type AnyEvent = JobEvent | ProgressEvent | LogEvent | OutputEvent | BatchEvent | BatchProgressEvent | InboxEvent | NotificationEvent | OthersInboxEvent;

export type AnySnapshot = UserSnapshot | OrgSnapshot | JobSnapshot | LastWords | BatchSnapshot;

/** A request for input; its schema is to be read from the job. */
export interface Asked {
  number: number;
  /** At most 500 characters of it */
  prompt: string;
  /** When it gives up, if it ever does */
  until?: string;
}

/** One go at a job. */
export interface Attempt {
  attempt: number;
  worker: string | null;
  started_at: string;
  ended_at: string | null;
  /** How it ended; empty while it runs */
  outcome: "succeeded" | "failed" | "timeout" | "cancelled" | "released" | "lost" | null;
  error: JobFailure | null;
}

/** A fresh ticket, for a session that would expire. */
export interface AuthFrame {
  ticket: string;
  t: "auth";
  /** Comes back in the answer */
  i?: number | string;
}

/** A request for input. Hand it in by POST …/input, fitting ``schema``. */
export interface Awaiting {
  number: number;
  prompt: string;
  schema: Record<string, any>;
  until: string | null;
  /** Why the last answer did not fit */
  problem: string | null;
  /** The same, by place */
  errors: InputFault[];
}

/** How many jobs of a batch are in each state, and how far it is. */
export interface BatchCounters {
  total: number;
  counts: Record<State, number>;
  progress: Fraction;
  /** Grows when a completed batch gets work again */
  round: number;
  /** Grows with every change: what has a lower one is older */
  revision: number;
  completed_at: string | null;
}

/** A batch was made, or all of its jobs are over. `seq` is its version. */
export interface BatchEvent {
  specversion: "1.0";
  /** Durable: the same for the same change, however often it is told; else not unique */
  id: string;
  /** /jobs, /batches or /inbox */
  source: string;
  type: "batch.created" | "batch.completed";
  time: string;
  /** The channel that it was told on, such as user:42 */
  channel: string;
  user: string;
  org: string;
  /** The trace it belongs to, where the request that began it had one */
  traceparent?: string;
  data: BatchCounters;
  /** What it is about: `job:<id>`, `batch:<id>` or `inbox:<id>` */
  subject: string;
  /** Its place in the channel; grows by one */
  offset: number;
  /** The database's timeline that the offset belongs to */
  epoch: string;
  /** The subject's version; a smaller one is old news */
  seq: number;
}

/** A batch came further; only the newest counts. */
export interface BatchProgressEvent {
  specversion: "1.0";
  /** Durable: the same for the same change, however often it is told; else not unique */
  id: string;
  /** /jobs, /batches or /inbox */
  source: string;
  type: "batch.progress";
  time: string;
  /** The channel that it was told on, such as user:42 */
  channel: string;
  user: string;
  org: string;
  /** The trace it belongs to, where the request that began it had one */
  traceparent?: string;
  data: BatchCounters;
  /** What it is about: `job:<id>`, `batch:<id>` or `inbox:<id>` */
  subject: string;
}

/** A batch. ``counts`` says how many of its jobs are in each state; changes make ``revision`` grow. */
export interface BatchResource {
  id: string;
  total: number;
  counts: Record<string, number>;
  progress: Progress;
  open: boolean;
  round: number;
  revision: number;
  tags: string[];
  on_complete: any;
  created_at: string;
  completed_at: string | null;
}

/** A batch and its counters. */
export interface BatchSnapshot {
  channel: string;
  epoch: string;
  offset: number;
  state: BatchState;
}

/** A batch and its counters, after a gap. */
export interface BatchSnapshotFrame {
  channel: string;
  epoch: string;
  offset: number;
  state: BatchState;
  t: "snapshot";
}

/** A batch. */
export interface BatchState {
  batch: BatchResource;
}

/** The server closes now. `code` is a close code, `retry_ms` when to come back. */
export interface Bye {
  code: 1000 | 1011 | 1012 | 4000 | 4001 | 4003 | 4008 | 4009 | 4100 | 4101 | 4102 | 4103 | 4200 | 4201 | 4202;
  retry_ms: number;
}

/** The last frame before the server closes with `code`; come back after `retry_ms`. */
export interface ByeFrame {
  code: 1000 | 1011 | 1012 | 4000 | 4001 | 4003 | 4008 | 4009 | 4100 | 4101 | 4102 | 4103 | 4200 | 4201 | 4202;
  retry_ms: number;
  t: "bye";
}

/** Stop a job, as `POST /api/jobs/{id}/cancel` does; `ok` brings `job` and its `state`. */
export interface CancelFrame {
  job: string;
  t: "cancel";
  /** Comes back in the answer */
  i?: number | string;
}

/** Ask for a normal close. */
export interface ClientByeFrame {
  t: "bye";
  /** Comes back in the answer */
  i?: number | string;
}

export type ClientFrame = HelloFrame | SubFrame | UnsubFrame | AckFrame | AuthFrame | ClientPingFrame | ClientPongFrame | ClientByeFrame | CancelFrame | ReadFrame | InputFrame;

/** Ask for a pong. */
export interface ClientPingFrame {
  t: "ping";
  /** Comes back in the answer */
  i?: number | string;
}

/** A sign of life. */
export interface ClientPongFrame {
  t: "pong";
  /** Comes back in the answer */
  i?: number | string;
}

/** An event that is stored, has a place in its channel, and is never missed. */
export interface DurableEnvelope<Data = any> {
  specversion: "1.0";
  /** Durable: the same for the same change, however often it is told; else not unique */
  id: string;
  /** /jobs, /batches or /inbox */
  source: string;
  type: string;
  time: string;
  /** The channel that it was told on, such as user:42 */
  channel: string;
  user: string;
  org: string;
  /** The trace it belongs to, where the request that began it had one */
  traceparent?: string;
  data: Data;
  /** What it is about: `job:<id>`, `batch:<id>` or `inbox:<id>` */
  subject: string;
  /** Its place in the channel; grows by one */
  offset: number;
  /** The database's timeline that the offset belongs to */
  epoch: string;
  /** The subject's version; a smaller one is old news */
  seq: number;
}

/** One event about one thing. */
export interface Envelope<Data = any> {
  specversion: "1.0";
  /** Durable: the same for the same change, however often it is told; else not unique */
  id: string;
  /** /jobs, /batches or /inbox */
  source: string;
  type: string;
  time: string;
  /** The channel that it was told on, such as user:42 */
  channel: string;
  user: string;
  org: string;
  /** The trace it belongs to, where the request that began it had one */
  traceparent?: string;
  data: Data;
  /** What it is about: `job:<id>`, `batch:<id>` or `inbox:<id>` */
  subject: string;
}

/** It was not done. The connection goes on. */
export interface ErrFrame {
  /** The number of the frame that it answers */
  i?: number | string;
  t: "err";
  /** The channel it is about, as you named it */
  channel?: string;
  error: WireError;
}

/** Events in their order, of any channels. */
export interface EvFrame {
  t: "ev";
  e: AnyEvent[];
}

/** Your session ends in so many seconds; bring a new ticket by `auth`. */
export interface Expiring {
  seconds: number;
}

/** Your session ends in so many seconds; bring a new ticket by `auth`. */
export interface ExpiringFrame {
  seconds: number;
  t: "expiring";
}

/** How far a batch is. ``fraction`` runs from 0 to 1. */
export interface Fraction {
  fraction: number;
}

/**
 * Your place in the channel is of no use; the whole of it follows as a snapshot.
 *
 * `epoch`: the database was restored. `ahead`: your offset is from the future. `evicted`: more was
 * missed than is replayed.
 */
export interface Gap {
  channel: string;
  reason: "epoch" | "ahead" | "evicted";
}

/** Your place in the channel is of no use any more; a snapshot frame follows. */
export interface GapFrame {
  channel: string;
  reason: "epoch" | "ahead" | "evicted";
  t: "gap";
}

/** The first message: what to listen to, and from where on. */
export interface HelloFrame {
  subs?: Sub[];
  t: "hello";
  /** Comes back in the answer */
  i?: number | string;
}

/** One notification. ``name`` is ``job.<state>`` for an ending, else what the processor called it. */
export interface InboxEntryResource {
  id: string;
  name: string;
  job_id: string | null;
  data: any;
  created_at: string;
  /** Empty while it is unread */
  read_at: string | null;
  /** When a device first showed it */
  acked_at: string | null;
  /** Where it went, as no device showed it in time: `webhook`, `email`, `sms` */
  handed_off: Record<string, string> | null;
}

/** An entry of your inbox was made (`seq` 1), or read on any of your devices (`seq` 2). */
export interface InboxEvent {
  specversion: "1.0";
  /** Durable: the same for the same change, however often it is told; else not unique */
  id: string;
  /** /jobs, /batches or /inbox */
  source: string;
  type: "inbox.created" | "inbox.read";
  time: string;
  /** The channel that it was told on, such as user:42 */
  channel: string;
  user: string;
  org: string;
  /** The trace it belongs to, where the request that began it had one */
  traceparent?: string;
  data: NoticeData;
  /** What it is about: `job:<id>`, `batch:<id>` or `inbox:<id>` */
  subject: string;
  /** Its place in the channel; grows by one */
  offset: number;
  /** The database's timeline that the offset belongs to */
  epoch: string;
  /** The subject's version; a smaller one is old news */
  seq: number;
}

/** Some notifications, newest first; ``unread`` counts all that are unread, listed here or not. */
export interface InboxPage {
  data: InboxEntryResource[];
  next: string | null;
  has_more: boolean;
  unread: number;
}

/** What is wrong with an answer, and where (a JSON pointer, or the nearest that can be said). */
export interface InputFault {
  pointer: string;
  detail: string;
}

/**
 * Hand a running job the input it waits for, as `POST /api/jobs/{id}/input` does.
 *
 * `ok` brings `job` and its `state`.
 */
export interface InputFrame {
  job: string;
  data: any;
  t: "input";
  /** Comes back in the answer */
  i?: number | string;
}

/** The newest of what passes by: `progress`, all kept `output`, the last 50 lines of the log. */
export interface JobEphemeral {
  progress: Progress | null;
  output: OutputSoFar | null;
  logs: LogLine[];
}

/** A job changed. `seq` is its version; on the job's own channel that is the `offset` as well. */
export interface JobEvent {
  specversion: "1.0";
  /** Durable: the same for the same change, however often it is told; else not unique */
  id: string;
  /** /jobs, /batches or /inbox */
  source: string;
  type: "job.waiting" | "job.scheduled" | "job.queued" | "job.started" | "job.retrying" | "job.cancelling" | "job.input_requested" | "job.input_received" | "job.input_expired" | "job.succeeded" | "job.failed" | "job.cancelled" | "job.expired";
  time: string;
  /** The channel that it was told on, such as user:42 */
  channel: string;
  user: string;
  org: string;
  /** The trace it belongs to, where the request that began it had one */
  traceparent?: string;
  data: JobSummary;
  /** What it is about: `job:<id>`, `batch:<id>` or `inbox:<id>` */
  subject: string;
  /** Its place in the channel; grows by one */
  offset: number;
  /** The database's timeline that the offset belongs to */
  epoch: string;
  /** The subject's version; a smaller one is old news */
  seq: number;
  /** 0 before it was first started */
  attempt: number;
}

/** Why a job, or one attempt at it, failed. ``code`` is stable, ``message`` is for people. */
export interface JobFailure {
  code: string;
  message: string;
}

/** A job. Times are RFC 3339 in UTC; ``version`` grows with every change. */
export interface JobResource<Result = any> {
  id: string;
  kind: string;
  state: State;
  args: any;
  result: Result;
  error: JobFailure | null;
  progress: Progress | null;
  /** How often it was started, deploys and crashes included */
  attempt: number;
  /** How many attempts failed; limited by max_attempts */
  failures: number;
  max_attempts: number;
  attempts: Attempt[];
  priority: number;
  queue: string;
  user: string;
  org: string;
  tags: string[];
  metadata: Record<string, any>;
  parent_id: string | null;
  batch_id: string | null;
  unique_key: string | null;
  concurrency_key: string | null;
  /** Set when the unique key had a job before */
  deduplicated: boolean | null;
  /** The input a running job waits for */
  awaiting: Awaiting | null;
  run_at: string;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  expires_at: string | null;
  cancel_requested_at: string | null;
  worker: string | null;
  version: number;
  /** Place in the queue, from 1, while queued */
  position: number | null;
  eta_seconds: number | null;
  /** Set while its queue is paused by an operator */
  paused: boolean | null;
  links: Links;
}

/** A job and what its running attempt has said so far. */
export interface JobSnapshot {
  channel: string;
  epoch: string;
  offset: number;
  state: JobState;
  ephemeral: JobEphemeral;
}

/** A job and what its running attempt has said so far: after a gap, or when events were skipped. */
export interface JobSnapshotFrame {
  channel: string;
  epoch: string;
  offset: number;
  state: JobState;
  ephemeral: JobEphemeral;
  t: "snapshot";
}

/** A job. */
export interface JobState {
  job: JobResource;
}

/** What an event says of a job. */
export interface JobSummary {
  kind: string;
  state: State;
  attempt: number;
  failures: number;
  max_attempts: number;
  priority: number;
  tags: string[];
  /** Who runs it; null unless it runs */
  worker: string | null;
  run_at: string;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  cancel_requested_at: string | null;
  progress: Progress | null;
  result: any;
  error: JobFailure | null;
  /** Why it came to this: how the attempt ended, or what queued it */
  reason?: "retry" | "due" | "after" | "succeeded" | "failed" | "timeout" | "cancelled" | "released" | "lost";
  /** Whose child it is */
  parent_id?: string;
  /** The input it waits for */
  awaiting?: Asked;
  /** The event was too big: result and error are to be read here */
  data_ref?: string;
}

/** What a job said before its end, which comes as an event: a snapshot without `state`. */
export interface LastWords {
  channel: string;
  epoch: string;
  /** The place you had */
  offset: number;
  ephemeral: JobEphemeral;
}

/** What a job said before its end, which comes as an event: a snapshot without `state`. */
export interface LastWordsFrame {
  channel: string;
  epoch: string;
  /** The place you had */
  offset: number;
  ephemeral: JobEphemeral;
  t: "snapshot";
}

/** How much one connection may ask. */
export interface Limits {
  channels: number;
  frame_bytes: number;
}

/** Where to go from here. */
export interface Links {
  self: string;
  events: string;
  cancel: string;
  retry: string;
}

/** A job said a line. */
export interface LogEvent {
  specversion: "1.0";
  /** Durable: the same for the same change, however often it is told; else not unique */
  id: string;
  /** /jobs, /batches or /inbox */
  source: string;
  type: "job.log";
  time: string;
  /** The channel that it was told on, such as user:42 */
  channel: string;
  user: string;
  org: string;
  /** The trace it belongs to, where the request that began it had one */
  traceparent?: string;
  data: LogLine;
  /** What it is about: `job:<id>`, `batch:<id>` or `inbox:<id>` */
  subject: string;
  attempt: number;
}

/** A line of a job's log; further fields are the processor's own. */
export interface LogLine {
  time: string;
  attempt: number;
  /** Its number within the attempt; show each (attempt, line) once */
  line: number;
  message: string;
  [field: string]: any;
}

/** An entry of the inbox. */
export interface NoticeData {
  id: string;
  /** `job.<state>` for an ending, else what the processor called it */
  name: string;
  job_id: string | null;
  data: any;
  created_at: string;
  read_at: string | null;
  /** The event was too big: data is to be read here */
  data_ref?: string;
}

/** A processor has something to tell you; it is in your inbox as well. */
export interface NotificationEvent {
  specversion: "1.0";
  /** Durable: the same for the same change, however often it is told; else not unique */
  id: string;
  /** /jobs, /batches or /inbox */
  source: string;
  type: `notification.${string}`;
  time: string;
  /** The channel that it was told on, such as user:42 */
  channel: string;
  user: string;
  org: string;
  /** The trace it belongs to, where the request that began it had one */
  traceparent?: string;
  data: NoticeData;
  /** What it is about: `job:<id>`, `batch:<id>` or `inbox:<id>` */
  subject: string;
  /** Its place in the channel; grows by one */
  offset: number;
  /** The database's timeline that the offset belongs to */
  epoch: string;
  /** The subject's version; a smaller one is old news */
  seq: number;
}

/** It was done; a command's result comes as further fields. */
export interface OkFrame {
  /** The number of the frame that it answers */
  i?: number | string;
  t: "ok";
  [field: string]: any;
}

/** The jobs of all users of an org. */
export interface OrgSnapshot {
  channel: string;
  epoch: string;
  offset: number;
  state: OrgState;
}

/** The jobs of all users of an org, after a gap. */
export interface OrgSnapshotFrame {
  channel: string;
  epoch: string;
  offset: number;
  state: OrgState;
  t: "snapshot";
}

/** Every unfinished job and those that ended in the last 24 hours, newest change first. */
export interface OrgState {
  jobs: JobResource[];
  /** There are more than 500; page through GET /api/jobs */
  truncated: boolean;
}

/** Somebody's inbox changed. Org channels say no more: what is in it is theirs. */
export interface OthersInboxEvent {
  specversion: "1.0";
  /** Durable: the same for the same change, however often it is told; else not unique */
  id: string;
  /** /jobs, /batches or /inbox */
  source: string;
  type: "inbox.changed";
  time: string;
  /** The channel that it was told on, such as user:42 */
  channel: string;
  user: string;
  org: string;
  /** The trace it belongs to, where the request that began it had one */
  traceparent?: string;
  data: null;
  offset: number;
  epoch: string;
}

/** A job streamed text. */
export interface OutputEvent {
  specversion: "1.0";
  /** Durable: the same for the same change, however often it is told; else not unique */
  id: string;
  /** /jobs, /batches or /inbox */
  source: string;
  type: "job.output";
  time: string;
  /** The channel that it was told on, such as user:42 */
  channel: string;
  user: string;
  org: string;
  /** The trace it belongs to, where the request that began it had one */
  traceparent?: string;
  data: OutputPiece;
  /** What it is about: `job:<id>`, `batch:<id>` or `inbox:<id>` */
  subject: string;
  attempt: number;
}

/** Some more text of an attempt. */
export interface OutputPiece {
  /** A newer attempt starts over: replace, don't append */
  attempt: number;
  /** Bytes of UTF-8 streamed, this piece included */
  position: number;
  text: string;
}

/** The text that an attempt has streamed. */
export interface OutputSoFar {
  attempt: number;
  /** Bytes of UTF-8 streamed; `text` ends there */
  position: number;
  /** The end of it, as much as is kept (max_output_bytes) */
  text: string;
}

/** A sign of life; no answer is needed. */
export interface PingFrame {
  t: "ping";
}

/** The answer of a long poll. Apply it in this order: gaps, snapshots, events, unsubbed. */
export interface PollAnswer {
  /** Where you are now; give it back with the next request */
  cursor: string;
  gaps: Gap[];
  snapshots: AnySnapshot[];
  events: AnyEvent[];
  unsubbed: Unsubbed[];
  degraded: boolean;
  /** Wait so long before the next request */
  retry_ms: number;
}

/** The answer to your ping. */
export interface PongFrame {
  /** The number of the frame that it answers */
  i?: number | string;
  t: "pong";
}

/** How far a job is. ``fraction`` runs from 0 to 1. */
export interface Progress {
  fraction: number;
  message: string;
}

/** How far an attempt is. */
export interface ProgressData {
  fraction: number;
  message: string;
  attempt: number;
}

/** A job came further; only the newest counts. Also told on its user's and org's channels. */
export interface ProgressEvent {
  specversion: "1.0";
  /** Durable: the same for the same change, however often it is told; else not unique */
  id: string;
  /** /jobs, /batches or /inbox */
  source: string;
  type: "job.progress";
  time: string;
  /** The channel that it was told on, such as user:42 */
  channel: string;
  user: string;
  org: string;
  /** The trace it belongs to, where the request that began it had one */
  traceparent?: string;
  data: ProgressData;
  /** What it is about: `job:<id>`, `batch:<id>` or `inbox:<id>` */
  subject: string;
  attempt: number;
}

/**
 * Mark entries of the inbox as read, these or all, as `POST /api/inbox/read` does.
 *
 * `ok` brings how many were `read` by it and how many are `unread` still.
 */
export interface ReadFrame {
  ids?: string[];
  all?: boolean;
  t: "read";
  /** Comes back in the answer */
  i?: number | string;
}

/** Where to go from here. */
export interface ScheduleLinks {
  self: string;
  run: string;
  preview: string;
}

/** A schedule. What PUT takes, and how it has gone. Times are RFC 3339 in UTC, durations seconds. */
export interface ScheduleResource {
  key: string;
  kind: string;
  args: any;
  cron: string | null;
  every: number | null;
  at: string | null;
  timezone: string;
  missed: "skip" | "one" | "all";
  overlap: "allow" | "skip" | "cancel_old";
  jitter: number;
  paused: boolean;
  options: Record<string, any>;
  /** The schedule_id of its jobs */
  id: string;
  /** The next tick, jitter aside; none while paused */
  next_at: string | null;
  /** The last tick that was dealt with */
  last_at: string | null;
  last_job_id: string | null;
  /** Why the last tick made no job, or too few */
  last_problem: string | null;
  /** How many jobs its ticks have made */
  runs: number;
  created_at: string;
  updated_at: string;
  /** Grows with every change its owner makes */
  version: number;
  links: ScheduleLinks;
}

export type ServerFrame = WelcomeFrame | SubbedFrame | UnsubbedFrame | EvFrame | UserSnapshotFrame | OrgSnapshotFrame | JobSnapshotFrame | LastWordsFrame | BatchSnapshotFrame | GapFrame | StatusFrame | ExpiringFrame | ByeFrame | OkFrame | ErrFrame | PingFrame | PongFrame;

/** Where a job is in its life. The last four are final until somebody retries it. */
export type State = "waiting" | "scheduled" | "queued" | "running" | "retrying" | "succeeded" | "failed" | "cancelled" | "expired";

/** Whether changes arrive late now: up to 4 seconds instead of at once. Nothing is lost. */
export interface Status {
  degraded: boolean;
}

/** Whether changes arrive late now: up to 4 seconds instead of at once. Nothing is lost. */
export interface StatusFrame {
  degraded: boolean;
  t: "status";
}

/** The first event of a stream. */
export interface StreamWelcome {
  user: string;
  org: string;
  /** What is streamed, in the order of the cursor's parts */
  channels: string[];
  /** A comment comes at least this often */
  heartbeat_seconds: number;
  degraded: boolean;
}

/** Listen to a channel: after ``since``, else from a snapshot or from now on. */
export interface Sub {
  channel: string;
  since?: string | null;
  snapshot?: boolean;
}

/** Listen to a channel: after ``since``, else from a snapshot or from now on. */
export interface SubFrame {
  channel: string;
  since?: string | null;
  snapshot?: boolean;
  t: "sub";
  /** Comes back in the answer */
  i?: number | string;
}

/**
 * You listen to the channel, and are brought to `offset` by `events` or by `snapshot`.
 *
 * Both come to a job's channel that is resumed, in that order: what is ephemeral was missed too.
 * Neither comes to a fresh sub with `snapshot: false`.
 */
export interface SubbedFrame {
  /** The number of the frame that it answers */
  i?: number | string;
  t: "subbed";
  channel: string;
  epoch: string;
  offset: number;
  /** Whether `since` was good enough to bring every change */
  recovered: boolean;
  /** Why it was not */
  gap?: "epoch" | "ahead" | "evicted";
  events?: AnyEvent[];
  snapshot?: AnySnapshot;
}

/** Stop listening to a channel. */
export interface UnsubFrame {
  channel: string;
  t: "unsub";
  /** Comes back in the answer */
  i?: number | string;
}

/**
 * Nothing more will come on the channel.
 *
 * `done`: the job is over. `gone`: it was deleted. `revoked`: you may not listen any more. `unsub`:
 * you asked for it.
 */
export interface Unsubbed {
  channel: string;
  code: "done" | "gone" | "revoked" | "unsub";
}

/** Nothing more will come on the channel: it is done, gone, revoked, or you left it. */
export interface UnsubbedFrame {
  channel: string;
  code: "done" | "gone" | "revoked" | "unsub";
  /** The number of the frame that it answers */
  i?: number | string;
  t: "unsubbed";
}

/** A user's jobs and inbox. */
export interface UserSnapshot {
  channel: string;
  epoch: string;
  offset: number;
  state: UserState;
}

/** A user's jobs and inbox, after a gap. */
export interface UserSnapshotFrame {
  channel: string;
  epoch: string;
  offset: number;
  state: UserState;
  t: "snapshot";
}

/** The jobs, as of an org, and the inbox. */
export interface UserState {
  jobs: JobResource[];
  /** There are more than 500; page through GET /api/jobs */
  truncated: boolean;
  /** Unread entries of the inbox */
  unread: number;
}

/** The answer to hello; a `subbed` or `err` for each of its subs follows. */
export interface WelcomeFrame {
  t: "welcome";
  user: string;
  org: string;
  /** A ping comes at least this often */
  heartbeat_seconds: number;
  degraded: boolean;
  server_time: string;
  limits: Limits;
}

/** Why something was refused. `code` is for programs, `message` for people. */
export interface WireError {
  code: string;
  message: string;
  retryable: boolean;
}

/** The events of a stream that are about the stream, by name. */
export interface StreamEvents {
  welcome: StreamWelcome;
  snapshot: UserSnapshot | OrgSnapshot | JobSnapshot | LastWords | BatchSnapshot;
  gap: Gap;
  unsubbed: Unsubbed;
  status: Status;
  expiring: Expiring;
  bye: Bye;
}

export type CloseCode = 1000 | 1011 | 1012 | 4000 | 4001 | 4003 | 4008 | 4009 | 4100 | 4101 | 4102 | 4103 | 4200 | 4201 | 4202;

export type ErrorCode = "bad_request" | "unknown_type" | "not_found" | "forbidden" | "bad_cursor" | "limit_channels" | "unauthenticated" | "unavailable" | "internal" | "wrong_state" | "invalid_input";
