/** Move strokes onto the middle of the ink, across the pen's direction alone. The port of snap.py. */

import { penWidth } from "./fidelity.js";
import { gaussian, lengthOf, resample } from "./geometry.js";
import { Grid } from "./grid.js";
import { binarize } from "./inkmap.js";

const ROUNDS = 2;

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
  return strokes.map((s) => (lengthOf(s) < pen ? s : snapped(ink, ridge, s, pen, reach)));
}

function snapped(ink, ridge, points, pen, reach) {
  const start = resample(points, Math.max(pen / 2, 1));
  let curve = start;
  for (let round = 0; round < ROUNDS; round++) {
    const by = stepOf(ridge, curve, pen, reach);
    curve = curve.map(([x, y], i) => {
      const move = [x + by[i][0] - start[i][0], y + by[i][1] - start[i][1]];
      const held = Math.min(1, reach / Math.max(Math.hypot(...move), 1e-9));
      return [start[i][0] + held * move[0], start[i][1] + held * move[1]];
    });
  }
  return [...extension(ink, [...curve].reverse(), pen, reach), ...curve, ...extension(ink, curve, pen, reach)];
}

/** How far to move each point of an evenly spaced curve. */
function stepOf(ridge, curve, pen, reach) {
  const spacing = lengthOf(curve) / (curve.length - 1);
  const ones = curve.map(() => 1);
  const slopes = gradient(curve).map(([x, y]) => [x / spacing, y / spacing]);
  const tangent = averaged(slopes, ones, pen / spacing, 0);
  const straight = tangent.map(([x, y]) => Math.hypot(x, y)); // 1 on a straight piece, 0 where the pen turns back
  const normal = tangent.map(([x, y], i) => [-y / Math.max(straight[i], 1e-9), x / Math.max(straight[i], 1e-9)]);
  const climbs = curve.map((p, i) => climbed(ridge, p, normal[i], reach));
  // Squared, as a crossing is a dull ridge in the wrong place.
  const weight = climbs.map(({ bend }, i) => (bend * pen ** 2) ** 2 * straight[i] ** 4);
  const moves = climbs.map(({ offset }, i) => [offset * normal[i][0], offset * normal[i][1]]);
  return averaged(moves, weight, pen / spacing, 0.05);
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
