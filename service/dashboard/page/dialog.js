/** Dialogs: one to read, one to confirm, one to fill in. The browser keeps the focus in, and gives it back. */

import { fill, make, say } from "./elements.js";
import { complain } from "./form.js";

let number = 0;

/**
 * Show a dialog until it is closed; Escape, a click beside it and its button close it.
 * @param {{title: string, body: Node, close?: string, actions?: Node[], wide?: boolean}} given
 * @returns {{element: HTMLDialogElement, close: () => void, closed: Promise<void>}}
 */
export function showDialog({ title, body, close = "Cancel", actions = [], wide = false }) {
  const id = `dialog-${++number}`;
  const shut = () => element.close();
  const element = make(
    "dialog",
    { class: wide ? "dialog wide" : "dialog", "aria-labelledby": id },
    make("h2", { id }, title),
    body,
    make(
      "div",
      { class: "actions" },
      make("button", { type: "button", class: "quiet", onclick: shut }, close),
      actions,
    ),
  );
  const beside = (/** @type {MouseEvent} */ event) => event.target === element && shut();
  element.addEventListener("mousedown", beside);
  document.body.append(element);
  /** @type {Promise<void>} */
  const closed = new Promise((resolve) => {
    element.addEventListener("close", () => {
      removeEventListener("hashchange", shut);
      element.remove();
      resolve();
    });
  });
  addEventListener("hashchange", shut); // who goes back leaves what was asked of the page before
  element.showModal();
  return { element, close: shut, closed };
}

/**
 * Ask whether to do something; resolves to whether it was done. `work` runs while the dialog is open: a
 * refusal is said in it, and it can be tried again.
 * @param {{title: string, text: string | Node, action: string, danger?: boolean,
 *   work?: () => Promise<any>}} given
 * @returns {Promise<boolean>}
 */
export function confirm({ title, text, action, danger = false, work = async () => {} }) {
  const body = make("div", null, typeof text === "string" ? make("p", null, text) : text);
  return formDialog({ title, body, action, danger, submit: work }).then(({ done }) => done);
}

/**
 * Have a form filled in; resolves when it is closed, with what `submit` answered if it went well. Faults
 * with pointers are shown at the fields of a schema's form, others below them.
 * @param {{title: string, body: Node, action: string, danger?: boolean, wide?: boolean,
 *   submit: () => Promise<any>}} given
 * @returns {Promise<{done: boolean, answer?: any}>}
 */
export async function formDialog({ title, body, action, danger = false, wide = false, submit }) {
  const fault = make("p", { class: "fault", role: "alert" });
  const button = make("button", { class: danger ? "danger filled" : "primary" }, action);
  const form = make("form", { id: `form-${number + 1}`, noValidate: true }, body, fault);
  button.setAttribute("form", form.id);
  /** @type {{done: boolean, answer?: any}} */
  let outcome = { done: false };
  form.addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    say(fault, "");
    try {
      outcome = { done: true, answer: await submit() };
      dialog.close();
    } catch (error) {
      complain(form, fault, error);
    }
    button.disabled = false;
  });
  const dialog = showDialog({ title, body: form, actions: [button], wide });
  if (!form.querySelector("input, select, textarea")) button.focus();
  await dialog.closed;
  return outcome;
}

/**
 * Show something that is told once, such as a new secret, with a button that copies it.
 * @param {{title: string, text: string, secret: string}} given
 */
export function showSecret({ title, text, secret }) {
  const note = make("p", { class: "hint", role: "status" });
  const field = make("input", {
    type: "text",
    class: "code",
    readOnly: true,
    value: secret,
    "aria-label": title,
  });
  const copy = make("button", { type: "button", class: "primary" }, "Copy");
  copy.addEventListener("click", async () => {
    field.select();
    const copied = await navigator.clipboard?.writeText(secret).then(
      () => true,
      () => false,
    );
    fill(note, copied ? "Copied." : "Copy it by hand: this browser does not allow it here.");
  });
  const body = make("div", { class: "fields" }, make("p", null, text), field, note);
  return showDialog({ title, body, close: "Done", actions: [copy] }).closed;
}
