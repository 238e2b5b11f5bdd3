/** The page that submits: choose a kind, fill in its form (or write JSON), send. */

import { Editor } from "./editor.js";
import { make } from "./elements.js";
import { complain, schemaForm } from "./form.js";
import { kinds } from "./kinds.js";
import { formAddress, jobAddress } from "./router.js";
import { sentence, title } from "./words.js";

/**
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 * @param {string} chosen
 */
export function newJobPage(jobcast, chosen) {
  const element = make("div", { class: "new-job" }, make("h1", null, "New job"));
  kinds(jobcast).then(
    (known) => element.append(choose(jobcast, known, chosen)),
    (error) => element.append(make("p", { role: "alert" }, sentence(error))),
  );
  return { element, leave() {} };
}

/**
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 * @param {any[]} known
 * @param {string} chosen
 */
function choose(jobcast, known, chosen) {
  if (!known.length) return make("p", { class: "hint" }, "This service knows no kind of job.");
  const kind = known.find((one) => one.kind === chosen) ?? known[0];
  const tabs = known.map((one) =>
    make(
      "a",
      { href: formAddress(one.kind), "aria-current": one === kind && "true" },
      title(one.kind),
    ),
  );
  return make(
    "div",
    null,
    make("nav", { class: "kinds", "aria-label": "Kinds of job" }, tabs),
    form(jobcast, kind),
  );
}

/**
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 * @param {any} kind
 */
function form(jobcast, kind) {
  const upload = (/** @type {File} */ file) => jobcast.upload(file);
  const fields = schemaForm(kind.args, { pointer: "/args", upload });
  const editor = new Editor(fields, { pointer: "/args", label: "Args as JSON" });
  const fault = make("p", { class: "fault", role: "alert" });
  const button = make("button", { class: "primary" }, "Submit job");
  const element = make(
    "form",
    { noValidate: true },
    make("p", { class: "hint" }, kind.description.split("\n\n")[0]),
    samples(kind, editor),
    editor.element,
    fault,
    make("div", { class: "actions" }, button, editor.button),
  );
  element.addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    button.disabled = true;
    await send(jobcast, kind.kind, editor).catch((error) => complain(element, fault, error));
    button.disabled = false;
  });
  return element;
}

/**
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 * @param {string} kind
 * @param {Editor} editor
 */
async function send(jobcast, kind, editor) {
  const job = await jobcast.submit(kind, await editor.read());
  location.hash = jobAddress(job.id);
}

/**
 * @param {any} kind
 * @param {Editor} editor
 */
function samples({ args }, editor) {
  const examples = args.examples ?? [];
  const label = (/** @type {number} */ i) =>
    examples.length > 1 ? `Try sample ${i + 1}` : "Try a sample";
  const buttons = examples.map((/** @type {any} */ example, /** @type {number} */ i) =>
    make(
      "button",
      { type: "button", class: "quiet", onclick: () => editor.write(example) },
      label(i),
    ),
  );
  return buttons.length > 0 && make("div", { class: "samples" }, buttons);
}
