/**
 * A list of any length of which only the rows in view, and some around them, are in the document. Rows are of
 * one height; what is above and below is room.
 */

const AROUND = 10;

/**
 * Rows that go out of view are used again for those that come in.
 * @template {{element: HTMLElement}} Row
 */
export class Windowed {
  /** @type {Map<string, Row>} */
  #rows = new Map();
  #height = 0;
  #due = 0;
  #first = 0;

  /**
   * @param {{scroller: HTMLElement, list: HTMLElement, length: () => number, id: (index: number) => string,
   *   make: (index: number) => Row, show: (row: Row, index: number) => void,
   *   ondraw?: (first: number, last: number) => void}} given
   */
  constructor(given) {
    this.given = given;
    given.scroller.addEventListener("scroll", () => this.redraw(), { passive: true });
    new ResizeObserver(() => this.#resized()).observe(given.scroller);
  }

  /** The rows that are in the document. */
  get rows() {
    return this.#rows.values();
  }

  /** @param {string} id */
  row(id) {
    return this.#rows.get(id);
  }

  /** Draw with the next frame, however often it is asked for. */
  redraw() {
    if (this.#due) return;
    this.#due = document.hidden
      ? setTimeout(() => this.draw(), 100)
      : requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.#due = 0;
    const { scroller, list, length, ondraw } = this.given;
    if (!scroller.clientHeight) return; // not shown; it is drawn when it is
    const number = length();
    const height = (this.#height ||= this.#measured());
    const top = scroller.scrollTop - list.offsetTop;
    const seen = Math.ceil(scroller.clientHeight / height);
    const start = Math.min(Math.max(Math.floor(top / height), 0), Math.max(number - seen, 0));
    const first = Math.max(start - AROUND, 0);
    const last = Math.min(start + seen + AROUND, number);
    this.#first = start;
    this.#fill(first, last);
    list.style.paddingTop = `${first * height}px`;
    list.style.paddingBottom = `${Math.max(number - last, 0) * height}px`;
    ondraw?.(start, Math.min(start + seen, number));
  }

  /**
   * Rows have come in or gone before what is in view: it stays where it is.
   * @param {number} index where
   * @param {number} change how many
   */
  shift(index, change) {
    const { scroller } = this.given;
    const away = scroller.scrollTop > this.#height;
    if (away && index <= this.#first && this.#height) {
      scroller.scrollTop += change * this.#height;
      this.#first += change;
    }
  }

  /** Bring a row into view. @param {number} index */
  reveal(index) {
    const { scroller, list } = this.given;
    const height = (this.#height ||= this.#measured());
    const top = list.offsetTop + index * height;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (top + height > scroller.scrollTop + scroller.clientHeight)
      scroller.scrollTop = top + height - scroller.clientHeight;
    this.draw();
  }

  /** Forget the rows: they stand for other things now. */
  clear() {
    for (const row of this.#rows.values()) row.element.remove();
    this.#rows.clear();
    this.redraw();
  }

  /**
   * @param {number} first
   * @param {number} last
   */
  #fill(first, last) {
    const { list, id, make, show } = this.given;
    const wanted = new Set();
    for (let i = first; i < last; i++) wanted.add(id(i));
    /** @type {Row[]} */
    const free = [];
    for (const [key, row] of this.#rows) {
      if (wanted.has(key)) continue;
      free.push(row);
      this.#rows.delete(key);
    }
    let place = list.firstElementChild;
    for (let i = first; i < last; i++) {
      const row = this.#rows.get(id(i)) ?? free.pop() ?? make(i);
      this.#rows.set(id(i), row);
      show(row, i);
      if (place === row.element) place = place.nextElementSibling;
      else list.insertBefore(row.element, place);
    }
    for (const { element } of free) element.remove();
  }

  #resized() {
    this.#height = 0;
    this.redraw();
  }

  /** The height of a row, by one that is in the document or is put there to be measured. */
  #measured() {
    const { list, length, make } = this.given;
    const there = list.firstElementChild;
    if (there) return there.getBoundingClientRect().height || 1;
    if (!length()) return 0;
    const probe = make(0).element;
    list.append(probe);
    const { height } = probe.getBoundingClientRect();
    probe.remove();
    return height || 1;
  }
}
