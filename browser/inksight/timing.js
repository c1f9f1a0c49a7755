/** When a pen might have been where: made-up times to replay ink. The port of timing.py. */

import { arcLengths, lengthOf, linspace, smooth } from "./geometry.js";
import { interp, median } from "./grid.js";

const SPEED = 13;
const FASTEST = 2;
const RAMP = 0.3;
const SLOWEST = 0.25;
const DWELL = 0.05;
const [LIFT, AIR_SPEED, LONGEST_LIFT] = [0.08, 20, 0.6];
const BLUR = 1 / 12;
const FINEST = 1000;

/**
 * When the pen passes each point, in seconds from the first pen-down.
 * @param {import("./geometry.js").Point[][]} strokes
 * @returns {Float64Array[]} for each stroke, rising
 */
export function times(strokes) {
  const unit = letterHeight(strokes);
  let now = 0;
  return strokes.map((points, i) => {
    if (i) {
      const before = strokes[i - 1];
      const end = before[before.length - 1];
      const way = Math.hypot(points[0][0] - end[0], points[0][1] - end[1]);
      now += Math.min(LIFT + way / (AIR_SPEED * unit), LONGEST_LIFT) + (lengthOf(before) === 0 ? DWELL : 0);
    }
    const passed = along(points, unit).map((t) => t + now);
    now = passed[passed.length - 1];
    return passed;
  });
}

/** The size of the writing: the median height of the strokes that have one, else of their lengths, else 1. */
function letterHeight(strokes) {
  const heights = strokes.map((s) => Math.max(...s.map((p) => p[1])) - Math.min(...s.map((p) => p[1])));
  for (const sizes of [heights, strokes.map(lengthOf)]) {
    const some = sizes.filter((v) => v > 0);
    if (some.length) return median(some);
  }
  return 1;
}

/** Seconds from a stroke's first point to each. */
function along(points, unit) {
  const way = arcLengths(points);
  const total = way[way.length - 1];
  if (total === 0) return new Float64Array(points.length);
  const even = smooth(points, Math.max(BLUR * unit, (2 * total) / FINEST));
  const at = linspace(0, total, even.length);
  const slowness = speeds(even, at.map((v) => v / unit)).map((v) => 1 / (v * unit));
  const passed = new Float64Array(at.length);
  for (let i = 1; i < at.length; i++) {
    passed[i] = passed[i - 1] + ((slowness[i] + slowness[i - 1]) / 2) * (at[i] - at[i - 1]);
  }
  return interp(way, at, passed);
}

/** Letter heights per second at the evenly spaced points of a curve, which lie at arc lengths `at`. */
function speeds(curve, at) {
  const angles = curve.slice(1).map((p, i) => Math.atan2(p[1] - curve[i][1], p[0] - curve[i][0]));
  const turns = angles.slice(1).map((a, i) => {
    const by = Math.abs(a - angles[i]) % (2 * Math.PI);
    return Math.min(by, 2 * Math.PI - by);
  });
  const last = at.length - 1;
  return curve.map((_, i) => {
    const turn = turns.length ? turns[Math.min(Math.max(i - 1, 0), turns.length - 1)] : 0;
    const byBend = (turn / at[1] + FASTEST ** -3) ** (-1 / 3);
    const fromEnd = Math.min(at[i], at[last] - at[i]);
    return SPEED * Math.max(Math.min(byBend, Math.sqrt(fromEnd / RAMP)), SLOWEST);
  });
}
