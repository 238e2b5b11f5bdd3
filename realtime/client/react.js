/**
 * Jobcast for React 18 and newer, without a build: hand in the React you have.
 *
 *     import { hooks } from "/client/react.js";
 *     const { useJob, useJobs, useInbox, useStatus } = hooks(React, jobcast);
 */

/**
 * Make the hooks of one client. Each listens while a component shows what it returns, and no longer;
 * what it returns is a new object when, and only when, something has changed.
 * @param {import("./react").ReactLike} React
 * @param {import("./jobcast.js").Jobcast} jobcast
 */
export function hooks({ useMemo, useSyncExternalStore }, jobcast) {
  /** @type {(make: () => View, of: any[]) => any} */
  const useView = (make, of) => {
    const view = useMemo(make, of);
    return useSyncExternalStore(view.subscribe, view.read, view.read);
  };
  return {
    /** @param {string | null | undefined} id nothing is listened to without one */
    useJob: (id) => useView(() => (id ? jobView(jobcast, id) : NOTHING), [id]),
    useJobs: () => useView(() => jobsView(jobcast), []),
    useInbox: () => useView(() => inboxView(jobcast), []),
    useStatus: () => useView(() => statusView(jobcast), []),
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
  cancel: () => Promise.resolve(undefined),
  retry: () => Promise.resolve(undefined),
});

/** @type {View} */
const NOTHING = { subscribe: () => () => {}, read: () => NO_JOB };

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
