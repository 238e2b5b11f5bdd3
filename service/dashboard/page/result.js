/** A result as something to read: facts, tables for lists of things, and always the JSON itself. */

import { make } from "./elements.js";
import { arranged } from "./schema.js";
import { title } from "./words.js";

const MAX_COLUMNS = 8;
const MAX_ROWS = 500;

/**
 * @param {any} given
 * @param {any} schema
 */
export function resultView(given, schema) {
  const result = arranged(given, schema);
  const json = make("pre", { class: "code", tabIndex: 0 }, JSON.stringify(result, null, 2));
  if (result === null || typeof result !== "object") return json;
  const parts = Array.isArray(result) ? [table("", result)] : members(result);
  const shown = parts.filter(Boolean);
  const raw = make("details", { open: !shown.length }, make("summary", null, "JSON"), json);
  return make("div", { class: "result" }, shown, raw);
}

/** @param {Record<string, any>} result */
function members(result) {
  const entries = Object.entries(result).filter(([, value]) => value !== null && value !== "");
  const facts = entries.filter(([, value]) => short(value));
  const lists = entries.filter(
    ([, value]) => Array.isArray(value) && value.length && !short(value),
  );
  const list = facts.flatMap(([name, value]) => [
    make("dt", null, title(name)),
    make("dd", null, text(value)),
  ]);
  return [
    facts.length > 0 && make("dl", { class: "facts" }, list),
    ...lists.map(([name, value]) => table(name, value)),
  ];
}

/** @param {any} value */
function short(value) {
  if (Array.isArray(value))
    return value.length > 0 && value.length <= 12 && value.every((one) => typeof one !== "object");
  return typeof value !== "object";
}

/**
 * @param {string} name
 * @param {any[]} values
 */
function table(name, values) {
  const label = title(name) || "Items";
  const things = values.every(
    (value) => value && typeof value === "object" && !Array.isArray(value),
  );
  if (!things) return lines(label, values);
  const columns = [...new Set(values.flatMap(Object.keys))].filter((c) =>
    values.some((v) => filled(v[c])),
  );
  const body = grid(columns.slice(0, MAX_COLUMNS), values.slice(0, MAX_ROWS));
  body.prepend(make("caption", null, `${label} (${values.length})`));
  return make("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": label }, body);
}

/** @param {any} value */
function filled(value) {
  return value !== null && value !== undefined && value !== "";
}

/**
 * @param {string[]} columns
 * @param {any[]} values
 */
function grid(columns, values) {
  const head = columns.map((column) => make("th", { scope: "col" }, title(column)));
  const cells = (/** @type {any} */ value) =>
    columns.map((column) => make("td", null, text(value[column])));
  const rows = values.map((value) => make("tr", null, cells(value)));
  return make(
    "table",
    null,
    make("thead", null, make("tr", null, head)),
    make("tbody", null, rows),
  );
}

/**
 * @param {string} name
 * @param {any[]} values
 */
function lines(name, values) {
  const items = values.slice(0, MAX_ROWS).map((value) => make("li", null, text(value)));
  return make(
    "div",
    { class: "lines" },
    make("h3", null, `${name} (${values.length})`),
    make("ul", null, items),
  );
}

/** @param {any} value */
function text(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "string" && /^https?:\/\/\S+$/i.test(value)) return link(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value) && short(value)) return value.join(", ");
  return typeof value === "object" ? make("code", null, JSON.stringify(value)) : String(value);
}

/** @param {string} url */
function link(url) {
  return make("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, url);
}
