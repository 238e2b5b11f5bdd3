/** A client without a server, for the tests of a page: the test says what happens. */

import type { Jobcast } from "./jobcast";

export interface FakeOptions {
  user?: string;
  org?: string;
  kinds?: any[];
  /** By "METHOD path", a value or a function of the request, before the fake's own. */
  answers?: Record<string, any>;
}

export declare function fakeJobcast(options?: FakeOptions): FakeJobcast;

export declare class FakeJobcast {
  /** What the page is given instead of `connect()`. */
  readonly jobcast: Jobcast;
  readonly requests: { method: string; path: string; query: Record<string, string>; json: any }[];
  /** Have a job that waits in the queue; returns its id. */
  submit(kind?: string, args?: object, over?: object): string;
  /** A worker takes the job: its next attempt begins. */
  start(id: string): void;
  progress(id: string, fraction: number, message?: string): void;
  output(id: string, text: string): void;
  log(id: string, message: string, fields?: object): void;
  finish(id: string, result?: any): void;
  fail(id: string, message?: string, code?: string): void;
  /** Tell the page any event; what is left out of the envelope is filled in. */
  emit(event: { type: string; subject: string; [field: string]: any }): void;
  /** Put an entry into the inbox; returns its id. */
  notify(name: string, data?: any): string;
  /** Everything the page knows is void, and told afresh. */
  gap(): void;
  /** The server restarts. */
  drain(retryMs?: number): void;
  /** Everything takes this long from now on. */
  slow(ms: number): void;
  /** The network is gone, until `online`. */
  offline(): void;
  online(): void;
  /** The session ends, as when it is ended on another device. */
  signOut(): void;
  close(): void;
}
