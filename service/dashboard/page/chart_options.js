/** What uPlot is told of a chart: scales, axes, looks, and the colours as the page has them now. */

import uPlot from "./vendor/uplot.js";

export const HEIGHT = 190;
export const HOUR_AND_MINUTE = /** @type {const} */ ({
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});
const FEW_POINTS = 24;
/** Where an axis ends that has only zeros. */
const LEAST = 4;

/**
 * Return what uPlot is told: everything's colour is read from the page when it is built.
 * @param {{lines: import("./chart.js").Line[], sync?: string}} given
 * @param {number} width
 * @param {import("./chart.js").Drawn} drawn
 * @param {(at: number | null) => void} tell
 */
export function options({ lines, sync }, width, { times, values }, tell) {
  const ink = colour("--soft");
  const grid = { stroke: colour("--line"), width: 1 };
  const right = lines.find(({ side }) => side === "right");
  const axis = { stroke: ink, font: "11px system-ui, sans-serif", ticks: { show: false } };
  const left = lines.find(({ side }) => side !== "right") ?? lines[0];
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    padding: [8, right ? 0 : 22, 0, 0],
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { size: 7 },
      ...(sync ? { sync: { key: sync } } : {}),
    },
    scales: {
      x: { time: true, range: withLastStep(times) },
      y: { range: fromZero },
      right: { range: fromZeroToOneAtLeast },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 64,
        size: 30,
        values: (/** @type {any} */ _, /** @type {number[]} */ splits) =>
          splits.map((at) => new Date(at * 1000).toLocaleTimeString([], HOUR_AND_MINUTE)),
      },
      { ...axis, grid, size: 52, values: labels(left.say) },
      ...(right
        ? [
            {
              ...axis,
              scale: "right",
              side: 1,
              size: 52,
              grid: { show: false },
              values: labels(right.say),
            },
          ]
        : []),
    ],
    series: [{}, ...lines.map((line, i) => series(line, values[i]))],
    hooks: { setCursor: [(/** @type {any} */ plot) => tell(plot.cursor.idx ?? null)] },
  };
}

/**
 * @param {import("./chart.js").Line} line
 * @param {(number | null)[]} values
 */
function series({ label, colour: name, look, side }, values) {
  const stroke = colour(name);
  const few = values.filter((value) => value !== null).length <= FEW_POINTS;
  const scale = side === "right" ? "right" : "y";
  const bars = look === "bars";
  const faint = look === "area" ? faded(stroke, 0.16) : undefined;
  return {
    label,
    scale,
    stroke: bars ? undefined : stroke,
    width: bars ? 0 : 1.75,
    fill: bars ? stroke : faint,
    dash: look === "dashed" ? [5, 4] : undefined,
    spanGaps: look === "line" || look === "dashed",
    points: { show: few && look === "line", size: 5, fill: stroke },
    paths: path(look),
  };
}

/** @param {import("./chart.js").Line["look"]} look */
function path(look) {
  const paths = /** @type {any} */ (uPlot.paths);
  if (look === "bars") return paths.bars({ size: [0.72, 18], radius: 0.12, align: 1 });
  if (look === "steps") return paths.stepped({ align: 1 });
  return paths.linear();
}

/** @param {(value: number) => string} said */
function labels(said) {
  return (/** @type {any} */ _, /** @type {number[]} */ splits) =>
    splits.map((value) => said(value));
}

/**
 * @param {any} _
 * @param {number | null} __
 * @param {number | null} most
 */
function fromZero(_, __, most) {
  return [0, most ? most * 1.12 : LEAST];
}

/**
 * A scale on the right is of seconds: less than one of them is no news.
 * @param {any} _
 * @param {number | null} __
 * @param {number | null} most
 */
function fromZeroToOneAtLeast(_, __, most) {
  return [0, Math.max((most ?? 0) * 1.12, 1)];
}

/** The last step begins at the last time, and has room behind it. @param {number[]} times */
function withLastStep(times) {
  const step = times.length > 1 ? times[1] - times[0] : 0;
  return (/** @type {any} */ _, /** @type {number} */ from, /** @type {number} */ to) => [
    from,
    to + step,
  ];
}

/** Return a variable's colour as it is now; a probe resolves what depends on light and dark. @param {string} name */
function colour(name) {
  const probe = document.createElement("i");
  probe.hidden = true;
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/**
 * @param {string} rgb
 * @param {number} alpha
 */
function faded(rgb, alpha) {
  const [red, green, blue] = rgb.match(/[\d.]+/g) ?? ["0", "0", "0"];
  return `rgba(${red}, ${green}, ${blue}, ${alpha})`;
}
