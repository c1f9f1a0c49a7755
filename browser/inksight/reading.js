/**
 * What a word says: the likeliest text under the CTC head, the language model and the decoder together. The port of
 * reading.py.
 */

import { argmax } from "./grid.js";
import { END as END_OF_TEXT } from "./language.js";
import { FIRST_CHARACTER, PAD } from "./tokens.js";

const BEAMS = 10;
const CHOICES = 7;
const SURELY = -0.003;
const [FINALISTS, MARGIN] = [6, 6];
export const MAX_LETTERS = 40;

/**
 * The text of the one picture in `memory`.
 * @param {import("./engine.js").Engine} engine
 * @param {import("./engine.js").Memory} memory
 * @param {number} prompt the id before the text in the decoder
 * @param {number} last the id after it
 * @returns {Promise<{letters: number[], confidence: number}>} the text as ids, its share among those considered
 */
export async function read(engine, memory, prompt, last) {
  const texts = candidates(memory.columns(), engine.vocabulary, engine.language, engine.calibration);
  const names = [...texts.keys()];
  const spelled = names.map((t) => engine.vocabulary.encode(t));
  const heard = names.length > 1 ? await decoderSays(engine, memory, spelled, prompt, last) : [0];
  const total = names.map((t, i) => texts.get(t) + engine.calibration.decoder * heard[i]);
  const best = argmax(total);
  const shares = total.map((v) => Math.exp(v - total[best]));
  return { letters: spelled[best], confidence: shares[best] / shares.reduce((a, b) => a + b, 0) };
}

/**
 * The likeliest texts, best first, and their nats under CTC and the language model.
 * @param {Float32Array[]} columns log-probabilities of each column; id PAD is the blank
 * @param {import("./tokens.js").Vocabulary} vocabulary
 * @param {import("./language.js").LanguageModel | null} language
 * @param {{language: number, letter: number}} weights of the language model's nats, and for each letter
 * @returns {Map<string, number>}
 */
export function candidates(columns, vocabulary, language, weights) {
  const search = new Search(vocabulary, language, weights);
  for (const column of columns) search.step(column);
  return search.finalists();
}

/** Prefixes with the log-probability of all paths that give them: ending in a blank, and in their last letter. */
class Search {
  constructor(vocabulary, language, weights) {
    this.weights = weights;
    this.characters = vocabulary.characters;
    this.language = language;
    this.beams = new Map([["", [0, -Infinity]]]);
    this.priors = new Map([["", 0]]);
  }

  /** Take in the next column. */
  step(column) {
    const blank = column[PAD];
    if (blank > SURELY) {
      for (const [text, logs] of this.beams) this.beams.set(text, [either(...logs) + blank, -Infinity]);
      return;
    }
    const letters = likeliest(column, CHOICES).filter((i) => i >= FIRST_CHARACTER);
    const after = new Map();
    for (const [prefix, [byBlank, byLetter]] of this.beams) {
      const all = either(byBlank, byLetter);
      join(after, prefix, 0, all + blank);
      for (const id of letters) {
        const [letter, p] = [this.characters[id - FIRST_CHARACTER], column[id]];
        if (prefix.endsWith(letter)) {
          join(after, prefix, 1, byLetter + p); // the same letter goes on, or a blank stood between
          join(after, prefix + letter, 1, byBlank + p);
        } else if (prefix.length < MAX_LETTERS) {
          join(after, prefix + letter, 1, all + p);
        }
      }
    }
    this.beams = new Map(best(after, (text, logs) => either(...logs) + this.prior(text), BEAMS));
  }

  prior(text) {
    let known = this.priors.get(text);
    if (known === undefined) {
      const before = text.slice(0, -1);
      known = this.prior(before) + this.next(before, text.slice(-1));
      this.priors.set(text, known);
    }
    return known;
  }

  next(before, character) {
    if (!this.language) return 0;
    return this.weights.language * this.language.logp(before, character) + this.weights.letter;
  }

  /** The best texts now, best first. */
  finalists() {
    const total = new Map();
    for (const [text, logs] of this.beams) {
      total.set(text, either(...logs) + this.prior(text) + this.next(text, END_OF_TEXT));
    }
    const first = best(total, (_, value) => value, FINALISTS);
    return new Map(first.filter(([, value]) => value > first[0][1] - MARGIN));
  }
}

/** The places of the largest values, the largest first. */
function likeliest(values, count) {
  const places = [];
  for (let i = 0; i < values.length; i++) {
    let at = places.length;
    while (at > 0 && values[places[at - 1]] < values[i]) at--;
    if (at < count) {
      places.splice(at, 0, i);
      if (places.length > count) places.pop();
    }
  }
  return places;
}

/** The entries of a map with the highest scores, best first. */
function best(entries, score, count) {
  const scored = [...entries].map((entry) => [score(...entry), entry]);
  scored.sort((a, b) => b[0] - a[0]);
  return scored.slice(0, count).map(([, entry]) => entry);
}

/** log(exp a + exp b). */
function either(a, b) {
  const [high, low] = a > b ? [a, b] : [b, a];
  return low < high - 30 || low === -Infinity ? high : high + Math.log1p(Math.exp(low - high));
}

function join(logs, text, kind, value) {
  let entry = logs.get(text);
  if (!entry) logs.set(text, (entry = [-Infinity, -Infinity]));
  entry[kind] = either(entry[kind], value);
}

/** The decoder's nats for texts of the picture. */
async function decoderSays(engine, memory, spelled, prompt, last) {
  const decoder = engine.decoder(memory.repeated(spelled.length));
  const codes = spelled.map((letters) => [prompt, ...letters, last]);
  const length = Math.max(...codes.map((c) => c.length));
  const nats = codes.map(() => 0);
  for (let at = 0; at + 1 < length; at++) {
    const choices = await decoder.step({ ids: codes.map((c) => c[at] ?? PAD) });
    decoder.advance();
    codes.forEach((code, i) => {
      if (at + 1 < code.length) nats[i] += choices.text(i)[code[at + 1]];
    });
  }
  return nats;
}
