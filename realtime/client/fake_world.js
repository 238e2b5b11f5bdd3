/** What a fake server knows, and how it answers requests; `testing` is what pages' tests import. */

/** @typedef {{user: string, org: string, kinds: any[], answers: Record<string, any>}} Settings */

const BLANK = {
  state: "queued",
  result: null,
  error: null,
  progress: null,
  attempt: 0,
  failures: 0,
  max_attempts: 3,
  attempts: [],
  priority: 0,
  queue: "default",
  tags: [],
  metadata: {},
  started_at: null,
  finished_at: null,
  cancel_requested_at: null,
  worker: null,
  version: 0,
};

export class FakeWorld {
  /** @type {Map<string, any>} */
  jobs = new Map();
  /** What each job has put out. @type {Map<string, string>} */
  texts = new Map();
  /** @type {Map<string, any[]>} */
  logs = new Map();
  /** Every durable event of a job. @type {any[]} */
  history = [];
  /** Newest first. @type {any[]} */
  inbox = [];
  epoch = 1;
  offset = 0;
  /** Every request of the page. @type {any[]} */
  requests = [];
  /** Whether there is a network. */
  reachable = true;

  /**
   * @param {Settings} settings
   * @param {{submit: Function, cancel: (id: string) => void, retry: (id: string) => void,
   *   read: (ids: string[] | null) => void}} orders what a page may ask for
   */
  constructor(settings, orders) {
    this.settings = settings;
    this.orders = orders;
  }

  /**
   * Have a new job, with `over` in its fields.
   * @param {any} over
   */
  add(over) {
    const created_at = new Date(1_700_000_000_000 + this.jobs.size).toISOString();
    this.jobs.set(over.id, { created_at, run_at: created_at, ...BLANK, ...this.owner, ...over });
    this.texts.set(over.id, "");
    this.logs.set(over.id, []);
  }

  get owner() {
    const { user, org } = this.settings;
    return { user, org };
  }

  get unread() {
    return this.inbox.filter((entry) => !entry.read_at).length;
  }

  /**
   * Return what a channel's snapshot holds, null when there is no such channel.
   * @param {string} channel
   * @returns {any}
   */
  snapshot(channel) {
    const [kind, id] = channel.split(":");
    const job = this.jobs.get(id);
    const about = { channel, epoch: `e${this.epoch}` };
    if (kind !== "user" && !job) return null;
    if (kind === "job") {
      const ephemeral = {
        progress: job.progress,
        output: this.#output(job),
        logs: this.logs.get(id),
      };
      return structuredClone({ ...about, offset: job.version, state: { job }, ephemeral });
    }
    const jobs = [...this.jobs.values()];
    const state = { jobs, truncated: false, unread: this.unread };
    return structuredClone({ ...about, offset: this.offset, state });
  }

  /** @param {any} job */
  #output({ id, attempt }) {
    const text = this.texts.get(id) ?? "";
    return text ? { attempt, text, position: new TextEncoder().encode(text).length } : null;
  }

  /**
   * Answer as the API would.
   * @param {URL} url
   * @param {{method: string, body?: any}} init
   */
  async answer(url, { method, body }) {
    if (!this.reachable) throw new TypeError("The network is gone");
    const path = url.pathname.slice(1);
    const json = typeof body === "string" ? JSON.parse(body) : body;
    const request = { method, path, query: Object.fromEntries(url.searchParams), json };
    this.requests.push(request);
    const own = this.settings.answers[`${method} ${path}`];
    const found = typeof own === "function" ? await own(request) : (own ?? this.#found(request));
    if (found instanceof Response) return found;
    if (found !== undefined) return Response.json(structuredClone(found));
    return Response.json({ code: "not_found", detail: "There is no such thing" }, { status: 404 });
  }

  /** @param {{ancestor?: string}} query */
  #listed({ ancestor }) {
    const jobs = [...this.jobs.values()].reverse();
    return ancestor ? jobs.filter((job) => this.#descends(job, ancestor)) : jobs;
  }

  /**
   * @param {any} job
   * @param {string} ancestor
   * @returns {boolean}
   */
  #descends({ parent_id }, ancestor) {
    const parent = this.jobs.get(parent_id);
    return parent_id === ancestor || Boolean(parent && this.#descends(parent, ancestor));
  }

  /**
   * @param {string} id
   * @param {boolean} children
   */
  #told(id, children) {
    return this.history.filter(({ subject }) => {
      const about = this.jobs.get(subject.slice("job:".length));
      return about?.id === id || (children && about && this.#descends(about, id));
    });
  }

  /** @param {any} request */
  #found({ method, path, query, json }) {
    const [, things, id, part] = path.split("/");
    const asked = `${method} ${things}${id ? `/${part ?? ""}` : ""}`;
    if (things === "jobs" && id && !this.jobs.has(id)) return undefined;
    const { user, org, kinds } = this.settings;
    /** @type {Record<string, () => any>} */
    const answers = {
      "POST tickets": () => ({ ticket: "fake" }),
      "GET session": () => ({ user, org, scopes: ["jobs:read", "jobs:write"] }),
      "GET kinds": () => ({ data: kinds }),
      "GET jobs": () => ({ data: this.#listed(query), next: null, has_more: false }),
      "POST jobs": () => this.jobs.get(this.orders.submit(json.kind, json.args)),
      "GET jobs/": () => this.jobs.get(id),
      "GET jobs/logs": () => ({ data: this.logs.get(id) }),
      "GET jobs/output": () => new Response(this.texts.get(id)),
      "GET jobs/events": () => ({ data: this.#told(id, query.children === "1") }),
      "DELETE jobs/": () => (this.orders.cancel(id), this.jobs.get(id)),
      "POST jobs/retry": () => (this.orders.retry(id), this.jobs.get(id)),
      "POST jobs/input": () => this.jobs.get(id),
      "GET inbox": () => ({ data: this.inbox, next: null, has_more: false, unread: this.unread }),
      "POST inbox/": () => (
        id === "read" && this.orders.read(json.ids ?? null),
        { read: 0, unread: this.unread }
      ),
    };
    return answers[asked]?.();
  }
}
