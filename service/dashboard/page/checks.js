/** A field for several of a few values, each said what it means. */

import { make } from "./elements.js";

/**
 * @param {{pointer: string, legend: string, hint?: string, chosen?: string[],
 *   options: {value: string, title: string, hint?: string, locked?: boolean}[]}} given `locked`: not to be had
 * @returns {import("./field.js").Field}
 */
export function checks({ pointer, legend, hint, options, chosen = [] }) {
  const boxes = options.map(({ value, locked }) =>
    make("input", {
      type: "checkbox",
      value,
      disabled: locked,
      checked: chosen.includes(value),
      id: `check${pointer.replaceAll("/", "-")}-${value.replaceAll(/\W/g, "-")}`,
    }),
  );
  const rows = options.map(({ title, hint: about, locked }, i) =>
    make(
      "div",
      { class: locked ? "check locked" : "check" },
      boxes[i],
      make("label", { htmlFor: boxes[i].id }, title),
      about && make("p", { class: "hint", id: `${boxes[i].id}-about` }, about),
    ),
  );
  for (const [i, { hint: about }] of options.entries())
    if (about) boxes[i].setAttribute("aria-describedby", `${boxes[i].id}-about`);
  const element = make(
    "fieldset",
    { class: "checks", data: { pointer } },
    make("legend", null, legend),
    hint && make("p", { class: "hint" }, hint),
    make("div", { class: "options" }, rows),
    make("p", { class: "fault" }),
  );
  return {
    element,
    read: () => boxes.filter(({ checked }) => checked).map(({ value }) => value),
    write: (values) => {
      for (const box of boxes) box.checked = (values ?? []).includes(box.value);
    },
  };
}
