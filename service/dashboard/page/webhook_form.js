/** The form of a webhook: where to, and which events. */

import { checks } from "./checks.js";
import { formDialog } from "./dialog.js";
import { make } from "./elements.js";
import { may } from "./facts.js";
import { text, toggle } from "./field.js";

const EVENTS = [
  { value: "job.*", title: "job.*", hint: "All that happens to a job" },
  { value: "job.queued", title: "job.queued" },
  { value: "job.started", title: "job.started" },
  { value: "job.retrying", title: "job.retrying", hint: "An attempt failed, another one follows" },
  { value: "job.succeeded", title: "job.succeeded" },
  { value: "job.failed", title: "job.failed" },
  { value: "job.cancelled", title: "job.cancelled" },
  { value: "job.expired", title: "job.expired" },
  { value: "batch.completed", title: "batch.completed" },
  { value: "notification.*", title: "notification.*", hint: "Whatever a processor tells" },
  {
    value: "inbox.unseen",
    title: "inbox.unseen",
    hint: "No device has shown a notification in time",
  },
];
const PLACE = { root: {}, required: false, upload: async () => ({ id: "" }) };

/**
 * Have a new webhook described, and make it; or change the one that is given.
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 * @param {import("./pages.js").Caller} caller
 * @param {any} [known]
 */
export function askForWebhook(jobcast, caller, known) {
  const url = text({
    ...PLACE,
    name: "url",
    pointer: "/url",
    required: true,
    schema: {
      title: "Endpoint URL",
      format: "uri",
      description: "A public address; https, so that nobody reads along.",
    },
  });
  const about = text({
    ...PLACE,
    name: "description",
    pointer: "/description",
    schema: { title: "Description" },
  });
  const events = eventChecks(known);
  const whole = toggle({
    ...PLACE,
    required: true,
    name: "whole_org",
    pointer: "/whole_org",
    schema: { title: "Events of the whole organisation, not only of my jobs" },
  });
  url.write(known?.url);
  about.write(known?.description);
  const submit = () => {
    const json = {
      url: url.read() ?? "",
      description: about.read() ?? "",
      ...(!known?.for_job && { events: events.read() }),
    };
    if (known) return jobcast.api.insist("PATCH", `api/webhooks/${known.id}`, { json });
    return jobcast.api.call("POST", "api/webhooks", { json: { ...json, whole_org: whole.read() } });
  };
  const body = make(
    "div",
    { class: "members" },
    url.element,
    about.element,
    !known?.for_job && events.element,
    !known && may(caller, "org:read") && whole.element,
  );
  const words = known ? ["Edit endpoint", "Save"] : ["Add endpoint", "Add endpoint"];
  return formDialog({ title: words[0], body, action: words[1], wide: true, submit });
}

/** Events this page has no name for stay as they are. @param {any} [known] */
function eventChecks(known) {
  const chosen = known?.events ?? ["job.succeeded", "job.failed"];
  const others = chosen.filter(
    (/** @type {string} */ name) => !EVENTS.some(({ value }) => value === name),
  );
  const options = [
    ...EVENTS,
    ...others.map((/** @type {string} */ value) => ({ value, title: value })),
  ];
  return checks({ pointer: "/events", legend: "Events", options, chosen });
}
