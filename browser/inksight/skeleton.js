/** The classical ordered centreline tracer, for what the model's strokes don't explain. The port of skeleton.py. */

import { penWidth } from "./raster.js";
import { distanceOf, lengthOf, resample, smooth } from "./geometry.js";
import { Grid, argmax, boxOf } from "./grid.js";
import { binarize } from "./segmentation.js";
import { RING, build, contract, prune } from "./linegraph.js";
import * as penpath from "./penpath.js";
import { snap } from "./snap.js";

const [SPUR, TEAR] = [1, 1.8];
const MAX_TURN = 70;
const RETRACE = 0.6;
const MOST_LINES = 2000;

/** For each of the 256 neighbourhoods (bit k: RING[k] is ink) whether the pixel goes in this subiteration. */
function removable(second) {
  return Array.from({ length: 256 }, (_, bits) => {
    const [n, ne, e, se, s, sw, w, nw] = RING.map((_, k) => ((bits >> k) & 1) === 1);
    const arms = +(!n && (ne || e)) + +(!e && (se || s)) + +(!s && (sw || w)) + +(!w && (nw || n));
    const ahead = +(nw || n) + +(ne || e) + +(se || s) + +(sw || w);
    const behind = +(n || ne) + +(e || se) + +(s || sw) + +(w || nw);
    const few = Math.min(ahead, behind);
    const side = second ? (s || sw || !nw) && w : (n || ne || !se) && e;
    return arms === 1 && few >= 2 && few <= 3 && !side;
  });
}

const TABLES = [removable(false), removable(true)];

/** The skeleton of the mask: lines one pixel wide (Guo and Hall 1989, algorithm A1). */
export function thin(mask) {
  const wide = mask.width + 2;
  const flat = new Uint8Array(wide * (mask.height + 2));
  for (let y = 0; y < mask.height; y++) {
    flat.set(mask.data.subarray(y * mask.width, (y + 1) * mask.width), (y + 1) * wide + 1);
  }
  const offsets = RING.map(([dy, dx]) => dy * wide + dx);
  let live = [...flat.keys()].filter((i) => flat[i]);
  for (let changed = true; changed; ) {
    changed = false;
    for (const table of TABLES) {
      const gone = live.map((i) => table[offsets.reduce((bits, by, k) => bits | (flat[i + by] << k), 0)]);
      live.forEach((i, k) => {
        if (gone[k]) flat[i] = 0;
      });
      changed ||= gone.some(Boolean);
      live = live.filter((_, k) => !gone[k]);
    }
  }
  const out = Grid.bytes(mask.width, mask.height);
  for (const i of live) out.data[(Math.floor(i / wide) - 1) * mask.width + (i % wide) - 1] = 1;
  return out;
}

/**
 * The centrelines of an ink map as strokes in a natural writing order, in pixels of the map.
 * @param {Grid<Float32Array>} ink
 * @returns {import("./geometry.js").Point[][]}
 */
export function trace(ink) {
  const mask = binarize(ink);
  const box = boxOf(mask);
  if (!box) return [];
  const [pen, height] = [penWidth(mask), box[3] - box[1]];
  let graph = contract(build(thin(mask)), 1.5); // touching junction pixels are one junction
  graph = prune(graph, SPUR * pen).longest(MOST_LINES);
  graph = contract(graph, TEAR * pen);
  const heads = penpath.headings(graph, pen);
  const runs = penpath.straightRuns(graph, heads, (MAX_TURN * Math.PI) / 180);
  const leanings = runs.map((run) => leaning(penpath.pointsOf(graph, run), height));
  const chains = penpath.bridged(graph, runs, RETRACE * height, leanings);
  const curves = chains
    .map((chain) => forward(curveOf(graph, chain, pen), height, pen))
    .filter((curve) => !isSpeck(mask, curve, pen));
  return snap(ink, naturalOrder(curves, height).map((i) => curves[i]), Math.max(1, pen / 4));
}

/** The chain's points without the stairs of the pixels; where the pen turns back, the corner stays sharp. */
function curveOf(graph, chain, pen) {
  const points = chain.flatMap((run) => smooth(penpath.pointsOf(graph, run), pen / 2, Math.max(1, pen / 3)));
  return points.filter((p, i) => i === 0 || distanceOf(p, points[i - 1]) > 0);
}

/** By how many pixels the curve looks drawn in its direction: rightwards, downwards, counter-clockwise are natural. */
function leaning(curve, height) {
  const even = resample(curve, 0.1 * height);
  const angles = even.slice(1).map((p, i) => Math.atan2(p[1] - even[i][1], p[0] - even[i][0]));
  const around = 2 * Math.PI;
  const turns = angles.slice(1).map((a, i) => {
    const by = a - angles[i] + Math.PI;
    return by - around * Math.floor(by / around) - Math.PI;
  });
  const clockwise = turns.reduce((a, b) => a + b, 0) / around;
  const end = curve[curve.length - 1];
  return end[0] - curve[0][0] + 1.2 * (end[1] - curve[0][1]) - 0.2 * height * clockwise;
}

/** The curve in the direction in which a person would draw it; a closed one starts at its top right. */
function forward(points, height, pen) {
  let curve = points;
  const last = curve.length - 1;
  if (curve.length > 3 && distanceOf(curve[last], curve[0]) < 0.01 * height) {
    const start = argmax(curve.slice(0, -1).map(([x, y]) => x - 2 * y));
    curve = [...curve.slice(start, -1), ...curve.slice(0, start + 1)];
  }
  return opened(leaning(curve, height) >= 0 ? curve : [...curve].reverse(), pen);
}

/** The curve with a loop at its start, the bowl of an a or d, walked counter-clockwise. */
function opened(curve, pen) {
  const far = curve.map((p) => distanceOf(p, curve[0]));
  const away = Math.max(far.findIndex((d) => d > 2 * pen), 0);
  const back = far.findIndex((d, i) => i >= away && d < pen);
  if (!away || back < 0) return curve;
  let end = back;
  while (end + 1 < curve.length && far[end + 1] < far[end]) end++;
  const loop = curve.slice(0, end + 1);
  const area = loop.reduce((total, [x, y], i) => {
    const [nx, ny] = loop[(i + 1) % loop.length];
    return total + x * ny - y * nx;
  }, 0);
  return area > 0 ? [...loop.reverse(), ...curve.slice(end)] : curve; // clockwise, as y points down
}

/** Whether the ink around a short curve is less than a quarter of a pen width squared. */
function isSpeck(mask, curve, pen) {
  const { low, high } = boundsOf(curve);
  const [x0, y0] = low.map((v) => Math.floor(v - pen / 2));
  const [x1, y1] = high.map((v) => Math.ceil(v + pen / 2));
  if (Math.max(x1 - x0, y1 - y0) > 3 * pen + 2) return false;
  let total = 0;
  for (let y = Math.max(y0, 0); y < Math.min(y1, mask.height); y++) {
    for (let x = Math.max(x0, 0); x < Math.min(x1, mask.width); x++) total += mask.at(x, y);
  }
  return total < (pen * pen) / 4;
}

function boundsOf(curve) {
  const [low, high] = [[Infinity, Infinity], [-Infinity, -Infinity]];
  for (const p of curve) {
    for (const k of [0, 1]) {
      low[k] = Math.min(low[k], p[k]);
      high[k] = Math.max(high[k], p[k]);
    }
  }
  return { low, high };
}

/** Left to right by the left edge, but each dot, accent and bar directly after the stroke it lies over or under. */
function naturalOrder(curves, height) {
  const all = curves.map((curve) => {
    const { low, high } = boundsOf(curve);
    const middle = [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2];
    return { low, high, middle, wide: high[0] - low[0], tall: high[1] - low[1], length: lengthOf(curve), rank: low[0] };
  });
  const usual = all.reduce((total, c) => total + c.middle[1], 0) / all.length;
  for (const c of all) {
    const bar = c.tall < 0.2 * height && c.tall < c.wide && c.wide < height && c.middle[1] < usual;
    c.mark = c.length < 0.3 * height || bar;
  }
  const bodies = all.filter((c) => !c.mark);
  for (const c of bodies.length ? all.filter((one) => one.mark) : []) {
    const host = bodies.reduce((best, body) => (apart(c, body) < apart(c, best) ? body : best));
    if (c.low[0] <= host.high[0] && c.high[0] >= host.low[0]) c.rank = host.low[0];
    else c.mark = false; // it stands alone: a comma, a hyphen
  }
  const order = [...all.keys()];
  return order.sort((i, j) => {
    const [a, b] = [all[i], all[j]];
    return a.rank - b.rank || +a.mark - +b.mark || a.low[0] - b.low[0];
  });
}

/** How far a mark is from a body: mainly across, hardly up and down. */
function apart(mark, body) {
  const beyond = [0, 1].map((k) => Math.max(body.low[k] - mark.middle[k], mark.middle[k] - body.high[k], 0));
  return beyond[0] + 0.3 * beyond[1] + 0.1 * Math.abs(body.middle[0] - mark.middle[0]);
}
