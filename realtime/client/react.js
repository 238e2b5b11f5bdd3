/**
 * Jobcast for React 18 and newer, without a build: hand in the React you have.
 *
 *     import { hooks } from "/client/react.js";
 *     const { useJob, useOutput, useBatch, useJobs, useInbox, useStatus } = hooks(React, jobcast);
 */

/**
 * Make the hooks of one client. Each listens while a component shows what it returns, and no longer;
 * what it returns is a new object when, and only when, something has changed.
 *
 * On a server, and while a page takes over what a server drew, everything is empty: so both draw the same.
 * @param {import("./react").ReactLike} React
 * @param {import("./jobcast.js").Jobcast | (() => import("./jobcast.js").Jobcast)} jobcast or what
 *   makes it: that is called once, in the browser, by the first component that needs it
 */
export function hooks({ useMemo, useSyncExternalStore }, jobcast) {
  /** @type {any} */
  let client = typeof jobcast === "function" ? null : jobcast;
  const here = () => (client ??= globalThis.document ? /** @type {any} */ (jobcast)() : null);
  /** @type {(make: (jobcast: any) => View, of: any[], empty: any, wanted?: any) => any} */
  const useView = (make, of, empty, wanted = true) => {
    const view = useMemo(() => (wanted && here() ? make(client) : still(empty)), of);
    return useSyncExternalStore(view.subscribe, view.read, () => empty);
  };
  return {
    /** @param {any} id a text; nothing is listened to without one */
    useJob: (id) => useView((jobcast) => jobView(jobcast, id), [id], NO_JOB, id),
    /** @param {any} id */
    useOutput: (id) => useView((jobcast) => outputView(jobcast, id), [id], "", id),
    /** @param {any} id */
    useBatch: (id) => useView((jobcast) => batchView(jobcast, id), [id], NO_BATCH, id),
    useJobs: () => useView(jobsView, [], NO_JOBS),
    useInbox: () => useView(inboxView, [], NO_INBOX),
    useStatus: () => useView(statusView, [], NO_STATUS),
  };
}

/** @typedef {{subscribe: (told: () => void) => () => void, read: () => any}} View */

const NO_JOB = Object.freeze({
  job: undefined,
  state: undefined,
  progress: null,
  output: "",
  logs: Object.freeze([]),
  result: undefined,
  error: null,
  cancel: nothing,
  retry: nothing,
});
const NO_BATCH = Object.freeze({
  batch: undefined,
  fraction: 0,
  counts: Object.freeze({}),
  done: false,
  error: null,
  cancel: nothing,
  retry: nothing,
});
/** @type {any} */
const NO_LIST = Object.freeze([]);
const NO_JOBS = Object.freeze({ jobs: NO_LIST, ready: false, truncated: false, older: nothing });
const NO_INBOX = Object.freeze({
  items: NO_LIST,
  unread: 0,
  ready: false,
  read: nothing,
  older: nothing,
});
const NO_STATUS = Object.freeze({ phase: "idle", degraded: false, transport: null, attempt: 0 });

function nothing() {
  return Promise.resolve(undefined);
}

/**
 * A value that never changes.
 * @param {any} value
 * @returns {View}
 */
function still(value) {
  return { subscribe: () => () => {}, read: () => value };
}

/**
 * A value that is made anew only after something was told.
 * @param {(told: () => void) => () => void} subscribe
 * @param {() => any} make
 * @returns {View}
 */
function view(subscribe, make) {
  let value = make();
  return {
    read: () => value,
    subscribe: (told) => {
      let on = true;
      const renew = () => {
        value = make();
        if (on) told();
      };
      const off = subscribe(renew);
      renew();
      return () => {
        on = false;
        off();
      };
    },
  };
}

/**
 * @param {import("./jobcast.js").Jobcast} jobcast
 * @param {string} id
 */
function jobView(jobcast, id) {
  const job = jobcast.job(id);
  const orders = { cancel: () => job.cancel(), retry: () => job.retry() };
  /** @type {any} */
  let trouble = null;
  const subscribe = (/** @type {() => void} */ told) => {
    const offs = [
      ...TOLD.map((name) => job.on(/** @type {any} */ (name), told)),
      job.on("error", (/** @type {any} */ error) => ((trouble = error), told())),
    ];
    return () => offs.forEach((off) => off());
  };
  return view(subscribe, () => {
    const { current } = job;
    return {
      job: current,
      state: current?.state,
      progress: current?.progress ?? null,
      output: job.output.text,
      logs: job.logs,
      result: current?.result,
      error: current ? current.error : trouble,
      ...orders,
    };
  });
}

/**
 * The text alone: a component that shows no more is not drawn for anything else.
 * @param {import("./jobcast.js").Jobcast} jobcast
 * @param {string} id
 */
function outputView(jobcast, id) {
  const job = jobcast.job(id);
  return view(
    (told) => job.on("output", told),
    () => job.output.text,
  );
}

/**
 * @param {import("./jobcast.js").Jobcast} jobcast
 * @param {string} id
 */
function batchView(jobcast, id) {
  const batch = jobcast.batch(id);
  const orders = { cancel: () => batch.cancel(), retry: () => batch.retry() };
  /** @type {any} */
  let trouble = null;
  const subscribe = (/** @type {() => void} */ told) => {
    const offs = [
      batch.on("progress", told),
      batch.on("error", (/** @type {any} */ error) => ((trouble = error), told())),
    ];
    return () => offs.forEach((off) => off());
  };
  return view(subscribe, () => {
    const { current } = batch;
    return {
      batch: current,
      fraction: current?.progress.fraction ?? 0,
      counts: current?.counts ?? NO_BATCH.counts,
      done: Boolean(current?.completed_at),
      error: trouble,
      ...orders,
    };
  });
}

const TOLD = ["state", "progress", "output", "log", "done"];

/** @param {import("./jobcast.js").Jobcast} jobcast */
function jobsView(jobcast) {
  /** @type {import("./jobcast.js").Jobs | null} */
  let list = null;
  const older = (/** @type {any} */ query) => list?.older(query);
  return view(
    (told) => {
      const shown = (list = jobcast.jobs());
      shown.on("change", told);
      return () => shown.close();
    },
    () => ({
      jobs: list?.items ?? [],
      ready: list?.ready ?? false,
      truncated: list?.truncated ?? false,
      older,
    }),
  );
}

/** @param {import("./jobcast.js").Jobcast} jobcast */
function inboxView(jobcast) {
  /** @type {import("./jobcast.js").Inbox | null} */
  let inbox = null;
  const read = (/** @type {string[]} */ ids) => inbox?.read(ids);
  const older = () => inbox?.older();
  return view(
    (told) => {
      const shown = (inbox = jobcast.inbox());
      shown.on("change", told);
      return () => shown.close();
    },
    () => ({
      items: inbox?.items ?? [],
      unread: inbox?.unread ?? 0,
      ready: inbox?.ready ?? false,
      read,
      older,
    }),
  );
}

/** @param {import("./jobcast.js").Jobcast} jobcast */
function statusView(jobcast) {
  return view(
    (told) => jobcast.on("status", told),
    () => jobcast.status,
  );
}
