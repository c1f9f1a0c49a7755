/** Pictures as the browser decodes them, made what the tracer takes: three channels, not too large. After pictures.py. */

import { Grid, median, rint } from "./grid.js";

/** Pictures with more pixels than this are refused. */
export const MAX_MEGAPIXELS = 64;

/** Larger pictures are worked on at a half, a third, ... of their size: a word is looked at 64 pixels high. */
export const MANY_MEGAPIXELS = 4;

/** Pictures narrower or lower than this many pixels hold no handwriting. */
export const MIN_SIDE = 4;

/**
 * Red, green and blue, over white; over black where light ink lies on transparency, which white would swallow.
 * @param {{width: number, height: number, data: Uint8ClampedArray}} rgba
 * @returns {Grid<Uint8Array>[]}
 */
export function channelsOf({ width, height, data }) {
  const channels = [0, 1, 2].map(() => Grid.bytes(width, height));
  const paper = paperUnder(data);
  for (let i = 0; i < width * height; i++) {
    const alpha = data[4 * i + 3];
    for (let k = 0; k < 3; k++) {
      channels[k].data[i] = rint((data[4 * i + k] * alpha + paper * (255 - alpha)) / 255);
    }
  }
  return channels;
}

function paperUnder(data) {
  const greys = [];
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] > 127) greys.push(0.299 * data[i] + 0.587 * data[i + 1] + 0.114 * data[i + 2]);
  }
  const isSparse = greys.length > 0 && greys.length < data.length / 8;
  return isSparse && median(greys) > 153 ? 0 : 255;
}

/** By what a picture of this size is divided before it is worked on. */
export function factorFor(width, height) {
  return Math.ceil(Math.sqrt((width * height) / (MANY_MEGAPIXELS * 1e6)));
}

/**
 * A channel with each `factor` x `factor` pixels averaged to one, fewer at the right and lower border.
 * @param {Grid<Uint8Array>} channel
 * @param {number} factor
 */
export function reduced(channel, factor) {
  if (factor <= 1) return channel;
  const [width, height] = [Math.ceil(channel.width / factor), Math.ceil(channel.height / factor)];
  const out = Grid.bytes(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [right, bottom] = [Math.min((x + 1) * factor, channel.width), Math.min((y + 1) * factor, channel.height)];
      let [total, count] = [0, 0];
      for (let j = y * factor; j < bottom; j++) {
        for (let i = x * factor; i < right; i++, count++) total += channel.data[j * channel.width + i];
      }
      out.data[y * width + x] = Math.round(total / count);
    }
  }
  return out;
}
