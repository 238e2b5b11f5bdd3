/** What happened to a job as lanes over time: one for each attempt, one for each of its children. */

import { duration, stateName, title } from "./words.js";

/**
 * `state`: waiting, scheduled, queued, retrying, asking, running, or how an attempt ended.
 * @typedef {{state: string, from: number, to: number}} Segment times in ms
 * @typedef {{key: string, id: string, label: string, child: boolean, open: boolean, segments: Segment[]}} Lane
 *   `open`: it goes on
 */

const ENDS = new Set(["succeeded", "failed", "cancelled", "expired"]);
const WAITS = new Set(["waiting", "scheduled", "queued", "retrying"]);
const MOST_ATTEMPTS = 20;
const MOST_CHILDREN = 60;

/** What an event puts a job into. @type {Record<string, string>} */
const INTO = {
  started: "running",
  input_requested: "asking",
  input_received: "running",
  input_expired: "running",
  cancelling: "running",
};

/**
 * Make the lanes of a job and its children.
 * @param {any[]} events oldest first, as the family tells them
 * @param {string} id the job's
 * @param {number} now in ms
 * @returns {{lanes: Lane[], left: number}} `left`: how many are left out
 */
export function lanes(events, id, now) {
  /** @type {Map<string, any[]>} */
  const told = new Map([[id, []]]);
  for (const event of events) {
    const whose = event.subject.slice("job:".length);
    told.set(whose, [...(told.get(whose) ?? []), event]);
  }
  const own = attempts(told.get(id) ?? [], id, now);
  told.delete(id);
  const children = [...told].map(([child, story]) => whole(story, child, now));
  const shown = [...own.slice(-MOST_ATTEMPTS), ...children.slice(0, MOST_CHILDREN)];
  return { lanes: shown, left: own.length + children.length - shown.length };
}

/**
 * A lane for each attempt, with what it waited for before.
 * @param {any[]} story
 * @param {string} id
 * @param {number} now
 * @returns {Lane[]}
 */
function attempts(story, id, now) {
  /** @type {Lane[]} */
  const all = [];
  /** @type {Lane | null} */
  let lane = null;
  for (const { segment, attempt } of segments(story, now)) {
    const over = lane?.segments.some(({ state }) => !WAITS.has(state)) && WAITS.has(segment.state);
    if (!lane || over) all.push((lane = empty(`${id} ${all.length}`, id, "", false)));
    if (!WAITS.has(segment.state)) lane.label = `Attempt ${attempt}`;
    lane.segments.push(segment);
  }
  if (lane) lane.open = isOpen(story);
  for (const one of all) one.label ||= all.length > 1 ? "Next attempt" : "Not started";
  return all;
}

/**
 * A lane for all of a child's life.
 * @param {any[]} story
 * @param {string} id
 * @param {number} now
 */
function whole(story, id, now) {
  const lane = empty(id, id, title(story[0].data.kind), true);
  lane.segments = [...segments(story, now)].map(({ segment }) => segment);
  lane.open = isOpen(story);
  return lane;
}

/**
 * @param {string} key
 * @param {string} id
 * @param {string} label
 * @param {boolean} child
 * @returns {Lane}
 */
function empty(key, id, label, child) {
  return { key, id, label, child, open: false, segments: [] };
}

/** @param {any[]} story */
function isOpen(story) {
  return story.length > 0 && !ENDS.has(what(story[story.length - 1]));
}

/** @param {any} event */
function what({ type }) {
  return type.replace("job.", "");
}

/**
 * Yield the stretches between events. What an attempt did is said by how it ended.
 * @param {any[]} story
 * @param {number} now
 */
function* segments(story, now) {
  for (const [i, event] of story.entries()) {
    const name = what(event);
    if (ENDS.has(name)) continue;
    const next = story[i + 1];
    const from = Date.parse(event.time);
    const to = next ? Date.parse(next.time) : Math.max(now, from);
    const into = INTO[name] ?? name;
    const state = into === "running" ? outcome(next) : into;
    yield { segment: { state, from, to }, attempt: event.attempt };
  }
}

/** What became of a stretch of running, by what happened next. @param {any} next */
function outcome(next) {
  if (!next) return "running";
  const name = what(next);
  if (ENDS.has(name)) return name;
  if (name === "retrying") return "failed";
  if (WAITS.has(name)) return "cancelled"; // given back or lost: no fault of its own
  return "running";
}

/**
 * The stretch of time to draw. A long wait for a time that was asked for is cut off at the left.
 * @param {Lane[]} all
 * @param {number} now
 */
export function span(all, now) {
  const every = all.flatMap(({ segments }) => segments);
  if (!every.length) return { from: now - 1, to: now };
  const begin = Math.min(...every.map(({ from }) => from));
  const to = Math.max(...every.map(({ to }) => to), begin + 1);
  const [first] = all[0].segments;
  const idle = ["scheduled", "waiting"].includes(first.state) ? first.to : begin;
  const rest = to - idle;
  const from = idle - begin > 2 * rest && rest > 0 ? idle - rest / 5 : begin;
  return { from, to };
}

/**
 * Round times within a stretch, at most five, as how long after its beginning.
 * @param {number} length in ms
 */
export function ticks(length) {
  const rough = length / 4;
  const scale = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * scale).find((n) => n >= rough) ?? rough;
  const all = [];
  for (let at = 0; at <= length * 0.9; at += step)
    all.push({ at: at / length, text: at ? duration(at) : "0" });
  return all;
}

/**
 * Say a lane in words.
 * @param {Lane} lane
 */
export function inWords({ segments: all, open }) {
  const parts = all.map(({ state, from, to }, i) => {
    const goesOn = open && i === all.length - 1 ? " so far" : "";
    return `${said(state).toLowerCase()} ${duration(to - from)}${goesOn}`;
  });
  return parts.join(", ");
}

/** @param {string} state */
function said(state) {
  if (state === "asking") return "Waiting for an answer";
  return ENDS.has(state) ? `Running, ${stateName(state).toLowerCase()} after` : stateName(state);
}
