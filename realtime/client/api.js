/** The HTTP side: one request, its credentials, and the answer or a JobcastError. */

import { fullJitter, pause } from "./backoff.js";
import { JobcastError } from "./errors.js";

const TRIES = 4;

export class Api {
  /**
   * @param {{url: string, token?: string | (() => string | Promise<string>),
   *   fetch: typeof globalThis.fetch, random?: () => number}} options
   */
  constructor({ url, token, fetch, random }) {
    this.random = random;
    this.url = new URL(url);
    this.fetch = fetch;
    this.token = token;
  }

  /**
   * Return the address of `path` with `query` (values may be lists; null and "" are left out).
   * @param {string} path
   * @param {Record<string, any>} [query]
   */
  address(path, query = {}) {
    const url = new URL(path.replace(/^\//, ""), this.url);
    for (const [name, value] of Object.entries(query)) {
      for (const one of [value].flat()) {
        if (one !== null && one !== undefined && one !== "") url.searchParams.append(name, one);
      }
    }
    return url;
  }

  /**
   * Send a request and return the raw answer. Throws JobcastError when it is refused or lost.
   * @param {string} method
   * @param {string} path
   * @param {{json?: unknown, body?: BodyInit, headers?: Record<string, string>,
   *   query?: Record<string, any>, signal?: AbortSignal}} [options]
   */
  async send(method, path, { json, body, headers = {}, query, signal } = {}) {
    /** @type {Record<string, string>} */
    const type = json === undefined ? {} : { "Content-Type": "application/json" };
    const response = await this.#fetched(this.address(path, query), {
      method,
      signal,
      credentials: this.token ? "omit" : "include",
      headers: { Accept: "application/json", ...type, ...(await this.#identity()), ...headers },
      body: json === undefined ? body : JSON.stringify(json),
    });
    if (!response.ok) throw await JobcastError.of(response);
    return response;
  }

  /**
   * Send a request and return the JSON of its answer, null when it has none.
   * @param {string} method
   * @param {string} path
   * @param {Parameters<Api["send"]>[2]} [options]
   * @returns {Promise<any>}
   */
  async call(method, path, options) {
    const response = await this.send(method, path, options);
    const text = await response.text();
    return text ? JSON.parse(text) : null;
  }

  /**
   * Like `call`, again while the trouble is temporary. Only for requests that may arrive twice.
   * @param {string} method
   * @param {string} path
   * @param {Parameters<Api["send"]>[2]} [options]
   * @returns {Promise<any>}
   */
  async insist(method, path, options) {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.call(method, path, options);
      } catch (error) {
        if (!(error instanceof JobcastError && error.temporary) || attempt + 1 >= TRIES)
          throw error;
        await pause(error.retryMs ?? fullJitter(attempt, this.random), options?.signal);
      }
    }
  }

  /** @returns {Promise<Record<string, string>>} */
  async #identity() {
    const token = typeof this.token === "function" ? await this.token() : this.token;
    return token ? { Authorization: `Bearer ${token}` } : {};
  }

  /**
   * @param {URL} url
   * @param {RequestInit} init
   */
  async #fetched(url, init) {
    try {
      return await this.fetch(url, init);
    } catch (cause) {
      if (init.signal?.aborted) throw cause;
      throw new JobcastError("The server cannot be reached", { code: "unreachable", cause });
    }
  }
}

/**
 * Return one text for a user of an org.
 * @param {{user: string, org: string}} who
 */
export function identity({ user, org }) {
  return JSON.stringify([org, user]);
}
