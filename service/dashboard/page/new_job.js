/** The page that submits: choose a kind, fill in its form (or write JSON), send. */

import { Draft } from "./draft.js";
import { Editor } from "./editor.js";
import { fill, make, prose } from "./elements.js";
import { complain, schemaForm } from "./form.js";
import { jobOptions } from "./job_options.js";
import { kinds } from "./kinds.js";
import { notice } from "./notices.js";
import { formAddress, jobAddress } from "./router.js";
import { nothing, waiting } from "./table.js";
import { sentence, title } from "./words.js";

/** With more kinds than that there is a field to find one. */
const MANY = 12;

/**
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 * @param {string} chosen
 * @param {URLSearchParams} [query] `like`: the job to take the args of
 */
export function newJobPage(jobcast, chosen, query = new URLSearchParams()) {
  const place = make("div", null, waiting());
  const element = make("div", { class: "new-job" }, make("h1", null, "New job"), place);
  kinds(jobcast).then(
    (known) => fill(place, choose(jobcast, known, chosen, query.get("like") ?? "")),
    (error) => fill(place, make("p", { role: "alert" }, sentence(error))),
  );
  return { element, leave() {} };
}

/**
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 * @param {any[]} known
 * @param {string} chosen
 * @param {string} like
 */
function choose(jobcast, known, chosen, like) {
  if (!known.length) return nothing({ title: "This service knows no kind of job." });
  const kind = known.find((one) => one.kind === chosen) ?? known[0];
  const links = known.map((one) =>
    make(
      "a",
      { href: formAddress(one.kind), "aria-current": one === kind && "true" },
      title(one.kind),
    ),
  );
  const nav = make("nav", { class: "kinds", "aria-label": "Kinds of job" }, links);
  const current = links[known.indexOf(kind)];
  requestAnimationFrame(
    () => (nav.scrollTop = current.offsetTop - nav.offsetTop - nav.clientHeight / 2),
  );
  return make("div", null, known.length > MANY && finder(links), nav, form(jobcast, kind, like));
}

/** @param {HTMLElement[]} links */
function finder(links) {
  const field = make("input", {
    type: "search",
    placeholder: "Find a kind",
    "aria-label": "Find a kind",
    class: "find-kind",
  });
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const link of links) link.hidden = !link.textContent?.toLowerCase().includes(wanted);
  });
  field.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    links.find((link) => !link.hidden)?.click();
  });
  return field;
}

/**
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 * @param {any} kind
 * @param {string} like
 */
function form(jobcast, kind, like) {
  const upload = (/** @type {File} */ file) => jobcast.upload(file);
  const fields = schemaForm(kind.args, { pointer: "/args", upload });
  const editor = new Editor(fields, { pointer: "/args", label: "Args as JSON" });
  const options = jobOptions();
  const draft = new Draft(`new.${kind.kind}`, both(editor, options));
  const fault = make("p", { class: "fault", role: "alert" });
  const button = make("button", { class: "primary" }, "Submit job");
  const element = make(
    "form",
    { noValidate: true },
    make("p", { class: "hint" }, prose(kind.description.split("\n\n")[0])),
    samples(kind, editor),
    editor.element,
    options.element,
    fault,
    make("div", { class: "actions" }, button, editor.button),
  );
  const over = () => (draft.clear(), element.replaceWith(form(jobcast, kind, "")));
  if (like) copy(jobcast, like, editor, options);
  else if (draft.restore()) element.prepend(restored(over));
  draft.follow(element);
  element.addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    button.disabled = true;
    const sent = send(jobcast, kind.kind, editor, options).then((id) => {
      draft.clear();
      location.hash = jobAddress(id);
    });
    await sent.catch((error) => complain(element, fault, error));
    button.disabled = false;
  });
  return element;
}

/** @param {() => void} over starts over */
function restored(over) {
  const button = make(
    "button",
    { type: "button", class: "quiet small", onclick: over },
    "Start over",
  );
  return make("p", { class: "restored" }, "What you had filled in is back.", button);
}

/**
 * The args and the options as one thing that can be kept.
 * @param {Editor} editor
 * @param {import("./field.js").Field} options
 */
function both(editor, options) {
  return {
    draft: async () => ({ args: await editor.draft(), options: await options.read() }),
    restore: (/** @type {any} */ kept) => {
      editor.restore(kept.args);
      options.write(kept.options);
    },
  };
}

/**
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 * @param {string} kind
 * @param {Editor} editor
 * @param {import("./field.js").Field} options
 */
async function send(jobcast, kind, editor, options) {
  const job = await jobcast.submit(kind, await editor.read(), await options.read());
  return job.id;
}

/**
 * Fill in what another job was given.
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 * @param {string} id
 * @param {Editor} editor
 * @param {import("./field.js").Field} options
 */
async function copy(jobcast, id, editor, options) {
  try {
    const { args, tags, priority } = await jobcast.api.insist(
      "GET",
      `api/jobs/${encodeURIComponent(id)}`,
    );
    editor.write(args);
    options.write({ ...(tags.length && { tags }), ...(priority && { priority }) });
  } catch (error) {
    notice(sentence(error));
  }
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
