/** The overview's kinds: of which the most finished, how many of them failed, and how long they run. */

import { fill, make } from "./elements.js";
import { address } from "./router.js";
import { duration, title } from "./words.js";

const MOST = 6;
const HEADS = ["Kind", "Finished", "Failed", "Run p95"];
const compact = new Intl.NumberFormat([], { notation: "compact", maximumFractionDigits: 1 });

export function kinds() {
  const body = make("tbody");
  const table = make(
    "table",
    { "aria-labelledby": "kinds-title" },
    make("thead", null, make("tr", null, HEADS.map(head))),
    body,
  );
  const none = make("p", { class: "none" }, "Nothing has finished in this time.");
  const element = make(
    "section",
    { class: "busiest", "aria-labelledby": "kinds-title" },
    make("header", null, make("h2", { id: "kinds-title" }, "Busiest kinds")),
    table,
    none,
  );
  let shown = "";
  const draw = (/** @type {any[]} */ figures) => {
    const rows = busiest(figures);
    table.hidden = !rows.length;
    none.hidden = rows.length > 0;
    const now = JSON.stringify(rows);
    if (now === shown) return;
    shown = now;
    fill(body, rows.map(line));
  };
  return { element, draw };
}

/**
 * @param {string} text
 * @param {number} i
 */
function head(text, i) {
  return make("th", { scope: "col", class: i ? "number" : "" }, text);
}

/**
 * Return the kinds of which the most finished, those of all organisations taken together.
 * @param {any[]} figures
 */
function busiest(figures) {
  /** @type {Map<string, {kind: string, ended: number, failed: number, p95: number}>} */
  const all = new Map();
  for (const { kind, succeeded, failed, others, run_p95: p95 } of figures) {
    const one = all.get(kind) ?? { kind, ended: 0, failed: 0, p95: 0 };
    all.set(kind, {
      kind,
      ended: one.ended + succeeded + failed + others,
      failed: one.failed + failed,
      p95: Math.max(one.p95, p95 ?? 0),
    });
  }
  return [...all.values()].sort((a, b) => b.ended - a.ended).slice(0, MOST);
}

/** @param {{kind: string, ended: number, failed: number, p95: number}} row */
function line({ kind, ended, failed, p95 }) {
  const share = `${compact.format(failed)} (${Math.ceil((failed / ended) * 100)} %)`;
  const trouble = failed > 0 && make("a", { href: address("/failed", { kind }) }, share);
  return make(
    "tr",
    null,
    make("td", null, title(kind)),
    make("td", { class: "number" }, compact.format(ended)),
    make("td", { class: "number" }, trouble || "–"),
    make("td", { class: "number" }, duration(p95 * 1000)),
  );
}
