/** How likely a text is before anybody has looked at the picture: a back-off n-gram model. The port of language.py. */

import { arraysOf } from "./npz.js";

const START = "\x02";
export const END = "\x03";
const STEP = 1 / 16;
const UNKNOWN = -7;
const NEWLINE = 10;

export class LanguageModel {
  /** @param {Uint8Array} bytes of a model's language.npz */
  static async of(bytes) {
    const arrays = await arraysOf(bytes);
    return new LanguageModel(arrays.get("ngrams"), arrays.get("cost"), arrays.get("backoff"), arrays.get("order")[0]);
  }

  /**
   * The lines stay as they are until a text asks for those that begin like it: loading takes little time and memory.
   * @param {Uint8Array} lines n-grams in UTF-8, one per line, sorted
   * @param {Uint8Array} cost how many steps of 1/16 nat below 0 each one's probability is
   * @param {Uint8Array} backoff the same of its weight as a context
   * @param {number} order
   */
  constructor(lines, cost, backoff, order) {
    Object.assign(this, { lines, cost, backoff, order });
    this.starts = new Int32Array(cost.length + 1); // of each line, and where one after the last would begin
    let count = 1;
    for (let i = 0; i < lines.length; i++) {
      if (lines[i] === NEWLINE && count < cost.length) this.starts[count++] = i + 1;
    }
    this.starts[cost.length] = lines.length + 1;
    this.blocks = new Map();
  }

  /** Nats of `character` (or END) after the text `before`. */
  logp(before, character) {
    let context = (START + before).slice(1 - this.order);
    let spent = 0;
    for (;;) {
      const found = this.find(context + character);
      if (found !== undefined) return -STEP * (spent + this.cost[found]);
      if (!context) return UNKNOWN - STEP * spent;
      const known = this.find(context);
      spent += known === undefined ? 0 : this.backoff[known];
      context = context.slice(1);
    }
  }

  /** The n-gram's line; undefined where there is none. */
  find(ngram) {
    const start = ngram.slice(0, 2);
    let block = this.blocks.get(start);
    if (!block) this.blocks.set(start, (block = this.block(start)));
    return block.get(ngram);
  }

  /** The lines that begin with these two characters; of a single one, that line alone. */
  block(start) {
    const code = new TextEncoder().encode(start);
    const first = this.place(code);
    const last = this.place(Uint8Array.of(...code, start.length > 1 ? 0xff : 0));
    if (first === last) return new Map();
    const text = new TextDecoder().decode(this.lines.subarray(this.starts[first], this.starts[last] - 1));
    return new Map(text.split("\n").map((line, i) => [line, first + i]));
  }

  /** The number of lines before `code` in the order of their bytes. */
  place(code) {
    let [low, high] = [0, this.cost.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const line = this.lines.subarray(this.starts[middle], this.starts[middle + 1] - 1);
      if (isBefore(line, code)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Whether some bytes come before others in a dictionary. */
function isBefore(one, other) {
  const shared = Math.min(one.length, other.length);
  for (let i = 0; i < shared; i++) if (one[i] !== other[i]) return one[i] < other[i];
  return one.length < other.length;
}
