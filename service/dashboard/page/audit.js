/** The audit log: who did what to which thing, when and from where, narrowed by what the address says. */

import { fill, make } from "./elements.js";
import { pageHead } from "./page_head.js";
import { address, jobAddress, keepQuery } from "./router.js";
import { Table } from "./table.js";

const PAGE = 50;
const WAIT_MS = 300;
/** What there is to choose from, by family. @type {Record<string, string[]>} */
const ACTIONS = {
  job: ["cancel", "retry", "answer"],
  batch: ["cancel", "retry"],
  bulk: ["cancel", "retry", "delete"],
  queue: ["pause", "resume"],
  schedule: ["create", "change", "pause", "resume", "delete", "run"],
  key: ["create", "revoke"],
  webhook: ["create", "change", "enable", "disable", "rotate", "delete", "test", "replay"],
  connection: ["create", "change", "delete"],
  session: ["open", "close", "close_all", "refuse"],
  secrets: ["reseal"],
};
const TIMES = {
  "": "Any time",
  "1h": "Last hour",
  "24h": "Last 24 hours",
  "7d": "Last 7 days",
  "30d": "Last 30 days",
};
const MS = { h: 3_600_000, d: 86_400_000 };
const WHEN = /** @type {const} */ ({ dateStyle: "medium", timeStyle: "medium" });

/** @type {import("./pages.js").OpenPage} */
export function auditPage({ jobcast, caller, query }) {
  const chosen = chosenBy(query);
  const load = (/** @type {string | null} */ after) =>
    jobcast.api.insist("GET", "api/audit", {
      query: { ...chosen, since: since(chosen.since), limit: PAGE, after },
    });
  const table = new Table({
    label: "Audit log",
    load,
    columns: [
      { title: "Action", cell: action },
      { title: "On", cell: subject },
      { title: "Who", cell: who },
      { title: "When", cell: when },
      { title: "From", cell: from },
      { title: "Detail", cell: detail, class: "wrap wide" },
    ],
    empty: {
      title: "Nothing of that kind was done",
      hint: "What people change is written down here.",
    },
  });
  const bar = filters(chosen, () => {
    keepQuery(chosen);
    table.reload();
  });
  const operator = caller.scopes.includes("admin");
  const element = make(
    "div",
    { class: "audit" },
    pageHead({
      title: "Audit log",
      hint: operator
        ? "What people changed, in every organisation."
        : `What people changed in ${caller.org}.`,
      actions: [make("button", { type: "button", onclick: () => table.reload() }, "Refresh")],
    }),
    bar.element,
    table.element,
  );
  const go = (/** @type {string} */ _, /** @type {URLSearchParams} */ asked) => {
    Object.assign(chosen, chosenBy(asked));
    bar.show();
    table.reload();
  };
  return { element, go, leave: () => bar.leave() };
}

/** @param {URLSearchParams} query */
function chosenBy(query) {
  const of = (/** @type {string} */ name) => query.get(name) ?? "";
  return { action: of("action"), actor: of("actor"), subject: of("subject"), since: of("since") };
}

/**
 * The filters; `changed` is called when one of them was.
 * @param {Record<string, string>} chosen
 * @param {() => void} changed
 */
function filters(chosen, changed) {
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  const fields = {
    action: select("Action", actionOptions()),
    actor: text("Who", "A user"),
    subject: text("On", "queue:default, job:…"),
    since: select(
      "When",
      Object.entries(TIMES).map(([value, said]) => make("option", { value }, said)),
    ),
  };
  const pairs = Object.entries(fields);
  const show = () => {
    for (const [name, field] of pairs) control(field).value = chosen[name];
    clear.hidden = !Object.values(chosen).some(Boolean);
  };
  const take = () => {
    for (const [name, field] of pairs) chosen[name] = control(field).value.trim();
    clear.hidden = !Object.values(chosen).some(Boolean);
    changed();
  };
  const clear = make("button", { type: "button", class: "quiet" }, "Clear");
  clear.addEventListener("click", () => {
    for (const [, field] of pairs) control(field).value = "";
    take();
  });
  const element = make(
    "form",
    {
      class: "audit-filters",
      role: "search",
      onsubmit: (/** @type {Event} */ event) => event.preventDefault(),
    },
    Object.values(fields),
    clear,
  );
  element.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(take, WAIT_MS);
  });
  show();
  return { element, show, leave: () => clearTimeout(timer) };
}

/** @param {HTMLElement} field */
function control(field) {
  return /** @type {HTMLInputElement} */ (field.querySelector("input, select"));
}

/**
 * @param {string} label
 * @param {Node[]} options
 */
function select(label, options) {
  return make("label", null, make("span", null, label), make("select", null, options));
}

/**
 * @param {string} label
 * @param {string} placeholder
 */
function text(label, placeholder) {
  return make(
    "label",
    null,
    make("span", null, label),
    make("input", { type: "search", placeholder }),
  );
}

function actionOptions() {
  const groups = Object.entries(ACTIONS).map(([family, names]) =>
    make(
      "optgroup",
      { label: family },
      make("option", { value: family }, `${family}: all`),
      names.map((name) => make("option", { value: `${family}.${name}` }, `${family}.${name}`)),
    ),
  );
  return [make("option", { value: "" }, "Any"), ...groups];
}

/** @param {string} back such as `24h` */
function since(back) {
  const [, number, unit] = /^(\d+)([hd])$/.exec(back) ?? [];
  if (!number) return "";
  return new Date(Date.now() - Number(number) * MS[/** @type {"h" | "d"} */ (unit)]).toISOString();
}

/** @param {any} entry */
function action({ action: name }) {
  const [family, verb] = name.split(".");
  return make("code", { class: "action", data: { means: meaning(verb) } }, `${family}.${verb}`);
}

/** @param {string} verb */
function meaning(verb) {
  if (["delete", "revoke", "refuse", "cancel", "pause", "disable"].includes(verb)) return "ends";
  return ["create", "resume", "enable", "open"].includes(verb) ? "begins" : "";
}

/** Where a subject of this family has its page. @type {Record<string, (of: string) => string>} */
const PLACES = {
  job: (of) => jobAddress(of),
  batch: (of) => address(`/batches/${encodeURIComponent(of)}`),
  queue: () => address("/queues"),
  schedule: (of) => address(`/schedules/${encodeURIComponent(of)}`),
  key: () => address("/keys"),
  webhook: (of) => address(`/webhooks/${encodeURIComponent(of)}`),
};

/** @param {any} entry */
function subject({ subject: name, action: done }) {
  const [family, ...rest] = name.split(":");
  const of = rest.join(":");
  const gone = done.endsWith(".delete");
  const said = make(
    "span",
    { class: "subject", title: name },
    /^[0-9a-f-]{36}$/.test(of) ? `${family}:…${of.slice(-8)}` : name,
  );
  return PLACES[family] && !gone ? make("a", { href: PLACES[family](of) }, said) : said;
}

/** @param {any} entry */
function who({ actor, org, via }) {
  const how = via === "command" ? "on the server" : via.startsWith("key:") ? "by an API key" : "";
  return [
    make("strong", null, actor ?? "Nobody known"),
    org && org !== actor && ` in ${org}`,
    how && make("small", null, how),
  ];
}

/** @param {any} entry */
function when({ at }) {
  return make("time", { dateTime: at }, new Date(at).toLocaleString([], WHEN));
}

/** @param {any} entry */
function from({ address: place, request_id: request }) {
  return make("span", { title: request ? `Request ${request}` : "" }, place ?? "–");
}

/** @param {any} entry */
function detail({ detail: given }) {
  const pairs = Object.entries(given);
  if (!pairs.length) return "";
  const list = make("ul", { class: "detail" });
  fill(
    list,
    pairs.map(([name, value]) =>
      make("li", null, make("span", null, `${name.replaceAll("_", " ")} `), plain(value)),
    ),
  );
  return list;
}

/**
 * @param {any} value
 * @returns {string}
 */
function plain(value) {
  if (Array.isArray(value)) return value.join(", ");
  if (value === null) return "–";
  if (typeof value !== "object") return String(value);
  return Object.entries(value)
    .map(([name, inner]) => `${name} ${plain(inner)}`)
    .join(", ");
}
