/**
 * The declarations are right: the compiler takes every module with its JSDoc, and a page that uses all of it.
 * Needs TypeScript (`npm install --no-save --no-package-lock typescript`, or NODE_PATH).
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
function compiler() {
  try {
    return createRequire(import.meta.url).resolve("typescript/bin/tsc");
  } catch {
    return null;
  }
}

const tsc = compiler();
const skip = tsc || process.env.CI ? false : "typescript is not installed";

test("modules keep to their types, and a page's mistakes are found", { skip }, () => {
  const words = [tsc, "--project", "tests/client/tsconfig.json"];

  const found = spawnSync(process.execPath, words, { cwd: ROOT, encoding: "utf8" });

  assert.equal(found.stdout.trim(), "");
});
