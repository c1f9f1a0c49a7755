/** Ruled and squared paper in the picture of one word: lines from border to border. The port of ruling.py. */

import { penWidth } from "./raster.js";
import { linspace } from "./geometry.js";
import { Grid, argmax, boxOf, clip, count, median, percentiles, rint } from "./grid.js";
import { binarize, inkMap, solved } from "./inkmap.js";

const FAINT = Math.fround(0.15);
const [STEEPEST, BESIDE] = [0.08, 0.02];
const [COVERED, COVERED_BESIDE] = [0.93, 0.8];
const BARE = 0.35;
const WAVER = 0.8;
const [WIDE, MARGIN] = [2, 3];
const [PALER, THINNER] = [0.2, 0.6];
const LEFT = 0.25;
const HALO = 2;
const TRIALS = 40;
const CEILING = 3;

/**
 * The ink map of a picture of one word, without the lines of the paper: 0 = paper, 1 = full ink.
 *
 * The lines are taken off before the ink is cut at 1, because on squared paper they may be most of what is inked; then
 * the scale is set by what is left.
 * @param {Grid<Uint8Array>[]} channels red, green and blue of the picture
 * @returns {Grid<Float32Array>}
 */
export function wordInk(channels) {
  const ink = inkMap(channels, CEILING);
  const rest = withoutRuling(ink);
  const inked = rest === ink ? [] : rest.data.filter((v) => v > FAINT);
  const usual = inked.length ? Math.max(1, percentiles(inked, [75])[0]) : 1;
  return new Grid(rest.width, rest.height, rest.data.map((v) => Math.min(v / usual, 1)));
}

/**
 * A word's ink map with the lines of the paper at 0; strokes that cross or touch them stay.
 * @param {Grid<Float32Array>} ink
 * @returns {Grid<Float32Array>} the map itself when there is nothing to take away
 */
export function withoutRuling(ink) {
  const turned = ink.transposed();
  let rows = linesOf(ink);
  let columns = linesOf(turned);
  if (!rows.length && columns.length < 2) return ink;
  const mask = binarize(ink);
  const [across, down] = [onLines(rows, ink.width, ink.height), onLines(columns, ink.height, ink.width).transposed()];
  const isRest = (v, i) => (v && !across.data[i] && !down.data[i] ? 1 : 0);
  const rest = new Grid(ink.width, ink.height, mask.data.map(isRest));
  if (!count(rest)) return ink;
  const [pen, level] = [penWidth(rest), median(ink.data.filter((_, i) => rest.data[i]))];
  const tight = ink.width < WIDE * ink.height && touchesTopOrBottom(mask);
  rows = rows.filter((line) => !tight || unlike(line, pen, level));
  const squared = rows.length >= 2 && columns.length >= 3;
  const some = rows.length > 0 || columns.length >= 2;
  columns = columns.filter((line) => squared || (some && unlike(line, pen, level)));
  return erased(ink, rows, columns, rest, pen);
}

/** The map without these lines, if enough of the ink is left. */
function erased(ink, rows, columns, rest, pen) {
  let out = ink.copy();
  for (const line of rows) erase(out, line, pen);
  out = out.transposed();
  for (const line of columns) erase(out, line, pen);
  out = out.transposed();
  for (const row of rows) for (const column of columns) eraseCrossing(out, row, column);
  const left = boxOf(new Grid(out.width, out.height, rest.data.map((v, i) => (v && out.data[i] > 0 ? 1 : 0))));
  const enough = left && left[3] - left[1] - 1 >= 3 * pen && count(binarize(out)) >= LEFT * count(rest);
  return enough ? out : ink;
}

function touchesTopOrBottom(mask) {
  const { width, height, data } = mask;
  return data.subarray(0, MARGIN * width).some(Boolean) || data.subarray((height - MARGIN) * width).some(Boolean);
}

/**
 * @typedef {{rows: Int32Array, level: number, thickness: number}} Line
 *   from the left border to the right one: its row in each column, its usual ink and its width in pixels
 */

/** Whether a line looks different from the pen's lines. */
function unlike(line, pen, level) {
  return line.level < level - PALER || line.thickness < THINNER * pen;
}

/** The nearly horizontal lines from border to border, the clearest first. */
function linesOf(ink) {
  const least = Math.min(ink.width, ink.height);
  const limit = Math.floor(4 + 0.04 * least);
  if (least < 3 * limit) return [];
  const found = candidates(ink.where((v) => v > FAINT), limit);
  // The clear ones come first.
  const scores = found.map(({ covered, bare }) =>
    covered >= COVERED_BESIDE ? covered + bare + (covered >= COVERED ? 1 : 0) : 0,
  );
  const lines = [];
  for (let trial = 0; trial < TRIALS && found.length; trial++) {
    const best = argmax(scores);
    if (scores[best] === 0 || !(lines.length || found[best].covered >= COVERED)) break;
    const { start, end } = found[best];
    const line = measured(ink, linspace(start, end, ink.width), limit, lines.length ? 1 : 2);
    if (line) lines.push(line);
    found.forEach((other, i) => {
      const [a, b] = [Math.abs(other.start - start), Math.abs(other.end - end)];
      const slant = Math.abs(other.end - other.start - (end - start)) > BESIDE * ink.width + 1;
      if (line ? a <= limit || b <= limit || slant : a <= 1 && b <= 1) scores[i] = 0;
    });
  }
  return lines;
}

/** Straight lines from border to border: their ends, and the shares of their columns that are inked, and barely so. */
function candidates(mask, limit) {
  const { width, height } = mask;
  const parts = Math.max(4, Math.min(16, Math.floor(width / 8)));
  const edges = Array.from(linspace(0, width, parts + 1), Math.trunc);
  const places = edges.slice(1).map((edge, i) => (edge + edges[i]) / (2 * width) - 0.5);
  const steepest = Math.trunc(STEEPEST * width);
  const runs = verticalRuns(mask);
  const thin = new Grid(width, height, mask.data.map((v, i) => (v && runs.data[i] <= limit ? 1 : 0)));
  const [bareProfile, profile] = [profileOf(thin, edges), profileOf(mask, edges)];
  const shareOf = (table, y, shifts) => {
    let total = 0;
    shifts.forEach((shift, k) => {
      const row = y + shift;
      if (row >= 0 && row < height) total += table[row * parts + k];
    });
    return total / width;
  };
  const out = [];
  const drops = Array.from({ length: 2 * steepest + 1 }, (_, i) => i - steepest);
  const shifts = drops.map((drop) => places.map((place) => rint(drop * place)));
  for (let y = 0; y < height; y++) {
    drops.forEach((drop, d) => {
      const bare = shareOf(bareProfile, y, shifts[d]);
      if (bare < BARE) return;
      const covered = shareOf(profile, y, shifts[d]);
      out.push({ start: y - drop / 2, end: y + drop / 2, covered, bare });
    });
  }
  return out;
}

/** How many columns of each block are set in each row, or in the row above or below. */
function profileOf(mask, edges) {
  const { width, height, data } = mask;
  const parts = edges.length - 1;
  const out = new Int32Array(height * parts);
  for (let y = 0; y < height; y++) {
    for (let k = 0; k < parts; k++) {
      for (let x = edges[k]; x < edges[k + 1]; x++) {
        const i = y * width + x;
        if (data[i] || (y > 0 && data[i - width]) || (y + 1 < height && data[i + width])) out[y * parts + k] += 1;
      }
    }
  }
  return out;
}

/** For each pixel of the mask the length of the vertical run through it; 0 elsewhere. */
function verticalRuns(mask) {
  const { width, height, data } = mask;
  const out = new Int32Array(data.length);
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; ) {
      let end = y;
      while (end < height && data[end * width + x]) end++;
      for (let k = y; k < end; k++) out[k * width + x] = end - y;
      y = Math.max(end, y + 1);
    }
  }
  return new Grid(width, height, out);
}

/** The line near `rows`, followed closely; null if it isn't straight, thin and inked up to so many borders. */
function measured(ink, rows, limit, borders) {
  const reach = limit + 1;
  const near = bandOf(ink, Int32Array.from(rows, rint), reach);
  const found = runsThroughMiddle(near.where((v) => v > FAINT));
  const isThin = found.map(({ run }) => run > 0 && run <= limit);
  if (isThin.filter(Boolean).length / rows.length < BARE) return null;
  const usual = percentiles(found.filter((_, x) => isThin[x]).map((f) => f.run), [40])[0] + 1;
  const thin = [...found.keys()].filter((x) => isThin[x] && found[x].run <= usual); // what is higher has a stroke at it
  const peaks = found.map((_, x) => peakOf(near, x, reach, found[x]));
  const level = median(thin.map((x) => peaks[x].peak));
  const end = Math.max(2, Math.floor(rows.length / 64));
  const inked = (part) => median(part.map((p) => p.peak)) > 0.5 * level;
  if ((inked(peaks.slice(0, end)) ? 1 : 0) + (inked(peaks.slice(-end)) ? 1 : 0) < borders) return null;
  const centres = thin.map((x) => rint(rows[x]) + peaks[x].moment / peaks[x].mass);
  const curve = parabola(thin, centres, rows.length);
  const waver = thin.reduce((total, x, i) => total + (curve(x) - centres[i]) ** 2, 0) / thin.length;
  if (Math.sqrt(waver) > WAVER) return null;
  const thickness = median(thin.map((x) => peaks[x].mass)) / level;
  return { rows: Int32Array.from(rows, (_, x) => rint(curve(x))), level, thickness };
}

/** Of the run through a column's middle, with its rims: the darkest ink, the sum of it, and its first moment. */
function peakOf(band, x, reach, { above, below }) {
  let [peak, mass, moment] = [0, 0, 0];
  for (let offset = Math.max(-above - 1, -reach); offset <= Math.min(below + 1, reach); offset++) {
    const value = band.at(x, offset + reach);
    peak = Math.max(peak, value);
    mass += value;
    moment += offset * value;
  }
  return { peak, mass, moment };
}

/** The parabola through places and values, by least squares. */
function parabola(places, values, width) {
  const scaled = (x) => (2 * x) / width - 1;
  const m = Array.from({ length: 3 }, () => [0, 0, 0, 0]);
  places.forEach((x, i) => {
    const row = [1, scaled(x), scaled(x) ** 2];
    for (let j = 0; j < 3; j++) {
      for (let k = 0; k < 3; k++) m[j][k] += row[j] * row[k];
      m[j][3] += row[j] * values[i];
    }
  });
  const [a, b, c] = solved(m);
  return (x) => a + b * scaled(x) + c * scaled(x) ** 2;
}

/** The map straightened along a line, which lies in the middle of 2 reach + 1 rows; 0 beyond the map. */
function bandOf(ink, rows, reach) {
  const out = Grid.floats(rows.length, 2 * reach + 1);
  for (let offset = -reach; offset <= reach; offset++) {
    for (let x = 0; x < rows.length; x++) {
      const y = rows[x] + offset;
      if (y >= 0 && y < ink.height) out.data[(offset + reach) * rows.length + x] = ink.at(x, y);
    }
  }
  return out;
}

/** For each column the vertical run through a band's middle row (0: none), and how far it goes on above and below. */
function runsThroughMiddle(on) {
  const reach = (on.height - 1) / 2;
  return Array.from({ length: on.width }, (_, x) => {
    let [above, below] = [0, 0];
    while (above < reach && on.at(x, reach - above - 1)) above++;
    while (below < reach && on.at(x, reach + below + 1)) below++;
    const touches = on.at(x, reach - 1) || on.at(x, reach) || on.at(x, reach + 1); // a miss by a pixel counts
    return { run: touches ? above + below + 1 : 0, above, below };
  });
}

/** The pixels on the lines. */
function onLines(lines, width, height) {
  const out = Grid.bytes(width, height);
  for (const line of lines) {
    const reach = line.thickness / 2 + 1;
    for (let x = 0; x < width; x++) {
      const [first, last] = [Math.ceil(line.rows[x] - reach), Math.floor(line.rows[x] + reach)];
      for (let y = Math.max(first, 0); y <= Math.min(last, height - 1); y++) out.data[y * width + x] = 1;
    }
  }
  return out;
}

/** Set the line to 0 where no stroke crosses it or lies on it (changes `ink`). */
function erase(ink, line, pen) {
  const reach = Math.trunc(2 * line.thickness) + 4;
  const band = bandOf(ink, line.rows, reach);
  const floor = Math.fround(Math.max(FAINT, 0.5 * line.level));
  const found = runsThroughMiddle(band.where((v) => v > floor));
  const inky = inkyOf(band, line);
  const flags = found.map(({ run }, x) => run > 1.3 * line.thickness + 0.8 || (run > 0 && inky[x]));
  const low = found.map(({ run }) => run <= 1.5 * line.thickness + 1.5);
  const stroke = bridged(withoutBumps(flags, low, 0.6 * pen), low, pen);
  found.forEach(({ above, below }, x) => {
    if (stroke[x]) return;
    for (let offset = Math.max(-above - HALO, -reach); offset <= Math.min(below + HALO, reach); offset++) {
      const y = line.rows[x] + offset;
      if (y >= 0 && y < ink.height) ink.data[y * ink.width + x] = 0;
    }
  });
}

/** Set what is left where two lines cross to 0, unless it goes on beyond the crossing (changes `ink`). */
function eraseCrossing(ink, row, column) {
  let x = clip(column.rows[column.rows.length >> 1], 0, ink.width - 1);
  const y = clip(row.rows[x], 0, ink.height - 1);
  x = clip(column.rows[y], 0, ink.width - 1);
  const reach = Math.trunc(Math.max(row.thickness, column.thickness) / 2) + HALO + 1;
  const [x0, x1] = [Math.max(x - reach, 0), Math.min(x + reach, ink.width - 1)];
  const [y0, y1] = [Math.max(y - reach, 0), Math.min(y + reach, ink.height - 1)];
  let rim = 0;
  for (let i = x0; i <= x1; i++) rim = Math.max(rim, ink.at(i, y0), ink.at(i, y1));
  for (let j = y0; j <= y1; j++) rim = Math.max(rim, ink.at(x0, j), ink.at(x1, j));
  if (rim > FAINT) return;
  for (let j = y0; j <= y1; j++) ink.data.fill(0, j * ink.width + x0, j * ink.width + x1 + 1);
}

/** Where more ink lies on a line than its own, without the noise of single pixels. */
function inkyOf(band, line) {
  const [middle, reach] = [(band.height - 1) / 2, Math.trunc(line.thickness / 2) + 1];
  const mass = Array.from({ length: band.width }, (_, x) => {
    let total = 0;
    for (let offset = -reach; offset <= reach; offset++) total += band.at(x, middle + offset);
    return total;
  });
  const own = (1.4 * line.level + PALER) * line.thickness;
  return mass.map((v, x) => median([mass[Math.max(x - 1, 0)], v, mass[Math.min(x + 1, mass.length - 1)]]) > own);
}

/** The flags without the stretches narrower than `least` that are low throughout: the line's own noise. */
function withoutBumps(stroke, low, least) {
  const out = stroke.slice();
  for (let start = 0; start < stroke.length; ) {
    let end = start;
    while (end < stroke.length && stroke[end]) end++;
    if (end > start && end - start < least && low.slice(start, end).every(Boolean)) out.fill(false, start, end);
    start = Math.max(end, start + 1);
  }
  return out;
}

/** The flags with the gaps filled in which a stroke is likely to go on along the line. */
function bridged(stroke, low, pen) {
  const n = stroke.length;
  const at = [...stroke.keys()].filter((x) => stroke[x]);
  const soft = stroke.map((v, x) => v && low[x]);
  const out = stroke.slice();
  for (let i = 0; i + 1 < at.length; i++) {
    const [a, b] = [at[i], at[i + 1]];
    const before = soft[a] && soft[(a + n - 1) % n] ? 3 : 0;
    const after = soft[b] && soft[(b + 1) % n] ? 3 : 0;
    const gap = b - a - 1;
    if (gap > 0 && gap <= pen * (1 + before + after)) out.fill(true, a, b);
  }
  return out;
}
