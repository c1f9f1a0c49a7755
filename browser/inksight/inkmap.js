/** From a picture to an ink map: light flattened, polarity and colour of the ink found. The port of inkmap.py. */

import { Grid, clip, median, percentiles, rint } from "./grid.js";
import { blurredByOne, mixed, nearest, resize } from "./pillow.js";

const BLOCKS = 16;
const BLOCK = 48;
const FAINTEST = 0.1;
const HIDDEN = 0.7;
const DARK = 16;

/**
 * How much ink lies on each pixel: 0 = paper, 1 = full ink, cut at `ceiling`.
 * @param {Grid<Uint8Array>[]} channels red, green and blue of the picture
 * @param {number} [ceiling]
 * @returns {Grid<Float32Array>}
 */
export function inkMap(channels, ceiling = 1) {
  const { width, height } = channels[0];
  const { shares, lightInk } = inkDirection(channels);
  let grey = mixed(channels, shares);
  let levels = levelsOf(grey, lightInk);
  if (levels.clear > 0 && levels.clear < 12) {
    grey = blurredByOne(grey);
    levels = levelsOf(grey, lightInk);
  }
  if (levels.clear === 0) return Grid.floats(width, height);
  return ratio(grey, levels.paper, (lightInk ? -1 : 1) / Math.max(levels.usual, FAINTEST), ceiling);
}

/** Rows and columns of blocks. */
function blockCounts(width, height) {
  const size = Math.max(Math.max(width, height) / BLOCKS, Math.min(width, height, BLOCK));
  return { columns: Math.max(1, rint(width / size)), rows: Math.max(1, rint(height / size)) };
}

/** The values of each block of a reduced picture. */
function blocksOf(grid, rows, columns) {
  const out = [];
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const block = new Float32Array(BLOCK * BLOCK);
      for (let y = 0; y < BLOCK; y++) {
        const at = (r * BLOCK + y) * grid.width + c * BLOCK;
        block.set(grid.data.subarray(at, at + BLOCK), y * BLOCK);
      }
      out.push(block);
    }
  }
  return out;
}

/** Channel weights along which ink differs most from paper, and whether ink is the lighter. */
function inkDirection(channels) {
  const { width, height } = channels[0];
  const { rows, columns } = blockCounts(width, height);
  const tails = channels.map((channel) => {
    const small = resize(channel, columns * BLOCK, rows * BLOCK, "box");
    const tones = blocksOf(small, rows, columns).map((block) => percentiles(block, [1, 50, 99]));
    const paper = new Grid(columns, rows, Float32Array.from(tones, (t) => t[1]));
    const highest = maximum(paper, 1).data;
    const lowest = minimum(paper, 1).data;
    return {
      below: tones.map((t, i) => Math.max(lowest[i] - t[0], 0)),
      above: tones.map((t, i) => Math.max(t[2] - highest[i], 0)),
    };
  });
  const power = (side, exponent) => tails.map((t) => t[side].reduce((total, v) => total + v ** exponent, 0));
  const all = (values) => values.reduce((a, b) => a + b, 0);
  const lightInk = all(power("above", 3)) > all(power("below", 3));
  const strengths = power(lightInk ? "above" : "below", 2).map((v) => Math.sqrt(v) + 1e-3);
  return { shares: strengths.map((v) => v / all(strengths)), lightInk };
}

/** Running maximum over a square of 2 radius + 1, the border left out. */
function maximum(grid, radius) {
  return ranked(ranked(grid, radius).transposed(), radius).transposed();
}

function minimum(grid, radius) {
  return negated(maximum(negated(grid), radius));
}

function negated(grid) {
  return new Grid(grid.width, grid.height, grid.data.map((v) => -v));
}

/** Running maximum along the rows: a queue of falling values, whose first is the window's largest. */
function ranked(grid, radius) {
  const { width, height, data } = grid;
  const out = new Float32Array(data.length);
  const queue = new Int32Array(width);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    let [head, tail] = [0, 0];
    for (let x = 0; x < width + radius; x++) {
      if (x < width) {
        while (tail > head && data[row + queue[tail - 1]] <= data[row + x]) tail--;
        queue[tail++] = x;
      }
      const middle = x - radius;
      if (middle < 0) continue;
      while (queue[head] < middle - radius) head++;
      out[row + middle] = data[row + queue[head]];
    }
  }
  return new Grid(width, height, out);
}

/** The grey that just passes for paper, the ink's usual contrast, and by how many sigmas it stands out. */
function levelsOf(grey, lightInk) {
  const sign = lightInk ? -1 : 1;
  const { rows, columns } = blockCounts(grey.width, grey.height);
  const [width, height] = [columns * BLOCK, rows * BLOCK];
  const small = resize(grey, width, height, "box");
  const signed = new Grid(width, height, Float32Array.from(small.data, (v) => v * sign));
  const isPage = Math.min(rows, columns) >= BLOCKS / 2;
  const paper = paperOf(signed, isPage).data.map((v) => v * sign);
  const pixels = nearest(grey, width, height).data;
  const excess = new Grid(width, height, paper.map((v, i) => (v - pixels[i]) * sign));
  const { middle, sigma } = noise(excess, rows, columns, isPage);
  const [contrast, clearness] = [[], []];
  for (let i = 0; i < paper.length; i++) {
    const over = Math.fround(excess.data[i] - middle[i]);
    const light = paper[i];
    paper[i] = Math.max(light - (middle[i] + 3 * sigma[i]) * sign, 0);
    if (over > Math.max(5 * sigma[i], 0.06 * (light + DARK))) {
      contrast.push((over - 3 * sigma[i]) / (paper[i] + DARK));
      clearness.push(over / sigma[i]);
    }
  }
  const reduced = new Grid(width, height, paper);
  if (!contrast.length) return { paper: reduced, usual: 0, clear: 0 };
  return { paper: reduced, usual: percentiles(contrast, [75])[0], clear: percentiles(clearness, [75])[0] };
}

/** factor * (paper - grey) / (paper + 16) in 0..ceiling; the paper is given reduced. */
function ratio(grey, paper, factor, ceiling) {
  const full = resize(paper, grey.width, grey.height, "bilinear");
  const ink = full.data.map((light, i) => clip(((light - grey.data[i]) / (light + DARK)) * factor, 0, ceiling));
  return new Grid(grey.width, grey.height, ink);
}

/** The grey that each pixel would have without its (darker) ink: the closing of the grey. */
function paperOf(grey, isPage) {
  if (isPage) {
    const radius = BLOCK / 4;
    return cropped(closing(edged(grey, 2 * radius), radius), 2 * radius);
  }
  const plane = planeOf(grey);
  const closed = closing(new Grid(grey.width, grey.height, grey.data.map((v, i) => v - plane[i])), BLOCK / 2);
  return new Grid(grey.width, grey.height, closed.data.map((v, i) => v + plane[i]));
}

/** The grid with its border repeated `margin` times on each side. */
function edged(grid, margin) {
  const out = Grid.floats(grid.width + 2 * margin, grid.height + 2 * margin);
  for (let y = 0; y < out.height; y++) {
    const row = clip(y - margin, 0, grid.height - 1);
    for (let x = 0; x < out.width; x++) {
      out.data[y * out.width + x] = grid.at(clip(x - margin, 0, grid.width - 1), row);
    }
  }
  return out;
}

/** `edged` backwards. */
function cropped(grid, margin) {
  const out = Grid.floats(grid.width - 2 * margin, grid.height - 2 * margin);
  for (let y = 0; y < out.height; y++) {
    for (let x = 0; x < out.width; x++) out.data[y * out.width + x] = grid.at(x + margin, y + margin);
  }
  return out;
}

/** Grey closing with a square of 2 radius + 1. */
function closing(grid, radius) {
  return minimum(maximum(grid, radius), radius);
}

/** A plane through the lighter pixels: least squares, again and again without what lies a sigma below. */
function planeOf(grey) {
  const { width, height, data } = grey;
  const kept = new Uint8Array(data.length).fill(1);
  const plane = new Float32Array(data.length);
  for (let round = 0; round < 4; round++) {
    const [a, b, c] = leastSquares(grey, kept);
    let [n, total, squares] = [0, 0, 0];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const i = y * width + x;
        plane[i] = a * y + b * x + c;
        if (!kept[i]) continue;
        const apart = data[i] - plane[i];
        n += 1;
        total += apart;
        squares += apart * apart;
      }
    }
    const spread = Math.sqrt(Math.max(squares / n - (total / n) ** 2, 0));
    const least = -Math.max(spread, 1);
    for (let i = 0; i < data.length; i++) kept[i] = data[i] - plane[i] >= least ? 1 : 0;
  }
  return plane;
}

/** The plane a y + b x + c through the kept pixels. */
function leastSquares(grey, kept) {
  const { width, height, data } = grey;
  const m = Array.from({ length: 3 }, () => [0, 0, 0, 0]);
  const [cx, cy] = [(width - 1) / 2, (height - 1) / 2]; // sums about the middle keep their digits
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if (!kept[i]) continue;
      const row = [y - cy, x - cx, 1];
      for (let j = 0; j < 3; j++) {
        for (let k = 0; k < 3; k++) m[j][k] += row[j] * row[k];
        m[j][3] += row[j] * data[i];
      }
    }
  }
  const [a, b, c] = solved(m);
  return [a, b, c - a * cy - b * cx];
}

/**
 * The solution of a small system of linear equations (Gauss, with pivots); an unknown that nothing tells of is 0.
 * @param {number[][]} m each row: the coefficients, then the right side
 */
export function solved(m) {
  const n = m.length;
  const rows = m.map((row) => row.slice());
  for (let i = 0; i < n; i++) {
    let pivot = i;
    for (let r = i + 1; r < n; r++) if (Math.abs(rows[r][i]) > Math.abs(rows[pivot][i])) pivot = r;
    [rows[i], rows[pivot]] = [rows[pivot], rows[i]];
    if (Math.abs(rows[i][i]) < 1e-9) continue;
    for (let r = 0; r < n; r++) {
      if (r === i) continue;
      const factor = rows[r][i] / rows[i][i];
      for (let k = i; k <= n; k++) rows[r][k] -= factor * rows[i][k];
    }
  }
  return rows.map((row, i) => (Math.abs(row[i]) < 1e-9 ? 0 : row[n] / row[i]));
}

/** Mean and standard deviation of paper - grey where there is no ink, varying with the place. Noise that would hide most
 * of a crop's ink is the ink of a bold pen. */
function noise(excess, rows, columns, isPage) {
  const [middle, sigma] = [new Float32Array(rows * columns), new Float32Array(rows * columns)];
  blocksOf(excess, rows, columns).forEach((block, i) => {
    const [low, high] = percentiles(block, [10, 35]);
    sigma[i] = Math.max((high - low) / 0.896, 0.7);
    middle[i] = high + 0.385 * sigma[i];
  });
  if (!isPage) {
    const most = HIDDEN * percentiles(excess.data, [99])[0];
    const isFull = Array.from(middle, (m, i) => m + 3 * sigma[i] > most);
    for (const values of isFull.includes(false) ? [middle, sigma] : []) {
      const usual = median(values.filter((_, i) => !isFull[i]));
      isFull.forEach((full, i) => full && (values[i] = usual));
    }
  }
  const spread = (values) => resize(new Grid(columns, rows, values), excess.width, excess.height, "bilinear").data;
  return { middle: spread(middle), sigma: spread(sigma) };
}

/**
 * The pixels of an ink map that are ink, by Otsu's threshold held in 0.25..0.5.
 * @param {Grid<Float32Array>} ink
 * @returns {Grid<Uint8Array>} 1 on ink
 */
export function binarize(ink) {
  const bins = new Float64Array(64);
  for (const value of ink.data) bins[Math.min(Math.floor(value * 64), 63)] += 1;
  const mass = bins.reduce((total, n, i) => total + (n * (i + 0.5)) / 64, 0);
  let [below, massBelow, best, threshold] = [0, 0, 0, 1 / 64];
  for (let i = 0; i < 64; i++) {
    below += bins[i];
    massBelow += (bins[i] * (i + 0.5)) / 64;
    const above = ink.data.length - below;
    if (!below || !above) continue;
    const between = below * above * (massBelow / below - (mass - massBelow) / above) ** 2;
    if (between > best) [best, threshold] = [between, (i + 1) / 64];
  }
  const level = clip(threshold, 0.25, 0.5);
  return ink.where((v) => v > level);
}
