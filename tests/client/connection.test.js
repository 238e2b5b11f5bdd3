/** The connection's life: hello, resume, back-off, each kind of close, the fall back to SSE. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  FakeSocket,
  ID,
  event,
  nextSocket,
  once,
  played,
  resource,
  settled,
  snapshot,
} from "./fake_server.js";

async function live(options) {
  const { jobcast, requests } = played({}, options);
  const list = jobcast.jobs();
  const socket = await nextSocket();
  socket.tell({ t: "welcome" });
  return { jobcast, requests, list, socket };
}

test("it says hello with a ticket and asks for a snapshot of what was joined", async () => {
  const { jobcast, socket } = await live();

  assert.equal(socket.url, "ws://jobcast.test/api/ws");
  assert.deepEqual(socket.protocols, ["jobcast.v1", "ticket.tk_1"]);
  assert.deepEqual(socket.said, [{ t: "hello", subs: [{ channel: "me", snapshot: true }] }]);
  assert.equal(jobcast.connection.status.phase, "live");
  jobcast.close();
});

test("after a loss it resumes where it was", async () => {
  const { jobcast, socket } = await live();
  socket.tell({
    t: "subbed",
    channel: "user:ada",
    as: "me",
    epoch: "e1",
    offset: 2,
    recovered: true,
    snapshot: snapshot("user:ada", { jobs: [] }),
  });
  socket.tell({ t: "ev", e: [event("queued", 1, { state: "queued" }, { offset: 7 })] });

  socket.drop(1006);
  const next = await nextSocket();

  assert.deepEqual(next.said[0].subs, [{ channel: "me", since: "e1.7" }]);
  jobcast.close();
});

test("a job is asked for whole after a loss, because its output was missed too", async () => {
  const { jobcast, socket } = await live();
  jobcast.job(ID).on("output", () => {});
  socket.tell({
    t: "subbed",
    i: 1,
    channel: `job:${ID}`,
    epoch: "e1",
    offset: 2,
    snapshot: snapshot(`job:${ID}`, { job: resource() }),
  });

  socket.drop(1006);
  const next = await nextSocket();

  assert.deepEqual(next.said[0].subs[0], { channel: `job:${ID}`, snapshot: true });
  jobcast.close();
});

test("a snapshot of another epoch replaces what was known", async () => {
  const { jobcast, list, socket } = await live();
  socket.tell({
    t: "subbed",
    channel: "me",
    ...snapshot("me"),
    snapshot: snapshot("me", { jobs: [resource({ version: 9 })] }),
  });

  socket.tell({ t: "gap", channel: "user:ada", reason: "epoch" });
  socket.tell({
    t: "snapshot",
    ...snapshot("user:ada", { jobs: [resource({ version: 3 })] }, { epoch: "e2" }),
  });

  assert.deepEqual(
    list.items.map((job) => job.version),
    [3],
  );
  jobcast.close();
});

test("a channel joined while the connection comes up is asked for as soon as it is up", async () => {
  const { jobcast } = played();
  jobcast.jobs();
  const socket = await nextSocket();
  jobcast.job(ID).on("state", () => {});

  socket.tell({ t: "welcome" });

  assert.deepEqual(socket.said[1], { t: "sub", i: 1, channel: `job:${ID}`, snapshot: true });
  jobcast.close();
});

test("a code of the 4000s stops it for good and says why", async () => {
  const { jobcast, socket } = await live();
  const stopped = once(jobcast, "stopped");

  socket.drop(4003);

  assert.equal((await stopped).code, "closed_4003");
  assert.equal(jobcast.connection.status.phase, "stopped");
});

test("being signed out elsewhere forgets every job", async () => {
  const { jobcast, list, socket } = await live();
  socket.tell({ t: "snapshot", ...snapshot("me", { jobs: [resource()] }) });

  socket.drop(4009);

  assert.deepEqual(list.items, []);
});

test("a refused ticket is replaced once, then it stops", async () => {
  const { jobcast } = played();
  const stopped = once(jobcast, "stopped");
  jobcast.jobs();

  (await nextSocket()).drop(4001);
  (await nextSocket()).drop(4001);

  assert.equal((await stopped).code, "ticket_refused");
});

test("a drain is obeyed: it comes back after the time it was told, not before", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { jobcast, requests, socket } = await live();
  const before = requests.length;

  socket.tell({ t: "bye", code: 1012, retry_ms: 4_000 });
  socket.drop(1012);
  t.mock.timers.tick(3_999);
  await settled();
  const early = requests.length - before;
  t.mock.timers.tick(1);
  await settled();
  const dialled = requests.length - before;

  assert.deepEqual([early, dialled], [0, 1]);
  jobcast.close();
});

test("it does not wait when the network comes back", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { jobcast, requests, socket } = await live({ random: () => 1 });
  const before = requests.length;
  socket.drop(1006);

  jobcast.connection.wake();
  await settled();

  assert.equal(requests.length - before, 1);
  jobcast.close();
});

test("without a session it stops at once instead of knocking for ever", async () => {
  const refusal = () =>
    Response.json({ code: "unauthenticated", detail: "Sign in" }, { status: 401 });
  const { jobcast, requests } = played({ "POST api/tickets": refusal });
  const stopped = once(jobcast, "stopped");

  jobcast.jobs();

  assert.equal((await stopped).code, "unauthenticated");
  assert.equal(requests.length, 1);
});

test("when WebSockets fail twice it listens to server-sent events", async () => {
  const frames = [
    "event: welcome\ndata: {}\n\n",
    `event: snapshot\nid: e1.2\ndata: ${JSON.stringify(snapshot("user:ada", { jobs: [resource()] }))}\n\n`,
  ];
  const stream = () =>
    new Response(endless(frames), { headers: { "Content-Type": "text/event-stream" } });
  const { jobcast, requests } = played({ "GET api/events": stream });
  FakeSocket.refusing = true;

  const list = jobcast.jobs();
  await once(list, "change", () => list.ready);

  assert.equal(FakeSocket.all.length, 2);
  assert.equal(jobcast.connection.status.transport, "sse");
  assert.equal(requests.at(-1).search, "?channel=me&snapshot=1");
  assert.deepEqual(
    list.items.map((job) => job.id),
    [ID],
  );
  jobcast.close();
});

test("a stream whose channels change becomes another stream", async () => {
  const asked = [];
  const stream = ({ search }) => (
    asked.push(search),
    new Response(endless(["event: welcome\ndata: {}\n\n"]))
  );
  const { jobcast } = played({ "GET api/events": stream }, { WebSocket: null });
  jobcast.jobs();
  await once(jobcast, "status", (status) => status.phase === "live");

  jobcast.job(ID).on("state", () => {});
  await once(jobcast, "status", (status) => status.phase === "live");

  assert.equal(asked.at(-1), `?channel=job%3A${ID}&channel=me&snapshot=1`);
  jobcast.close();
});

test("silence is met with a question, and then with a new connection", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: 1_000_000 });
  const { jobcast, socket } = await live();

  t.mock.timers.tick(25_000);
  const asked = socket.said.at(-1);
  t.mock.timers.tick(20_000);

  assert.deepEqual(asked, { t: "ping" });
  assert.equal(socket.closedWith, 4299);
  jobcast.close();
});

test("a server that tells of its own trouble is shown as degraded", async () => {
  const { jobcast, socket } = await live();

  socket.tell({ t: "status", degraded: true });
  const during = jobcast.connection.status.degraded;
  socket.tell({ t: "status", degraded: false });

  assert.deepEqual([during, jobcast.connection.status.degraded], [true, false]);
  jobcast.close();
});

test("frames that nobody knows are ignored", async () => {
  const { jobcast, socket } = await live();

  socket.tell(
    { t: "future" },
    { t: "ev", e: [{ type: "batch.melted", subject: "batch:1" }] },
    { t: "pong" },
  );
  await settled();

  assert.equal(jobcast.connection.status.phase, "live");
  jobcast.close();
});

function endless(frames) {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      for (const frame of frames) controller.enqueue(encoder.encode(frame));
    },
  });
}

test("a stream goes on where it was; only what was missed of a job is asked for whole", async () => {
  const asked = [];
  const stream = ({ search }) => {
    asked.push(new URLSearchParams(search));
    const state = snapshot("user:ada", { jobs: [] }, { offset: 7 });
    const text = `event: welcome\ndata: {}\n\nevent: snapshot\ndata: ${JSON.stringify(state)}\n\n`;
    return new Response(asked.length > 1 ? endless([text]) : new Blob([text]).stream());
  };
  const { jobcast } = played({ "GET api/events": stream }, { WebSocket: null });
  jobcast.jobs();
  jobcast.job(ID).on("state", () => {});

  await once(jobcast, "status", (status) => status.phase === "reconnecting");
  await once(jobcast, "status", (status) => status.phase === "live");

  assert.deepEqual(asked.at(-1).getAll("channel"), [`job:${ID}`, "me"]);
  assert.equal(asked.at(-1).get("cursor"), "-.0,e1.7");
  jobcast.close();
});

test("a stream that says nothing for five seconds, twice, is given up for asking", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const silent = () => new Promise(() => {});
  const answer = { cursor: "c", snapshots: [], events: [] };
  const { jobcast } = played(
    {
      "GET api/events": silent,
      "GET api/events/poll": ({ search }) => (search.includes("wait=0") ? answer : silent()),
      "GET api/session": { user: "ada", org: "acme", scopes: [] },
    },
    { WebSocket: null },
  );
  jobcast.jobs();

  for (let i = 0; i < 2; i++) {
    await settled();
    t.mock.timers.tick(5_000);
    await settled();
    t.mock.timers.tick(0);
  }
  for (let i = 0; i < 10; i++) await settled();

  assert.equal(jobcast.status.transport, "poll");
  jobcast.close();
});

test("a page that is put away closes, and one that is brought back resumes", async () => {
  const { jobcast, socket } = await live();
  socket.tell({ t: "snapshot", ...snapshot("user:ada", { jobs: [] }, { offset: 7 }) });

  jobcast.connection.close();
  const away = jobcast.status.phase;
  jobcast.connection.wake();
  const next = await nextSocket();

  assert.deepEqual([away, socket.closedWith], ["idle", 1000]);
  assert.deepEqual(next.said[0].subs, [{ channel: "me", since: "e1.7" }]);
  jobcast.close();
});

test("a socket that answers for somebody else is not listened to", async () => {
  const { jobcast, list, socket } = await live();
  socket.tell({ t: "welcome", user: "ada", org: "acme" });
  socket.tell({ t: "snapshot", ...snapshot("user:ada", { jobs: [resource()] }) });
  const stopped = once(jobcast, "stopped");

  socket.drop(1006);
  (await nextSocket()).tell({ t: "welcome", user: "eve", org: "acme" });

  assert.equal((await stopped).code, "identity_changed");
  assert.deepEqual(list.items, []);
});

test("a channel that a second listener joins is told whole again, for the second", async () => {
  const { jobcast, socket } = await live();
  socket.tell({ t: "snapshot", ...snapshot("user:ada", { jobs: [resource()] }, { offset: 7 }) });

  const second = jobcast.jobs();
  const asked = socket.said.at(-1);
  socket.tell({ t: "subbed", i: asked.i, snapshot: snapshot("user:ada", { jobs: [resource()] }) });

  assert.deepEqual([asked.channel, asked.snapshot], ["me", true]);
  assert.equal(second.ready, true);
  jobcast.close();
});

test("a session that ends soon is renewed with a fresh ticket on the same socket", async () => {
  const { jobcast, socket } = await live();

  socket.tell({ t: "expiring", seconds: 60 });
  await settled();

  assert.deepEqual(socket.said.at(-1), { t: "auth", ticket: "tk_1" });
  assert.equal(FakeSocket.all.length, 1);
  jobcast.close();
});

test("a job that one may not see any more says so", async () => {
  const { jobcast, socket } = await live();
  const error = once(jobcast.job(ID), "error");

  socket.tell({ t: "unsubbed", channel: `job:${ID}`, code: "revoked" });

  assert.equal((await error).code, "revoked");
  jobcast.close();
});

test("what was taken in is acknowledged at most once a second, with the newest place", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { jobcast, socket } = await live();
  const acks = () =>
    socket.said.filter(({ t: type }) => type === "ack").map(({ offset }) => offset);

  for (const offset of [3, 4, 9, 5]) jobcast.connection.ack(offset);
  const atOnce = acks();
  t.mock.timers.tick(1_000);

  assert.deepEqual([atOnce, acks()], [[3], [3, 9]]);
  jobcast.close();
});

test("without a socket it is acknowledged by a request", async () => {
  const { jobcast, requests } = played({}, { WebSocket: null });

  jobcast.connection.ack(5);
  await settled();

  assert.deepEqual(
    requests.map(({ method, path, body }) => [method, path, body]),
    [["POST", "api/inbox/ack", '{"offset":5}']],
  );
  jobcast.close();
});

test("a channel that cannot be read just now is asked for again, not given up", async (t) => {
  const { jobcast, socket } = await live();
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const job = jobcast.job(ID);
  const errors = [];
  job.on("error", (error) => errors.push(error));
  const asked = socket.said.at(-1);

  socket.tell({ t: "err", i: asked.i, error: { code: "unavailable", retryable: true } });
  t.mock.timers.tick(2_000);

  assert.deepEqual(errors, []);
  assert.deepEqual({ ...socket.said.at(-1), i: asked.i }, asked);
  assert.ok(socket.said.at(-1).i > asked.i);
  jobcast.close();
});

test("an attempt that has just begun is not started over by every tab's waking", async () => {
  const { jobcast, requests, socket } = await live({ random: () => 1 });
  socket.drop(1006);
  const before = requests.length;

  for (let i = 0; i < 5; i++) jobcast.connection.wake(true);
  await settled();

  assert.equal(requests.length - before, 1);
  jobcast.close();
});

test("going from job to job leaves nothing behind on the socket", async () => {
  const { jobcast } = played();
  const off = jobcast.job("a").on("state", () => {});
  const socket = await nextSocket();
  socket.tell({ t: "welcome" });

  off();
  jobcast.job("b").on("state", () => {})();
  jobcast.job("c").on("state", () => {});

  const left = socket.said.filter(({ t: type }) => type === "unsub");
  assert.deepEqual(
    left.map(({ channel }) => channel),
    ["job:a", "job:b"],
  );
  jobcast.close();
});

/** A client that listens to streams; `asked` has each one's channels. */
function streaming() {
  const asked = [];
  const stream = ({ search }) => {
    asked.push(new URLSearchParams(search).getAll("channel"));
    return new Response(endless(["event: welcome\ndata: {}\n\n"]));
  };
  const { jobcast } = played({ "GET api/events": stream }, { WebSocket: null });
  return { jobcast, asked };
}

test("a stream that was full has room for another page's job when the first page's are left", async () => {
  const { jobcast, asked } = streaming();
  const offs = [..."abcdefgh"].map((id) => jobcast.job(id).on("state", () => {}));
  await once(jobcast, "status", ({ phase }) => phase === "live" && asked.at(-1).length === 8);

  for (const off of offs) off();
  jobcast.job("z").on("state", () => {});
  await once(jobcast, "status", ({ phase }) => phase === "live");

  assert.deepEqual(asked.at(-1), ["job:z"]);
  jobcast.close();
});

test("a channel that finds a stream full is told so, and heard when another is left", async () => {
  const { jobcast, asked } = streaming();
  const offs = [..."abcdefgh"].map((id) => jobcast.job(id).on("state", () => {}));
  await once(jobcast, "status", ({ phase }) => phase === "live" && asked.at(-1).length === 8);
  const refused = await once(jobcast.job("z"), "error");

  jobcast.job("z").on("state", () => {});
  offs[0]();
  await once(jobcast, "status", ({ phase }) => phase === "live");

  assert.equal(refused.code, "limit_channels");
  assert.ok(asked.at(-1).includes("job:z"));
  jobcast.close();
});

test("who signs in again is shown everything, since it was forgotten", async () => {
  const { jobcast, socket } = await live();
  socket.tell({ t: "snapshot", ...snapshot("user:ada", { jobs: [resource()] }, { offset: 7 }) });
  socket.drop(4009);

  jobcast.inbox();
  const next = await nextSocket();

  assert.deepEqual(next.said[0].subs, [{ channel: "me", snapshot: true }]);
  jobcast.close();
});

test("what somebody before had seen is not acknowledged for who comes after", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { jobcast, socket } = await live();
  for (const offset of [900, 901]) jobcast.connection.ack(offset);
  socket.drop(4009);

  jobcast.jobs();
  const next = await nextSocket();
  next.tell({ t: "welcome", user: "eve", org: "acme" });
  t.mock.timers.tick(1_000);
  jobcast.connection.ack(5);

  const acks = next.said.filter(({ t: type }) => type === "ack");
  assert.deepEqual(
    acks.map(({ offset }) => offset),
    [5],
  );
  jobcast.close();
});

test("in another epoch the numbers begin anew, and so do the acknowledgements", async () => {
  const { jobcast, socket } = await live();
  socket.tell({ t: "snapshot", ...snapshot("user:ada", { jobs: [] }, { offset: 900 }) });
  jobcast.connection.ack(900);

  socket.tell({ t: "snapshot", ...snapshot("user:ada", { jobs: [] }, { epoch: "e2" }) });
  jobcast.connection.ack(2);

  assert.deepEqual(socket.said.at(-1), { t: "ack", channel: "me", offset: 2 });
  jobcast.close();
});

test("an acknowledgement that did not arrive is said again with the next", async () => {
  const lost = Response.json({}, { status: 503 });
  const answers = [lost, { acked: 1 }];
  const { jobcast, requests } = played(
    { "POST api/inbox/ack": () => answers.shift() },
    { WebSocket: null },
  );

  jobcast.connection.ack(5);
  for (let i = 0; i < 3; i++) await settled();
  jobcast.connection.ack(5);
  await settled();

  assert.equal(requests.filter(({ path }) => path === "api/inbox/ack").length, 2);
  jobcast.close();
});

test("over HTTP too a stranger's job is an error, not a wait for ever", async () => {
  const gone = () => Response.json({ code: "not_found", detail: "No such channel" }, { status: 404 });
  const { jobcast } = played({ "GET api/events": gone }, { WebSocket: null });

  const error = await once(jobcast.job(ID), "error");

  assert.equal(error.code, "not_found");
  assert.equal(jobcast.status.phase, "stopped");
});

test("over HTTP one unknown job of several ends nothing for good: when it is left the others go on", async () => {
  const answer = ({ search }) =>
    search.includes(ID)
      ? Response.json({ code: "not_found" }, { status: 404 })
      : new Response(endless(["event: welcome\ndata: {}\n\n"]));
  const { jobcast } = played({ "GET api/events": answer }, { WebSocket: null });
  jobcast.jobs();
  const off = jobcast.job(ID).on("state", () => {});
  await once(jobcast, "status", ({ phase }) => phase === "reconnecting");

  off();
  await once(jobcast, "status", ({ phase }) => phase === "live");

  assert.equal(jobcast.status.transport, "sse");
  jobcast.close();
});
