/** Curves and frames: resampling, simplification, frames. The port of curves.py and frames.py; curves are [x, y][]. */

import { interp } from "./grid.js";

/** @typedef {[number, number]} Point */

/** @returns {number} */
export function distanceOf(a, b) {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

/** Cumulative arc length at each point, from 0. */
export function arcLengths(points) {
  const out = new Float64Array(points.length);
  for (let i = 1; i < points.length; i++) out[i] = out[i - 1] + distanceOf(points[i - 1], points[i]);
  return out;
}

/** The whole arc length. */
export function lengthOf(points) {
  return arcLengths(points)[points.length - 1];
}

/** `count` numbers from `start` to `stop`, evenly. */
export function linspace(start, stop, count) {
  const out = new Float64Array(count);
  for (let i = 0; i < count; i++) out[i] = start + (i * (stop - start)) / (count - 1);
  out[count - 1] = stop;
  return out;
}

/**
 * Points spaced evenly along the arc, at most `step` apart, both ends kept.
 * @param {Point[]} points
 * @param {number} step
 * @returns {Point[]}
 */
export function resample(points, step) {
  const s = arcLengths(points);
  const total = s[s.length - 1];
  if (total === 0) return [[points[0][0], points[0][1]]];
  const at = linspace(0, total, Math.max(2, Math.ceil(total / step - 1e-9) + 1));
  const x = interp(at, s, points.map((p) => p[0]));
  const y = interp(at, s, points.map((p) => p[1]));
  return Array.from(at, (_, i) => [x[i], y[i]]);
}

/** For each point the tolerance from which Ramer-Douglas-Peucker drops it; infinite at the ends. */
export function significance(points) {
  const out = new Float64Array(points.length);
  out[0] = out[points.length - 1] = Infinity;
  const stack = [[0, points.length - 1, Infinity]];
  while (stack.length) {
    const [a, b, limit] = stack.pop();
    if (b - a < 2) continue;
    let [k, most] = [a + 1, -1];
    for (let i = a + 1; i < b; i++) {
      const d = distanceToSegment(points[i], points[a], points[b]);
      if (d > most) [k, most] = [i, d];
    }
    const here = Math.min(most, limit);
    out[k] = here;
    if (here > 0) stack.push([a, k, here], [k, b, here]);
  }
  return out;
}

/** The curve without the points that lie within `tolerance` of the rest; ends are kept. */
export function simplify(points, tolerance) {
  const rank = significance(points);
  return points.filter((_, i) => rank[i] > tolerance);
}

/**
 * The curve under a Gaussian of `sigma` along the arc, both ends fixed, resampled evenly at `step`.
 * @param {Point[]} points
 * @param {number} sigma
 * @param {number} [step] default sigma / 2
 * @returns {Point[]}
 */
export function smooth(points, sigma, step = sigma / 2) {
  if (sigma <= 0 || points.length < 2) return points.map((p) => [p[0], p[1]]);
  const even = resample(points, step);
  if (even.length < 3) return even;
  const last = even.length - 1;
  const spacing = lengthOf(even) / last;
  const radius = Math.min(Math.ceil((3 * sigma) / spacing), last);
  const kernel = gaussian(radius, sigma / spacing);
  const reflected = (i) => {
    // The curve goes on beyond its ends as its mirror image in them, which keeps their tangents.
    if (i < 0) return [2 * even[0][0] - even[-i][0], 2 * even[0][1] - even[-i][1]];
    if (i > last) return [2 * even[last][0] - even[2 * last - i][0], 2 * even[last][1] - even[2 * last - i][1]];
    return even[i];
  };
  return even.map((p, i) => {
    if (i === 0 || i === last) return [p[0], p[1]];
    let [x, y] = [0, 0];
    for (let k = -radius; k <= radius; k++) {
      const [px, py] = reflected(i + k);
      x += kernel[k + radius] * px;
      y += kernel[k + radius] * py;
    }
    return [x, y];
  });
}

/** A Gaussian of `sigma` steps at -radius..radius, of sum 1. */
export function gaussian(radius, sigma) {
  const kernel = new Float64Array(2 * radius + 1);
  let total = 0;
  for (let k = -radius; k <= radius; k++) total += kernel[k + radius] = Math.exp(-0.5 * (k / sigma) ** 2);
  return kernel.map((v) => v / total);
}

function distanceToSegment(q, a, b) {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const norm2 = dx * dx + dy * dy;
  if (norm2 === 0) return distanceOf(q, a);
  const t = Math.min(Math.max(((q[0] - a[0]) * dx + (q[1] - a[1]) * dy) / norm2, 0), 1);
  return Math.hypot(q[0] - a[0] - t * dx, q[1] - a[1] - t * dy);
}

/** The map (x, y) -> (scale x + lean y + dx, scale y + dy), which is all that a word's frame needs. */
export class Frame {
  constructor(scale = 1, dx = 0, dy = 0, lean = 0) {
    this.scale = scale;
    this.dx = dx;
    this.dy = dy;
    this.lean = lean;
  }

  /** @returns {Point[]} */
  apply(points) {
    return points.map(([x, y]) => [this.scale * x + this.lean * y + this.dx, this.scale * y + this.dy]);
  }

  inverse() {
    const { scale, dx, dy } = this;
    const lean = this.lean / scale ** 2;
    return new Frame(1 / scale, lean * dy - dx / scale, -dy / scale, -lean);
  }
}
