/** API keys: what there are, what each may do; made (and then shown once) and revoked. */

import { checks } from "./checks.js";
import { confirm, formDialog, showSecret } from "./dialog.js";
import { make } from "./elements.js";
import { chips, may } from "./facts.js";
import { choice, text } from "./field.js";
import { since, until } from "./moments.js";
import { pageHead } from "./page_head.js";
import { SCOPES } from "./scopes.js";
import { Table } from "./table.js";

const LIVES = {
  "30 days": "P30D",
  "90 days": "P90D",
  "One year": "P365D",
  "Until it is revoked": "",
};
const USUAL = ["jobs:read", "jobs:write"];

/** @type {import("./pages.js").OpenPage} */
export function keysPage({ jobcast, caller }) {
  const writes = may(caller, "keys:write");
  const begin = (/** @type {string} */ words) =>
    writes && make("button", { type: "button", class: "primary", onclick: create }, words);
  const table = new Table({
    label: "API keys",
    columns: COLUMNS,
    load: () => jobcast.api.insist("GET", "api/keys"),
    actions: (key) => (writes ? [{ text: "Revoke", danger: true, run: () => revoke(key) }] : []),
    empty: {
      title: "No API keys yet",
      hint: "A key lets a script, a server or CI use the API in your name.",
      action: begin("Create the first key") || undefined,
    },
  });

  async function create() {
    const { done, answer } = await askForKey(jobcast, caller);
    if (!done) return;
    table.reload();
    await showSecret({
      title: "Your new API key",
      text: "Copy it now and keep it safe. For your security it is not shown again.",
      secret: answer.key,
    });
  }

  /** @param {any} key */
  async function revoke(key) {
    const gone = await confirm({
      title: `Revoke ${key.name || key.hint}?`,
      text: "Whatever uses this key stops working at once, and sessions opened with it end. It cannot be undone.",
      action: "Revoke key",
      danger: true,
      work: () => jobcast.api.insist("DELETE", `api/keys/${key.id}`),
    });
    if (gone) table.remove(key.id);
  }

  const hint = make(
    "span",
    null,
    "A key speaks for you, within its scopes. Send it as a Bearer token: ",
    make("code", null, "Authorization: Bearer jc_…"),
  );
  const head = pageHead({ title: "API keys", hint, actions: [begin("New key")] });
  return { element: make("div", null, head, table.element), leave() {} };
}

/** @type {import("./table.js").Column<any>[]} */
const COLUMNS = [
  {
    title: "Name",
    class: "wide wrap",
    cell: ({ name }) => make("strong", null, name || "Unnamed"),
  },
  { title: "Key", cell: ({ hint }) => make("code", null, `${hint}…`) },
  { title: "May", cell: ({ scopes }) => chips(scopes, 3) },
  { title: "Last used", cell: ({ last_used_at }) => since(last_used_at, "Never") },
  { title: "Created", cell: ({ created_at }) => since(created_at) },
  { title: "Ends", cell: ({ expires_at }) => (expires_at ? until(expires_at) : "When revoked") },
];

/**
 * Have a new key described, and make it.
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 * @param {import("./pages.js").Caller} caller
 */
function askForKey(jobcast, caller) {
  const place = { root: {}, required: false, upload: async () => ({ id: "" }) };
  const about = "Where it is used, so that you know later which one to revoke.";
  const schema = { title: "Name", description: about, maxLength: 100 };
  const name = text({ ...place, name: "name", pointer: "/name", schema });
  const scopes = checks({
    pointer: "/scopes",
    legend: "What it may do",
    chosen: USUAL,
    options: SCOPES.map((one) => ({ ...one, locked: !may(caller, one.value) })),
  });
  const lives = Object.keys(LIVES);
  const life = choice({
    ...place,
    name: "expires_in",
    pointer: "/expires_in",
    required: true,
    schema: { title: "Good for", enum: lives, default: "90 days" },
  });
  const submit = async () => {
    const ends = LIVES[/** @type {keyof typeof LIVES} */ (life.read())];
    const json = {
      name: name.read() ?? "",
      scopes: scopes.read(),
      ...(ends && { expires_in: ends }),
    };
    return jobcast.api.call("POST", "api/keys", { json });
  };
  const body = make("div", { class: "members" }, name.element, scopes.element, life.element);
  return formDialog({ title: "New API key", body, action: "Create key", submit });
}
