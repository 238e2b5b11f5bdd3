/** Every snippet of docs/browser.md runs as it stands, against a played server. */

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

import { FakeNetwork } from "../../realtime/client/fake_network.js";
import { FakeWorld } from "../../realtime/client/fake_world.js";
import { settled } from "./fake_server.js";

const CLIENT = new URL("../../realtime/client/", import.meta.url);
const text = await readFile(new URL("../../docs/browser.md", import.meta.url), "utf8");
const snippets = [...text.matchAll(/## ([^\n]*)\n|```js\n(.*?)```/gs)].reduce(
  ({ title, found }, [, heading, code]) =>
    heading ? { title: heading, found } : { title, found: [...found, [title, code]] },
  { title: "the first one", found: [] },
).found;

/** A server that has done every job before its submitter listens. */
function server() {
  let count = 0;
  const world = new FakeWorld(
    { user: "ada", org: "acme", kinds: [], answers: {} },
    {
      submit(kind, args) {
        const id = `job-${++count}`;
        const ending = { state: "succeeded", result: 42, attempt: 1, version: 3, finished_at: "t" };
        world.add({ id, kind, args, ...ending });
        return id;
      },
      read() {},
    },
  );
  return { world, network: new FakeNetwork(world) };
}

/** Where React is, if it is installed. */
function reactFile() {
  try {
    return pathToFileURL(createRequire(import.meta.url).resolve("react")).href;
  } catch {
    return null;
  }
}

for (const [title, code] of snippets) {
  const skip = code.includes('from "react"') && !reactFile() ? "react is not installed" : false;

  test(`the snippet of "${title}" runs`, { skip }, async (t) => {
    const { world, network } = server();
    t.mock.method(console, "log", () => {});
    globalThis.location = { origin: "http://jobcast.test" };
    globalThis.fetch = (url, init) => world.answer(new URL(url), init);
    globalThis.WebSocket = network.WebSocket;
    const folder = await mkdtemp(join(tmpdir(), "jobcast-docs-"));
    const file = join(folder, "snippet.mjs");
    const local = code
      .replaceAll('from "/client/', `from "${CLIENT}`)
      .replace('from "react"', `from "${reactFile()}"`);
    await writeFile(file, `${local}\nglobalThis.mine = typeof jobcast === "object" && jobcast;\n`);

    const ran = await import(pathToFileURL(file));
    await settled();
    globalThis.mine?.close?.();
    await rm(folder, { recursive: true });

    assert.ok(ran);
  });
}
