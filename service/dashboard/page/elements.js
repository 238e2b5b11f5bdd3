/** Making elements. Text only ever becomes a text node: nothing a job says can become markup. */

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * Make an element: `on…` are listeners, `data` is the dataset, `class` and ARIA names are attributes.
 * @param {string} tag
 * @param {Record<string, any> | null} [props]
 * @param {...(Child | Child[])} children
 * @returns {any}
 */
export function make(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) set(element, name, value);
  element.append(.../** @type {Node[]} */ (children.flat().filter(shown)));
  return element;
}

/**
 * @param {any} element
 * @param {string} name
 * @param {any} value
 */
function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "data") Object.assign(element.dataset, value);
  else if (name in element && !name.includes("-") && name !== "list") element[name] = value;
  else element.setAttribute(name === "class" ? "class" : name, value === true ? "" : value);
}

/** @param {Child} child */
function shown(child) {
  return child !== null && child !== undefined && child !== false;
}

/**
 * Return a description's text; what it sets in backticks, a name as a rule, is code.
 * @param {string} text
 * @returns {Child[]}
 */
export function prose(text) {
  return text.split(/`+([^`]+)`+/).map((part, n) => (n % 2 ? make("code", null, part) : part));
}

/**
 * Show other children.
 * @param {Element} element
 * @param {...(Child | Child[])} children
 */
export function fill(element, ...children) {
  element.replaceChildren(.../** @type {Node[]} */ (children.flat().filter(shown)));
}

/**
 * Set an element's text, and leave the page alone if it is the same.
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Return an element of the page that is known to be there.
 * @param {string} id
 */
export function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
