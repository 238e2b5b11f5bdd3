/** Loops over what a job or a batch tells, and many jobs handed in as one batch. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { each, ended } from "../../realtime/client/each.js";
import { submitBatch } from "../../realtime/client/submit_batch.js";
import { faked, settled } from "./fake_server.js";

/** What a loop has been given, and how it ended. */
function looped(loop) {
  const heard = { told: [], over: null };
  heard.over = (async () => {
    for await (const one of loop) heard.told.push(one);
  })();
  heard.over.catch(() => {});
  return heard;
}

test("output comes as it is written, and the loop ends with the job", async () => {
  const fake = faked();
  const job = await fake.jobcast.submit("report");
  const heard = looped(each(job, "output"));
  await settled();

  fake.output(job.id, "Hello ");
  await settled();
  fake.output(job.id, "world");
  fake.finish(job.id, 42);
  await heard.over;

  assert.equal(heard.told.map(({ text }) => text).join(""), "Hello world");
  fake.close();
});

test("a slow loop gets output joined and the newest progress, never more than it can take", async () => {
  const fake = faked();
  const job = await fake.jobcast.submit("report");
  const output = each(job, "output");
  const progress = each(job, "progress");
  const first = [output.next(), progress.next()];
  await settled();

  fake.output(job.id, "a");
  fake.progress(job.id, 0.1);
  await Promise.all(first);
  for (const [text, fraction] of [["b", 0.2], ["c", 0.3], ["d", 0.4]]) {
    fake.output(job.id, text);
    fake.progress(job.id, fraction);
  }
  await settled();

  assert.equal((await output.next()).value.text, "bcd");
  assert.equal((await progress.next()).value.fraction, 0.4);
  await output.return();
  await progress.return();
  fake.close();
});

test("leaving a loop ends the listening", async () => {
  const fake = faked();
  const job = await fake.jobcast.submit("report");

  setTimeout(() => fake.progress(job.id, 0.5), 0);
  for await (const { fraction } of each(job, "progress")) if (fraction) break;

  assert.equal(job.joined, false);
  fake.close();
});

test("a signal ends a loop and a wait with its reason", async () => {
  const fake = faked();
  const job = await fake.jobcast.submit("report");
  const stop = new AbortController();
  const loop = looped(each(job, "state", { signal: stop.signal }));
  const wait = ended(job, { signal: stop.signal });
  await settled();

  stop.abort(new Error("enough"));

  await assert.rejects(loop.over, /enough/);
  await assert.rejects(wait, /enough/);
  await assert.rejects(ended(job, { signal: AbortSignal.abort(new Error("before")) }), /before/);
  assert.equal(job.joined, false);
  fake.close();
});

test("who is told of trouble hears it from the loop", async () => {
  const fake = faked();
  const loop = looped(each(fake.jobcast.job("0199-nobodys"), "state"));

  await assert.rejects(loop.over, { code: "not_found" });
  fake.close();
});

test("an end is awaited, and one that was before is told at once", async () => {
  const fake = faked();
  const job = await fake.jobcast.submit("report");
  const first = ended(job);
  await settled();

  fake.output(job.id, "Hello");
  fake.log(job.id, "said");
  fake.finish(job.id, 42);

  assert.equal((await first).result, 42);
  assert.equal((await ended(job)).result, 42);
  const states = [];
  for await (const { state } of each(job, "state")) states.push(state);
  assert.deepEqual(states, ["succeeded"]);
  const lines = [];
  for await (const { text, whole } of each(job, "output")) lines.push(text, whole);
  for await (const { message } of each(job, "log")) lines.push(message);
  assert.deepEqual(lines, ["Hello", true, "said"]);
  fake.close();
});

test("many jobs are one batch, in parts that are safe to repeat", async () => {
  const asked = [];
  const jobcast = {
    api: {
      insist: async (method, path, { json, headers }) => {
        asked.push({ method, path, json, key: headers["Idempotency-Key"] });
        return { batch_id: "b1" };
      },
    },
    batch: (id) => ({ id }),
  };
  const jobs = Array.from({ length: 2_001 }, (_, n) => ({ kind: "report", args: { n } }));

  const batch = await submitBatch(jobcast, jobs, { tags: ["t"], idempotencyKey: "k" });

  assert.equal(batch.id, "b1");
  assert.deepEqual(asked.map(({ key, json }) => [key, json.jobs.length, json.open, json.batch_id, json.tags]), [
    ["k/0", 1000, true, undefined, ["t"]],
    ["k/1", 1000, true, "b1", undefined],
    ["k/2", 1, false, "b1", undefined],
  ]);
});
