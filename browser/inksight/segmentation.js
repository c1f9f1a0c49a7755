/**
 * What in a picture is written or printed: seen by a network, small first, then at the size at which the writing is as
 * high as in its training; large letters are taken from the small picture. The port of segmentation.py.
 */

import { Grid, clip, rint } from "./grid.js";
import { resize } from "./pillow.js";

const INK = 0.5;
const COARSE = 4;
const STEP = 32;
const SMALL_SIDE = 1024;
const IDEAL = 36;
const LARGE = 110;
const MOST_PIXELS = 5_000_000;
const [TILE, OVERLAP] = [1600, 128];
const REACH = 3;
const [SURE, LEAST] = [0.5, 3]; // of words: how surely a cell belongs to one, and how many cells one has at least

/**
 * What the network says of a picture: `ink` and `print` of its size, and for every four pixels each way `word`, `line`
 * (0..1) and `height` of the writing. So far as it is told of some other picture's size, that is `asLarge`.
 * @typedef {Record<"ink" | "print" | "word" | "line" | "height", Grid<Float32Array>>} Seen
 *
 * @typedef {object} Network
 * @property {(pixels: Uint8Array, width: number, height: number) =>
 *   Promise<{maps: Float32Array, layout: Float32Array}>} segment of whole multiples of 32 pixels
 */

/**
 * The pixels of an ink map that are ink.
 * @param {Grid<Float32Array>} ink
 */
export function binarize(ink) {
  return ink.where((value) => value >= INK);
}

/**
 * What is written or printed in a picture, 0 = paper, 1 = ink, and about how many words it seems to hold.
 * @param {Network} network
 * @param {Grid<Uint8Array>[]} channels red, green and blue of the picture
 * @returns {Promise<{ink: Grid<Float32Array>, words: number}>}
 */
export async function segment(network, channels) {
  const { width, height } = channels[0];
  const smallScale = Math.min(1, SMALL_SIDE / Math.max(width, height));
  const first = await seen(network, scaled(channels, smallScale));
  const scale = scaleFor(usualHeight(first) / smallScale, width, height);
  const small = asLarge(first, smallScale, width, height);
  const told = (found) => ({ ink: marks(found), words: wordsIn(found.word) });
  if (Math.abs(Math.log(scale / smallScale)) < Math.log(1.25)) return told(small);
  const fine = asLarge(await seen(network, scaled(channels, scale)), scale, width, height);
  return told(joined(fine, small, LARGE / scale));
}

/**
 * The number of regions of cells that belong to words. The port of words in layout/words.py, as far as it counts.
 * @param {Grid<Float32Array>} map
 */
export function wordsIn({ width, data }) {
  const open = Uint8Array.from(data, (value) => (value > SURE ? 1 : 0));
  return open.reduce((count, _, start) => count + (open[start] && region(open, width, start) >= LEAST ? 1 : 0), 0);
}

/** How many open cells hang together with one, along rows and columns; they are closed. */
function region(open, width, start) {
  const waiting = [start];
  let size = 0;
  while (waiting.length) {
    const at = waiting.pop();
    if (!open[at]) continue;
    open[at] = 0;
    size += 1;
    if (at % width) waiting.push(at - 1);
    if ((at + 1) % width) waiting.push(at + 1);
    waiting.push(at - width, at + width);
  }
  return size;
}

/** The ink, print or not. */
function marks({ ink, print }) {
  return new Grid(ink.width, ink.height, ink.data.map((value, i) => Math.max(value, print.data[i])));
}

/** @returns {Promise<Seen>} the network's word on a picture at just this size, tile by tile */
async function seen(network, channels) {
  const { width, height } = channels[0];
  const [across, down] = [Math.ceil(width / COARSE), Math.ceil(height / COARSE)];
  const found = { ink: Grid.floats(width, height), print: Grid.floats(width, height) };
  for (const name of ["word", "line", "height"]) found[name] = Grid.floats(across, down);
  for (const rows of spans(whole(height))) {
    for (const columns of spans(whole(width))) {
      const [w, h] = [columns.stop - columns.start, rows.stop - rows.start];
      const { maps, layout } = await network.segment(pixelsOf(channels, columns, rows), w, h);
      const map = (values, k) => new Grid(w, h, values.subarray(k * w * h, (k + 1) * w * h));
      place(map(maps, 0), found.ink, columns, rows, 1);
      place(map(maps, 2), found.print, columns, rows, 1);
      const cells = (w * h) / COARSE ** 2;
      ["word", "line", "height"].forEach((name, k) => {
        const part = new Grid(w / COARSE, h / COARSE, layout.subarray(k * cells, (k + 1) * cells));
        place(part, found[name], columns, rows, COARSE);
      });
    }
  }
  return found;
}

function whole(length) {
  return Math.ceil(length / STEP) * STEP;
}

/** Tiles along an axis: each sees start..stop and keeps its middle, from..to. */
function spans(length) {
  const count = Math.max(1, Math.ceil((length - 2 * OVERLAP) / (TILE - 2 * OVERLAP)));
  const edge = (i) => rint((length * i) / count / STEP) * STEP;
  return Array.from({ length: count }, (_, i) => {
    const [from, to] = [edge(i), edge(i + 1)];
    return { from, to, start: Math.max(from - OVERLAP, 0), stop: Math.min(to + OVERLAP, length) };
  });
}

/** A tile's pixels, red, green and blue side by side, with the picture's border repeated beyond it. */
function pixelsOf(channels, columns, rows) {
  const { width, height } = channels[0];
  const out = new Uint8Array(3 * (columns.stop - columns.start) * (rows.stop - rows.start));
  let at = 0;
  for (let y = rows.start; y < rows.stop; y++) {
    const row = Math.min(y, height - 1) * width;
    for (let x = columns.start; x < columns.stop; x++) {
      for (const { data } of channels) out[at++] = data[row + Math.min(x, width - 1)];
    }
  }
  return out;
}

/** What a tile keeps put into the whole, both with a value for each `cell` pixels. */
function place(tile, target, columns, rows, cell) {
  const left = columns.from / cell;
  const right = Math.min(columns.to / cell, target.width);
  for (let y = rows.from / cell; y < Math.min(rows.to / cell, target.height); y++) {
    const at = (y - rows.start / cell) * tile.width - columns.start / cell;
    target.data.set(tile.data.subarray(at + left, at + right), y * target.width + left);
  }
}

function scaled(channels, scale) {
  if (scale === 1) return channels;
  const [width, height] = [channels[0].width, channels[0].height].map((n) => Math.max(1, rint(n * scale)));
  return channels.map((channel) => resize(channel, width, height, scale > 1 ? "bicubic" : "box"));
}

/** The median height of the writing, in pixels of the picture that the network saw; IDEAL where there is none. */
function usualHeight({ word, height }) {
  const heights = [...height.data].filter((_, i) => word.data[i] > 0.5).map((value) => 2 ** (value + 5));
  if (!heights.length) return IDEAL;
  heights.sort((a, b) => a - b);
  const half = heights.reduce((total, value) => total + value ** -2, 0) / 2;
  let along = 0;
  return heights.find((value) => (along += value ** -2) >= half) ?? heights.at(-1);
}

/** How large to look at a picture whose writing is `tall` pixels high. */
function scaleFor(tall, width, height) {
  const wanted = clip(IDEAL / tall, 0.35, 3);
  return Math.min(wanted > 0.7 && wanted < 1.4 ? 1 : wanted, Math.sqrt(MOST_PIXELS / (width * height)));
}

/** @returns {Seen} what was seen at a scale, in the pixels of the picture of that width and height */
function asLarge(found, scale, width, height) {
  const [across, down] = [Math.ceil(width / COARSE), Math.ceil(height / COARSE)];
  const coarse = (grid) => resize(grid, across, down, "bilinear");
  const tall = coarse(found.height);
  return {
    ink: resize(found.ink, width, height, "bilinear"),
    print: resize(found.print, width, height, "bilinear"),
    word: coarse(found.word),
    line: coarse(found.line),
    height: new Grid(across, down, tall.data.map((value) => 2 ** (value + 5) / scale)),
  };
}

/** The fine picture's word, but the small one's where that sees writing higher than `large` pixels. */
function joined(fine, small, large) {
  const { width, height } = fine.ink;
  const chosen = small.height.data.map((tall, i) => (tall > large && small.line.data[i] > 0.5 ? 1 : 0));
  if (!chosen.includes(1)) return fine;
  const cells = grown(new Grid(small.line.width, small.line.height, chosen));
  const there = resize(cells, width, height, "bilinear").data;
  const either = (name) => {
    const data = fine[name].data.map((value, i) => (there[i] > 0.5 ? small[name].data[i] : value));
    return new Grid(width, height, data);
  };
  return { ...fine, ink: either("ink"), print: either("print") };
}

/** 1 within REACH cells of one, along rows and columns. */
function grown(cells) {
  return widened(widened(cells).transposed()).transposed();
}

function widened({ width, height, data }) {
  const out = Grid.floats(width, height);
  for (let i = 0; i < data.length; i++) {
    const row = i - (i % width);
    if (data[i]) out.data.fill(1, Math.max(i - REACH, row), Math.min(i + REACH, row + width - 1) + 1);
  }
  return out;
}
