/** A result as something to read: facts, tables for lists of things, and always the JSON itself. */

import { copyButton, saveButton } from "./copying.js";
import { make } from "./elements.js";
import { jsonView } from "./json_view.js";
import { arranged } from "./schema.js";
import { title } from "./words.js";

const MAX_COLUMNS = 8;
const MAX_ROWS = 500;
const SHORT = 120;

/** As much of the raw JSON is shown; all of it can be copied and saved. */
const MAX_TEXT = 100_000;

/**
 * @param {any} given
 * @param {any} schema
 */
export function resultView(given, schema) {
  const result = arranged(given, schema);
  const whole = JSON.stringify(result, null, 2) ?? "";
  const json = make("pre", { class: "code", tabIndex: 0 }, bounded(whole));
  if (result === null || typeof result !== "object") return json;
  const parts = Array.isArray(result) ? [table("", result)] : members(result);
  const shown = parts.filter(Boolean);
  const raw = make("details", { open: !shown.length }, make("summary", null, "JSON"), json);
  return make("div", { class: "result" }, shown, raw);
}

/**
 * The buttons that copy and save a result.
 * @param {any} result
 * @param {string} name of the file
 */
export function resultTools(result, name) {
  const text = () => JSON.stringify(result, null, 2);
  return [copyButton("Copy", text), saveButton("Save", name, text)];
}

/** @param {string} text */
function bounded(text) {
  if (text.length <= MAX_TEXT) return text;
  return `${text.slice(0, MAX_TEXT)}\n… ${(text.length - MAX_TEXT).toLocaleString()} more characters: save it to see them`;
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
  const deep = entries.filter(([, value]) => !Array.isArray(value) && typeof value === "object");
  return [
    facts.length > 0 && make("dl", { class: "facts" }, list),
    ...lists.map(([name, value]) => table(name, value)),
    ...deep.map(([name, value]) =>
      make("div", null, make("h3", null, title(name)), jsonView(value)),
    ),
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
  if (typeof value === "object") return json(value);
  return picture(value) ?? String(value);
}

/** What is short is read at once, what is long is folded. @param {any} value */
function json(value) {
  const whole = JSON.stringify(value);
  return whole.length <= SHORT ? make("code", null, whole) : jsonView(value);
}

/** A picture that is written into the result itself. @param {any} value */
function picture(value) {
  const drawn =
    typeof value === "string" && /^data:image\/(png|jpeg|gif|webp|avif);base64,/.test(value);
  return drawn ? make("img", { src: value, alt: "Picture in the result" }) : null;
}

/** @param {string} url */
function link(url) {
  return make("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, url);
}
