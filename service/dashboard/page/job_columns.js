/** Jobs as rows of a table. */

import { make } from "./elements.js";
import { since } from "./moments.js";
import { badge } from "./row.js";
import { title } from "./words.js";

/** @returns {import("./table.js").Column<any>[]} */
export function jobColumns() {
  return [
    { title: "Job", cell: ({ kind }) => title(kind) },
    { title: "State", cell: badge },
    { title: "About", class: "wide wrap", cell: about },
    {
      title: "Attempt",
      class: "number",
      cell: ({ attempt }) => attempt || make("span", { class: "none" }, "–"),
    },
    { title: "Finished", cell: ({ finished_at }) => since(finished_at) },
  ];
}

/** @param {any} job */
function about({ state, error, id }) {
  if (error && state !== "succeeded") return error.message;
  return make("code", { class: "none" }, `…${id.slice(-12)}`);
}
