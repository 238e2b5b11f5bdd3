/** The dashboard's list of jobs, without a page: its rows, its filters, what is chosen. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  NONE,
  areNone,
  filtersOf,
  forApi,
  inWords,
  matches,
} from "../../service/dashboard/page/filters.js";
import { JobRows } from "../../service/dashboard/page/job_rows.js";
import { address, route } from "../../service/dashboard/page/router.js";
import { Selection } from "../../service/dashboard/page/selection.js";

const ME = { user: "ann", org: "acme", scopes: ["jobs:read"] };

/** @param {number} number @param {object} [more] */
function job(number, more = {}) {
  const id = number.toString(16).padStart(12, "0");
  return {
    id,
    kind: "echo",
    state: "queued",
    version: 1,
    user: "ann",
    org: "acme",
    tags: [],
    ...more,
  };
}

test("rows stand newest first, however they come in, and each once", () => {
  const rows = new JobRows();

  const places = [5, 1, 9, 3, 9].map((number) => rows.put(job(number)));

  assert.deepEqual(places, [0, 1, 0, 2, -1]);
  assert.deepEqual(
    rows.ids,
    [9, 5, 3, 1].map((number) => job(number).id),
  );
});

test("an older version of a job changes nothing, a newer one does", () => {
  const rows = new JobRows();
  rows.put(job(1, { version: 4, state: "running" }));

  rows.put(job(1, { version: 3, state: "queued" }));
  assert.equal(rows.at(0).state, "running");
  rows.put(job(1, { version: 5, state: "succeeded" }));

  assert.equal(rows.at(0).state, "succeeded");
});

test("what lies behind the pages read so far is not shown until they are read", () => {
  const rows = new JobRows();
  for (const number of [9, 8, 2]) rows.put(job(number));

  rows.readTo(job(8).id);
  assert.equal(rows.length, 2);
  rows.remove(job(8).id);
  assert.equal(rows.length, 1);
  rows.readTo(null);

  assert.equal(rows.length, 2);
});

test("a hundred thousand rows are taken in, found and changed in no time", () => {
  const rows = new JobRows();
  const began = performance.now();

  for (let number = 100_000; number > 0; number--) rows.put(job(number, { args: { big: "x" } }));
  for (let number = 1; number < 1_000; number++) rows.put(job(100_000 + number));
  for (let number = 1; number < 1_000; number++) rows.put(job(number * 90, { version: 2 }));

  assert.equal(rows.length, 100_999);
  assert.equal(rows.indexOf(job(90).id), 100_909);
  assert.equal("args" in rows.at(0), false);
  assert.ok(performance.now() - began < 5_000);
});

test("a range is chosen from the last touched row to this one", () => {
  const rows = new JobRows();
  for (let number = 1; number <= 9; number++) rows.put(job(number));
  const chosen = new Selection(() => {});
  const between = (/** @type {string} */ from, /** @type {string} */ to) => rows.between(from, to);

  chosen.set(job(7).id, true);
  chosen.set(job(4).id, true, between);
  assert.deepEqual(
    chosen.ids,
    [7, 6, 5, 4].map((number) => job(number).id),
  );
  chosen.set(job(5).id, false);
  chosen.everything();
  assert.ok(chosen.has("whatever"));
  chosen.set(job(9).id, false);

  assert.deepEqual([chosen.all, chosen.size], [false, 3]);
});

test("filters come from the address and go back into it", () => {
  const { page, query } = route(
    "#/jobs?state=failed,nonsense&kind=echo&since=2026-01-01&until=soon&q=a%26b",
  );

  const filters = filtersOf(query);

  assert.equal(page, "list");
  assert.deepEqual(filters, {
    ...NONE,
    state: "failed",
    kind: "echo",
    since: "2026-01-01T00:00:00.000Z",
    q: "a&b",
  });
  assert.deepEqual(filtersOf(route(address("/jobs", filters)).query), filters);
  assert.ok(areNone(filtersOf(new URLSearchParams())));
});

test("the API is asked for mine, everybody's, or one user's, by what the caller may see", () => {
  const wide = { ...ME, scopes: ["jobs:read", "org:read"] };

  assert.deepEqual(forApi({ ...NONE, whose: "all" }, ME), {});
  assert.deepEqual(forApi(NONE, wide), { user: "ann" });
  assert.deepEqual(forApi({ ...NONE, whose: "all" }, wide), {});
  assert.deepEqual(forApi({ ...NONE, whose: "bob", state: "unfinished" }, wide), {
    user: "bob",
    state: ["waiting", "scheduled", "queued", "running", "retrying"],
  });
});

test("a job that happens is judged here as far as can be, else by the server", () => {
  const made = job(1, { state: "failed", tags: ["eu"], created_at: "2026-05-01T12:00:00Z" });
  const cases = /** @type {[object, boolean | undefined][]} */ ([
    [{}, true],
    [{ state: "failed" }, true],
    [{ state: "unfinished" }, false],
    [{ kind: "other" }, false],
    [{ tag: "eu" }, true],
    [{ tag: "us" }, false],
    [{ since: "2026-05-01T12:00:00Z" }, true],
    [{ until: "2026-05-01T12:00:00Z" }, false],
    [{ q: "word" }, undefined],
    [{ batch: "b" }, undefined],
    [{ batch: "b", kind: "other" }, false],
    [{ whose: "bob" }, false],
    [{ whose: "all" }, true],
  ]);

  for (const [filter, expected] of cases)
    assert.equal(matches({ ...NONE, ...filter }, made, ME), expected, JSON.stringify(filter));
  assert.equal(matches(NONE, { ...made, user: "bob" }, ME), false);
  assert.equal(matches({ ...NONE, batch: "b" }, { ...made, batch_id: "b" }, ME), true);
});

test("all that match is said in words before something is done with it", () => {
  const words = inWords({ ...NONE, state: "failed,expired", kind: "daily_brief", q: "time out" });

  assert.deepEqual(words, ["State: Failed or Expired", "Kind: Daily brief", "Search: “time out”"]);
});
