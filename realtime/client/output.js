/** The text one attempt has put out so far, rebuilt from pieces that name their place in it. */

const encoder = new TextEncoder();

/** @typedef {{attempt: number, position: number, text: string}} Piece */

export class Output {
  attempt = 0;
  position = 0;
  text = "";

  /**
   * Add a piece: its position counts the UTF-8 bytes up to and including it. A retry starts afresh.
   * Returns whether it was `added`, `known` before, or leaves a `gap` (then take the whole).
   * @param {Piece} piece
   * @returns {"added" | "known" | "gap"}
   */
  add({ attempt, position, text }) {
    if (attempt < this.attempt) return "known";
    const have = attempt === this.attempt ? this.position : 0;
    if (position <= have) return "known";
    if (position - encoder.encode(text).length !== have) return "gap";
    if (attempt > this.attempt) this.restart(attempt);
    this.text += text;
    this.position = position;
    return "added";
  }

  /**
   * Take the whole text so far, unless more of it is known.
   * @param {Piece} whole
   */
  replace({ attempt, position, text }) {
    if (attempt < this.attempt) return false;
    if (attempt === this.attempt && position <= this.position) return false;
    Object.assign(this, { attempt, position, text });
    return true;
  }

  /** @param {number} attempt */
  restart(attempt) {
    Object.assign(this, { attempt, position: 0, text: "" });
  }
}
