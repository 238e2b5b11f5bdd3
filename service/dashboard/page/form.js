/** A form made from a JSON Schema: groups and lists of fields, and the faults a server found in them. */

import { make } from "./elements.js";
import { choice, fixed, json, number, optional, text, toggle, upload } from "./field.js";
import { ListField } from "./list_field.js";
import { notice } from "./notices.js";
import { ReviewField } from "./review_field.js";
import { escape, ordered, plain, widget } from "./schema.js";
import { VariantField } from "./variant_field.js";
import { sentence, title } from "./words.js";

/** @typedef {import("./field.js").Field} Field @typedef {import("./field.js").Place} Place */

const SINGLE = { text, number, switch: toggle, choice, upload, json, fixed };
const DEEPEST = 6;

/**
 * Make the fields of a schema; the result reads as what it describes, an object as a rule.
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
  const whole = (place.schema.type ?? "object") === "object" && !place.schema.mixed;
  const { element, read, write } = whole ? members(place) : field(place);
  return {
    element: make("div", { class: "fields" }, element),
    read: async () => (await read()) ?? (whole ? {} : null),
    write,
    upload,
  };
}

/** @param {Omit<Place, "schema"> & {schema: any}} raw @returns {Field} */
function field(raw) {
  const place = { ...raw, schema: plain(raw.schema, raw.root) };
  const made = shaped(place);
  const { nullable, default: usual = null } = place.schema;
  if (!nullable || (usual === null && !place.required)) return made;
  return {
    element: made.element,
    read: async () => (await made.read()) ?? null, // left out it would be what it is by default
    write: (value) => made.write(value),
  };
}

/** @param {Place} place @returns {Field} */
function shaped(place) {
  const kind = widget(place.name, place.schema);
  if (place.pointer.split("/").length > DEEPEST) return json(place);
  if (kind === "group") return group(place);
  if (kind === "list") return new ListField(place, field);
  if (kind === "review") return new ReviewField(place, members);
  if (kind === "variant") return new VariantField(place, members);
  return SINGLE[/** @type {keyof typeof SINGLE} */ (kind)](place);
}

/**
 * Make the fields of an object's properties, those `named` if not of all.
 * @param {Place} place
 * @param {string[]} [named]
 */
function members({ schema, root, pointer, upload }, named) {
  const required = new Set(schema.required);
  const wanted = ordered(schema).filter(([name]) => named?.includes(name) ?? true);
  const fields = wanted.map(([name, of]) => {
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
 * Say what is wrong with what was sent: at the fields, and in a sentence below them.
 * @param {HTMLElement} element
 * @param {HTMLElement} fault
 * @param {any} error
 */
export function complain(element, fault, error) {
  const errors = error.errors ?? [];
  const homeless = showFaults(element, errors).map((/** @type {any} */ { detail }) => detail);
  const placed = errors.length > homeless.length;
  fault.textContent =
    homeless.join(" · ") ||
    (placed ? "Please look at the fields that are marked." : sentence(error));
  if (!error.status && !errors.length) notice(sentence(error));
}

/**
 * Show each fault at the field its pointer names, or at the nearest one around it; returns those that
 * found no place.
 * @param {HTMLElement} form
 * @param {{pointer: string, detail: string}[]} errors
 */
export function showFaults(form, errors) {
  for (const shown of form.querySelectorAll(".fault")) shown.textContent = "";
  for (const wrong of form.querySelectorAll(".wrong")) mark(wrong, false);
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
    mark(place, true);
    for (let of = place.closest("details"); of; of = of.parentElement?.closest("details") ?? null)
      of.open = true;
    note.textContent = [note.textContent, detail].filter(Boolean).join(" · ");
    return true;
  }
  return false;
}

/**
 * Mark a field as wrong, for eyes and for screen readers.
 * @param {Element} place
 * @param {boolean} wrong
 */
function mark(place, wrong) {
  place.classList.toggle("wrong", wrong);
  const control = place.querySelector(":scope > :is(input, select, textarea)");
  if (wrong) control?.setAttribute("aria-invalid", "true");
  else control?.removeAttribute("aria-invalid");
}
