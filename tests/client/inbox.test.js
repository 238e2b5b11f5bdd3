/** The inbox: its page and its events, whichever comes first, and what counts as shown. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { nextSocket, played, settled, snapshot } from "./fake_server.js";

const ENTRY = { id: "n1", name: "brief", created_at: "2026-11-28T10:00:00Z", read_at: null };
const created = {
  type: "inbox.created",
  subject: "inbox:n1",
  channel: "user:ada",
  offset: 3,
  epoch: "e1",
  data: ENTRY,
};

/** An open inbox whose pages the test answers itself, one after the other. */
async function opened(answers = {}) {
  const pages = [];
  const { jobcast } = played({
    "GET api/inbox": () => new Promise((page) => pages.push(page)),
    ...answers,
  });
  const inbox = jobcast.inbox();
  const socket = await nextSocket();
  socket.tell({ t: "welcome" });
  const answer = async (data) => {
    for (let i = 0; i < 100 && !pages.length; i++) await settled();
    assert.ok(pages.length, "no page is asked for");
    pages.shift()({ data, next: null, unread: data.length });
    for (let i = 0; i < 3; i++) await settled();
  };
  const acks = () =>
    socket.said.filter(({ t: type }) => type === "ack").map(({ offset }) => offset);
  return { jobcast, inbox, socket, answer, acks };
}

test("an entry that comes while the page is read is counted, though the page is from before it", async () => {
  const { jobcast, inbox, socket, answer } = await opened();

  socket.tell({ t: "ev", e: [created] });
  await answer([]);
  await answer([ENTRY]);

  assert.deepEqual([inbox.unread, inbox.items.length], [1, 1]);
  jobcast.close();
});

test("nothing is acknowledged before it is shown", async () => {
  const { jobcast, socket, answer, acks } = await opened();
  socket.tell({ t: "snapshot", ...snapshot("user:ada", { jobs: [] }, { offset: 7 }) });
  const early = acks();

  await answer([ENTRY]);
  await answer([ENTRY]);

  assert.deepEqual([early, acks()], [[], [7]]);
  jobcast.close();
});

test("an entry that comes while others are marked as read stays counted", async () => {
  let read;
  const marking = new Promise((answer) => (read = answer));
  const { jobcast, inbox, socket, answer } = await opened({ "POST api/inbox/read": () => marking });
  await answer([]);

  const done = inbox.read();
  await settled();
  socket.tell({ t: "ev", e: [created] });
  read({ read: 0, unread: 0 }); // counted before it was made
  await answer([ENTRY]);
  await done;

  assert.deepEqual([inbox.unread, inbox.items.length], [1, 1]);
  jobcast.close();
});
