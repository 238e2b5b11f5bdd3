/** A job with its children and theirs: known from what was, and kept up by what happens. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { family } from "../../realtime/client/family.js";
import { faked, once, played, settled } from "./fake_server.js";

/** A parent that runs, with one child that waits; `all` is what a page holds of them. */
async function parented(options) {
  const fake = faked(options);
  const parent = fake.submit("brief");
  const child = fake.submit("mail", {}, { parent_id: parent });
  fake.start(parent);
  const all = family(fake.jobcast, parent);
  await once(all, "change", () => all.ready && fake.jobcast.status.phase === "live");
  return { fake, parent, child, all };
}

const steps = ({ events }) => events.map(({ type, subject }) => [type, subject.slice(-1)].join(" "));
const states = ({ items }) => items.map(({ kind, state }) => `${kind} ${state}`);
const asked = (fake) => fake.requests.filter(({ query }) => query.children).length;

test("what happened before is read, and what happens then is heard without asking again", async () => {
  const { fake, parent, child, all } = await parented();
  const before = steps(all);

  fake.start(child);
  const grandchild = fake.submit("text", {}, { parent_id: child });
  fake.finish(grandchild);
  fake.finish(child);
  fake.finish(parent);
  await settled();

  assert.deepEqual(before, ["job.queued 1", "job.queued 2", "job.started 1"]);
  assert.deepEqual(steps(all).slice(3), [
    "job.started 2",
    "job.queued 3",
    "job.started 3",
    "job.succeeded 3",
    "job.succeeded 2",
    "job.succeeded 1",
  ]);
  assert.deepEqual(states(all), ["mail succeeded", "text succeeded"]);
  assert.equal(asked(fake), 1);
  fake.close();
});

test("others' jobs are not of the family", async () => {
  const { fake, all } = await parented();
  let changes = 0;
  all.on("change", () => (changes += 1));

  const other = fake.submit("brief");
  fake.finish(fake.submit("mail", {}, { parent_id: other }));
  await settled();

  assert.deepEqual([changes, states(all)], [0, ["mail queued"]]);
  fake.close();
});

test("steps that were folded on the way are read", async () => {
  const { fake, child, all } = await parented();
  fake.offline();
  fake.start(child);
  fake.finish(child);

  fake.online();
  await once(all, "event", () => steps(all).length === 5);

  assert.deepEqual(steps(all).slice(-2), ["job.started 2", "job.succeeded 2"]);
  assert.deepEqual(states(all), ["mail succeeded"]);
  fake.close();
});

/** A family whose first answers are on their way until `goOn` is called, so that it knows nobody yet. */
async function readingSlowly(fake, id) {
  const { api } = fake.jobcast;
  const insist = api.insist.bind(api);
  let answering = 0;
  let goOn;
  const held = new Promise((resolve) => (goOn = resolve));
  api.insist = async (...asking) => {
    const answer = structuredClone(await insist(...asking));
    answering += 1;
    await held;
    return answer;
  };
  const all = family(fake.jobcast, id);
  await settled();
  assert.equal(answering, 2);
  return { all, goOn };
}

for (const made of ["before", "while"])
  test(`what happens to a child's child that was made ${made} the family is first read is not missed`, async () => {
    const { fake } = await parented();
    const parent = fake.submit("brief");
    const child = fake.submit("mail", {}, { parent_id: parent });
    const bear = () => fake.submit("text", {}, { parent_id: child });
    const early = made === "before" ? bear() : "";
    await settled();

    const { all, goOn } = await readingSlowly(fake, parent);
    fake.start(early || bear());
    await settled();
    goOn();
    await once(all, "change", () => all.ready);
    await settled();

    assert.deepEqual(all.events.map(({ type }) => type).sort(), [
      "job.queued",
      "job.queued",
      "job.queued",
      "job.started",
    ]);
    assert.deepEqual(states(all), ["mail queued", "text running"]);
    fake.close();
  });

test("after a gap the family is read afresh", async () => {
  const { fake, all } = await parented();

  fake.gap();
  await once(all, "change", () => all.items.length === 1);

  assert.deepEqual(steps(all), ["job.queued 1", "job.queued 2", "job.started 1"]);
  assert.equal(asked(fake), 2);
  fake.close();
});

test("a progress is a change of a child, and no event", async () => {
  const { fake, child, all } = await parented();
  fake.start(child);
  const heard = [];
  for (const name of ["change", "event"]) all.on(name, () => heard.push(name));

  fake.progress(child, 0.5);

  assert.deepEqual(heard, ["change"]);
  assert.equal(all.items[0].progress.fraction, 0.5);
  fake.close();
});

test("a server that knows no more than before is not asked in circles", async () => {
  let reads = 0;
  const job = { id: "p", version: 9, state: "running", created_at: "t" };
  const { jobcast } = played({
    "GET api/jobs": { data: [{ ...job, id: "c", parent_id: "p" }] },
    "GET api/jobs/p/events": () => ({ data: [], reads: (reads += 1) }),
  });
  const all = family(jobcast, "p");
  await once(all, "change", () => all.ready);
  for (let i = 0; i < 5; i++) await settled();

  assert.ok(reads <= 2, `${reads} reads`);
  assert.equal(all.items.length, 1);
  jobcast.close();
});

test("of children without end the first two hundred are followed", async () => {
  const { fake, parent, child, all } = await parented();

  for (let i = 0; i < 250; i++) fake.submit("mail", {}, { parent_id: parent });
  fake.submit("text", {}, { parent_id: child });
  await settled();

  assert.deepEqual([all.items.length, all.full], [200, true]);
  assert.equal(all.events.length, 202);
  fake.close();
});

test("a family that is closed hears nothing more", async () => {
  const { fake, child, all } = await parented();
  all.on("change", () => assert.fail("heard"));

  all.close();
  fake.finish(child);
  await settled();

  assert.deepEqual(steps(all), ["job.queued 1", "job.queued 2", "job.started 1"]);
  fake.close();
});
