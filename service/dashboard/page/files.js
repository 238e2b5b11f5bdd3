/** Files that a job was given or made: named, saved, and shown where they are a picture or a text. */

import { saveLink } from "./copying.js";
import { fill, make } from "./elements.js";
import { uploadsIn } from "./uploads_in.js";
import { size } from "./words.js";

const PICTURE = /^image\/(png|jpeg|gif|webp|avif)$/;
const TEXT = /^(text\/|application\/(json|xml|x-ndjson)$)/;
const TEXT_BYTES = 256 * 1024;
const TEXT_SHOWN = 20_000;

/**
 * Show the uploads that a value names, as far as they are still kept. Nothing is shown when there are none.
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 * @param {any} value
 * @returns {HTMLElement}
 */
export function fileViews(jobcast, value) {
  const element = make("div", { class: "files", hidden: true });
  const ids = uploadsIn(value);
  if (ids.length) show(jobcast, ids, element);
  return element;
}

/**
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 * @param {string[]} ids
 * @param {HTMLElement} element
 */
async function show(jobcast, ids, element) {
  const { data: kept } = await jobcast.api
    .insist("GET", "api/uploads", { query: { id: ids } })
    .catch(() => ({ data: [] }));
  element.hidden = !kept.length;
  fill(
    element,
    make("h3", null, kept.length === 1 ? "File" : `Files (${kept.length})`),
    kept.map(fileView),
  );
}

/** @param {import("/client/jobcast.js").Upload} upload */
function fileView({ id, name, size: bytes, media_type }) {
  const href = `/api/uploads/${id}/content`;
  return make(
    "figure",
    { class: "file-view" },
    make(
      "figcaption",
      null,
      make("strong", null, name),
      make("small", null, `${size(bytes)} · ${media_type}`),
      saveLink("Save", href, name),
    ),
    PICTURE.test(media_type) && make("img", { src: href, alt: name, loading: "lazy" }),
    TEXT.test(media_type) && bytes <= TEXT_BYTES && textView(href),
  );
}

/** @param {string} href */
function textView(href) {
  const text = make("pre", { class: "code", tabIndex: 0 });
  fetch(href)
    .then((answer) => (answer.ok ? answer.text() : ""))
    .then(
      (said) =>
        (text.textContent = said.length > TEXT_SHOWN ? `${said.slice(0, TEXT_SHOWN)}\n…` : said),
      () => text.remove(),
    );
  return text;
}
