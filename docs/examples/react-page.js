// A React page without a build: hooks draw a job as it goes. Serve React's modules from where you like.

import { connect } from "jobcast";
import { hooks } from "jobcast/react";
import * as React from "react";
import { createRoot } from "react-dom/client";

const { createElement: h, useState } = React;
const post = async (path, body) =>
  (await fetch(path, { method: "POST", body: JSON.stringify(body ?? {}) })).json();
const { useJob, useStatus } = hooks(React, () =>
  connect({
    url: new URL(import.meta.resolve("jobcast")).origin,
    ticket: async () => (await post("ticket")).ticket,
  }),
);

function Report({ id }) {
  const { state, progress, result, error, cancel } = useJob(id);
  if (error) return h("p", { role: "alert" }, error.message);
  return h(
    "section",
    null,
    h("progress", { max: 1, value: progress?.fraction ?? 0 }),
    h("button", { onClick: cancel, disabled: state !== "running" }, "Stop"),
    h("output", null, state === "succeeded" ? `${state}: ${JSON.stringify(result)}` : state),
  );
}

function App() {
  const [id, setId] = useState(null);
  const { phase } = useStatus();
  const submit = async () => setId((await post("reports", { text: "Call the plumber!" })).id);
  return h(
    "article",
    null,
    h("button", { onClick: submit }, "Sort it out"),
    h("small", null, phase),
    id && h(Report, { id }),
  );
}

createRoot(document.querySelector("main")).render(h(App));
