/** Small parts that several pages show: facts in two columns, chips, badges, who may do what. */

import { make } from "./elements.js";

/**
 * Make a list of facts; those without a value are left out.
 * @param {[name: string, value: any][]} all
 */
export function facts(all) {
  const there = all.filter(([, value]) => ![null, undefined, "", false].includes(value));
  return make(
    "dl",
    { class: "facts" },
    there.flatMap(([name, value]) => [make("dt", null, name), make("dd", null, value)]),
  );
}

/**
 * Make a row of small words, the last ones counted when there are many.
 * @param {string[]} words
 * @param {number} [most]
 */
export function chips(words, most = 4) {
  const shown = words.length > most ? words.slice(0, most - 1) : words;
  const rest = words.length - shown.length;
  const all = shown.map((word) => make("code", { class: "chip" }, word));
  const more = rest > 0 && make("span", { class: "chip", title: words.join(", ") }, `+${rest}`);
  return make("span", { class: "chips" }, all, more);
}

/**
 * Make a badge in one of the tones of a job's states.
 * @param {"good" | "bad" | "warn" | "live" | "soft"} tone
 * @param {string} text
 */
export function mark(tone, text) {
  return make("span", { class: "badge", data: { tone } }, text);
}

/**
 * Whether a caller holds a scope; an operator holds every one.
 * @param {import("./pages.js").Caller} caller
 * @param {string} scope
 */
export function may({ scopes }, scope) {
  return scopes.includes(scope) || scopes.includes("admin");
}

/**
 * Return how many there are, in words.
 * @param {number} number
 * @param {string} one
 * @param {string} [many]
 */
export function counted(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en-GB")} ${number === 1 ? one : many}`;
}
