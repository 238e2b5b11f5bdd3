/** What can be asked for beside the args: when, how urgently, how often. */

import { make } from "./elements.js";
import { schemaForm } from "./form.js";

const KEY = { type: "string", maxLength: 255 };
const SCHEMA = {
  type: "object",
  properties: {
    delay: { type: "number", title: "Start in", description: "Seconds from now", minimum: 0 },
    priority: {
      type: "integer",
      description: "A head start in seconds, from -100 to 100",
      minimum: -100,
      maximum: 100,
    },
    max_attempts: { type: "integer", title: "Attempts at most", minimum: 1, maximum: 20 },
    timeout: { type: "number", title: "Time-out", description: "Seconds for one attempt" },
    tags: { type: "array", items: { type: "string", maxLength: 100 } },
    unique_key: { ...KEY, description: "Not submitted again while one with this key is not over" },
    concurrency_key: { ...KEY, description: "Jobs with the same key run one at a time" },
  },
};

/**
 * Make the fields, folded. Faults name them as `/priority`, and so do the fields.
 * @returns {import("./field.js").Field}
 */
export function jobOptions() {
  const upload = () => Promise.reject(new Error("No file belongs here"));
  const fields = schemaForm(SCHEMA, { pointer: "", upload });
  const details = make(
    "details",
    { class: "options" },
    make("summary", null, "Options"),
    fields.element,
  );
  return {
    element: details,
    read: fields.read,
    write(value) {
      fields.write(value ?? {});
      if (Object.keys(value ?? {}).length) details.open = true;
    },
  };
}
