/** How far to trust a word: logistic functions of what decoding and the check said. The port of confidence.py. */

import { READING } from "./tokens.js";

const SUREST = 0.99;

/**
 * @param {import("./decoding.js").Decoded} found
 * @param {number} covered share of the ink that the strokes cover
 * @param {number} off share of the strokes off the ink
 * @param {string} mode
 * @param {{ink: number[], text: number[]}} calibration the weights of nothing and of the features, from config.json
 * @returns {number} 0..1
 */
export function wordConfidence(found, covered, off, mode, calibration) {
  const features = [found.inkConfidence, found.restarts > 0 ? 1 : 0, found.looped ? 1 : 0];
  const ink = Math.max(0, covered - off) * logistic(calibration.ink, features);
  const share = Math.min(Math.max(found.textConfidence, 1 - SUREST), SUREST);
  const text = READING.includes(mode) ? logistic(calibration.text, [Math.log(share / (1 - share))]) : found.textConfidence;
  return Math.sqrt(ink * text);
}

function logistic(weights, features) {
  const total = features.reduce((sum, value, i) => sum + weights[i + 1] * value, weights[0]);
  return 1 / (1 + Math.exp(-total));
}
