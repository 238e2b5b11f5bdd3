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
