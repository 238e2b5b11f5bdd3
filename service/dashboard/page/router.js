/**
 * Which page the address means: `#/` the jobs, `#/jobs/<id>` a job, `#/new/<kind>` the form, `#/<page>/<rest>`
 * any other; behind a question mark what is chosen on it, `#/jobs?state=failed`.
 */

/** @typedef {{page: string, of: string, query: URLSearchParams}} Route */

/**
 * @param {string} [hash]
 * @returns {Route}
 */
export function route(hash = location.hash) {
  const [path, ...rest] = hash.replace(/^#\/?/, "").split("?");
  const query = new URLSearchParams(rest.join("?"));
  const [page, ...parts] = path.split("/").map(decode);
  const of = parts.join("/");
  if (page === "jobs" && of) return { page: "job", of, query };
  if (["", "jobs"].includes(page)) return { page: "list", of: "", query };
  return { page, of, query };
}

/** @param {string} part */
function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}

/**
 * Return an address within this page; empty values are left out.
 * @param {string} path such as `/schedules`
 * @param {Record<string, any> | URLSearchParams} [query]
 */
export function address(path, query = {}) {
  const given = query instanceof URLSearchParams ? [...query] : Object.entries(query);
  const kept = given.filter(([, value]) => ![null, undefined, "", false].includes(value));
  const text = new URLSearchParams(kept.map(([name, value]) => [name, String(value)])).toString();
  return `#${path}${text && `?${text}`}`;
}

/**
 * Put what is chosen on the shown page into its address, without opening it anew: a reload, a bookmark and
 * the way back find it again.
 * @param {Record<string, any> | URLSearchParams} query
 */
export function keepQuery(query) {
  const [path] = location.hash.replace(/^#/, "").split("?");
  history.replaceState(history.state, "", address(path || "/", query));
}

/**
 * @param {string} id
 * @param {Record<string, any> | URLSearchParams} [query] what the list beside it is narrowed to
 */
export function jobAddress(id, query) {
  return address(`/jobs/${encodeURIComponent(id)}`, query);
}

/** @param {string} kind */
export function formAddress(kind) {
  return `#/new/${encodeURIComponent(kind)}`;
}
