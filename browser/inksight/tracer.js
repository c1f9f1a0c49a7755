/**
 * One word: its ink map in, its ink out. Decode, smooth, snap, check; where the check fails, another mode. The port of
 * tracer.py, without the skeleton at its end: here, what fails twice stays as it is, with little confidence.
 */

import { measured } from "./appearance.js";
import { standardise } from "./canvas.js";
import { decode } from "./decoding.js";
import { coverage, penWidth, spurious } from "./raster.js";
import { simplify, smooth } from "./geometry.js";
import { boxOf } from "./grid.js";
import { binarize, segment } from "./segmentation.js";
import { snap } from "./snap.js";
import { wordConfidence } from "./confidence.js";
import { ROUNDS, fitted, consensus } from "./views.js";

const [ENOUGH_COVERED, TOO_SPURIOUS] = [0.88, 0.15];
const SMOOTHING = 1;
const CANVAS_REACH = 1.6;
/** The most confidence in ink that doesn't fit the picture. */
const LOST = 0.3;

/**
 * @typedef {object} Stroke
 * @property {import("./geometry.js").Point[]} points in pixels of the picture, in writing order
 * @property {number | null} width of the line, in pixels; null where it isn't known
 * @property {string | null} color as "#rrggbb"
 *
 * @typedef {object} InkWord
 * @property {Stroke[]} strokes
 * @property {string} text
 * @property {number} confidence 0..1
 * @property {number[]} box x0, y0, x1, y1
 * @property {string} origin the mode
 * @property {number} [seen] about how many words its picture seems to hold
 */

/**
 * A picture of one word -> its ink.
 * @param {import("./engine.js").Engine} engine
 * @param {import("./grid.js").Grid<Uint8Array>[]} channels red, green and blue of the picture
 * @param {{mode?: string, text?: string}} [asked]
 * @returns {Promise<InkWord>}
 */
export async function trace(engine, channels, asked = {}) {
  const { ink, words } = await segment(engine, channels);
  const word = await traceInk(engine, ink, asked);
  return { ...word, strokes: measured(word.strokes, channels, ink), seen: words };
}

/**
 * An ink map of one word -> its ink; the strokes as points alone.
 * @param {import("./engine.js").Engine} engine
 * @param {import("./grid.js").Grid<Float32Array>} ink
 * @param {{mode?: string, text?: string}} [asked]
 */
export async function traceInk(engine, ink, { mode = "recognize-and-derender", text } = {}) {
  const mask = binarize(ink);
  const box = boxOf(mask);
  if (!box) return { strokes: [], text: "", confidence: 0, box: [0, 0, ink.width, ink.height], origin: mode };
  if (mode === "recognize") {
    const { found } = await decoded(engine, ink, mode);
    return { strokes: [], text: found.text, confidence: found.textConfidence, box, origin: mode };
  }
  let result = await attempt(engine, ink, mask, mode, text);
  if (!isGood(result) && mode !== "derender") {
    const other = await attempt(engine, ink, mask, "derender");
    if (score(other) > score(result)) result = { ...other, text: result.text };
  }
  const confidence = isGood(result) ? result.confidence : Math.min(LOST, result.confidence);
  return { strokes: result.strokes, text: result.text, confidence, box, origin: result.origin };
}

function score({ covered, off }) {
  return covered - off;
}

function isGood({ covered, off }) {
  return covered >= ENOUGH_COVERED && off <= TOO_SPURIOUS;
}

/** Decode, ink in other views as well: the surest stays, with the text as first read. */
async function decoded(engine, ink, mode, text) {
  const predictions = [await seen(engine, ink, mode, text, {})];
  const { text: read, textConfidence } = predictions[0].found;
  const again = mode === "derender" ? mode : "derender-with-text";
  let choice = { which: 0, settled: mode === "recognize" };
  for (const views of ROUNDS) {
    if (choice.settled) break;
    for (const view of views) predictions.push(await seen(engine, ink, again, read, view));
    choice = consensusOf(predictions);
  }
  const { found, frame } = predictions[choice.which];
  return { found: { ...found, text: read, textConfidence }, frame };
}

/** Which of a word's predictions to keep. */
function consensusOf(predictions) {
  const strokes = predictions.map(({ found, frame }) => found.strokes.map((s) => frame.inverse().apply(s)));
  const sure = predictions.map(({ found }) => found.inkConfidence);
  const residual = predictions.map(({ found }) => found.residual);
  return consensus(strokes, sure, residual, 1 / predictions[0].frame.scale);
}

async function seen(engine, ink, mode, text, view) {
  const { canvas, frame } = fitted(ink, view, engine.height, engine.maxWidth);
  return { found: await decode(engine, standardise(canvas), mode, text), frame };
}

/** Decode, snap and check. */
async function attempt(engine, ink, mask, mode, text) {
  const { found, frame } = await decoded(engine, ink, mode, text);
  const strokes = onTheInk(ink, found.strokes, frame);
  const { covered, off } = checked(mask, strokes);
  const confidence = wordConfidence(found, covered, off, mode, engine.calibration);
  return { strokes, text: found.text, confidence, origin: mode, covered, off };
}

/**
 * Decoded strokes -> smooth strokes on the ridge of the ink, in the picture's pixels.
 * @param {import("./grid.js").Grid<Float32Array>} ink
 * @param {import("./geometry.js").Point[][]} strokes in canvas pixels
 * @param {import("./geometry.js").Frame} frame from the picture to the canvas
 */
export function onTheInk(ink, strokes, frame) {
  const [pixel, back] = [1 / frame.scale, frame.inverse()];
  const curves = strokes.map((s) => smooth(back.apply(s), SMOOTHING * pixel));
  return snap(ink, curves, CANVAS_REACH * pixel).map((s) => simplify(s, 0.2 * pixel));
}

/** Compare with the picture. */
function checked(mask, strokes) {
  const radius = Math.max(1, penWidth(mask));
  return { covered: coverage(mask, strokes, radius), off: spurious(mask, strokes, 0.5 * radius) };
}
