/**
 * The hooks, with the real React where it is installed (`npm install --no-save --no-package-lock react
 * react-test-renderer`), and always with the two functions of it that they use, in a few lines.
 */

import assert from "node:assert/strict";
import { test } from "node:test";

import { hooks } from "../../realtime/client/react.js";
import { faked, settled } from "./fake_server.js";

/** As much of React as the hooks use: one component, mounted twice as StrictMode does. */
function standIn() {
  const memos = [];
  let [at, show, off, rendering] = [0, () => {}, null, null];
  const React = {
    useMemo(make, of) {
      const i = at++;
      if (!memos[i] || memos[i].of.some((one, n) => one !== of[n]))
        memos[i] = { of, value: make() };
      return memos[i].value;
    },
    useSyncExternalStore(subscribe, read) {
      rendering = { subscribe, read, value: read() };
      return rendering.value;
    },
  };
  let subscribed = null;
  const render = () => {
    at = 0;
    show();
    const { subscribe, read } = rendering;
    if (subscribed === subscribe) return;
    subscribed = subscribe;
    off?.();
    const told = () => read() !== rendering.value && queueMicrotask(render);
    subscribe(told)();
    off = subscribe(told);
    told();
  };
  return {
    React,
    mount: async (component) => ((show = component), render()),
    act: async (act) => (await act(), await settled()),
    unmount: async () => off(),
  };
}

async function real() {
  const React = await import("react").catch(() => null);
  if (!React) return null;
  const { act, create } = await import("react-test-renderer");
  globalThis.IS_REACT_ACT_ENVIRONMENT = true;
  let root;
  const show = (component) =>
    React.createElement(
      React.StrictMode,
      null,
      React.createElement(() => (component(), null)),
    );
  return {
    React,
    mount: (component) => act(async () => (root = create(show(component)))),
    act: (todo) => act(async () => (await todo(), await settled())),
    unmount: () => act(async () => root.unmount()),
  };
}

const KINDS = [
  ["a stand-in", async () => standIn()],
  ["React", real],
];

for (const [name, make] of KINDS) {
  const page = await make();
  const options = { skip: page || process.env.CI ? false : "react is not installed" };

  test(
    `${name}: a component shows a job as it goes, and stops listening when it goes`,
    options,
    async () => {
      const { React, mount, act, unmount } = await make();
      const fake = faked();
      const { useJob } = hooks(React, fake.jobcast);
      const id = fake.submit("report");
      let shown;

      await mount(() => (shown = useJob(id)));
      await act(settled);
      const queued = shown.state;
      await act(() => (fake.progress(id, 0.5, "half way"), fake.output(id, "Hi")));
      const running = shown;
      await act(() => fake.finish(id, 42));

      assert.equal(queued, "queued");
      assert.deepEqual([running.progress.message, running.output], ["half way", "Hi"]);
      assert.deepEqual([shown.state, shown.result], ["succeeded", 42]);
      await unmount();
      assert.equal(fake.jobcast.connection.channels.size, 0);
      fake.close();
    },
  );

  test(`${name}: what has not changed is the same object`, options, async () => {
    const { React, mount, act, unmount } = await make();
    const fake = faked();
    const { useJob } = hooks(React, fake.jobcast);
    const [id, other] = [fake.submit(), fake.submit()];
    const shown = [];
    await mount(() => shown.push(useJob(id)));
    await act(settled);
    const before = shown.at(-1);

    await act(() => fake.finish(other));

    assert.equal(shown.at(-1), before);
    await unmount();
    fake.close();
  });

  test(`${name}: the list and the inbox are live, and one can be read`, options, async () => {
    for (const hook of ["useJobs", "useInbox"]) {
      const { React, mount, act, unmount } = await make();
      const fake = faked();
      const use = hooks(React, fake.jobcast)[hook];
      let shown;
      await mount(() => (shown = use()));
      await act(settled);
      await act(settled);
      assert.equal(shown.ready, true);

      await act(() => (fake.submit(), fake.notify("brief_done")));
      const counts = [shown.jobs?.length, shown.unread];
      await act(() => shown.read?.());

      assert.deepEqual(counts, hook === "useJobs" ? [1, undefined] : [undefined, 1]);
      assert.equal(shown.unread ?? 0, 0);
      await unmount();
      assert.equal(fake.jobcast.connection.channels.size, 0);
      fake.close();
    }
  });

  test(`${name}: without an id nothing is asked for`, options, async () => {
    const { React, mount, unmount } = await make();
    const fake = faked();
    const { useJob, useStatus } = hooks(React, fake.jobcast);
    let shown;

    await mount(() => (shown = useJob(null)));

    assert.equal(shown.job, undefined);
    assert.deepEqual(fake.requests, []);
    await unmount();
    assert.equal(typeof useStatus, "function");
    fake.close();
  });
}

/** React as a server draws with it: once, and nothing is listened to. */
const ON_A_SERVER = {
  useMemo: (make) => make(),
  useSyncExternalStore: (subscribe, read, readOnServer) => readOnServer(),
};

test("on a server everything is empty, and no client is made", () => {
  const never = () => assert.fail("a server has nobody to listen for");
  const { useJob, useOutput, useBatch, useJobs, useInbox, useStatus } = hooks(ON_A_SERVER, never);

  assert.equal(useJob("0199").state, undefined);
  assert.equal(useOutput("0199"), "");
  assert.deepEqual(useBatch("0199").counts, {});
  assert.deepEqual([useJobs().jobs, useInbox().items, useStatus().phase], [[], [], "idle"]);
  assert.equal(useJob("0199"), useJob("0200"), "the same object each time, as React demands");
});

test("what makes the client is called once, by the first hook that runs in a browser", async () => {
  const { React, mount, act, unmount } = standIn();
  const fake = faked();
  let made = 0;
  const { useOutput } = hooks(React, () => (made++, fake.jobcast));
  const id = fake.submit("report");
  let [shown, batch] = ["", null];
  globalThis.document = {};

  await mount(() => (shown = useOutput(id)));
  await act(settled);
  await act(() => fake.output(id, "Hello"));
  await unmount();
  const other = standIn();
  const { useBatch } = hooks(other.React, fake.jobcast);
  await other.mount(() => (batch = useBatch("0199-none")));
  await other.act(settled);
  delete globalThis.document;

  assert.deepEqual([shown, made], ["Hello", 1]);
  assert.deepEqual([batch.fraction, batch.done], [0, false]);
  fake.close();
});
