/** Webhooks: where events are sent, and whether they arrive. One of them opened is `webhook.js`. */

import { make } from "./elements.js";
import { showSecret } from "./dialog.js";
import { chips, may } from "./facts.js";
import { since } from "./moments.js";
import { pageHead } from "./page_head.js";
import { address } from "./router.js";
import { Table } from "./table.js";
import { askForWebhook } from "./webhook_form.js";
import { standing, webhookPage } from "./webhook.js";

/** @type {import("./pages.js").OpenPage} */
export function webhooksPage(given) {
  return given.of ? webhookPage(given) : list(given);
}

/** @param {Parameters<import("./pages.js").OpenPage>[0]} given */
function list({ jobcast, caller }) {
  const writes = may(caller, "webhooks:write");
  const create = async () => {
    const { done, answer } = await askForWebhook(jobcast, caller);
    if (!done) return;
    table.put(answer);
    await showSecret({
      title: "Signing secret",
      text: "Verify every delivery with it. Copy it now: it is not shown again, but can be rotated.",
      secret: answer.secret,
    });
    location.hash = webhookAddress(answer);
  };
  const begin = (/** @type {string} */ words) =>
    writes && make("button", { type: "button", class: "primary", onclick: create }, words);
  const table = new Table({
    label: "Webhooks",
    columns: COLUMNS,
    href: webhookAddress,
    load: (after) => jobcast.api.insist("GET", "api/webhooks", { query: { after } }),
    empty: {
      title: "No webhooks yet",
      hint: "Add an endpoint of yours, and Jobcast tells it what becomes of your jobs, signed.",
      action: begin("Add the first endpoint") || undefined,
    },
  });
  const hint =
    "Events of your jobs, sent to your servers: signed, retried for three days, kept to be replayed.";
  const head = pageHead({ title: "Webhooks", hint, actions: [begin("Add endpoint")] });
  return { element: make("div", null, head, table.element), leave() {} };
}

/** @param {any} webhook */
function webhookAddress({ id }) {
  return address(`/webhooks/${id}`);
}

/** @type {import("./table.js").Column<any>[]} */
const COLUMNS = [
  {
    title: "Endpoint",
    class: "wide wrap",
    cell: ({ url, description }) => [
      url,
      description && make("span", { class: "under" }, description),
    ],
  },
  {
    title: "Events",
    cell: ({ events, for_job }) => (for_job ? "Of the jobs that named it" : chips(events, 3)),
  },
  { title: "Status", cell: standing },
  { title: "Created", cell: ({ created_at }) => since(created_at) },
];
