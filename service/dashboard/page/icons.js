/** Small pictures, drawn with the text's colour. They decorate: what they mean is always said beside them. */

const SVG = "http://www.w3.org/2000/svg";

/** Outlines on a grid of 16 by 16. @type {Record<string, string>} */
const DRAWN = {
  overview: "M2 13.5h12M4 11V8M8 11V3.5M12 11V6",
  jobs: "M5.5 4H14M5.5 8H14M5.5 12H14M2 4h.5M2 8h.5M2 12h.5",
  schedules: "M8 4.5V8l2.5 1.5M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z",
  batches: "M2 5.5 8 2.5l6 3-6 3-6-3ZM2 8.5l6 3 6-3M2 11.5l6 3 6-3",
  failed: "M8 5.5v3M8 11h.01M8 2 1.8 13.2h12.4L8 2Z",
  queues: "M2 3h12v4H2zM2 9h12v4H2zM4.5 5h.01M4.5 11h.01",
  inbox: "M2 9h3.5l1 2h3l1-2H14M2 9l2-6h8l2 6v4H2V9Z",
  preferences: "M2 4.5h6M11.5 4.5H14M2 11.5h2.5M8 11.5h6M8 2.75v3.5h3.5v-3.5zM4.5 9.75v3.5H8v-3.5z",
  webhooks:
    "M6 6.5a2.5 2.5 0 1 1 3.7.2l2 3.6M9.5 11.5H4.2M4.7 8.8 6.4 6M11 13.5a2 2 0 1 0 0-4M4 9.3a2.1 2.1 0 1 0 2 2.2",
  keys: "M9.5 6.5 14 2M12 4l1.5 1.5M10.5 9.5a3.5 3.5 0 1 1-7 0 3.5 3.5 0 0 1 7 0Z",
  audit: "M4 2h6l2.5 2.5V14H4V2ZM6.5 7h3.5M6.5 10h3.5",
  menu: "M2 4h12M2 8h12M2 12h12",
  close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  search: "M10.5 10.5 14 14M11.5 7a4.5 4.5 0 1 1-9 0 4.5 4.5 0 0 1 9 0Z",
  plus: "M8 3v10M3 8h10",
  copy: "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z",
  download: "M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11",
  filter: "M2 3.5h12L9.5 8.5V13l-3-1.5v-3L2 3.5Z",
  out: "M6.5 2.5h-4v11h4M6.5 8H14M11 5l3 3-3 3",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  down: "M4 6l4 4 4-4",
  check: "M3 8.5 6.5 12 13 4.5",
};

/** @param {string} name */
export function icon(name) {
  const picture = document.createElementNS(SVG, "svg");
  const drawn = {
    viewBox: "0 0 16 16",
    width: "16",
    height: "16",
    class: "icon",
    "aria-hidden": "true",
  };
  for (const [attribute, value] of Object.entries(drawn)) picture.setAttribute(attribute, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", DRAWN[name] ?? DRAWN.jobs);
  picture.append(path);
  return picture;
}
