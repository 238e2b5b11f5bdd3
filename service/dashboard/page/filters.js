/** What the jobs list is narrowed to: in the address, in words, for the API, and against one job. */

import { STATE_NAMES, ago, stateName, title } from "./words.js";

/**
 * `whose`: "" mine, "all" everybody's that the caller may see, else a user.
 * @typedef {{state: string, kind: string, tag: string, batch: string, whose: string, since: string,
 *   until: string, q: string}} Filters
 */

const NAMES = /** @type {const} */ ([
  "state",
  "kind",
  "tag",
  "batch",
  "whose",
  "since",
  "until",
  "q",
]);

/** States that are asked for together. @type {Record<string, string[]>} */
export const GROUPS = {
  unfinished: ["waiting", "scheduled", "queued", "running", "retrying"],
};

/** @type {Filters} */
export const NONE = {
  state: "",
  kind: "",
  tag: "",
  batch: "",
  whose: "",
  since: "",
  until: "",
  q: "",
};

/**
 * Read filters from an address; what is no time or no state is left out.
 * @param {URLSearchParams} query
 * @returns {Filters}
 */
export function filtersOf(query) {
  const given = Object.fromEntries(NAMES.map((name) => [name, (query.get(name) ?? "").trim()]));
  for (const name of ["since", "until"]) {
    const time = Date.parse(given[name]);
    given[name] = Number.isNaN(time) ? "" : new Date(time).toISOString();
  }
  const states = given.state.split(",").filter((one) => STATE_NAMES.includes(one) || one in GROUPS);
  return /** @type {Filters} */ ({ ...given, state: states.join(",") });
}

/**
 * Return whether nothing is left out by them.
 * @param {Filters} filters
 */
export function areNone(filters) {
  return NAMES.every((name) => !filters[name]);
}

/**
 * The states a filter stands for, none for all.
 * @param {Filters} filters
 */
export function statesOf({ state }) {
  return state ? state.split(",").flatMap((one) => GROUPS[one] ?? [one]) : [];
}

/**
 * Whether a caller may see jobs of others.
 * @param {{scopes: string[]}} caller
 */
export function seesOthers({ scopes }) {
  return scopes.includes("org:read") || scopes.includes("admin");
}

/**
 * Return the filters as the API takes them, in a query or as a bulk action's filter.
 * @param {Filters} filters
 * @param {{user: string, scopes: string[]}} caller
 */
export function forApi(filters, caller) {
  const { kind, tag, batch, since, until, q, whose } = filters;
  const state = statesOf(filters);
  const user = seesOthers(caller) ? ({ "": caller.user, all: "" }[whose] ?? whose) : "";
  const all = { state, kind, tag, batch, user, since, until, q };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value.length));
}

/**
 * Whether a job is one of those wanted; undefined when only the server can tell.
 * @param {Filters} filters
 * @param {import("./job_rows.js").JobRow} job
 * @param {{user: string, org: string}} caller
 */
export function matches(filters, job, caller) {
  const { kind, tag, batch, whose, since, until, q } = filters;
  const states = statesOf(filters);
  const mine = job.org === caller.org && job.user === (whose || caller.user);
  const created = Date.parse(job.created_at);
  if (whose !== "all" && !mine) return false;
  if (states.length && !states.includes(job.state)) return false;
  if ((kind && job.kind !== kind) || (tag && !job.tags.includes(tag))) return false;
  if ((since && created < Date.parse(since)) || (until && created >= Date.parse(until)))
    return false;
  if (batch && job.batch_id !== undefined && job.batch_id !== batch) return false;
  return (batch && job.batch_id === undefined) || q ? undefined : true;
}

/**
 * Say the filters in words, for a question about all that match.
 * @param {Filters} filters
 * @returns {string[]}
 */
export function inWords({ state, kind, tag, batch, whose, since, until, q }) {
  const states = state.split(",").map(stateWord).join(" or ");
  return [
    state && `State: ${states}`,
    kind && `Kind: ${title(kind)}`,
    tag && `Tag: ${tag}`,
    batch && `Batch: ${batch}`,
    whose && `Of: ${whose === "all" ? "everybody" : whose}`,
    since && `Created since ${moment(since)}`,
    until && `Created before ${moment(until)}`,
    q && `Search: “${q}”`,
  ].filter(Boolean);
}

/** @param {string} state */
export function stateWord(state) {
  return state in GROUPS ? title(state) : stateName(state);
}

/** @param {string} time */
function moment(time) {
  return `${new Date(time).toLocaleString()} (${ago(time)})`;
}
