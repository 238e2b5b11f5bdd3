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

/** @param {string} project */
function complaints(project) {
  const words = [/** @type {string} */ (tsc), "--project", `tests/client/${project}`];
  return spawnSync(process.execPath, words, { cwd: ROOT, encoding: "utf8" }).stdout.trim();
}

test("modules keep to their types, and a page's mistakes are found", { skip }, () => {
  assert.equal(complaints("tsconfig.json"), "");
});

test("the dashboard's and the handbook's modules keep to theirs", { skip }, () => {
  assert.equal(complaints("dashboard.tsconfig.json"), "");
});
