/** The search of the documentation: what it finds, in which order, and what it shows of it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { found, marked } from "../../service/handbook/page/finding.js";

/** @type {import("../../service/handbook/page/finding.js").Pages} */
const PAGES = [
  [
    "Limits",
    [
      ["limits", "Limits", "What keeps one caller from taking everything."],
      ["rates", "Rates", "Jobs per time; a rate is told by Retry-After."],
    ],
    "/docs/limits",
  ],
  ["Scale", [["scale", "Scale", `The rate of one worker. ${"More words. ".repeat(40)}At the end: poison.`]], "/docs/scale"],
];

test("a heading counts more than a word in the text", () => {
  const hits = found(PAGES, "rate");

  assert.deepEqual(
    hits.map((hit) => [hit.address, hit.anchor]),
    [
      ["/docs/limits", "rates"],
      ["/docs/scale", ""],
    ],
  );
});

test("every word has to be there", () => {
  assert.equal(found(PAGES, "rate caller").length, 0);
  assert.equal(found(PAGES, "  RATE retry-after ").length, 1);
  assert.equal(found(PAGES, "   ").length, 0);
});

test("what is shown is what surrounds the word", () => {
  const [hit] = found(PAGES, "poison");

  assert.ok(hit.words.startsWith("… "));
  assert.ok(hit.words.includes("At the end: poison."));
  assert.ok(hit.words.length < 220);
});

test("words are marked as they are written, signs and all", () => {
  assert.deepEqual(marked("A.b (c) a.B", "a.b"), [
    ["", false],
    ["A.b", true],
    [" (c) ", false],
    ["a.B", true],
    ["", false],
  ]);
  assert.deepEqual(marked("(c)", "(c"), [
    ["", false],
    ["(c", true],
    [")", false],
  ]);
});
