// A page without a build: the back end submits, the page listens with tickets that the back end gets it.

import { connect } from "jobcast";
import { each, ended } from "jobcast/each";

const post = async (path, body) =>
  (await fetch(path, { method: "POST", body: JSON.stringify(body ?? {}) })).json();

const jobcast = connect({
  url: new URL(import.meta.resolve("jobcast")).origin,
  ticket: async () => (await post("ticket")).ticket,
});
const [form, bar, output] = ["form", "progress", "output"].map((name) => document.querySelector(name));

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { id, error } = await post("reports", { text: form.elements.text.value });
  if (error) return (output.textContent = error);
  const job = jobcast.job(id);
  for await (const { fraction } of each(job, "progress")) bar.value = fraction;
  const { state, result } = await ended(job);
  output.textContent = `${state}: ${JSON.stringify(result)}`;
});
