/** The other side of the client in its tests: a played WebSocket, a played HTTP API, job facts. */

import { afterEach } from "node:test";

import { connect } from "../../realtime/client/jobcast.js";
import { fakeJobcast } from "../../realtime/client/testing.js";

/** Closed after each test, a failed one too: its timers would keep the whole run alive. */
const opened = [];
afterEach(() => {
  for (const client of opened.splice(0)) client.close();
});

export const ID = "01990000-0000-7000-8000-000000000001";

/** A WebSocket whose server end is `said`, `tell` and `drop`. */
export class FakeSocket {
  /** @type {FakeSocket[]} */
  static all = [];
  readyState = 0;
  said = [];

  constructor(url, protocols) {
    this.url = String(url);
    this.protocols = protocols;
    FakeSocket.all.push(this);
    queueMicrotask(() => this.open());
  }

  static get last() {
    return FakeSocket.all.at(-1);
  }

  open() {
    if (this.readyState !== 0 || FakeSocket.refusing) return FakeSocket.refusing && this.drop(1006);
    this.readyState = 1;
    this.onopen();
    FakeSocket.opened?.(this);
  }

  send(text) {
    this.said.push(JSON.parse(text));
  }

  close(code) {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.closedWith = code;
  }

  /** Send frames to the client. */
  tell(...frames) {
    for (const frame of frames) this.onmessage({ data: JSON.stringify(frame) });
  }

  /** End the connection from the server's side. */
  drop(code = 1006) {
    this.readyState = 3;
    this.onclose({ code });
  }
}

/** Return the fake that is shipped for pages' tests. */
export function faked(options) {
  const fake = fakeJobcast(options);
  opened.push(fake);
  return fake;
}

/**
 * Return a client whose server is played. `answers` are functions by "METHOD path", or values.
 */
export function played(answers = {}, options = {}) {
  FakeSocket.all = [];
  FakeSocket.refusing = false;
  const requests = [];
  const fetch = async (url, init) => {
    const { pathname, search } = new URL(url);
    const request = { method: init.method, path: pathname.slice(1), search, ...init };
    requests.push(request);
    const known = { "POST api/tickets": { ticket: "tk_1" }, ...answers };
    const answer = known[`${request.method} ${request.path}`];
    const found = typeof answer === "function" ? await answer(request) : answer;
    return found instanceof Response ? found : Response.json(found ?? null);
  };
  const jobcast = connect({
    url: "http://jobcast.test",
    fetch,
    WebSocket: FakeSocket,
    shared: false,
    random: () => 0,
    ...options,
  });
  opened.push(jobcast);
  return { jobcast, requests };
}

/** Wait for the next socket on which the client has said hello. */
export function nextSocket() {
  return new Promise((resolve) => (FakeSocket.opened = resolve));
}

/** Wait for one event of an emitter. */
export function once(emitter, name, wanted = () => true) {
  return new Promise((resolve) => {
    const off = emitter.on(name, (value) => wanted(value) && (off(), resolve(value)));
  });
}

/** Wait until everything that is due has run (timers that a test holds back are not). */
export function settled() {
  return new Promise((resolve) => setImmediate(resolve));
}

export function resource(over = {}) {
  return {
    id: ID,
    kind: "echo",
    state: "running",
    args: {},
    result: null,
    error: null,
    progress: null,
    attempt: 1,
    version: 2,
    finished_at: null,
    cancel_requested_at: null,
    ...over,
  };
}

export function event(type, seq, data = {}, over = {}) {
  return {
    type: `job.${type}`,
    subject: `job:${ID}`,
    channel: "user:ada",
    seq,
    offset: seq,
    epoch: "e1",
    attempt: 1,
    user: "ada",
    org: "acme",
    time: "2026-11-22T10:00:00Z",
    data: { kind: "echo", result: null, error: null, finished_at: null, ...data },
    ...over,
  };
}

/** A durable event that ends the job. */
export function succeeded(seq, result) {
  return event("succeeded", seq, { state: "succeeded", result, finished_at: `t${seq}` });
}

export function snapshot(channel, state, over = {}) {
  return { channel, epoch: "e1", offset: 2, state, ...over };
}
