/** A batch: how far its jobs are, and when the last of them has ended. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { nextSocket, played, snapshot } from "./fake_server.js";

const ID = "0199-batch";
const CHANNEL = `batch:${ID}`;

function counted(ended, over = {}) {
  const progress = { fraction: ended / 4 };
  const about = { id: ID, total: 4, counts: {}, progress, round: 1, completed_at: null };
  return { ...about, revision: ended, ...over };
}

function told(type, data) {
  return { t: "ev", e: [{ type: `batch.${type}`, subject: CHANNEL, channel: "user:ada", data }] };
}

async function listening() {
  const { jobcast } = played({
    [`POST api/batches/${ID}/retry`]: counted(2, { round: 2, revision: 6 }),
  });
  const batch = jobcast.batch(ID);
  const heard = [];
  batch.on("progress", ({ progress }) => heard.push(progress.fraction));
  batch.on("done", ({ round }) => heard.push(`done ${round}`));
  const socket = await nextSocket();
  socket.tell({ t: "welcome" }, { t: "snapshot", ...snapshot(CHANNEL, { batch: counted(1) }) });
  return { jobcast, batch, heard, socket };
}

test("its progress is told, what comes too late is not, and its end is told once", async () => {
  const { jobcast, batch, heard, socket } = await listening();
  const done = batch.done;
  const completed = counted(4, { revision: 5, completed_at: "t" });

  socket.tell(told("progress", counted(3)), told("progress", counted(2)));
  socket.tell(told("completed", completed), told("completed", completed));

  assert.equal((await done).completed_at, "t");
  assert.deepEqual(heard, [0.25, 0.75, 1, "done 1", 1]);
  jobcast.close();
});

test("a retry opens another round, which ends again", async () => {
  const { jobcast, batch, heard, socket } = await listening();
  socket.tell(told("completed", counted(4, { revision: 5, completed_at: "t1" })));

  await batch.retry();
  socket.tell(told("progress", counted(4)));
  socket.tell(told("completed", counted(4, { round: 2, revision: 9, completed_at: "t2" })));

  assert.deepEqual(heard, [0.25, 1, "done 1", 0.5, 1, "done 2"]);
  jobcast.close();
});

test("an answer that was on its way while it was completed does not undo that", async () => {
  const { jobcast, batch, heard, socket } = await listening();
  socket.tell(told("completed", counted(4, { revision: 7, completed_at: "t1" })));

  await batch.retry(); // answered with what was so before: revision 6

  assert.equal(batch.current.completed_at, "t1");
  assert.deepEqual(heard, [0.25, 1, "done 1"]);
  jobcast.close();
});

test("jobs that are tried again while others run take its progress back", async () => {
  const { jobcast, heard, socket } = await listening();
  socket.tell(told("progress", counted(3)));
  socket.tell(told("progress", counted(2, { revision: 4 })));

  assert.deepEqual(heard, [0.25, 0.75, 0.5]);
  jobcast.close();
});

test("a server that was set back to an earlier state is believed", async () => {
  const { jobcast, batch, socket } = await listening();
  socket.tell(told("progress", counted(3)));
  const restored = snapshot(CHANNEL, { batch: counted(2) });

  socket.tell({ t: "snapshot", ...restored });
  const before = batch.current.progress.fraction;
  socket.tell({ t: "snapshot", ...restored, epoch: "another" });

  assert.deepEqual([before, batch.current.progress.fraction], [0.75, 0.5]);
  jobcast.close();
});
