/** What is known of jobs: the newest version wins, whatever way and order it came in. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Store } from "../../realtime/client/store.js";
import { ID, event, resource, succeeded } from "./fake_server.js";

test("an event is applied only if it is newer than what is known", () => {
  const store = new Store();
  store.put(resource({ version: 5 }));

  store.apply(event("started", 5, { state: "running", worker: "old" }));
  store.apply(event("started", 6, { state: "running", worker: "new" }));

  assert.equal(store.get(ID).worker, "new");
  assert.equal(store.get(ID).version, 6);
});

test("every order of the same facts leads to the same end", () => {
  const facts = [
    (store) => store.put(resource({ state: "queued", version: 1, attempt: 0 })),
    (store) => store.apply(event("started", 2, { state: "running" })),
    (store) =>
      store.apply(event("retrying", 3, { state: "retrying", error: { code: "x", message: "y" } })),
    (store) => store.apply(succeeded(5, 42)),
  ];
  for (const order of permutations(facts)) {
    const store = new Store();

    for (const fact of order) fact(store);

    const { state, result, error, version } = store.get(ID);
    assert.deepEqual(
      { state, result, error, version },
      { state: "succeeded", result: 42, error: null, version: 5 },
    );
  }
});

test("progress of an older attempt, or of a job that does not run, comes too late", () => {
  const store = new Store();
  store.put(resource({ attempt: 2 }));

  store.advance(event("progress", 0, { fraction: 0.9, message: "old" }, { attempt: 1 }));
  store.advance(event("progress", 0, { fraction: 0.1, message: "new" }, { attempt: 2 }));
  store.apply(event("failed", 3, { state: "failed", progress: null }, { attempt: 2 }));
  store.advance(event("progress", 0, { fraction: 0.5, message: "late" }, { attempt: 2 }));

  assert.equal(store.get(ID).progress, null);
});

test("a change that does not speak of progress keeps that of the running attempt", () => {
  const store = new Store();
  store.put(resource({ progress: { fraction: 0.4, message: "" } }));

  store.apply(event("cancelling", 3, { state: "running", cancel_requested_at: "t" }));

  assert.equal(store.get(ID).progress.fraction, 0.4);
  assert.equal(store.get(ID).cancel_requested_at, "t");
});

test("what an attempt says before its start is heard counts once it is, and for no other", () => {
  const store = new Store();
  store.put(resource({ state: "queued", attempt: 0, version: 1, progress: null }));
  const early = { subject: `job:${ID}`, attempt: 1, data: { fraction: 0.1, message: "first" } };

  store.advance(early);
  const before = store.get(ID).progress;
  store.apply({ ...event("started", 2, { state: "running" }), attempt: 1 });
  const after = store.get(ID).progress;
  store.apply({ ...event("started", 4, { state: "running" }), attempt: 2 });

  assert.equal(before, null);
  assert.deepEqual(after, early.data);
  assert.equal(store.get(ID).progress, null);
});

test("a result too large for an event is not known, rather than null", () => {
  const store = new Store();

  store.apply(event("succeeded", 4, { state: "succeeded", result: null, data_ref: "/api/jobs/1" }));

  assert.equal(store.get(ID).result, undefined);
});

test("old ended jobs are forgotten before the store grows without bound", () => {
  const store = new Store();

  for (let i = 0; i < 2_100; i++) {
    store.put(resource({ id: `job-${i}`, state: i % 2 ? "succeeded" : "running" }));
  }

  assert.equal(store.all.length, 2_000);
  assert.equal(store.get("job-0").state, "running");
  assert.equal(store.get("job-1"), undefined);
});

test("a listener that throws does not keep the others from hearing", (t) => {
  const store = new Store();
  const heard = [];
  t.mock.method(globalThis, "queueMicrotask", () => {});
  store.on("changed", () => {
    throw new Error("mine");
  });
  store.on("changed", (job) => heard.push(job.id));

  store.put(resource());

  assert.deepEqual(heard, [ID]);
});

function* permutations(items) {
  if (items.length < 2) yield items;
  for (let i = 0; i < items.length; i++) {
    const rest = items.toSpliced ? items.toSpliced(i, 1) : items.filter((_, j) => j !== i);
    for (const order of permutations(rest)) yield [items[i], ...order];
  }
}
