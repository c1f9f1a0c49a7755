/** What the package leaves to Pillow: resizing. Same filters, same rounding. */

import { Grid, clip } from "./grid.js";

const FILTERS = {
  box: { support: 0.5, at: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, at: (x) => Math.max(1 - Math.abs(x), 0) },
  bicubic: { support: 2, at: cubic },
};

const PRECISION = 1 << 22; // Pillow's fixed point for 8 bits

function cubic(value) {
  const x = Math.abs(value);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1; // Keys's cubic with a = -0.5
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

/** For each place of the result: where its window begins, and the weights of what lies in it. */
function weights(from, start, stop, to, filter) {
  const scale = (stop - start) / to;
  const stretch = Math.max(scale, 1);
  const support = filter.support * stretch;
  return Array.from({ length: to }, (_, i) => {
    const centre = start + (i + 0.5) * scale;
    const first = Math.max(Math.trunc(centre - support + 0.5), 0);
    const last = Math.min(Math.trunc(centre + support + 0.5), from);
    const shares = [];
    let total = 0;
    for (let x = first; x < last; x++) {
      const share = filter.at((x - centre + 0.5) / stretch);
      shares.push(share);
      total += share;
    }
    return { first, shares: total ? shares.map((s) => s / total) : shares };
  });
}

/** One pass along the rows: width -> `to`, over the part start..stop of the row. */
function along(grid, start, stop, to, filter) {
  const { width, height, data } = grid;
  const isBytes = data instanceof Uint8Array;
  const windows = weights(width, start, stop, to, filter);
  if (isBytes) for (const w of windows) w.shares = w.shares.map(fixed);
  const out = new data.constructor(to * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < to; x++) {
      const { first, shares } = windows[x];
      let total = isBytes ? PRECISION / 2 : 0;
      const at = y * width + first;
      for (let k = 0; k < shares.length; k++) total += data[at + k] * shares[k];
      out[y * to + x] = isBytes ? clip(total >> 22, 0, 255) : total;
    }
  }
  return new Grid(to, height, out);
}

function fixed(share) {
  return Math.trunc((share < 0 ? -0.5 : 0.5) + share * PRECISION);
}

/**
 * A grid of bytes or floats resized, as Pillow's resize with a box.
 * @param {Grid<any>} grid
 * @param {number} width
 * @param {number} height
 * @param {"box" | "bilinear" | "bicubic"} filter
 * @param {number[]} [box] x0, y0, x1, y1 within the grid
 */
export function resize(grid, width, height, filter, box = [0, 0, grid.width, grid.height]) {
  const [x0, y0, x1, y1] = box;
  let out = grid;
  if (width !== out.width || x0 || x1 !== out.width) out = along(out, x0, x1, width, FILTERS[filter]);
  if (height !== out.height || y0 || y1 !== out.height) {
    out = along(out.transposed(), y0, y1, height, FILTERS[filter]).transposed();
  }
  return out;
}
