/** One job in the browser: submit, listen, the end, and what a retry does to it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { JobcastError } from "../../realtime/client/jobcast.js";
import {
  FakeSocket,
  ID,
  event,
  nextSocket,
  once,
  played,
  resource,
  settled,
  snapshot,
  succeeded,
} from "./fake_server.js";

const CHANNEL = `job:${ID}`;

/** A client that listens to one job, whose snapshot has arrived. */
async function listening(known = resource(), ephemeral = {}, answers = {}) {
  const { jobcast, requests } = played({ [`GET api/jobs/${ID}`]: known, ...answers });
  const job = jobcast.job(ID);
  const heard = [];
  for (const name of ["state", "progress", "output", "log", "done", "error"]) {
    job.on(name, (value) => heard.push([name, value]));
  }
  const socket = await nextSocket();
  socket.tell(
    { t: "welcome" },
    {
      t: "subbed",
      channel: CHANNEL,
      epoch: "e1",
      offset: 2,
      snapshot: snapshot(CHANNEL, { job: known }, { ephemeral }),
    },
  );
  return {
    jobcast,
    requests,
    job,
    heard,
    socket,
    said: (name) => heard.filter(([n]) => n === name).map(([, v]) => v),
  };
}

function output(position, text, attempt = 1) {
  return {
    type: "job.output",
    subject: CHANNEL,
    channel: CHANNEL,
    attempt,
    data: { attempt, position, text },
  };
}

test("submit sends one idempotency key, however often the answer is lost", async () => {
  let lost = 2;
  const keys = [];
  const answer = ({ headers }) => {
    keys.push(headers["Idempotency-Key"]);
    if (lost-- > 0) throw new TypeError("network");
    return Response.json(
      { ...resource({ state: "queued", version: 1 }), stream: {} },
      { status: 202 },
    );
  };
  const { jobcast } = played({ "POST api/jobs": answer });

  const job = await jobcast.submit("echo", { text: "hi" });

  assert.equal(job.current.state, "queued");
  assert.equal(keys.length, 3);
  assert.equal(new Set(keys).size, 1);
});

test("a refused submission says what is wrong with which field", async () => {
  const errors = [{ pointer: "/args/url", detail: "Not a URL" }];
  const refusal = () =>
    Response.json({ code: "invalid_args", detail: "Wrong", errors }, { status: 422 });
  const { jobcast, requests } = played({ "POST api/jobs": refusal });

  const error = await jobcast.submit("echo", {}).catch((caught) => caught);

  assert.ok(error instanceof JobcastError);
  assert.deepEqual(error.errors, errors);
  assert.equal(requests.length, 1);
});

test("nobody listening means nothing is opened", async () => {
  const { jobcast } = played();

  jobcast.job(ID);
  await settled();

  assert.equal(FakeSocket.all.length, 0);
});

test("a late joiner hears the progress, the text and the lines so far, then what is new", async () => {
  const lines = [{ time: "t1", attempt: 1, message: "one" }];
  const ephemeral = {
    progress: { fraction: 0.5, message: "half" },
    output: { attempt: 1, position: 5, text: "hello" },
    logs: lines,
  };
  const { jobcast, job, socket, said } = await listening(resource(), ephemeral);

  socket.tell({
    t: "ev",
    e: [
      output(11, " world"),
      event("log", 0, {}, { offset: 0, data: { time: "t2", message: "two" } }),
    ],
  });

  assert.equal(job.output.text, "hello world");
  assert.deepEqual(
    said("output")
      .map(({ text, whole }) => [text, whole])
      .slice(-2),
    [
      ["hello", true],
      [" world", false],
    ],
  );
  assert.deepEqual(said("progress"), [{ fraction: 0.5, message: "half" }]);
  assert.deepEqual(
    said("log").map(({ message }) => message),
    ["one", "two"],
  );
  jobcast.close();
});

test("a hole in the output is filled by asking for the whole", async () => {
  const { jobcast, job, socket } = await listening();
  socket.tell({ t: "ev", e: [output(2, "ab")] });

  socket.tell({ t: "ev", e: [output(6, "ef")] });
  const asked = socket.said.at(-1);
  socket.tell({
    t: "subbed",
    i: asked.i,
    channel: CHANNEL,
    epoch: "e1",
    offset: 2,
    snapshot: snapshot(
      CHANNEL,
      { job: resource() },
      { ephemeral: { output: { attempt: 1, position: 6, text: "abcdef" } } },
    ),
  });

  assert.deepEqual([asked.t, asked.channel, asked.snapshot], ["sub", CHANNEL, true]);
  assert.equal(job.output.text, "abcdef");
  jobcast.close();
});

test("the ending is told once, though it comes by two channels and again after a reconnect", async () => {
  const { jobcast, job, socket, said } = await listening();
  const done = job.done;

  socket.tell(
    { t: "ev", e: [succeeded(3, 42)] },
    { t: "ev", e: [{ ...succeeded(3, 42), channel: CHANNEL }] },
  );
  socket.tell({
    t: "snapshot",
    ...snapshot(CHANNEL, {
      job: resource({ state: "succeeded", result: 42, version: 3, finished_at: "t3" }),
    }),
  });
  await jobcast.job(ID).done;

  assert.equal((await done).result, 42);
  assert.equal(said("done").length, 1);
  jobcast.close();
});

test("an end that comes by my channel first is told after the job's last words", async () => {
  const { jobcast, socket, said, heard } = await listening();
  socket.tell({ t: "ev", e: [succeeded(3, 42)] });
  const early = said("done").length;

  socket.tell(
    { t: "ev", e: [output(4, "last")] },
    { t: "ev", e: [{ ...succeeded(3, 42), channel: CHANNEL }] },
  );

  assert.equal(early, 0);
  assert.deepEqual(
    heard.slice(-2).map(([name]) => name),
    ["output", "done"],
  );
  jobcast.close();
});

function numbered(from, to, attempt = 1) {
  return Array.from({ length: to - from + 1 }, (_, i) => ({ line: from + i, attempt, time: "t" }));
}

function logged(...lines) {
  return { t: "ev", e: lines.map((data) => event("log", 0, {}, { offset: 0, data })) };
}

test("lines that a snapshot is too short for are fetched, and every line is told once", async () => {
  const fetched = { data: numbered(1, 9) };
  const { jobcast, job, socket } = await listening(
    resource(),
    { logs: numbered(1, 2) },
    { [`GET api/jobs/${ID}/logs`]: fetched },
  );

  socket.tell({
    t: "snapshot",
    ...snapshot(CHANNEL, { job: resource() }, { ephemeral: { logs: numbered(7, 9) } }),
  });
  socket.tell(logged(...numbered(10, 10)));
  await settled();
  await settled();

  assert.deepEqual(
    job.logs.map(({ line }) => line),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  );
  jobcast.close();
});

for (const [name, retold, known] of [
  ["an emptied Redis is told again", numbered(3, 7), [1, 2, 3, 4, 5, 6, 7]],
  ["nobody has any more", [], [1, 2, 6]],
]) {
  test(`lines that ${name} are told in order, and none is left out`, async () => {
    const { jobcast, job, said, socket } = await listening(
      resource(),
      { logs: numbered(1, 2) },
      { [`GET api/jobs/${ID}/logs`]: { data: [] } },
    );

    socket.tell(logged(...numbered(6, 6)));
    await settled();
    const early = job.logs.length;
    socket.tell(logged(...retold));
    socket.tell({ t: "ev", e: [{ ...succeeded(3, 42), channel: CHANNEL }] });
    await settled();

    assert.equal(early, 2);
    assert.deepEqual(
      job.logs.map(({ line }) => line),
      known,
    );
    assert.deepEqual(said("log"), job.logs);
    jobcast.close();
  });
}

test("lines that wait for others are told when another attempt begins", async () => {
  const { jobcast, job, socket } = await listening(
    resource(),
    { logs: numbered(1, 2) },
    { [`GET api/jobs/${ID}/logs`]: { data: [] } },
  );

  socket.tell(logged(...numbered(6, 6)));
  await settled();
  socket.tell(logged(...numbered(1, 2, 2)));

  assert.deepEqual(
    job.logs.map(({ attempt, line }) => [attempt, line]),
    [
      [1, 1],
      [1, 2],
      [1, 6],
      [2, 1],
      [2, 2],
    ],
  );
  jobcast.close();
});

test("done of a job that had ended before resolves at once with the whole job", async () => {
  const ended = resource({
    state: "failed",
    error: { code: "boom", message: "Boom" },
    version: 4,
    finished_at: "t4",
  });
  const { jobcast, job } = await listening(ended);

  const current = await job.done;
  const error = await job.result().catch((caught) => caught);

  assert.equal(current.state, "failed");
  assert.equal(error.code, "boom");
  jobcast.close();
});

test("a result too large for an event is fetched", async () => {
  const whole = resource({ state: "succeeded", result: "long", version: 3, finished_at: "t3" });
  const { jobcast, job, socket } = await listening(
    resource(),
    {},
    { [`GET api/jobs/${ID}`]: whole },
  );
  const result = job.result();

  socket.tell({
    t: "ev",
    e: [
      event("succeeded", 3, { state: "succeeded", data_ref: `/api/jobs/${ID}`, finished_at: "t3" }),
    ],
  });

  assert.equal(await result, "long");
  jobcast.close();
});

test("a retry starts the output afresh and can end a second time", async () => {
  const { jobcast, job, socket, said } = await listening();
  socket.tell(
    { t: "ev", e: [output(3, "old"), event("failed", 3, { state: "failed", finished_at: "t3" })] },
    { t: "unsubbed", channel: CHANNEL, code: "done" },
  );

  socket.tell({
    t: "ev",
    e: [
      event("queued", 4, { state: "queued" }),
      event("started", 5, { state: "running" }, { attempt: 2 }),
    ],
  });
  const rejoined = socket.said.at(-1);
  socket.tell(
    { t: "ev", e: [output(3, "new", 2), { ...succeeded(6, 1), attempt: 2 }] },
    { t: "unsubbed", channel: CHANNEL, code: "done" },
  );

  assert.deepEqual([rejoined.t, rejoined.channel], ["sub", CHANNEL]);
  assert.equal(job.output.text, "new");
  assert.deepEqual(
    said("done").map(({ state }) => state),
    ["failed", "succeeded"],
  );
  jobcast.close();
});

test("a stranger's job is an error, not a wait for ever", async () => {
  const { jobcast, socket } = await listening();
  const other = jobcast.job("0199-other");
  const error = once(other, "error");
  const done = other.done.catch((caught) => caught);

  socket.tell({
    t: "err",
    i: socket.said.at(-1).i,
    error: { code: "not_found", message: "There is no such channel" },
  });

  assert.equal((await error).code, "not_found");
  assert.equal((await done).code, "not_found");
  jobcast.close();
});

test("closing a job ends the listening of all who listened through it", async () => {
  const { jobcast, job, socket } = await listening();

  job.close();
  socket.tell({ t: "ev", e: [succeeded(3, 1)] });

  assert.equal(jobcast.connection.channels.size, 0);
  jobcast.close();
});

test("a log line with fields of any name changes nothing of the job", async () => {
  const { jobcast, job, socket, said } = await listening();
  const line = { time: "t", attempt: 1, line: 1, message: "odd", lines: 5, state: "failed", kind: "no" };

  socket.tell({
    t: "ev",
    e: [{ type: "job.log", subject: CHANNEL, channel: CHANNEL, attempt: 1, data: line }],
  });

  assert.deepEqual([job.current.state, job.current.kind], ["running", resource().kind]);
  assert.equal(said("log").length, 1);
  jobcast.close();
});

test("input that is taken is known at once, and any later event ends the request for it", async () => {
  const awaiting = { number: 1, prompt: "Go on?", schema: { type: "object" } };
  const waiting = resource({ awaiting, version: 3 });
  const taken = { ...waiting, awaiting: null, version: 4 };
  const answers = { [`POST api/jobs/${ID}/input`]: taken };
  const { jobcast, job, requests, socket } = await listening(waiting, {}, answers);

  await job.input({ approved: true });
  const after = job.current.awaiting;
  socket.tell({ t: "ev", e: [event("input_requested", 5, { awaiting: { number: 2 } })] });
  const again = job.current.awaiting;
  socket.tell({ t: "ev", e: [event("cancelling", 6)] });

  assert.equal(requests.at(-1).body, '{"approved":true}');
  assert.deepEqual([after, again, job.current.awaiting], [null, { number: 2 }, null]);
  jobcast.close();
});

test("an upload is sent as a form with its name", async () => {
  const { jobcast, requests } = played({ "POST api/uploads": { id: "u1" } });

  const sent = await jobcast.upload(new File(["abc"], "Plán.pdf", { type: "application/pdf" }));

  const file = requests[0].body.get("file");
  assert.deepEqual([sent.id, file.name, file.size], ["u1", "Plán.pdf", 3]);
});

test("a token goes into the header of every request and into no address", async () => {
  const { jobcast, requests } = played({}, { token: async () => "secret" });

  await jobcast.kinds();

  assert.equal(requests[0].headers.Authorization, "Bearer secret");
  assert.equal(requests[0].credentials, "omit");
  assert.ok(!requests[0].search.includes("secret"));
});

test("the last words of a job that ended meanwhile are told before its end", async () => {
  const { jobcast, job, socket, said, heard } = await listening();

  socket.tell(
    {
      t: "snapshot",
      channel: CHANNEL,
      epoch: "e1",
      offset: 2,
      ephemeral: { output: { attempt: 1, position: 4, text: "last" } },
    },
    { t: "ev", e: [{ ...succeeded(3, 42), channel: CHANNEL }] },
    { t: "unsubbed", channel: CHANNEL, code: "done" },
  );

  assert.equal(job.output.text, "last");
  assert.equal(said("done").length, 1);
  assert.equal(heard.at(-1)[0], "done");
  jobcast.close();
});
