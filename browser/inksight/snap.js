/** Move strokes onto the middle of the ink, across the pen's direction alone. The port of snap.py. */

import { penWidth } from "./raster.js";
import { gaussian, lengthOf, resample } from "./geometry.js";
import { Grid } from "./grid.js";
import { binarize } from "./segmentation.js";

const ROUNDS = 2; // the directions of the second are those of curves already near the ridge
const [PARALLEL, SHARED] = [0.7, 0.35];

/**
 * The strokes moved onto the ridge of the ink by at most `reach` pixels, and their ends drawn out to the ink's end.
 * @param {Grid<Float32Array>} ink
 * @param {import("./geometry.js").Point[][]} strokes
 * @param {number} reach
 * @returns {import("./geometry.js").Point[][]}
 */
export function snap(ink, strokes, reach) {
  const pen = penWidth(binarize(ink));
  if (pen === 0 || reach <= 0) return strokes;
  const ridge = blurred(ink, Math.max(0.4 * pen, 0.7));
  const rows = [...strokes.keys()].filter((i) => lengthOf(strokes[i]) >= pen);
  const starts = rows.map((i) => resample(strokes[i], Math.max(pen / 2, 1)));
  const done = [...strokes];
  onTheRidge(ridge, starts, pen, reach).forEach((curve, k) => {
    const head = extension(ink, [...curve].reverse(), pen, reach);
    done[rows[k]] = [...head, ...curve, ...extension(ink, curve, pen, reach)];
  });
  return done;
}

/** Evenly spaced curves moved onto the ridge, each point by at most `reach`. */
function onTheRidge(ridge, starts, pen, reach) {
  let curves = starts;
  for (let round = 0; round < ROUNDS && starts.length; round++) {
    const steps = stepOf(ridge, curves, pen, reach);
    curves = curves.map((curve, c) =>
      curve.map(([x, y], i) => {
        const start = starts[c][i];
        const move = [x + steps[c][i][0] - start[0], y + steps[c][i][1] - start[1]];
        const held = Math.min(1, reach / Math.max(Math.hypot(...move), 1e-9));
        return [start[0] + held * move[0], start[1] + held * move[1]];
      }),
    );
  }
  return curves;
}

/** How far to move each point of evenly spaced curves. */
function stepOf(ridge, curves, pen, reach) {
  const spacings = curves.map((curve) => lengthOf(curve) / (curve.length - 1));
  const tangents = curves.flatMap((curve, c) => {
    const slopes = gradient(curve).map(([x, y]) => [x / spacings[c], y / spacings[c]]);
    return averaged(slopes, curve.map(() => 1), pen / spacings[c], 0);
  });
  const straight = tangents.map(([x, y]) => Math.hypot(x, y)); // 1 on a straight piece, 0 where the pen turns back
  const along = tangents.map(([x, y], i) => [x / Math.max(straight[i], 1e-9), y / Math.max(straight[i], 1e-9)]);
  const points = curves.flat();
  const climbs = points.map((p, i) => climbed(ridge, p, [-along[i][1], along[i][0]], reach));
  // Squared, as a crossing is a dull ridge in the wrong place.
  const weight = climbs.map(({ bend }, i) => (bend * pen ** 2) ** 2 * straight[i] ** 4);
  const moves = climbs.map(({ offset }, i) => [-offset * along[i][1], offset * along[i][0]]);
  const shared = together(points, along, moves, weight, pen, reach);
  let at = 0;
  return curves.map((curve, c) => {
    const [from, to] = [at, (at += curve.length)];
    return averaged(shared.slice(from, to), weight.slice(from, to), pen / spacings[c], 0.05);
  });
}

/** The moves, averaged over the passes of the pen that found the same ridge at the same place: these stay apart. */
function together(points, along, move, weight, pen, reach) {
  const distance = 2 * reach + pen / 2;
  const order = [...points.keys()].sort((a, b) => points[a][0] - points[b][0]);
  const sums = points.map(() => [0, 0, 0]);
  let first = 0;
  for (const i of order) {
    while (points[order[first]][0] < points[i][0] - distance) first++;
    for (let k = first; k < order.length && points[order[k]][0] <= points[i][0] + distance; k++) {
      const j = order[k];
      if (Math.abs(points[i][1] - points[j][1]) > distance) continue;
      const apart = [points[j][0] - points[i][0], points[j][1] - points[i][1]];
      const shift = apart[0] * along[i][0] + apart[1] * along[i][1];
      const ridges = [apart[0] + move[j][0] - move[i][0], apart[1] + move[j][1] - move[i][1]];
      const across = along[i][0] * ridges[1] - along[i][1] * ridges[0];
      const parallel = Math.abs(along[i][0] * along[j][0] + along[i][1] * along[j][1]) > PARALLEL;
      const near = parallel && Math.abs(across) < SHARED * pen && Math.abs(shift) < pen;
      if (!near && i !== j) continue; // where the pen turns back it has no direction, and is alone
      const share = Math.exp(-0.5 * (shift / (pen / 2)) ** 2) * (weight[j] + 1e-6);
      sums[i][0] += share * move[j][0];
      sums[i][1] += share * move[j][1];
      sums[i][2] += share;
    }
  }
  return sums.map(([x, y, total]) => [x / total, y / total]);
}

/** Central differences, one-sided at the ends. */
function gradient(curve) {
  const last = curve.length - 1;
  return curve.map((_, i) => {
    const [a, b] = [Math.max(i - 1, 0), Math.min(i + 1, last)];
    return [(curve[b][0] - curve[a][0]) / (b - a), (curve[b][1] - curve[a][1]) / (b - a)];
  });
}

/** How far along its normal a point's next ridge is, and how sharply that bends; 0 where there is none in reach. */
function climbed(ridge, point, normal, reach) {
  const half = Math.ceil(2 * reach) + 1;
  const profile = new Float64Array(2 * half + 3).fill(-1); // the climb ends at the -1 on both sides
  for (let k = -half; k <= half; k++) {
    profile[half + 1 + k] = sample(ridge, point[0] + 0.5 * k * normal[0], point[1] + 0.5 * k * normal[1]);
  }
  const middle = half + 1;
  let [right, left] = [0, 0];
  while (profile[middle + right + 1] > profile[middle + right]) right++;
  while (profile[middle - left - 1] > profile[middle - left]) left++;
  const top = middle + (profile[middle + right] >= profile[middle - left] ? right : -left);
  const [before, here, after] = [profile[top - 1], profile[top], profile[top + 1]];
  const bend = 4 * (2 * here - before - after); // per square pixel, as the profile is sampled every half
  const offset = 0.5 * (top - middle) + (after - before) / Math.max(bend, 1e-9);
  return bend > 0.01 && Math.abs(offset) <= reach ? { offset, bend } : { offset: 0, bend: 0 };
}

/** A weighted Gaussian average along the curve; `prior` is the weight of standing still. */
function averaged(vectors, weight, sigma, prior) {
  const radius = Math.max(Math.ceil(2.5 * sigma), 1);
  const kernel = gaussian(radius, sigma);
  return vectors.map((_, i) => {
    let [x, y, total] = [0, 0, 0];
    for (let k = Math.max(-radius, -i); k <= radius && i + k < vectors.length; k++) {
      const share = kernel[k + radius] * weight[i + k];
      x += share * vectors[i + k][0];
      y += share * vectors[i + k][1];
      total += share;
    }
    const whole = Math.max(total + prior, 1e-9);
    return [x / whole, y / whole];
  });
}

/** The point that draws the curve's last end out to half a pen width before the ink's end, or none. */
function extension(ink, curve, pen, reach) {
  const end = curve[curve.length - 1];
  const back = curve[Math.max(curve.length - 5, 0)];
  const norm = Math.max(Math.hypot(end[0] - back[0], end[1] - back[1]), 1e-9);
  const ahead = [(end[0] - back[0]) / norm, (end[1] - back[1]) / norm];
  for (let far = 0; far < reach + pen / 2 + 0.25; far += 0.25) {
    if (sample(ink, end[0] + far * ahead[0], end[1] + far * ahead[1]) < 0.5) {
      const by = far - pen / 2;
      return far > 0 && by > 0.5 ? [[end[0] + by * ahead[0], end[1] + by * ahead[1]]] : [];
    }
  }
  return [];
}

/** The field at a place by bilinear interpolation, held constant beyond its edge. */
export function sample(field, px, py) {
  const { width, height, data } = field;
  const x = Math.min(Math.max(px - 0.5, 0), width - 1);
  const y = Math.min(Math.max(py - 0.5, 0), height - 1);
  const [i, j] = [Math.min(Math.floor(x), Math.max(width - 2, 0)), Math.min(Math.floor(y), Math.max(height - 2, 0))];
  const [right, below] = [Math.min(i + 1, width - 1), Math.min(j + 1, height - 1)];
  const [u, v] = [x - i, y - j];
  const top = data[j * width + i] * (1 - u) + data[j * width + right] * u;
  const bottom = data[below * width + i] * (1 - u) + data[below * width + right] * u;
  return top * (1 - v) + bottom * v;
}

/** The field under a Gaussian of `sigma` pixels, 0 beyond its edge. */
export function blurred(field, sigma) {
  const radius = Math.ceil(2.5 * sigma);
  const kernel = gaussian(radius, sigma);
  return blurredAlong(blurredAlong(field, kernel).transposed(), kernel).transposed();
}

function blurredAlong({ width, height, data }, kernel) {
  const radius = (kernel.length - 1) / 2;
  const out = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    for (let x = 0; x < width; x++) {
      let total = 0;
      for (let k = Math.max(-radius, -x); k <= radius && x + k < width; k++) {
        total += kernel[k + radius] * data[row + x + k];
      }
      out[row + x] = total;
    }
  }
  return new Grid(width, height, out);
}
