/** The picture of a job's time, and what is copied and found on its page, without a page. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { curl } from "../../service/dashboard/page/curl.js";
import { inWords, lanes, span, ticks } from "../../service/dashboard/page/lanes.js";
import { uploadsIn } from "../../service/dashboard/page/uploads_in.js";

const ID = "01990000-0000-7000-8000-000000000001";

/** @param {string} type @param {number} at @param {object} [more] */
function event(type, at, { subject = "a", attempt = 1, kind = "echo" } = {}) {
  const time = new Date(at).toISOString();
  return { type: `job.${type}`, time, subject: `job:${subject}`, attempt, data: { kind } };
}

test("each attempt is a lane with what it waited for before it", () => {
  const told = [
    event("queued", 0, { attempt: 0 }),
    event("started", 100),
    event("retrying", 300),
    event("queued", 800),
    event("started", 900, { attempt: 2 }),
    event("succeeded", 1_000, { attempt: 2 }),
  ];

  const { lanes: all, left } = lanes(told, "a", 5_000);

  assert.equal(left, 0);
  assert.deepEqual(
    all.map(({ label, open, segments }) => [label, open, segments.map(({ state }) => state)]),
    [
      ["Attempt 1", false, ["queued", "failed"]],
      ["Attempt 2", false, ["retrying", "queued", "succeeded"]],
    ],
  );
  assert.deepEqual(all.map(inWords), [
    "queued 100 ms, running, failed after 200 ms",
    "retrying 500 ms, queued 100 ms, running, succeeded after 100 ms",
  ]);
});

test("what goes on reaches up to now, a wait for an answer is a stretch of its own", () => {
  const told = [
    event("queued", 0),
    event("started", 10),
    event("input_requested", 20),
    event("input_received", 60),
  ];

  const [lane] = lanes(told, "a", 100).lanes;

  assert.deepEqual(lane.segments, [
    { state: "queued", from: 0, to: 10 },
    { state: "running", from: 10, to: 20 },
    { state: "asking", from: 20, to: 60 },
    { state: "running", from: 60, to: 100 },
  ]);
  assert.match(inWords(lane), /running 40 ms so far$/);
});

test("a worker that is lost ends an attempt without a fault of its own", () => {
  const told = [
    event("queued", 0),
    event("started", 1),
    event("queued", 5),
    event("started", 7, { attempt: 2 }),
  ];

  const { lanes: all } = lanes(told, "a", 9);

  assert.deepEqual(
    all.map(({ segments }) => segments.map(({ state }) => state)),
    [
      ["queued", "cancelled"],
      ["queued", "running"],
    ],
  );
});

test("a job that has not begun says so", () => {
  const [lane] = lanes([event("scheduled", 0, { attempt: 0 })], "a", 50).lanes;

  assert.deepEqual([lane.label, lane.open], ["Not started", true]);
});

test("children are lanes below, and of very many only some are drawn", () => {
  const told = [event("queued", 0), event("started", 1)];
  for (let child = 0; child < 100; child++)
    told.push(event("queued", 2 + child, { subject: `c${child}`, kind: "daily_brief" }));

  const { lanes: all, left } = lanes(told, "a", 500);

  assert.deepEqual([all.length, left], [61, 40]);
  assert.deepEqual([all[1].label, all[1].child, all[1].id], ["Daily brief", true, "c0"]);
});

test("a long wait for an asked for time is cut off, so that the work is seen", () => {
  const told = [
    event("scheduled", 0),
    event("queued", 3_600_000),
    event("started", 3_600_100),
    event("succeeded", 3_601_000),
  ];

  const { from, to } = span(lanes(told, "a", 9e9).lanes, 9e9);

  assert.deepEqual([from, to], [3_599_800, 3_601_000]);
  assert.deepEqual(span([], 10), { from: 9, to: 10 });
});

test("the axis has a few round times", () => {
  assert.deepEqual(
    ticks(1_000).map(({ text }) => text),
    ["0", "500 ms"],
  );
  assert.deepEqual(
    ticks(60_000).map(({ text }) => text),
    ["0", "20 s", "40 s"],
  );
  for (const length of [1, 7, 123, 86_400_000, 9e12]) assert.ok(ticks(length).length <= 5);
});

test("the command for another job like it survives quotes", () => {
  const job = {
    kind: "echo",
    args: { text: "it's $HOME `x`" },
    priority: 0,
    tags: ["a"],
    metadata: {},
    max_attempts: 3,
  };

  const command = curl(job, "https://jobs.test");

  assert.match(command, /^curl -X POST 'https:\/\/jobs\.test\/api\/jobs' \\\n/);
  const body = command.slice(command.indexOf("-d '") + 4, -1).replaceAll(`'\\''`, "'");
  assert.deepEqual(JSON.parse(body), {
    kind: "echo",
    args: job.args,
    max_attempts: 3,
    tags: ["a"],
  });
});

test("uploads are found wherever args name them, and nothing else is", () => {
  const other = ID.replace(/1$/, "2");
  const args = {
    upload_id: ID,
    media: [{ upload_id: other, alt: "x" }],
    parent_id: ID.replace(/1$/, "3"),
    file: "not an id",
    again: { file_id: ID },
  };

  assert.deepEqual(uploadsIn(args), [ID, other]);
  assert.deepEqual(uploadsIn("text"), []);
});
