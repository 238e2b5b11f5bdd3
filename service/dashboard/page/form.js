/** A form made from a JSON Schema: groups and lists of fields, and the faults a server found in them. */

import { make } from "./elements.js";
import { choice, json, number, optional, text, toggle, upload } from "./field.js";
import { ListField } from "./list_field.js";
import { escape, plain, widget } from "./schema.js";
import { title } from "./words.js";

/** @typedef {import("./field.js").Field} Field @typedef {import("./field.js").Place} Place */

const SINGLE = { text, number, switch: toggle, choice, upload, json };
const DEEPEST = 6;

/**
 * Make the fields of an object schema; the result reads as the object.
 * @param {any} schema
 * @param {{pointer: string, upload: Place["upload"]}} options
 * @returns {Field}
 */
export function schemaForm(schema, { pointer, upload }) {
  const place = {
    name: "",
    schema: plain(schema, schema),
    root: schema,
    pointer,
    required: true,
    upload,
  };
  const { element, read, write } = members(place);
  return {
    element: make("div", { class: "fields" }, element),
    read: async () => (await read()) ?? {},
    write,
  };
}

/** @param {Omit<Place, "schema"> & {schema: any}} raw @returns {Field} */
function field(raw) {
  const place = { ...raw, schema: plain(raw.schema, raw.root) };
  const kind = widget(place.name, place.schema);
  if (place.pointer.split("/").length > DEEPEST) return json(place);
  if (kind === "group") return group(place);
  if (kind === "list") return new ListField(place, field);
  return SINGLE[/** @type {keyof typeof SINGLE} */ (kind)](place);
}

/** @param {Place} place */
function members({ schema, root, pointer, upload }) {
  const required = new Set(schema.required);
  const fields = Object.entries(schema.properties ?? {}).map(([name, of]) => {
    const at = `${pointer}/${escape(name)}`;
    return /** @type {[string, Field]} */ ([
      name,
      field({ name, schema: of, root, pointer: at, required: required.has(name), upload }),
    ]);
  });
  return {
    element: make(
      "div",
      { class: "members" },
      fields.map(([, { element }]) => element),
    ),
    read: () => together(fields),
    write: (/** @type {any} */ value) => {
      for (const [name, one] of fields) one.write(value?.[name]);
    },
  };
}

/**
 * Read fields as an object without those left out; undefined when nothing is left.
 * @param {[string, Field][]} fields
 */
async function together(fields) {
  /** @type {Record<string, any>} */
  const value = {};
  for (const [name, field] of fields) {
    const one = await field.read();
    if (one !== undefined) value[name] = one;
  }
  return Object.keys(value).length ? value : undefined;
}

/** @param {Place} place @returns {Field} */
function group(place) {
  const { element, read, write } = members(place);
  const legend = make(
    "legend",
    null,
    place.schema.title ?? title(place.name),
    !place.required && optional(),
  );
  const box = make(
    "fieldset",
    { data: { pointer: place.pointer } },
    legend,
    element,
    make("p", { class: "fault" }),
  );
  return {
    element: box,
    read: async () => (await read()) ?? (place.required ? {} : undefined),
    write,
  };
}

/**
 * Show each fault at the field its pointer names, or at the nearest one around it; returns those that
 * found no place.
 * @param {HTMLElement} form
 * @param {{pointer: string, detail: string}[]} errors
 */
export function showFaults(form, errors) {
  for (const shown of form.querySelectorAll(".fault")) shown.textContent = "";
  for (const wrong of form.querySelectorAll(".wrong")) wrong.classList.remove("wrong");
  const homeless = errors.filter(({ pointer, detail }) => !showFault(form, pointer, detail));
  const first = form.querySelector(".wrong :is(input, select, textarea)");
  if (first instanceof HTMLElement) first.focus();
  return homeless;
}

/**
 * @param {HTMLElement} form
 * @param {string} pointer
 * @param {string} detail
 */
function showFault(form, pointer, detail) {
  for (let at = pointer; at; at = at.slice(0, at.lastIndexOf("/"))) {
    const place = form.querySelector(`[data-pointer="${CSS.escape(at)}"]`);
    const note = place?.querySelector(":scope > .fault, :scope > .about > .fault");
    if (!place || !note) continue;
    place.classList.add("wrong");
    note.textContent = [note.textContent, detail].filter(Boolean).join(" · ");
    return true;
  }
  return false;
}
