/** Fit a word's ink map into the model's canvas, with the exact map between the two. The port of canvas.py. */

import { Frame } from "./geometry.js";
import { Grid, boxOf, clip, median } from "./grid.js";
import { binarize } from "./segmentation.js";
import { resize } from "./pillow.js";

const WIDTH_STEP = 32;
const MIN_WIDTH = 64;
const MAX_SCALE = 8;
const MAX_PEN = 0.15;
const FILL = 0.8;

/**
 * The box of the ink (or everything, where there is none) on the model's canvas.
 * @param {Grid<Float32Array>} ink
 * @param {number} height of the canvas
 * @param {number} maxWidth
 * @param {number} [fill] the most that the box may take of the height
 * @returns {{canvas: Grid<Float32Array>, frame: Frame}} the frame leads from the ink map to the canvas
 */
export function fit(ink, height, maxWidth, fill = FILL) {
  const box = boxOf(binarize(ink)) ?? [0, 0, ink.width, ink.height];
  const [x0, y0, x1, y1] = box;
  const margins = (1 - fill) * height;
  const scale = Math.min(
    (fill * height) / Math.max(y1 - y0, 1),
    (maxWidth - margins) / Math.max(x1 - x0, 1),
    (MAX_PEN * height) / Math.max(pen(ink, box), 1e-3),
    MAX_SCALE,
  );
  const needed = Math.ceil(((x1 - x0) * scale + margins) / WIDTH_STEP - 1e-6) * WIDTH_STEP;
  const width = clip(needed, MIN_WIDTH, maxWidth);
  const frame = new Frame(scale, (width - scale * (x0 + x1)) / 2, (height - scale * (y0 + y1)) / 2);
  return { canvas: resampled(ink, frame, width, height), frame };
}

/** A part of the map, with paper where that lies beyond it. */
function crop(ink, x0, y0, x1, y1) {
  const out = Grid.floats(x1 - x0, y1 - y0);
  const [left, right] = [Math.max(x0, 0), Math.min(x1, ink.width)];
  for (let y = Math.max(y0, 0); y < Math.min(y1, ink.height); y++) {
    const row = ink.data.subarray(y * ink.width + left, y * ink.width + Math.max(left, right));
    out.data.set(row, (y - y0) * out.width + left - x0);
  }
  return out;
}

/** Usual width of the lines in a box: twice their area over their outline, which is the map's total variation. */
function pen(ink, [x0, y0, x1, y1]) {
  const part = crop(ink, x0 - 1, y0 - 1, x1 + 1, y1 + 1);
  let [area, variation] = [0, 0];
  for (const value of part.data) area += value;
  for (let y = 0; y + 1 < part.height; y++) {
    for (let x = 0; x + 1 < part.width; x++) {
      const here = part.at(x, y);
      variation += Math.hypot(part.at(x + 1, y) - here, part.at(x, y + 1) - here);
    }
  }
  return (2 * area) / Math.max(variation, 1e-6);
}

/** The canvas that `frame` maps the ink map to. */
function resampled(ink, frame, width, height) {
  const { scale } = frame;
  const [left, top] = [-frame.dx / scale, -frame.dy / scale];
  const [right, bottom] = [left + width / scale, top + height / scale];
  const reach = Math.ceil(2 / Math.min(scale, 1)) + 1; // of the cubic
  const [x, y] = [Math.floor(left) - reach, Math.floor(top) - reach];
  const part = crop(ink, x, y, Math.ceil(right) + reach, Math.ceil(bottom) + reach);
  const canvas = resize(part, width, height, "bicubic", [left - x, top - y, right - x, bottom - y]);
  return new Grid(width, height, canvas.data.map((v) => clip(v, 0, 1)));
}

/** What the network sees: (canvas - median) / max(0.2, mean of the brightest 3 % - median), clipped to -0.5..1.5. */
export function standardise(canvas) {
  const paper = Math.fround(median(canvas.data));
  const centred = canvas.data.map((v) => v - paper);
  const sorted = centred.slice().sort();
  const brightest = sorted.subarray(sorted.length - Math.max(1, Math.floor(0.03 * sorted.length)));
  const ink = brightest.reduce((total, v) => total + v, 0) / brightest.length;
  return new Grid(canvas.width, canvas.height, centred.map((v) => clip(v / Math.max(ink, 0.2), -0.5, 1.5)));
}
