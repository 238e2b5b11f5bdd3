/** What the three transports share: whom they tell, and that after their end they tell nobody. */

/**
 * @typedef {{frame: (frame: any) => void, heard: () => void,
 *   closed: (code: number, error?: unknown) => void}} Handlers
 *
 * @typedef {object} Given
 * @property {import("./api.js").Api} api
 * @property {string} ticket for this connection; "" where none is needed
 * @property {() => Promise<string>} fresh gives another ticket
 * @property {boolean} ticketed whether tickets are all the page has
 * @property {typeof globalThis.WebSocket} WebSocket
 * @property {import("./channels.js").Channels} channels
 * @property {Handlers} handlers
 */

/** @type {Handlers} */
const NOBODY = { frame() {}, heard() {}, closed() {} };

export class Transport {
  /** What was asked for, by channel. @type {Map<string, import("./channels.js").Sub>} */
  asked = new Map();

  /** @param {Given} given */
  constructor(given) {
    this.given = given;
    this.channels = given.channels;
    this.handlers = given.handlers;
  }

  /**
   * @param {number} code
   * @param {unknown} [error]
   */
  ended(code, error) {
    const { closed } = this.handlers;
    this.handlers = NOBODY;
    closed(code, error);
  }
}
