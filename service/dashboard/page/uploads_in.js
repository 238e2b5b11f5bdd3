/** The uploads that args or a result name, wherever they stand in it. */

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const NAMED = /(^|_)(upload|file|media)(_ids?|s)?$/i;
const MOST = 20;
const DEEPEST = 8;

/**
 * Return the ids of uploads in a value, each once, in their order.
 * @param {any} value
 * @returns {string[]}
 */
export function uploadsIn(value) {
  /** @type {Set<string>} */
  const found = new Set();
  look(value, "", 0, found);
  return [...found].slice(0, MOST);
}

/**
 * @param {any} value
 * @param {string} name
 * @param {number} depth
 * @param {Set<string>} found
 */
function look(value, name, depth, found) {
  if (found.size >= MOST || depth > DEEPEST) return;
  if (typeof value === "string") {
    if (NAMED.test(name) && ID.test(value)) found.add(value);
  } else if (Array.isArray(value)) {
    for (const one of value) look(one, name, depth + 1, found);
  } else if (value && typeof value === "object") {
    for (const [key, one] of Object.entries(value)) look(one, key, depth + 1, found);
  }
}
