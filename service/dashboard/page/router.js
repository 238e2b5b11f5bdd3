/** Which page the address means: `#/` the list, `#/new/<kind>` the form, `#/jobs/<id>` a job. */

/** @typedef {{page: "list" | "new" | "job", of: string}} Route */

/** @returns {Route} */
export function route() {
  const [page, of = ""] = location.hash.replace(/^#\/?/, "").split("/").map(decode);
  if (page === "jobs" && of) return { page: "job", of };
  if (page === "new") return { page: "new", of };
  return { page: "list", of: "" };
}

/** @param {string} part */
function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}

/** @param {string} id */
export function jobAddress(id) {
  return `#/jobs/${encodeURIComponent(id)}`;
}

/** @param {string} kind */
export function formAddress(kind) {
  return `#/new/${encodeURIComponent(kind)}`;
}
