/** How ink looks on its picture: the width and the colour of each stroke. The port of appearance.py. */

import { arcLengths, lengthOf, linspace } from "./geometry.js";
import { clip, interp, median, percentiles, rint } from "./grid.js";

const ALIKE = 45;
const STEADY = 1.4;
const PROFILES = 16;
const OFFSETS = [
  ...Array.from({ length: 8 }, (_, i) => i / 2),
  ...Array.from({ length: 32 }, (_, i) => 4 * 1.1 ** i),
];
const TANGENT = 1.5;
const NEAR = 1.5;
const TYPICAL = 40;
const BLUR = 1;
const BLACK = 24;
const [INK, PAPER] = [0.25, 0.15];

/**
 * The strokes with the width and the colour that they have on the picture.
 * @param {import("./geometry.js").Point[][]} strokes
 * @param {import("./grid.js").Grid<Uint8Array>[]} channels red, green and blue
 * @param {import("./grid.js").Grid<Float32Array>} ink the picture's ink map
 * @returns {import("./tracer.js").Stroke[]}
 */
export function measured(strokes, channels, ink) {
  const looks = strokes.map((points) => lookOf(points, channels, ink));
  const [widths, colors] = [steadied(strokes, looks), pens(strokes, looks)];
  return strokes.map((points, i) => {
    const width = widths[i] === null ? null : Math.round(widths[i] * 100) / 100;
    return { points, width: width || null, color: width ? colors[i] : null };
  });
}

/** The widths of a word's strokes. One that differs much from the others was measured on a crossing. */
function steadied(strokes, looks) {
  const known = looks.flatMap((look, i) => (look ? [[look.width, lengthOf(strokes[i]) + 1]] : []));
  if (!known.length) return looks.map(() => null);
  known.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = known.reduce((total, [, length]) => total + length, 0) / 2;
  let passed = 0;
  const [usual] = known.find(([, length]) => (passed += length) >= half) ?? known[known.length - 1];
  return looks.map((look) => {
    if (!look) return null;
    const times = look.width / usual;
    return times >= 1 / STEADY && times <= STEADY ? look.width : usual;
  });
}

/** Width and colours of one stroke; null where no ink lies under it or no paper beside it. */
function lookOf(points, channels, ink) {
  const sides = []; // each profile has two: what a walk from the line's middle to one side sees
  for (const { at, normal } of across(points)) {
    if (sampled(ink, at[0], at[1]) < INK) continue;
    const pair = [1, -1].map((sign) => {
      const places = OFFSETS.map((o) => [at[0] + sign * o * normal[0], at[1] + sign * o * normal[1]]);
      const depth = places.map(([x, y]) => sampled(ink, x, y));
      const reach = OFFSETS[Math.max(depth.findIndex((d) => d < depth[0] / 2), 0)];
      const beside = depth.map((d, i) => d <= PAPER && reach < OFFSETS[i] && 3 * reach + 3 > OFFSETS[i]);
      return { places, reach, beside };
    });
    sides.push(pair);
  }
  const far = Math.max(0, ...sides.flat().map((side) => side.beside.lastIndexOf(true) + 1));
  if (!far) return null;
  for (const side of sides.flat()) {
    side.colors = side.places.slice(0, far).map(([x, y]) => channels.map((c) => sampled(c, x, y)));
  }
  return colored(sides, far);
}

/** The look that these profiles show. */
function colored(sides, far) {
  const all = sides.flat();
  const paper = medianColor(all.flatMap((side) => side.colors.filter((_, i) => side.beside[i])));
  const inner = all.flatMap((side) => side.colors.filter((_, i) => side.reach / 2 >= OFFSETS[i]));
  const contrast = inner.map((color) => color.reduce((total, v, k) => total + Math.abs(v - paper[k]), 0));
  const least = median(contrast);
  const middle = medianColor(inner.filter((_, i) => contrast[i] >= least)); // the rims of a thin line are half paper
  const widths = widthsOf(sides, middle, paper, far);
  if (!widths.length) return null;
  const [half, quarter, three] = [0, 1, 2].map((k) => percentiles(widths.map((w) => w[k]), [TYPICAL])[0]);
  const sharp = sharpened(half, quarter, three);
  // No channel falls below 0: the hue stays.
  const part = Math.max(sharp.part, ...middle.map((v, k) => 1 - v / Math.max(paper[k], 1)));
  return { width: sharp.width, ink: paper.map((v, k) => v + (middle[k] - v) / part), paper };
}

function medianColor(colors) {
  return [0, 1, 2].map((k) => median(colors.map((c) => c[k])));
}

/** Places along the stroke and the unit vectors across it there; all around for a dot. */
function across(points) {
  const way = arcLengths(points);
  const total = way[way.length - 1];
  const [xs, ys] = [points.map((p) => p[0]), points.map((p) => p[1])];
  if (total < 2 * TANGENT) {
    const at = [xs, ys].map((values) => values.reduce((a, b) => a + b, 0) / values.length);
    return [0, 1, 2, 3].map((k) => ({ at, normal: [Math.cos((k * Math.PI) / 4), Math.sin((k * Math.PI) / 4)] }));
  }
  const count = Math.floor(clip(total / 2, 3, PROFILES));
  return Array.from({ length: count }, (_, i) => {
    const s = ((i + 0.5) / count) * total;
    const [x, y] = [interp([s - TANGENT, s, s + TANGENT], way, xs), interp([s - TANGENT, s, s + TANGENT], way, ys)];
    const along = [x[2] - x[0], y[2] - y[0]];
    const norm = Math.max(Math.hypot(...along), 1e-9);
    return { at: [x[1], y[1]], normal: [-along[1] / norm, along[0] / norm] };
  });
}

/** The picture between its pixels, its border repeated outside. */
function sampled(grid, px, py) {
  const [x, y] = [clip(px - 0.5, 0, grid.width - 1.001), clip(py - 0.5, 0, grid.height - 1.001)];
  const [i, j] = [Math.trunc(x), Math.trunc(y)];
  const [u, v] = [x - i, y - j];
  const top = grid.at(i, j) * (1 - u) + grid.at(i + 1, j) * u;
  const bottom = grid.at(i, j + 1) * (1 - u) + grid.at(i + 1, j + 1) * u;
  return top * (1 - v) + bottom * v;
}

/** How wide each profile is where its colour is a half, a quarter and three quarters of the way from paper to ink. */
function widthsOf(sides, middle, paper, far) {
  const axis = middle.map((v, k) => v - paper[k]);
  const norm = Math.max(axis.reduce((total, v) => total + v * v, 0), 1e-9);
  return sides.flatMap((pair) => {
    const shares = pair.map(({ colors }) =>
      colors.map((color) => color.reduce((total, v, k) => total + (v - paper[k]) * axis[k], 0) / norm),
    );
    const near = shares.flatMap((share) => share.filter((_, i) => i < far && OFFSETS[i] <= NEAR));
    const peak = Math.max(...near, 0.3);
    const widths = [0.5, 0.25, 0.75].map((level) =>
      shares.reduce((total, share) => total + crossing(share.map((v) => v / peak), level), 0),
    );
    return widths.every(Number.isFinite) && widths[0] > 0.1 ? [widths] : [];
  });
}

/** The offset at which one side of a profile falls below the level; NaN where it doesn't. */
function crossing(share, level) {
  const out = share.findIndex((v) => v < level);
  if (out < 0) return NaN;
  if (out === 0) return OFFSETS[0];
  const step = OFFSETS[out] - OFFSETS[out - 1];
  return OFFSETS[out] - (step * (level - share[out])) / Math.max(share[out - 1] - share[out], 1e-9);
}

/** The error function, to 1e-7 (Abramowitz and Stegun, 7.1.26). */
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - series * Math.exp(-x * x));
}

let table = null;

/** What a Gaussian of sigma 1 makes of lines of many widths: how wide they look, softness, peak's height. */
function blurredLines() {
  if (table) return table;
  const widths = Array.from({ length: 60 }, (_, i) => 1.7 * (12 / 1.7) ** (i / 59));
  const across = linspace(0, 12, 2401);
  const wide = Array.from(across, (x) => 2 * x);
  table = { widths, half: [], softness: [], peak: [] };
  for (const w of widths) {
    const profile = Array.from(across, (x) => erf((x + w / 2) / Math.SQRT2) - erf((x - w / 2) / Math.SQRT2));
    const rising = profile.map((v) => -v);
    const [half, quarter, three] = interp([-0.5, -0.25, -0.75].map((level) => level * profile[0]), rising, wide);
    table.half.push(half);
    table.softness.push(quarter / three);
    table.peak.push(profile[0] / 2);
  }
  return table;
}

/** The width of a line that the camera blurred, and which part of its contrast the blur has left it. */
function sharpened(half, quarter, three) {
  const lines = blurredLines();
  const falling = lines.softness.map((v) => -v);
  const [seen] = interp([-quarter / Math.max(three, 1e-9)], falling, lines.half);
  const sigma = Math.min(half / seen, BLUR);
  const widest = lines.half[lines.half.length - 1];
  const true_ = half < sigma * widest ? interp([half / sigma], lines.half, lines.widths)[0] : half / sigma;
  return { width: true_ * sigma, part: interp([true_], lines.widths, lines.peak)[0] };
}

/** The inks' colours: dark ink's as it were on white paper in white light, light ink's as on the brightest board. */
function withoutLight(looks) {
  const total = (color) => color.reduce((a, b) => a + b, 0);
  const shades = looks.map((look) => (look ? total(look.paper) : 0) + BLACK);
  const isLight = looks.map((look) => look !== null && total(look.ink) > total(look.paper));
  const boards = shades.filter((_, i) => isLight[i]);
  const brightest = boards.length ? percentiles(boards, [90])[0] : 1;
  return looks.map((look, i) => {
    if (!look) return [0, 0, 0];
    return look.ink.map((v, k) =>
      clip(isLight[i] ? (v * brightest) / shades[i] : (255 * v) / Math.max(look.paper[k], 1), 0, 255),
    );
  });
}

/** The colour of each stroke's pen: the median of the strokes that look alike, the longest setting the tone. */
function pens(strokes, looks) {
  const out = looks.map(() => null);
  const colors = withoutLight(looks);
  let waiting = [...looks.keys()].filter((i) => looks[i]);
  waiting.sort((a, b) => lengthOf(strokes[b]) - lengthOf(strokes[a]));
  while (waiting.length) {
    const tone = colors[waiting[0]];
    const alike = (i) => Math.hypot(...colors[i].map((v, k) => v - tone[k])) < ALIKE;
    const near = waiting.filter(alike);
    const pen = medianColor(near.map((i) => colors[i])).map((v) => rint(v).toString(16).padStart(2, "0"));
    for (const i of near) out[i] = `#${pen.join("")}`;
    waiting = waiting.filter((i) => !alike(i));
  }
  return out;
}
