/** One webhook: whether it works, what was sent to it and what came back, and all that can be done about it. */

import { Deliveries } from "./webhook_deliveries.js";
import { confirm, formDialog, showSecret } from "./dialog.js";
import { fill, make } from "./elements.js";
import { chips, facts, mark, may } from "./facts.js";
import { exact, since } from "./moments.js";
import { notice } from "./notices.js";
import { pageHead } from "./page_head.js";
import { once, waiting } from "./table.js";
import { askForWebhook } from "./webhook_form.js";
import { sentence } from "./words.js";

/** @param {Parameters<import("./pages.js").OpenPage>[0]} given */
export function webhookPage(given) {
  const page = new WebhookPage(given);
  return { element: page.element, leave: () => page.leave() };
}

class WebhookPage {
  /** @type {Deliveries | null} */
  #deliveries = null;

  /** @param {Parameters<import("./pages.js").OpenPage>[0]} given */
  constructor({ jobcast, caller, of, query }) {
    this.jobcast = jobcast;
    this.caller = caller;
    this.query = query;
    this.path = `api/webhooks/${encodeURIComponent(of)}`;
    this.writes = may(caller, "webhooks:write");
    this.head = make("div", null, pageHead({ title: "Webhook" }));
    this.about = make("div", null, waiting());
    this.sent = make("div");
    const back = make("a", { class: "back", href: "#/webhooks" }, "← Webhooks");
    this.element = make("div", { class: "resource" }, back, this.head, this.about, this.sent);
    this.#read();
  }

  leave() {
    this.#deliveries?.leave();
  }

  async #read() {
    try {
      this.#show(await this.jobcast.api.insist("GET", this.path));
    } catch (error) {
      const gone = /** @type {any} */ (error).status === 404;
      fill(this.about);
      const text = gone ? "There is no such webhook." : sentence(error);
      fill(this.head, pageHead({ title: "Webhook" }), make("p", { role: "alert" }, text));
    }
  }

  /** @param {any} webhook */
  #show(webhook) {
    this.webhook = webhook;
    document.title = `${new URL(webhook.url).host} · Webhooks · Jobcast`;
    const actions = this.writes ? this.#actions() : [];
    const head = pageHead({
      title: [webhook.url, standing(webhook)],
      hint: webhook.description,
      actions,
    });
    fill(this.head, head);
    fill(this.about, make("section", { class: "sheet padded" }, warning(webhook), known(webhook)));
    if (this.#deliveries) return;
    const { jobcast, path, writes, query } = this;
    this.#deliveries = new Deliveries({ jobcast, path, writes, query });
    fill(this.sent, this.#deliveries.element);
  }

  #actions() {
    const { enabled } = this.webhook;
    return [
      this.#button("Send test event", () => this.#test(), enabled ? "primary" : "hidden"),
      this.#button("Edit", () => this.#edit()),
      this.#button("Rotate secret", () => this.#rotate()),
      this.#button(enabled ? "Disable" : "Enable", () => this.#turn(!enabled)),
      this.#button("Delete", () => this.#delete(), "danger"),
    ];
  }

  /**
   * @param {string} text
   * @param {() => Promise<any>} work
   * @param {string} [kind]
   */
  #button(text, work, kind = "") {
    if (kind === "hidden") return null;
    const button = make("button", { type: "button", class: kind }, text);
    button.addEventListener("click", () => once(button, work));
    return button;
  }

  async #test() {
    await this.jobcast.api.call("POST", `${this.path}/test`);
    notice("A webhook.test event is on its way.");
    await this.#deliveries?.look();
  }

  async #edit() {
    const { done, answer } = await askForWebhook(this.jobcast, this.caller, this.webhook);
    if (done) this.#show(answer);
  }

  async #rotate() {
    const text =
      "You get a new secret. For 24 hours every delivery is signed with both, so that you can change over without losing one.";
    const submit = () => this.jobcast.api.call("POST", `${this.path}/rotate`);
    const body = make("p", null, text);
    const { done, answer } = await formDialog({
      title: "Rotate the secret?",
      body,
      action: "Rotate secret",
      submit,
    });
    if (!done) return;
    this.#show(answer);
    const told = "Put it to use within 24 hours. It is not shown again.";
    await showSecret({ title: "New signing secret", text: told, secret: answer.secret });
  }

  /** @param {boolean} enabled */
  async #turn(enabled) {
    const change = async () => {
      this.#show(await this.jobcast.api.insist("PATCH", this.path, { json: { enabled } }));
      await this.#deliveries?.look();
    };
    if (enabled) return change();
    const text =
      "Nothing is sent any more. What is on its way waits, and can be replayed once it is enabled again.";
    await confirm({ title: "Disable this endpoint?", text, action: "Disable", work: change });
  }

  async #delete() {
    const gone = await confirm({
      title: "Delete this endpoint?",
      text: "The endpoint, its secret and all its deliveries are removed. What is on its way is dropped. It cannot be undone.",
      action: "Delete endpoint",
      danger: true,
      work: () => this.jobcast.api.insist("DELETE", this.path),
    });
    if (gone) location.hash = "#/webhooks";
  }
}

/** @param {any} webhook */
function warning({ enabled, disabled_reason, failing_since }) {
  if (!enabled && disabled_reason)
    return make("p", { class: "warned" }, `Disabled: ${disabled_reason}`);
  if (enabled && failing_since)
    return make(
      "p",
      { class: "warned" },
      "No delivery has succeeded since ",
      since(failing_since),
      ". After five days of failures the endpoint is disabled.",
    );
  return null;
}

/** @param {any} webhook */
function known(webhook) {
  const { id, events, for_job, whole_org, created_at, old_secret_until } = webhook;
  return facts([
    ["Id", make("code", null, id)],
    ["Events", for_job ? "The endings of the jobs that named this address" : chips(events, 20)],
    ["Of", for_job ? "" : whole_org ? "Everybody in the organisation" : "My jobs"],
    [
      "Secret",
      old_secret_until
        ? `Rotated; the old one signs too until ${exact(old_secret_until)}`
        : "whsec_••••••••",
    ],
    ["Created", exact(created_at)],
  ]);
}

/**
 * Make the badge that says whether a webhook works.
 * @param {any} webhook
 */
export function standing({ enabled, failing_since }) {
  if (!enabled) return mark("soft", "Disabled");
  return failing_since ? mark("bad", "Failing") : mark("good", "Enabled");
}
