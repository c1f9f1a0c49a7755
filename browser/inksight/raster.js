/** Do the strokes tell what the picture shows? Pen width, ink covered, strokes off the ink. The port of raster.py. */

import { resample } from "./geometry.js";
import { Grid, count, median } from "./grid.js";

const FAR = 1e9;

/** Distance of each pixel's centre to the nearest pixel of the mask, in pixels. */
export function distance(mask) {
  const squared = squaredDistance(mask);
  return new Grid(mask.width, mask.height, Float32Array.from(squared.data, Math.sqrt));
}

/** The pixels whose centre lies within `radius` of one of the mask's. */
export function dilate(mask, radius) {
  return squaredDistance(mask, radius).where((d) => d <= radius * radius);
}

/** Squared distances to the mask, exact up to `limit` and too large beyond: along the rows, then down the columns. */
function squaredDistance(mask, limit = Infinity) {
  const { width, height } = mask;
  const gap = new Float64Array(width * height);
  for (let y = 0; y < height; y++) {
    let since = FAR;
    for (let x = 0; x < width; x++) {
      since = mask.data[y * width + x] ? 0 : since + 1;
      gap[y * width + x] = since;
    }
    since = FAR;
    for (let x = width - 1; x >= 0; x--) {
      since = mask.data[y * width + x] ? 0 : since + 1;
      gap[y * width + x] = Math.min(since, gap[y * width + x]) ** 2;
    }
  }
  const best = gap.slice();
  const reach = Math.min(Math.floor(Math.min(limit, FAR)), height - 1);
  for (let k = 1; k <= reach; k++) {
    let most = 0;
    for (let i = 0; i < best.length; i++) if (best[i] > most) most = best[i];
    if (k * k >= most) break;
    const [by, jump] = [k * k, k * width];
    for (let i = 0; i + jump < best.length; i++) {
      if (gap[i] + by < best[i + jump]) best[i + jump] = gap[i] + by;
      if (gap[i + jump] + by < best[i]) best[i] = gap[i + jump] + by;
    }
  }
  return new Grid(width, height, best);
}

/** The median width of the ink's lines in pixels; 0 for an empty mask. */
export function penWidth(mask) {
  const across = runs(mask);
  const down = runs(mask.transposed()).transposed();
  const widths = [];
  for (let i = 0; i < mask.data.length; i++) {
    if (mask.data[i]) {
      const [h, v] = [across.data[i], down.data[i]];
      widths.push((h * v) / Math.hypot(h, v));
    }
  }
  return widths.length ? median(widths) : 0;
}

/** For each ink pixel the length of the horizontal run of ink through it. */
export function runs(mask) {
  const { width, height, data } = mask;
  const out = new Int32Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    for (let x = 0; x < width; ) {
      let end = x;
      while (end < width && data[row + end]) end++;
      out.fill(end - x, row + x, row + end);
      x = Math.max(end, x + 1);
    }
  }
  return new Grid(width, height, out);
}

/**
 * The pixels within `radius` of a stroke, and always those through which one passes.
 * @param {number} width
 * @param {number} height
 * @param {import("./geometry.js").Point[][]} curves
 * @param {number} radius
 */
export function paint(width, height, curves, radius) {
  const out = Grid.bytes(width, height);
  const reach = Math.ceil(radius);
  const limit = radius * radius;
  for (const curve of curves) {
    for (const [x, y] of dense(curve, radius)) {
      const [column, row] = [Math.floor(x), Math.floor(y)];
      for (let j = Math.max(row - reach, 0); j <= Math.min(row + reach, height - 1); j++) {
        for (let i = Math.max(column - reach, 0); i <= Math.min(column + reach, width - 1); i++) {
          const here = i === column && j === row;
          if (here || (i + 0.5 - x) ** 2 + (j + 0.5 - y) ** 2 <= limit) out.data[j * width + i] = 1;
        }
      }
    }
  }
  return out;
}

function dense(curve, radius = 0) {
  return resample(curve, Math.max(0.5, radius / 4));
}

/** Share (0..1) of the ink's pixels within `radius` of a stroke; 1 when there is no ink to cover. */
export function coverage(mask, curves, radius) {
  const ink = count(mask);
  if (!ink) return 1;
  const painted = paint(mask.width, mask.height, curves, radius);
  let covered = 0;
  for (let i = 0; i < painted.data.length; i++) covered += painted.data[i] && mask.data[i] ? 1 : 0;
  return covered / ink;
}

/** Share (0..1) of the strokes' length that runs farther than `radius` from any ink's pixel; 0 for no strokes. */
export function spurious(mask, curves, radius) {
  if (!curves.length) return 0;
  const margin = Math.ceil(radius) + 1;
  const near = dilate(padded(mask, margin), radius);
  let [total, on] = [0, 0];
  for (const curve of curves) {
    for (const [x, y] of dense(curve)) {
      const [column, row] = [Math.floor(x) + margin, Math.floor(y) + margin];
      const inside = column >= 0 && row >= 0 && column < near.width && row < near.height;
      total += 1;
      on += inside && near.at(column, row) ? 1 : 0;
    }
  }
  return 1 - on / total;
}

/** The grid with `margin` more pixels of 0 on each side. */
export function padded(grid, margin) {
  const { width, height, data } = grid;
  const wide = width + 2 * margin;
  const out = new data.constructor(wide * (height + 2 * margin));
  for (let y = 0; y < height; y++) out.set(data.subarray(y * width, (y + 1) * width), (y + margin) * wide + margin);
  return new Grid(wide, height + 2 * margin, out);
}
