/** The table of pages: what the menu lists, who may see it, and the module that is loaded when it is opened. */

/**
 * What a page's module exports: it is called each time the page is opened.
 * @typedef {(given: {jobcast: import("/client/jobcast.js").Jobcast, caller: Caller, of: string,
 *   query: URLSearchParams}) => Shown} OpenPage
 * @typedef {{user: string, org: string, scopes: string[]}} Caller
 * @typedef {{element: HTMLElement, leave(): void, go?: (of: string, query: URLSearchParams) => void}}
 *   Shown `go`: the same page was asked for with another rest of the address; without it, it is opened anew
 */

/**
 * @typedef {object} Entry
 * @property {string} name as in the address, `#/<name>`
 * @property {string} title
 * @property {string} group under which it stands in the menu
 * @property {string} icon
 * @property {string} key opens it after `g`
 * @property {string[]} [scopes] one of which a caller needs, beside `jobs:read`
 * @property {string} [styles] a style sheet of its own
 * @property {() => Promise<OpenPage>} [load] not for the jobs themselves: they are always there
 */

/** @type {Entry[]} */
export const PAGES = [
  // Work
  {
    name: "overview",
    title: "Overview",
    group: "Work",
    icon: "overview",
    key: "o",
    styles: "overview.css",
    load: async () => (await import("./overview.js")).overviewPage,
  },

  { name: "jobs", title: "Jobs", group: "Work", icon: "jobs", key: "j" },

  {
    name: "failed",
    title: "Failed",
    group: "Work",
    icon: "failed",
    key: "f",
    styles: "resource.css",
    load: async () => (await import("./failed.js")).failedPage,
  },

  {
    name: "batches",
    title: "Batches",
    group: "Work",
    icon: "batches",
    key: "b",
    styles: "batches.css",
    load: async () => (await import("./batches.js")).batchesPage,
  },

  {
    name: "schedules",
    title: "Schedules",
    group: "Work",
    icon: "schedules",
    key: "s",
    styles: "schedules.css",
    load: async () => (await import("./schedules.js")).schedulesPage,
  },

  {
    name: "queues",
    title: "Queues",
    group: "Work",
    icon: "queues",
    key: "q",
    styles: "queues.css",
    load: async () => (await import("./queues.js")).queuesPage,
  },

  // Mine
  {
    name: "inbox",
    title: "Inbox",
    group: "Mine",
    icon: "inbox",
    key: "i",
    styles: "inbox.css",
    load: async () => (await import("./inbox.js")).inboxPage,
  },

  {
    name: "preferences",
    title: "Preferences",
    group: "Mine",
    icon: "preferences",
    key: "p",
    styles: "preferences.css",
    load: async () => (await import("./preferences.js")).preferencesPage,
  },

  // Connect
  {
    name: "webhooks",
    title: "Webhooks",
    group: "Connect",
    icon: "webhooks",
    key: "w",
    styles: "resource.css",
    load: async () => (await import("./webhooks.js")).webhooksPage,
  },

  {
    name: "keys",
    title: "API keys",
    group: "Connect",
    icon: "keys",
    key: "k",
    styles: "resource.css",
    load: async () => (await import("./keys.js")).keysPage,
  },

  // Operate
  {
    name: "audit",
    title: "Audit log",
    group: "Operate",
    icon: "audit",
    key: "a",
    scopes: ["org:read", "admin"],
    styles: "audit.css",
    load: async () => (await import("./audit.js")).auditPage,
  },
];

/**
 * Whether a caller may see a page.
 * @param {Entry} page
 * @param {Caller} caller
 */
export function mayOpen({ scopes }, caller) {
  return !scopes || scopes.some((scope) => caller.scopes.includes(scope));
}
