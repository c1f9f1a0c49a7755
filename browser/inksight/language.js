/** How likely a text is before anybody has looked at the picture: a back-off n-gram model. The port of language.py. */

import { arraysOf } from "./npz.js";

const START = "\x02";
export const END = "\x03";
const STEP = 1 / 16;
const UNKNOWN = -7;

export class LanguageModel {
  /** @param {Uint8Array} bytes of a model's language.npz */
  static async of(bytes) {
    const arrays = await arraysOf(bytes);
    const ngrams = new TextDecoder().decode(arrays.get("ngrams")).split("\n");
    return new LanguageModel(ngrams, arrays.get("cost"), arrays.get("backoff"), arrays.get("order")[0]);
  }

  /**
   * @param {string[]} ngrams
   * @param {Uint8Array} cost how many steps of 1/16 nat below 0 each one's probability is
   * @param {Uint8Array} backoff the same of its weight as a context
   * @param {number} order
   */
  constructor(ngrams, cost, backoff, order) {
    this.index = new Map(ngrams.map((text, i) => [text, i]));
    this.cost = cost;
    this.backoff = backoff;
    this.order = order;
  }

  /** Nats of `character` (or END) after the text `before`. */
  logp(before, character) {
    let context = (START + before).slice(1 - this.order);
    let spent = 0;
    for (;;) {
      const found = this.index.get(context + character);
      if (found !== undefined) return -STEP * (spent + this.cost[found]);
      if (!context) return UNKNOWN - STEP * spent;
      const known = this.index.get(context);
      spent += known === undefined ? 0 : this.backoff[known];
      context = context.slice(1);
    }
  }
}
