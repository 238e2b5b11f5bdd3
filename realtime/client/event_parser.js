/** Reads the text/event-stream format as the HTML standard defines it, from pieces of any size. */

export class EventParser {
  #rest = "";
  #name = "";
  /** @type {string[]} */
  #data = [];

  /** @param {(name: string, data: string) => void} event called for each complete event */
  constructor(event) {
    this.event = event;
  }

  /**
   * Take the next piece of the stream. A CR at its end is kept until it is clear whether LF follows.
   * @param {string} piece
   */
  feed(piece) {
    const lines = (this.#rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.#rest = /** @type {string} */ (lines.pop());
    for (const line of lines) this.#line(line);
  }

  /** @param {string} line */
  #line(line) {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#name = value;
    if (field === "data") this.#data.push(value);
  }

  #dispatch() {
    const [name, data] = [this.#name || "message", this.#data.join("\n")];
    this.#name = "";
    this.#data = [];
    if (data) this.event(name, data);
  }
}
