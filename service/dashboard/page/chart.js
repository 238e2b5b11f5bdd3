/** A chart over time: drawn by uPlot, read out in words, and as a table for who cannot see it. */

import { HEIGHT, HOUR_AND_MINUTE, options } from "./chart_options.js";
import { fill, make, say } from "./elements.js";
import uPlot from "./vendor/uplot.js";

const TO_THE_SECOND = /** @type {const} */ ({ ...HOUR_AND_MINUTE, second: "2-digit" });

/**
 * @typedef {object} Line
 * @property {string} label
 * @property {string} [short] in the legend, where the line before it says the rest
 * @property {string} colour a variable of base.css, such as `--good`
 * @property {"bars" | "area" | "line" | "dashed" | "steps"} look
 * @property {(value: number) => string} say
 * @property {"right"} [side] has a scale of its own, on the right
 * @property {number} [onTopOf] the number of the line that it is stacked on
 */

/**
 * @typedef {{times: number[], values: (number | null)[][], summary: string}} Drawn times in seconds since
 *   1970, and of each line its values at these times
 */

export class Chart {
  /** @type {Drawn} */
  #drawn = { times: [], values: [], summary: "" };
  /** @type {any} */
  #plot = null;
  #width = 0;

  /** @param {{title: string, hint?: string, lines: Line[], empty: string, sync?: string}} given */
  constructor(given) {
    this.given = given;
    this.values = given.lines.map(() => make("b", null, "–"));
    this.legend = make("ul", { class: "legend", "aria-hidden": "true" }, this.#entries());
    this.canvas = make("div", { class: "canvas", role: "img", "aria-label": given.title });
    this.tip = make("div", { class: "tip", hidden: true });
    this.nothing = make("p", { class: "chart-nothing", hidden: true }, given.empty);
    this.table = make("div", { class: "chart-table" });
    this.details = make(
      "details",
      { class: "as-table", ontoggle: () => this.#tabulate() },
      make("summary", null, "As a table", make("span", { class: "unseen" }, `: ${given.title}`)),
      this.table,
    );
    this.element = make(
      "figure",
      { class: "chart" },
      make("figcaption", null, make("h2", null, given.title), this.legend),
      make("div", { class: "plot" }, this.canvas, this.tip, this.nothing),
      this.details,
    );
    this.sizes = new ResizeObserver(([{ contentRect }]) => this.#resize(contentRect.width));
    this.sizes.observe(this.canvas);
    this.recolour = () => this.#build();
    addEventListener("themechange", this.recolour);
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.scheme.addEventListener("change", this.recolour);
  }

  /**
   * Show other figures; the canvas stays, so that nothing flickers.
   * @param {Drawn} drawn
   */
  draw(drawn) {
    this.#drawn = drawn;
    this.canvas.setAttribute("aria-label", `${this.given.title}. ${drawn.summary}`);
    this.nothing.hidden = drawn.values.some((one) => one.some((value) => value));
    if (this.#plot) this.#plot.setData(this.#data());
    else this.#build();
    this.#tell(null);
    this.#tabulate();
  }

  /** Let go of what listens. */
  leave() {
    this.sizes.disconnect();
    removeEventListener("themechange", this.recolour);
    this.scheme.removeEventListener("change", this.recolour);
    this.#plot?.destroy();
    this.#plot = null;
  }

  #entries() {
    return this.given.lines.map(({ label, short, colour, look }, i) =>
      make(
        "li",
        null,
        make("i", { class: "swatch", data: { colour: colour.slice(2), look } }),
        short ?? label,
        " ",
        this.values[i],
      ),
    );
  }

  #data() {
    const { times, values } = this.#drawn;
    const stacked = this.given.lines.map(({ onTopOf }, i) =>
      onTopOf === undefined ? values[i] : summed(values[i], values[onTopOf]),
    );
    return [times, ...stacked];
  }

  /** @param {number} width */
  #resize(width) {
    if (!width || Math.abs(width - this.#width) < 1) return;
    this.#width = width;
    if (this.#plot) this.#plot.setSize({ width, height: HEIGHT });
    else this.#build();
  }

  #build() {
    if (!this.#width || !this.#drawn.times.length) return;
    this.#plot?.destroy();
    this.#plot = new uPlot(
      /** @type {any} */ (options(this.given, this.#width, this.#drawn, (at) => this.#tell(at))),
      /** @type {any} */ (this.#data()),
      this.canvas,
    );
  }

  /**
   * Say the values at the cursor, the newest ones without it.
   * @param {number | null} at
   */
  #tell(at) {
    const { times, values } = this.#drawn;
    for (const [i, element] of this.values.entries()) {
      const place = at ?? values[i]?.findLastIndex((value) => value !== null) ?? -1;
      const value = values[i]?.[place];
      say(element, value === null || value === undefined ? "–" : this.given.lines[i].say(value));
    }
    const x = at === null ? null : this.#plot?.valToPos(times[at], "x");
    this.tip.hidden = x === null || x === undefined;
    if (this.tip.hidden || at === null) return;
    say(this.tip, spoken(times, at));
    const left = Math.min(Math.max(x + this.#plot.over.offsetLeft, 30), this.#width - 30);
    this.tip.style.transform = `translateX(calc(${left}px - 50%))`;
  }

  #tabulate() {
    if (!this.details.open) return fill(this.table);
    const { times, values } = this.#drawn;
    const heads = ["Time", ...this.given.lines.map(({ label }) => label)];
    const rows = times.map((_, at) => [
      spoken(times, at),
      ...this.given.lines.map(({ say: said }, i) => {
        const value = values[i][at];
        return value === null ? "–" : said(value);
      }),
    ]);
    fill(
      this.table,
      make(
        "table",
        { "aria-label": this.given.title },
        make("thead", null, cells("th", heads)),
        make(
          "tbody",
          null,
          rows.reverse().map((row) => cells("td", row)),
        ),
      ),
    );
  }
}

/**
 * @param {"th" | "td"} tag
 * @param {string[]} texts
 */
function cells(tag, texts) {
  const scope = tag === "th" ? { scope: "col" } : null;
  return make(
    "tr",
    null,
    texts.map((text) => make(tag, scope, text)),
  );
}

/**
 * @param {number[]} times
 * @param {number} at
 */
function spoken(times, at) {
  const fine = times.length > 1 && times[1] - times[0] < 60;
  return new Date(times[at] * 1000).toLocaleTimeString([], fine ? TO_THE_SECOND : HOUR_AND_MINUTE);
}

/**
 * @param {(number | null)[]} values
 * @param {(number | null)[]} below
 */
function summed(values, below) {
  return values.map((value, i) => (value === null ? null : value + (below[i] ?? 0)));
}
