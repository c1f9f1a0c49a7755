/** Other views of a word, and which of several inks is the surest. The port of views.py. */

import { fit } from "./canvas.js";
import { Frame, distanceOf, resample } from "./geometry.js";
import { Grid } from "./grid.js";

const STEP = 3;
const [NEAR, LIFT_NEAR] = [3, 5];
const SAME_WAY = 0.5;
const LATER = 0.08;
const [SURENESS, WAY, LIFTS, LEFT] = [1.5, 2.5, 3, 15];
const BORNE_OUT = 4.8;

/** @typedef {{slant?: number, fill?: number}} View pixels to the right for each pixel upwards; share of the height */

/** @type {View[][]} */
export const ROUNDS = [[{ slant: -0.15 }], [{ fill: 0.72 }, { fill: 0.88 }, { slant: 0.15 }]];

/**
 * The ink on the canvas as the view lays it.
 * @param {Grid<Float32Array>} ink
 * @param {View} view
 * @param {number} height of the canvas
 * @param {number} maxWidth
 */
export function fitted(ink, { slant = 0, fill }, height, maxWidth) {
  if (!slant) return fit(ink, height, maxWidth, fill);
  const leaning = slanted(ink, slant);
  const { canvas, frame } = fit(leaning.ink, height, maxWidth, fill);
  const { scale, dx, dy } = frame;
  return { canvas, frame: new Frame(scale, scale * leaning.frame.dx + dx, dy, scale * leaning.frame.lean) };
}

/** The ink map sheared about its middle, wide enough for all of it, and the frame from the one to the other. */
export function slanted(ink, slant) {
  const { width, height } = ink;
  const beyond = Math.ceil((Math.abs(slant) * height) / 2) + 1;
  const out = Grid.floats(width + 2 * beyond, height);
  for (let y = 0; y < height; y++) {
    const shift = beyond + slant * (height / 2 - y - 0.5);
    const whole = Math.floor(shift);
    const part = Math.fround(shift - whole);
    const value = (x) => (x >= 0 && x < width ? ink.at(x, y) : 0);
    for (let x = 0; x < out.width; x++) {
      out.data[y * out.width + x] = value(x - whole) * (1 - part) + value(x - whole - 1) * part;
    }
  }
  return { ink: out, frame: new Frame(1, beyond + (slant * height) / 2, 0, -slant) };
}

/**
 * Which of several inks of one word to keep, and whether the others bear it out so well that no more are needed.
 * @param {import("./geometry.js").Point[][][]} inks strokes each, all in one frame
 * @param {number[]} sure the decoder's mean probabilities
 * @param {number[]} left shares of the picture's ink that they don't cover
 * @param {number} pixel a canvas pixel in the frame's unit
 * @returns {{which: number, settled: boolean}}
 */
export function consensus(inks, sure, left, pixel) {
  const courses = inks.map((strokes) => courseOf(strokes, pixel));
  const borneOut = courses.map((a) => {
    const others = courses.filter((b) => b !== a);
    const by = (b) => WAY * sameWay(a, b, pixel) + LIFTS * sameLifts(a, b, pixel);
    return others.reduce((sum, b) => sum + by(b), 0) / others.length;
  });
  const score = borneOut.map((v, i) => SURENESS * Math.log(Math.max(sure[i], 1e-3)) - LEFT * left[i] + v);
  const which = score.indexOf(Math.max(...score));
  return { which, settled: borneOut[which] >= BORNE_OUT };
}

/** An ink as the way of a pen: points, directions (0, 0 for a dot), and where strokes end. */
function courseOf(strokes, pixel) {
  const curves = strokes.map((s) => resample(s, STEP * pixel));
  return { at: curves.flat(), heading: curves.flatMap(headings), ends: curves.map((c) => c[c.length - 1]) };
}

function headings(curve) {
  return curve.map((_, i) => {
    const [a, b] = [curve[Math.max(i - 1, 0)], curve[Math.min(i + 1, curve.length - 1)]];
    const length = Math.max(distanceOf(a, b), 1e-9);
    return [(b[0] - a[0]) / length, (b[1] - a[1]) / length];
  });
}

/** The share of both ways whose points the other passes as well, in the same direction, at the same time. */
function sameWay(a, b, pixel) {
  if (!a.at.length || !b.at.length) return 0;
  const late = LATER * Math.max(a.at.length, b.at.length) + 2;
  const isDot = ([x, y]) => x === 0 && y === 0;
  const agree = (i, j) => {
    if (Math.abs(i - j) >= late || distanceOf(a.at[i], b.at[j]) >= NEAR * pixel) return false;
    const [u, v] = [a.heading[i], b.heading[j]];
    return isDot(u) || isDot(v) || u[0] * v[0] + u[1] * v[1] > SAME_WAY;
  };
  return mutual(a.at.length, b.at.length, agree, (p, q) => (p / a.at.length + q / b.at.length) / 2);
}

/** The share of both inks' ends of strokes that lie where the other has one. */
function sameLifts(a, b, pixel) {
  const [n, m] = [a.ends.length, b.ends.length];
  if (!n || !m) return 0;
  const agree = (i, j) => distanceOf(a.ends[i], b.ends[j]) < LIFT_NEAR * pixel;
  return mutual(n, m, agree, (p, q) => (p + q) / (n + m));
}

/** How many of n things agree with any of m others, and how many of these with any of those, as a share. */
function mutual(n, m, agree, share) {
  const [first, second] = [new Uint8Array(n), new Uint8Array(m)];
  for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) if (agree(i, j)) first[i] = second[j] = 1;
  const total = (marks) => marks.reduce((sum, v) => sum + v, 0);
  return share(total(first), total(second));
}
