/** A decoded word's strokes, mended: restarted ones joined or moved to their place, crumbs dropped. The port of tidy.py. */

import { distanceOf, lengthOf, resample } from "./geometry.js";

const REPEAT = 2.5;
const [CRUMB_LENGTH, CRUMB_DISTANCE] = [7.5, 5.5];
const NEAR = 6;
const TAIL = 6;

/**
 * @param {import("./geometry.js").Point[][]} strokes in canvas pixels as decoded
 * @param {number[]} restarted the number of each stroke that was begun at residual ink; what follows belongs to its group
 * @returns {import("./geometry.js").Point[][]} in the order in which they were written
 */
export function tidy(strokes, restarted) {
  const parts = strokes.map((points, i) => ({ points, group: restarted.filter((n) => n <= i).length }));
  return withoutRepeats(inPlace(joined(withoutCrumbs(parts))));
}

function withoutCrumbs(parts) {
  let kept = parts;
  for (const part of parts) {
    const others = kept.filter((p) => p !== part);
    if (part.group && others.length && lengthOf(part.points) <= CRUMB_LENGTH) {
      const beside = others.flatMap((p) => resample(p.points, 1));
      if (farthest(part.points, beside) <= CRUMB_DISTANCE) kept = others;
    }
  }
  return kept;
}

/** How far the point of `points` that is farthest from all of `others` lies from them. */
function farthest(points, others) {
  return Math.max(...points.map((p) => others.reduce((least, q) => Math.min(least, distanceOf(p, q)), Infinity)));
}

/** Restarted strokes that continue another, or that another continues, become one with it. */
function joined(parts) {
  let done = parts;
  for (const part of parts.filter((p) => p.group)) {
    const others = done.filter((p) => p !== part);
    const ways = [
      ...others.map((other) => ({ gap: gap(other.points, part.points), other, before: false })),
      ...others.map((other) => ({ gap: gap(part.points, other.points), other, before: true })),
    ];
    const best = ways.reduce((least, way) => (way.gap < least.gap ? way : least), { gap: Infinity });
    if (best.gap <= NEAR) {
      const { other, before } = best;
      other.points = before ? [...part.points, ...other.points] : [...other.points, ...part.points];
      done = others;
    }
  }
  return done;
}

/** How far the second stroke starts from the first one's end; infinite where the pen would have to turn back. */
function gap(first, second) {
  const leaving = direction(first);
  const going = direction([...second].reverse());
  const ahead = -(leaving[0] * going[0] + leaving[1] * going[1]) >= 0;
  return ahead ? distanceOf(first[first.length - 1], second[0]) : Infinity;
}

/** Where the pen is heading at the end: a unit vector; 0 for a dot. */
function direction(points) {
  const end = points[points.length - 1];
  const apart = points.map((p) => distanceOf(end, p));
  const enough = Math.min(TAIL, Math.max(...apart));
  const far = apart.findLastIndex((d) => d >= enough);
  const way = [end[0] - points[far][0], end[1] - points[far][1]];
  const norm = Math.max(Math.hypot(...way), 1e-9);
  return [way[0] / norm, way[1] / norm];
}

/** The strokes with each restarted group moved behind the last stroke that begins left of its middle. */
function inPlace(parts) {
  const order = parts.filter((p) => !p.group);
  const leftOf = (p) => p.points.reduce((least, q) => Math.min(least, q[0]), Infinity);
  const rightOf = (p) => p.points.reduce((most, q) => Math.max(most, q[0]), -Infinity);
  const numbers = [...new Set(parts.map((p) => p.group))].filter((n) => n).sort((a, b) => a - b);
  for (const number of numbers) {
    const group = parts.filter((p) => p.group === number);
    const middle = (Math.min(...group.map(leftOf)) + Math.max(...group.map(rightOf))) / 2;
    const place = order.findLastIndex((p) => leftOf(p) <= middle) + 1;
    order.splice(place, 0, ...group);
  }
  return order.map((p) => p.points);
}

/** The strokes less those that run beside an earlier one from end to end. */
function withoutRepeats(strokes) {
  const kept = [];
  for (const stroke of strokes) {
    const curve = resample(stroke, 3);
    if (!kept.some((other) => repeats(curve, resample(other, 3)))) kept.push(stroke);
  }
  return kept;
}

function repeats(curve, other) {
  const share = curve.length / other.length;
  if (share < 0.5 || share > 1.5) return false;
  return Math.max(farthest(curve, other), farthest(other, curve)) <= REPEAT;
}
