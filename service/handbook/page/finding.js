/** Finding words in the index: every word asked for must be there; titles and headings count more than text. */

/** One page: its title, its parts (anchor, heading, words), its address.
 * @typedef {[string, [string, string, string][], string][]} Pages
 * @typedef {{title: string, heading: string, anchor: string, address: string, words: string, score: number}} Hit */

const AROUND = 70;
const LENGTH = 190;

/** The parts that say every word of `asked`, best first. @param {Pages} pages @param {string} asked @returns {Hit[]} */
export function found(pages, asked) {
  const wanted = wordsOf(asked);
  if (!wanted.length) return [];
  const hits = [];
  for (const [title, parts, address] of pages) {
    for (const [index, [anchor, heading, text]] of parts.entries()) {
      const score = scored(wanted, [title.toLowerCase(), heading.toLowerCase(), text.toLowerCase()]);
      if (!score) continue;
      const first = index === 0;
      hits.push({
        title,
        heading: first ? "" : heading,
        anchor: first ? "" : anchor,
        address,
        words: excerpt(text, wanted),
        score: score + (first ? 1 : 0),
      });
    }
  }
  return hits.sort((a, b) => b.score - a.score);
}

/** @param {string} text */
function wordsOf(text) {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}

/** 0 when a word is missing. @param {string[]} wanted @param {[string, string, string]} said */
function scored(wanted, [title, heading, text]) {
  let score = 0;
  for (const word of wanted) {
    const worth =
      at(heading, word, 9) + at(title, word, 6) + at(text, word, 2) + Math.min(text.split(word).length - 1, 4) / 4;
    if (!worth) return 0;
    score += worth;
  }
  return score;
}

/** Whole words count in full, their beginnings two thirds, the rest a third. */
function at(/** @type {string} */ text, /** @type {string} */ word, /** @type {number} */ worth) {
  const place = text.indexOf(word);
  if (place < 0) return 0;
  const whole = ` ${text.replace(/[^\p{L}\p{N}_-]+/gu, " ")} `;
  if (whole.includes(` ${word} `)) return worth;
  return whole.includes(` ${word}`) ? (worth * 2) / 3 : worth / 3;
}

/** The words around the first one that was asked for. @param {string} text @param {string[]} wanted */
function excerpt(text, wanted) {
  const places = wanted.map((word) => text.toLowerCase().indexOf(word)).filter((place) => place >= 0);
  const start = Math.max(0, Math.min(...places, text.length) - AROUND);
  const cut = start ? text.indexOf(" ", start) + 1 : 0;
  const piece = text.slice(cut, cut + LENGTH);
  return `${cut ? "… " : ""}${piece}${cut + LENGTH < text.length ? " …" : ""}`;
}

/** `text` cut where a word that was asked for begins and ends; true marks those. @param {string} text @param {string} asked
 * @returns {[string, boolean][]} */
export function marked(text, asked) {
  const words = wordsOf(asked).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (!words.length) return [[text, false]];
  return text.split(new RegExp(`(${words.join("|")})`, "gi")).map((piece, index) => [piece, index % 2 === 1]);
}
