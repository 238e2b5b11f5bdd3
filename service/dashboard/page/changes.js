/** Hearing of changes that a page has to follow: of jobs as they happen, of the rest by looking again. */

/**
 * Call `hear` with each of my jobs that changes; the returned function ends it.
 * @param {import("/client/jobcast.js").Jobcast} jobcast
 * @param {(job: any) => void} hear
 */
export function jobChanges(jobcast, hear) {
  const jobs = jobcast.jobs();
  jobs.on("change", (/** @type {any} */ job) => job && hear(job));
  return () => jobs.close();
}

/**
 * Return what has `look` called soon, once for many calls; `end` forgets it.
 * @param {() => any} look
 * @param {number} [ms]
 */
export function soon(look, ms = 800) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const call = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      look();
    }, ms);
  };
  return { call, end: () => clearTimeout(timer) };
}

/**
 * Call `look` again and again while the page is seen; the returned function ends it.
 * @param {() => any} look
 * @param {number} ms
 */
export function again(look, ms) {
  const timer = setInterval(() => document.hidden || look(), ms);
  return () => clearInterval(timer);
}

/**
 * Show in a table what the first page holds now: what is the same stays as it is, with the focus in it.
 * Where more than one page is shown, it is read again.
 * @param {import("./table.js").Table<any>} table
 * @param {{data: any[], next?: string | null}} page
 * @param {(thing: any) => string} [key]
 */
export function settle(table, { data, next }, key = ({ id }) => id) {
  if (next || !data.length) return table.reload();
  const there = new Set(data.map(key));
  for (const thing of table.things) if (!there.has(key(thing))) table.remove(key(thing));
  renew(table, data, key);
}

/**
 * Show in a table what is new or other on its first page, and leave the rest alone.
 * @param {import("./table.js").Table<any>} table
 * @param {any[]} newest
 * @param {(thing: any) => string} [key]
 */
export function renew(table, newest, key = ({ id }) => id) {
  const known = new Map(table.things.map((thing) => [key(thing), JSON.stringify(thing)]));
  for (const thing of newest.toReversed())
    if (known.get(key(thing)) !== JSON.stringify(thing)) table.put(thing);
}
