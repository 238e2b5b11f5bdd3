/** The long poll: one question after the other, and each goes on where the last answer ended. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { ID, once, played, resource, settled, snapshot, succeeded } from "./fake_server.js";

const CHANNEL = `job:${ID}`;
const SESSION = { user: "ada", org: "acme", scopes: [] };

/** A client whose streams never say anything; `answers` are given to its polls one by one. */
function polling(answers, options = {}) {
  const asked = [];
  const answer = ({ search }) => {
    asked.push(new URLSearchParams(search));
    const next = answers.shift();
    return next ? (next instanceof Response ? next : Response.json(next)) : new Promise(() => {});
  };
  const dead = () => new Response(new ReadableStream());
  const { jobcast, requests } = played(
    { "GET api/events": dead, "GET api/events/poll": answer, "GET api/session": SESSION },
    { WebSocket: null, ...options },
  );
  jobcast.connection.ladder.failed();
  jobcast.connection.ladder.failed();
  return { jobcast, requests, asked };
}

const told = (over) => ({ cursor: "c1", events: [], snapshots: [], degraded: false, ...over });
const whole = told({ snapshots: [snapshot("user:ada", { jobs: [resource()] })] });

test("the first answer shows the state, the next ones what changes", async () => {
  const { jobcast, asked } = polling([whole, told({ cursor: "c2", events: [succeeded(3, 42)] })]);
  const list = jobcast.jobs();

  await once(list, "change", (job) => job?.state === "succeeded");
  while (asked.length < 3) await settled();

  assert.equal(jobcast.status.transport, "poll");
  assert.deepEqual(
    asked.map((query) => [query.get("channel"), query.get("cursor"), query.get("wait")]),
    [
      ["me", null, "0"],
      ["me", "c1", "25"],
      ["me", "c2", "25"],
    ],
  );
  jobcast.close();
});

test("after a loss it asks at once, with the cursor it had", async () => {
  const lost = () => Response.json({}, { status: 502 });
  const { jobcast, asked } = polling([whole, lost(), told({ cursor: "c3" })]);
  jobcast.jobs();

  await once(jobcast, "status", ({ phase }) => phase === "reconnecting");
  await once(jobcast, "status", ({ phase }) => phase === "live");

  assert.deepEqual([asked.at(2).get("cursor"), asked.at(2).get("wait")], ["c1", "0"]);
  jobcast.close();
});

test("an answer is applied in its order: gaps, snapshots, events, ends", async () => {
  const { jobcast } = polling([
    told({
      gaps: [{ channel: CHANNEL, reason: "evicted" }],
      snapshots: [
        snapshot(
          CHANNEL,
          { job: resource() },
          { ephemeral: { output: { attempt: 1, position: 2, text: "ab" } } },
        ),
      ],
      events: [{ ...succeeded(3, 42), channel: CHANNEL }],
      unsubbed: [{ channel: CHANNEL, code: "done" }],
    }),
  ]);
  const job = jobcast.job(ID);

  const ended = await job.done;

  assert.equal(ended.result, 42);
  assert.equal(job.output.text, "ab");
  jobcast.close();
});

test("another channel is another question, from the beginning", async () => {
  const { jobcast, asked } = polling([whole, null, whole]);
  jobcast.jobs();
  await once(jobcast, "status", ({ phase }) => phase === "live");
  await settled();

  jobcast.job(ID).on("state", () => {});
  await once(jobcast, "status", ({ phase }) => phase === "live");

  assert.deepEqual(asked.at(2).getAll("channel"), [CHANNEL, "me"]);
  assert.equal(asked.at(2).get("cursor"), null);
  jobcast.close();
});

test("a page that has only tickets brings a new one with every question", async () => {
  let count = 0;
  const { jobcast, asked, requests } = polling([whole, told()], {
    ticket: async () => `tk_${++count}`,
  });
  jobcast.jobs();

  await once(jobcast, "status", ({ phase }) => phase === "live");
  while (asked.length < 2) await settled();

  assert.deepEqual(
    asked.map((query) => query.get("ticket")),
    ["tk_1", "tk_2"],
  );
  assert.ok(!requests.some(({ path }) => path === "api/session"));
  jobcast.close();
});

test("answers that say nothing at once are not asked for in a hurry", async (t) => {
  const { jobcast, asked } = polling([whole, told(), told(), told()]);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  jobcast.jobs();
  while (asked.length < 1) await settled();
  for (let i = 0; i < 20; i++) {
    await settled();
    t.mock.timers.tick(0);
  }
  const hurried = asked.length;

  t.mock.timers.tick(1_000);
  await settled();

  assert.deepEqual([hurried, asked.length], [2, 3]);
  jobcast.close();
});

test("a second listener is shown the whole as well", async () => {
  const { jobcast, asked } = polling([whole, null, whole]);
  const first = jobcast.jobs();
  while (!first.ready || asked.length < 2) await settled();

  const second = jobcast.jobs();
  while (asked.length < 3) await settled();
  for (let i = 0; i < 3; i++) await settled();

  assert.equal(asked.at(2).get("cursor"), null);
  assert.equal(second.ready, true);
  jobcast.close();
});
