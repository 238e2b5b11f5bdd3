/** What the scopes of a key allow, in words. */

/** @type {{value: string, title: string, hint: string}[]} */
export const SCOPES = [
  {
    value: "jobs:read",
    title: "jobs:read",
    hint: "See your jobs, their output and their results.",
  },
  {
    value: "jobs:write",
    title: "jobs:write",
    hint: "Submit, stop, retry and delete your jobs; send files.",
  },
  { value: "schedules:write", title: "schedules:write", hint: "Make, change and run schedules." },
  { value: "webhooks:write", title: "webhooks:write", hint: "Make, change and replay webhooks." },
  {
    value: "keys:write",
    title: "keys:write",
    hint: "Make and revoke API keys, with no more scopes than its own.",
  },
  { value: "org:read", title: "org:read", hint: "See the jobs of everybody in the organisation." },
  {
    value: "admin",
    title: "admin",
    hint: "Operate the service: every organisation, queues, bulk actions.",
  },
];
