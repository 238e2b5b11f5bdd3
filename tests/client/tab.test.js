/** Several tabs of one user: one connection, whoever holds it, and nobody else's. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { connect } from "../../realtime/client/jobcast.js";
import {
  FakeSocket,
  ID,
  event,
  once,
  resource,
  settled,
  snapshot,
  succeeded,
} from "./fake_server.js";
import { FakeLocks, fakeBroadcast } from "./fake_tabs.js";

const ADA = { user: "ada", org: "acme", scopes: ["jobs:read"] };

/** A browser: its tabs, and every socket one of them has opened. */
function browser() {
  FakeSocket.all = [];
  FakeSocket.refusing = false;
  FakeSocket.opened = undefined;
  const means = { locks: new FakeLocks(), BroadcastChannel: fakeBroadcast() };
  const requests = [];
  const tab = (who = ADA, options = {}) =>
    connect({
      url: "http://jobcast.test",
      WebSocket: FakeSocket,
      random: () => 0,
      means,
      fetch: async (url, init) => {
        const path = new URL(url).pathname;
        requests.push(`${init.method} ${path}`);
        if (who === null) return Response.json({ code: "unauthenticated" }, { status: 401 });
        if (path === "/api/session") return Response.json(who);
        return Response.json({ ticket: "tk_1", data: [], next: null, unread: 0 });
      },
      ...options,
    });
  return { tab, means, requests };
}

async function until(condition) {
  while (!condition()) await settled();
}

/** The socket that is open now, once its hello has come. */
async function greeted(after = null) {
  const last = () => FakeSocket.all.findLast((socket) => socket.readyState === 1);
  await until(() => last() && last() !== after && last().said.length);
  last().tell({ t: "welcome", user: "ada", org: "acme" });
  return last();
}

const mine = (jobs, over) => ({ t: "snapshot", ...snapshot("user:ada", { jobs }, over) });

async function two() {
  const { tab, ...rest } = browser();
  const [first, second] = [tab(), tab()];
  const lists = [first.jobs()];
  const socket = await greeted();
  lists.push(second.jobs());
  await until(() => socket.said.length > 1);
  socket.tell(mine([resource()]));
  await until(() => lists[1].ready);
  return { first, second, lists, socket, tab, ...rest };
}

test("two tabs have one socket, and both hear what it brings", async () => {
  const { first, second, lists, socket } = await two();

  socket.tell({ t: "ev", e: [succeeded(3, 42)] });
  await until(() => lists[1].items[0].state === "succeeded");

  assert.equal(FakeSocket.all.length, 1);
  assert.equal(lists[0].items[0].result, 42);
  assert.deepEqual([first.status, second.status], [first.status, first.status]);
  first.close();
  second.close();
});

test("the leader listens for its followers, and no longer than they do", async () => {
  const { first, second, socket } = await two();
  const job = second.job(ID);
  job.on("output", () => {});
  await until(() => socket.said.at(-1).t === "sub");
  const asked = socket.said.at(-1);

  second.close();
  await until(() => socket.said.at(-1).t === "unsub");

  assert.equal(asked.channel, `job:${ID}`);
  assert.equal(socket.said.at(-1).channel, `job:${ID}`);
  first.close();
});

test("when the leader goes, another resumes where it was, without a question too many", async () => {
  const { first, second, lists, socket } = await two();
  socket.tell({ t: "ev", e: [event("started", 3, { state: "running" }, { offset: 7 })] });
  await until(() => lists[1].items[0].version === 3);

  first.close();
  const next = await greeted(socket);

  assert.deepEqual(next.said[0].subs, [{ channel: "me", since: "e1.7" }]);
  assert.equal(second.connection.leads, true);
  second.close();
});

test("a leader that does not answer loses the lead, and follows when it wakes", async (t) => {
  const { first, second, socket, means } = await two();
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const [frozen] = means.BroadcastChannel.all;
  frozen.deaf = true;

  second.connection.wake();
  t.mock.timers.tick(1_000);
  await until(() => second.connection.leads);
  frozen.deaf = false;
  await until(() => !first.connection.leads);
  const next = await greeted(socket);
  next.tell({ t: "ev", e: [succeeded(9, 1)] });
  await until(() => first.store.get(ID).version === 9);

  assert.equal(socket.readyState, 3);
  first.close();
  second.close();
});

test("tabs of two users, two rights or two services share nothing", async () => {
  const { tab } = browser();
  const tabs = [
    tab(),
    tab({ ...ADA, user: "eve" }),
    tab({ ...ADA, scopes: ["jobs:read", "org:read"] }),
    tab(ADA, { url: "http://other.test" }),
  ];

  for (const one of tabs) one.jobs();
  await until(() => FakeSocket.all.length === tabs.length);

  assert.ok(tabs.every((one) => one.connection.leads));
  for (const one of tabs) one.close();
});

test("who has only tickets does not share, unless the page says who it is", async () => {
  const { tab, requests } = browser();
  const ticket = async () => "tk_2";

  const alone = tab(ADA, { ticket });
  const named = tab(ADA, { ticket, shared: "ada" });
  named.jobs();
  await greeted();

  assert.equal(alone.connection.leads, undefined);
  assert.equal(named.connection.leads, true);
  assert.deepEqual(requests, []);
  named.close();
});

test("when somebody else has signed in meanwhile, nothing of theirs is shown here", async () => {
  const { first, second, lists, socket } = await two();
  second.close();
  const stopped = once(first, "stopped");

  socket.drop(1006);
  await until(() => FakeSocket.all.at(-1) !== socket && FakeSocket.all.at(-1).said.length);
  FakeSocket.all.at(-1).tell({ t: "welcome", user: "eve", org: "acme" });

  assert.equal((await stopped).code, "identity_changed");
  assert.deepEqual(lists[0].items, []);
  assert.equal(FakeSocket.all.at(-1).readyState, 3);
});

test("who is signed out is told so by its own tab, and forgets what it knew", async () => {
  const { first, second, lists, socket } = await two();
  const stopped = once(first, "stopped");
  second.connection.options.api.fetch = async () =>
    Response.json({ code: "unauthenticated" }, { status: 401 });
  const followed = once(second, "stopped");

  socket.drop(4009);

  assert.equal((await stopped).code, "closed_4009");
  assert.equal((await followed).code, "unauthenticated");
  assert.deepEqual(
    lists.map((list) => list.items.length),
    [0, 0],
  );
});

test("a page that is put away gives the lead away, and comes back as a listener", async () => {
  const { first, second, socket } = await two();

  first.connection.close();
  const next = await greeted(socket);
  first.connection.wake();
  await until(() => first.status.phase === "live");
  next.tell({ t: "ev", e: [succeeded(9, 1)] });
  await until(() => first.store.get(ID).version === 9);

  assert.equal(second.connection.leads, true);
  assert.equal(FakeSocket.all.length, 2);
  first.close();
  second.close();
});

test("what a tab has before its eyes is acknowledged once, by the one connection", async () => {
  const { first, second, socket } = await two();

  second.inbox();
  socket.tell({ t: "ev", e: [event("started", 3, { state: "running" }, { offset: 7 })] });
  second.connection.ack(7);
  await until(() => socket.said.some(({ t }) => t === "ack"));

  assert.deepEqual(socket.said.at(-1), { t: "ack", channel: "me", offset: 7 });
  first.close();
  second.close();
});
