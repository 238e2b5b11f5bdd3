/** The one error this client throws: what the server said, as RFC 9457 has it. */

export class JobcastError extends Error {
  /**
   * @param {string} message
   * @param {{code?: string, status?: number, errors?: {pointer: string, detail: string}[],
   *   requestId?: string, retryMs?: number | null, cause?: unknown, job?: any}} [about]
   */
  constructor(message, about = {}) {
    super(message, { cause: about.cause });
    this.name = "JobcastError";
    this.code = about.code ?? "unknown";
    this.status = about.status ?? 0;
    this.errors = about.errors ?? [];
    this.requestId = about.requestId;
    this.retryMs = about.retryMs ?? null;
    this.job = about.job;
  }

  /** Whether the same request may well succeed later: no answer, too many, or out of order. */
  get temporary() {
    return [0, 408, 425, 429, 500, 502, 503, 504].includes(this.status);
  }

  /**
   * Read a refused request.
   * @param {Response} response
   */
  static async of(response) {
    const problem = await response.json().catch(() => ({}));
    const seconds = Number(response.headers.get("Retry-After") ?? NaN);
    return new JobcastError(
      problem.detail ?? problem.title ?? `The server said ${response.status}`,
      {
        code: problem.code ?? `http_${response.status}`,
        status: response.status,
        errors: problem.errors,
        requestId: problem.request_id,
        retryMs: Number.isFinite(seconds) ? seconds * 1000 : null,
      },
    );
  }
}

/** @type {Record<string, string>} */
const REFUSALS = {
  4001: "Ticket refused",
  4003: "Not allowed",
  4008: "Too many connections",
  4009: "Signed out",
  identity_changed: "Somebody else signed in",
};

/**
 * Return the error of a connection that ended for good.
 * @param {number | string} code the close code, or our own word
 */
export function refusal(code) {
  return new JobcastError(REFUSALS[code] ?? `The server said ${code}`, {
    code: code === 4001 ? "ticket_refused" : typeof code === "number" ? `closed_${code}` : code,
    status: [4001, 4009, "identity_changed"].includes(code) ? 401 : 403,
  });
}
