/** Reading JSON Schema the way a form needs it: references followed, "or null" made plain. */

/** @typedef {any} Schema */

/**
 * Return `schema` with its reference followed and `anyOf: [X, null]` turned into X with `nullable`.
 * @param {Schema} schema
 * @param {Schema} root where `#/$defs/…` is looked up
 * @returns {Schema}
 */
export function plain(schema, root) {
  const { $ref, allOf, ...own } = schema;
  if ($ref) return plain({ ...lookup($ref, root), ...own }, root);
  if (allOf?.length === 1) return plain({ ...allOf[0], ...own }, root);
  const choices = own.anyOf ?? own.oneOf;
  if (!choices) return typed(own);
  const real = choices.filter((/** @type {Schema} */ choice) => choice.type !== "null");
  const nullable = real.length < choices.length;
  const { anyOf, oneOf, ...rest } = own;
  if (real.length === 1) return { ...plain(real[0], root), ...rest, nullable };
  return { ...own, nullable, mixed: true };
}

/** @param {Schema} schema */
function typed(schema) {
  if (!Array.isArray(schema.type)) return schema;
  const types = schema.type.filter((/** @type {string} */ type) => type !== "null");
  const nullable = types.length < schema.type.length;
  return types.length === 1
    ? { ...schema, type: types[0], nullable }
    : { ...schema, nullable, mixed: true };
}

/**
 * @param {string} reference
 * @param {Schema} root
 */
function lookup(reference, root) {
  const steps = reference.replace(/^#\/?/, "").split("/").map(unescape);
  return steps.reduce((at, step) => (step ? at?.[step] : at), root) ?? {};
}

/** @param {string} step */
function unescape(step) {
  return step.replaceAll("~1", "/").replaceAll("~0", "~");
}

/**
 * Return one step of a JSON pointer, escaped.
 * @param {string | number} step
 */
export function escape(step) {
  return String(step).replaceAll("~", "~0").replaceAll("/", "~1");
}

/**
 * Return an object's properties by name, in the order it asks for by `x-order`, else as they come.
 * @param {Schema} schema
 * @returns {[string, Schema][]}
 */
export function ordered({ properties = {}, "x-order": order = [] }) {
  const first = order.filter((/** @type {string} */ name) => Object.hasOwn(properties, name));
  return [...new Set([...first, ...Object.keys(properties)])].map((name) => [
    name,
    properties[name],
  ]);
}

/**
 * Return the shapes a value may have, told apart by its member `by`: each by what that says, and plain.
 * @param {Schema} schema
 * @param {Schema} root
 * @returns {{by: string, shapes: Map<string, Schema>}}
 */
export function shapes(schema, root) {
  const by = schema.discriminator.propertyName;
  const all = (schema.oneOf ?? schema.anyOf).map((/** @type {Schema} */ one) => plain(one, root));
  const named = all.map((/** @type {Schema} */ one) => [plain(one.properties[by], root).const, one]);
  return { by, shapes: new Map(named) };
}

/**
 * Return which properties of an item somebody who reviews it may edit: not those that are fixed.
 * @param {Schema} schema
 * @param {Schema} root
 */
export function editable(schema, root) {
  const names = ordered(schema).filter(([name, of]) => {
    const { readOnly, ...rest } = plain(of, root);
    return !readOnly && !("const" in rest) && name !== ACCEPT;
  });
  return names.map(([name]) => name);
}

/** The member of an item under review that says whether it is accepted. */
export const ACCEPT = "accept";

/**
 * Return what kind of field shows this (plain) schema.
 * @param {string} name
 * @param {Schema} schema
 */
export function widget(name, schema) {
  if (schema["x-upload"] || name === "upload_id") return "upload";
  if (schema.readOnly) return "fixed";
  if ("const" in schema || schema.enum) return "choice";
  if (schema.discriminator) return "variant";
  if (schema.mixed) return "json";
  if (schema.type === "boolean") return schema.nullable ? "choice" : "switch";
  if (schema.type === "integer" || schema.type === "number") return "number";
  if (schema.type === "string") return "text";
  if (schema.type === "object" && schema.properties) return "group";
  if (schema.type === "array" && schema.items) return schema["x-review"] ? "review" : "list";
  return "json";
}

/**
 * Return `value` with its members in the order of its schema: a database keeps none.
 * @param {any} value
 * @param {Schema} schema
 * @param {Schema} [root]
 * @returns {any}
 */
export function arranged(value, schema, root = schema) {
  const { properties = {}, items = {} } = plain(schema, root);
  if (Array.isArray(value)) return value.map((one) => arranged(one, items, root));
  if (value === null || typeof value !== "object") return value;
  const known = Object.keys(properties).filter((name) => Object.hasOwn(value, name));
  const others = Object.keys(value).filter((name) => !Object.hasOwn(properties, name));
  const of = (/** @type {string} */ name) =>
    Object.hasOwn(properties, name) ? properties[name] : {};
  return Object.fromEntries(
    [...known, ...others].map((name) => [name, arranged(value[name], of(name), root)]),
  );
}
