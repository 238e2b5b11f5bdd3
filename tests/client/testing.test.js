/** The fake that pages are tested with: the real client, told by the test what happens. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { faked, once, settled } from "./fake_server.js";

/** A fake whose page has a live list. */
async function listening(options) {
  const fake = faked(options);
  const list = fake.jobcast.jobs();
  await once(list, "change", () => list.ready);
  return { fake, list };
}

test("a page hears a job's whole life from what the test says", async () => {
  const { fake } = await listening();
  const job = await fake.jobcast.submit("report", { pages: 3 });
  const heard = [];
  job.on("progress", ({ message }) => heard.push(message));
  job.on("output", ({ text }) => heard.push(text));
  job.on("log", ({ message }) => heard.push(message));
  await settled();

  fake.start(job.id);
  fake.progress(job.id, 0.5, "half way");
  fake.output(job.id, "Hello");
  fake.log(job.id, "a line");
  fake.finish(job.id, 42);

  assert.equal(await job.result(), 42);
  assert.deepEqual(heard.filter(Boolean), ["half way", "Hello", "a line"]);
  assert.deepEqual(fake.requests.at(1).json, { kind: "report", args: { pages: 3 } });
  fake.close();
});

test("what happened while offline, and in a gap, is known after it", async () => {
  const { fake, list } = await listening();
  const id = fake.submit();
  fake.offline();
  fake.finish(id);
  const meanwhile = list.items[0].state;

  fake.online();
  await once(list, "change", () => list.items[0].state === "succeeded");
  fake.gap();

  assert.equal(meanwhile, "queued");
  assert.equal(list.items[0].state, "succeeded");
  fake.close();
});

test("a drain is a short absence, and being signed out forgets everything", async () => {
  const { fake, list } = await listening();
  const inbox = fake.jobcast.inbox();
  await once(inbox, "change", () => inbox.ready);
  fake.submit();
  fake.notify("brief_done");

  fake.drain();
  await once(fake.jobcast, "status", ({ phase }) => phase === "live");
  const kept = [list.items.length, inbox.unread];
  fake.signOut();

  assert.deepEqual(kept, [1, 1]);
  assert.deepEqual([list.items.length, inbox.items.length, inbox.unread], [0, 0, 0]);
  assert.equal(fake.jobcast.status.phase, "stopped");
});

test("a slow network brings everything, later", async (t) => {
  const { fake, list } = await listening();
  const id = fake.submit();
  t.mock.timers.enable({ apis: ["setTimeout"] });
  fake.slow(500);

  fake.start(id);
  const early = list.items[0].state;
  t.mock.timers.tick(500);

  assert.deepEqual([early, list.items[0].state], ["queued", "running"]);
  fake.close();
});

test("an answer of the test's own comes before the fake's", async () => {
  const refusal = () => Response.json({ code: "nope", detail: "No" }, { status: 422 });
  const fake = faked({ answers: { "POST api/jobs": refusal } });

  const error = await fake.jobcast.submit("x").catch((caught) => caught);

  assert.equal(error.code, "nope");
});

test("the inbox counts what is unread, tells what is new, and what is read is read", async () => {
  const { fake } = await listening();
  const inbox = fake.jobcast.inbox();
  const told = [];
  inbox.on("notification", ({ name }) => told.push(name));
  await once(inbox, "change", () => inbox.ready);

  const id = fake.notify("brief_done", { pages: 2 });
  fake.notify("other");
  const before = [inbox.unread, inbox.items.map(({ name }) => name)];
  await inbox.read([id]);
  const between = inbox.unread;
  await inbox.read();

  assert.deepEqual(before, [2, ["other", "brief_done"]]);
  assert.deepEqual([between, inbox.unread], [1, 0]);
  assert.deepEqual(told, ["brief_done", "other"]);
  fake.close();
});
