/** A field for a time zone: this browser's names are offered, any IANA name is taken. */

import { make } from "./elements.js";
import { text } from "./field.js";
import { HERE } from "./moments.js";

/**
 * @param {{pointer: string, hint?: string}} place
 * @returns {import("./field.js").Field}
 */
export function zoneField({ pointer, hint }) {
  const field = text({
    name: "timezone",
    schema: { title: "Time zone", description: hint, default: HERE },
    root: {},
    pointer,
    required: true,
    upload: async () => ({ id: "" }),
  });
  const input = /** @type {HTMLInputElement} */ (field.element.querySelector("input"));
  const names = ["UTC", ...Intl.supportedValuesOf("timeZone")];
  const list = make(
    "datalist",
    { id: `${input.id}-zones` },
    names.map((value) => make("option", { value })),
  );
  input.setAttribute("list", list.id);
  input.autocomplete = "off";
  field.element.append(list);
  return field;
}
