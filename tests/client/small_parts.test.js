/** Back-off, close codes, the transport ladder, the event parser and the output, each by itself. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { fullJitter } from "../../realtime/client/backoff.js";
import { Channels } from "../../realtime/client/channels.js";
import { reaction } from "../../realtime/client/close_codes.js";
import { EventParser } from "../../realtime/client/event_parser.js";
import { Ladder } from "../../realtime/client/ladder.js";
import { Output } from "../../realtime/client/output.js";

test("the back-off doubles from half a second and stops growing at twenty", () => {
  const longest = [0, 1, 2, 5, 6, 1000].map((attempt) => fullJitter(attempt, () => 1));

  assert.deepEqual(longest, [500, 1000, 2000, 16_000, 20_000, 20_000]);
  assert.equal(
    fullJitter(9, () => 0),
    0,
  );
});

test("the hundreds digit of a close code is the policy", () => {
  const codes = [4000, 4009, 4099, 4100, 4103, 4200, 4202, 1012, 1006, 1000, 1001];

  const reactions = codes.map(reaction);

  assert.deepEqual(reactions, [
    "stop",
    "stop",
    "stop",
    "later",
    "later",
    "now",
    "now",
    "drain",
    "later",
    "later",
    "later",
  ]);
});

test("the second transport is tried after two failures in a row, and the first one again after it", () => {
  const ladder = new Ladder(["best", "second"]);

  const tried = [];
  for (let i = 0; i < 5; i++) (tried.push(ladder.current), ladder.failed());

  assert.deepEqual(tried, ["best", "best", "second", "second", "best"]);
});

test("a transport that worked in between has not failed twice in a row", () => {
  const ladder = new Ladder(["best", "second"]);

  ladder.failed();
  ladder.worked();
  ladder.failed();

  assert.equal(ladder.current, "best");
});

test("an event stream reads the same however it is cut", () => {
  const stream =
    ': hb\n\nevent: snapshot\nid: x\ndata: {"a":1}\n\nretry: 5\ndata: one\r\ndata:two\r\n\r\nevent: none\n\n';
  for (let size = 1; size <= stream.length; size++) {
    const events = [];
    const parser = new EventParser((name, data) => events.push([name, data]));

    for (let at = 0; at < stream.length; at += size) parser.feed(stream.slice(at, at + size));

    assert.deepEqual(
      events,
      [
        ["snapshot", '{"a":1}'],
        ["message", "one\ntwo"],
      ],
      `cut by ${size}`,
    );
  }
});

test("output is put together by its position in bytes", () => {
  const output = new Output();

  const fates = [
    output.add({ attempt: 1, position: 4, text: "né€".slice(0, 2) + "!" }),
    output.add({ attempt: 1, position: 4, text: "né!" }),
    output.add({ attempt: 1, position: 7, text: "€" }),
    output.add({ attempt: 1, position: 20, text: "later" }),
  ];

  assert.deepEqual(fates, ["added", "known", "added", "gap"]);
  assert.equal(output.text, "né!€");
});

test("a retry replaces the output, and what the old attempt still says is not added", () => {
  const output = new Output();
  output.add({ attempt: 1, position: 3, text: "old" });

  const fates = [
    output.add({ attempt: 2, position: 3, text: "new" }),
    output.add({ attempt: 1, position: 6, text: "est" }),
  ];

  assert.deepEqual(fates, ["added", "known"]);
  assert.equal(output.text, "new");
});

test("a whole text is taken only if it brings more than is known", () => {
  const output = new Output();
  output.add({ attempt: 1, position: 5, text: "hello" });

  const taken = [
    output.replace({ attempt: 1, position: 4, text: "hell" }),
    output.replace({ attempt: 1, position: 11, text: "hello world" }),
  ];

  assert.deepEqual(taken, [false, true]);
  assert.equal(output.text, "hello world");
});

test("what worked is remembered for the next page, and the best is tried again after five minutes", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const kept = new Map();
  const memory = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  };
  const first = new Ladder(["best", "second"], memory);
  for (let i = 0; i < 2; i++) first.failed();
  first.worked();

  t.mock.timers.setTime(1_100_000);
  const second = new Ladder(["best", "second"], memory);
  const remembered = [second.current, second.leftMs];
  t.mock.timers.setTime(1_300_000);
  const later = second.current;
  second.worked();

  assert.deepEqual([remembered, later], [["second", 200_000], "best"]);
  assert.equal(kept.size, 0);
});

test("a place that one listener has not reached is gone back to, and one in another epoch is void", () => {
  const channels = new Channels();
  channels.join("me", "e1.9");
  channels.join("me", "e1.5");
  const back = channels.since("me");

  channels.join("me", "e2.3");

  assert.equal(back, "e1.5");
  assert.equal(channels.since("me"), undefined);
  assert.deepEqual(channels.sub("me"), { channel: "me", snapshot: true });
});
