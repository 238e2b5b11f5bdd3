/** Fields for single values. A field reads itself as JSON; undefined means: left out. */

import { make, prose } from "./elements.js";
import { size, title } from "./words.js";

/**
 * @typedef {{element: HTMLElement, read: () => any, write: (value: any) => void,
 *   fields?: () => Iterable<[string, Field]>, upload?: Upload}} Field
 * @typedef {((file: File) => Promise<{id: string}>) & {held?: boolean}} Upload `held`: not now
 * @typedef {{name: string, schema: any, root: any, pointer: string, required: boolean,
 *   upload: Upload}} Place
 */

const INPUT_TYPES = {
  uri: "url",
  "uri-reference": "url",
  email: "email",
  date: "date",
  time: "time",
};
const LONG = 5_000;

/**
 * Wrap a control with its label, its description, and room for what the server says about it.
 * @param {Place} place
 * @param {HTMLElement} control
 */
export function labelled(place, control) {
  const { schema, name, pointer, required } = place;
  control.id = `field${pointer.replaceAll("/", "-")}`;
  control.setAttribute("aria-describedby", `${control.id}-about`);
  return make(
    "div",
    { class: "field", data: { pointer } },
    make("label", { htmlFor: control.id }, schema.title ?? title(name), !required && optional()),
    control,
    make(
      "div",
      { class: "about", id: `${control.id}-about` },
      schema.description && make("p", { class: "hint" }, prose(schema.description)),
      make("p", { class: "fault" }),
    ),
  );
}

export function optional() {
  return make("span", { class: "optional" }, "optional");
}

/** @param {Place} place @returns {Field} */
export function text(place) {
  const { schema, required } = place;
  const emptied = schema.default || (required && schema.minLength === 0);
  const blank = emptied && mayBeEmpty(schema) ? "" : undefined;
  const long = !schema.format && ((schema.maxLength ?? 0) > LONG || schema.format === "textarea");
  const type = INPUT_TYPES[/** @type {keyof typeof INPUT_TYPES} */ (schema.format)] ?? "text";
  const input = make(long ? "textarea" : "input", long ? { rows: 5 } : { type });
  input.value = schema.default ?? "";
  input.required = required;
  input.spellcheck = false;
  return {
    element: labelled(place, input),
    read: () => input.value || (schema.nullable ? undefined : blank),
    write: (value) => (input.value = given(value, schema) ?? ""),
  };
}

/** Whether the server would take an empty text for a value. @param {any} schema */
function mayBeEmpty({ minLength = 0, pattern, format }) {
  return !minLength && !format && !(pattern && !new RegExp(pattern, "u").test(""));
}

/** What is left out is what it is by default. @param {any} value @param {any} schema */
function given(value, schema) {
  return value === undefined ? schema.default : value;
}

/** @param {Place} place @returns {Field} */
export function number(place) {
  const { schema, required } = place;
  const step = schema.type === "integer" ? 1 : "any";
  const [min, max] = [schema.minimum ?? null, schema.maximum ?? null];
  const input = make("input", { type: "number", step, min, max, required });
  input.value = schema.default ?? "";
  return {
    element: labelled(place, input),
    read: () => (input.value === "" ? undefined : input.valueAsNumber),
    write: (value) => (input.value = given(value, schema) ?? ""),
  };
}

/** @param {Place} place @returns {Field} */
export function toggle(place) {
  const input = make("input", { type: "checkbox", checked: place.schema.default === true });
  const element = labelled(place, input);
  element.classList.add("switch");
  const write = (/** @type {any} */ value) => (input.checked = given(value, place.schema) === true);
  return { element, read: () => input.checked, write };
}

/** One of several values; with a default among them it needs no way to leave it out. @param {Place} place @returns {Field} */
export function choice(place) {
  const { schema, required } = place;
  const values = "const" in schema ? [schema.const] : (schema.enum ?? [true, false]);
  const options = values.map((/** @type {any} */ value, /** @type {number} */ i) =>
    make("option", { value: i }, said(value, schema["x-labels"])),
  );
  const always = !schema.nullable && values.includes(schema.default);
  const none = !always && make("option", { value: "" }, "–");
  const select = make("select", { required }, none, options);
  const write = (/** @type {any} */ given) => {
    const value = given === undefined && always ? schema.default : given;
    select.value = String(values.indexOf(value)).replace("-1", "");
  };
  write("const" in schema ? schema.const : schema.default);
  return {
    element: labelled(place, select),
    read: () => (select.value === "" ? undefined : values[Number(select.value)]),
    write,
  };
}

/**
 * @param {any} value
 * @param {Record<string, string>} [labels]
 */
function said(value, labels = {}) {
  const words = value === true ? "Yes" : value === false ? "No" : String(value);
  return Object.hasOwn(labels, String(value)) ? labels[String(value)] : words;
}

/** What is shown and comes back as it was. @param {Place} place @returns {Field} */
export function fixed({ schema, name, pointer }) {
  const text = make("p", { class: "fixed" });
  let kept = schema.default;
  const write = (/** @type {any} */ value) => {
    kept = value;
    text.textContent = typeof value === "object" ? JSON.stringify(value) : String(value ?? "");
  };
  write(kept);
  const element = make(
    "div",
    { class: "field", data: { pointer } },
    make("span", { class: "label" }, schema.title ?? title(name)),
    text,
    make("p", { class: "fault" }),
  );
  return { element, read: () => kept, write };
}

/** A file that is sent first; the value is the id of what was uploaded. @param {Place} place @returns {Field} */
export function upload(place) {
  const input = make("input", { type: "file", onchange: () => ((known = ""), tell("")) });
  const about = make("span", { class: "file" });
  const name = (place.schema.title ?? title(place.name)).replace(/ id$/i, "");
  const element = labelled({ ...place, schema: { ...place.schema, title: name } }, input);
  input.after(about);
  let known = place.schema.default ?? "";
  const tell = (/** @type {string} */ text) => (about.textContent = text);
  const send = async (/** @type {File} */ file) => {
    tell(`Sending ${file.name} (${size(file.size)})…`);
    known = (await place.upload(file)).id;
    tell(`${file.name} is uploaded`);
  };
  return {
    element,
    read: async () => {
      if (!known && input.files[0] && !place.upload.held)
        await send(input.files[0]).catch((error) => (tell(""), fail(error, place)));
      return known || undefined;
    },
    write: (value) => (
      (known = value ?? ""),
      (input.value = ""),
      tell(known && `Uploaded file ${known}`)
    ),
  };
}

/** Anything else is written as JSON. @param {Place} place @returns {Field} */
export function json(place) {
  const input = make("textarea", { rows: 4, class: "code", spellcheck: false });
  const write = (/** @type {any} */ value) =>
    (input.value = value === undefined || value === null ? "" : JSON.stringify(value, null, 2));
  write(place.schema.default);
  return {
    element: labelled(place, input),
    read: () => parsed(input.value, place),
    write,
  };
}

/**
 * Read JSON somebody typed; empty is nothing.
 * @param {string} text
 * @param {{pointer: string}} place
 */
export function parsed(text, place) {
  if (!text.trim()) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    return fail(new Error(`This is not JSON: ${/** @type {Error} */ (error).message}`), place);
  }
}

/**
 * Throw what is wrong with a field in the shape a server's answer has.
 * @param {any} error
 * @param {{pointer: string}} place
 * @returns {never}
 */
function fail(error, { pointer }) {
  throw Object.assign(error, { errors: [{ pointer, detail: error.message }] });
}
