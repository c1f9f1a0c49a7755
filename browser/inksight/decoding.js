/**
 * A canvas in, strokes and text out: greedy decoding with the guards that a decoder needs. The port of decoding.py, for
 * one word at a time.
 */

import { CELL, OFF } from "./engine.js";
import { count, Grid } from "./grid.js";
import { paint, penWidth } from "./raster.js";
import { MAX_LETTERS, read } from "./reading.js";
import { tidy } from "./tidy.js";
import { DOWN, END, FIRST_CHARACTER, INK, MOVE, PAD, PROMPTS, READING } from "./tokens.js";

const MAX_POINTS = 420;
const PATIENCE = 24;
/**
 * A start less likely than the first is refused if less than the second of the ink and than the third times the square of
 * the pen's reach is left, joined to what is drawn.
 */
const [UNLIKELY, RESIDUE, BULGE] = [0.01, 0.03, 2];
const MAX_RESTARTS = 12;

/**
 * @typedef {object} Decoded
 * @property {import("./geometry.js").Point[][]} strokes in canvas pixels
 * @property {string} text
 * @property {number} inkConfidence geometric mean of the probabilities of the choices made
 * @property {number} textConfidence
 * @property {boolean} looped a guard had to end a stroke or the word
 * @property {number} restarts how many strokes were begun at residual ink
 * @property {number} residual share of the canvas's ink that the strokes don't cover
 */

/**
 * @param {import("./engine.js").Engine} engine
 * @param {Grid<Float32Array>} canvas standardised
 * @param {string} mode
 * @param {string} [text] for "derender-with-text"
 * @returns {Promise<Decoded>}
 */
export async function decode(engine, canvas, mode, text) {
  const { vocabulary } = engine;
  const memory = await engine.encode(canvas);
  const last = mode === "recognize" ? END : INK;
  const reads = READING.includes(mode);
  const reading = reads
    ? await read(engine, memory, PROMPTS[mode], last)
    : { letters: vocabulary.encode(text ?? ""), confidence: 1 };
  const known = reading.letters.length > 0 || !reads;
  const prefix = known ? [PROMPTS[mode], ...reading.letters, last] : [PROMPTS[mode]];
  const word = new Word(mode, canvas, prefix, reading);
  await run(engine.decoder(memory), word);
  const strokes = tidy(word.strokes, word.restarted);
  return {
    strokes,
    text: text !== undefined && mode === "derender-with-text" ? text : vocabulary.decode(reading.letters),
    inkConfidence: meanOf(word.inkLogs),
    textConfidence: word.textLogs.length ? meanOf(word.textLogs) : reading.confidence,
    looped: word.looped,
    restarts: word.restarted.length,
    residual: count(uncovered(word, strokes)) / Math.max(count(word.mask), 1),
  };
}

function meanOf(logs) {
  return logs.length ? Math.exp(logs.reduce((a, b) => a + b, 0) / logs.length) : 1;
}

/** A word on its way. */
export class Word {
  constructor(mode, canvas, prefix, reading) {
    this.mode = mode;
    this.canvas = canvas;
    this.prefix = prefix; // what the decoder is fed before it is asked
    this.reading = reading;
    this.strokes = [];
    this.restarted = []; // strokes begun at residual ink when the word seemed complete
    this.inkLogs = [];
    this.textLogs = []; // of letters that the decoder read by itself
    this.idle = 0;
    this.points = 0;
    this.looped = this.done = this.writing = false;
    this.mask = canvas.where((v) => v > 0.5);
    this.reach = Math.max(2.5, 0.8 * penWidth(this.mask));
  }
}

/** Step until the word is done. */
async function run(decoder, word) {
  let [id, xy, move] = [word.prefix.shift(), [0, 0], [0, 0]];
  const drawn = new Float32Array(decoder.cells);
  const allowed = startsOf(word.canvas);
  while (!word.done) {
    const fed = { ids: [id], xy, move, drawn };
    const choices = await decoder.step({ ...fed, allowed });
    await askAgain(decoder, word, choices, fed);
    decoder.advance();
    [id, xy, move] = next(word, choices, drawn, xy);
  }
}

/** Where a stroke may begin: on or beside ink; the slot for "complete" is free. */
export function startsOf(canvas) {
  const cells = cellsOf(canvas.where((v) => v > 0.3), 1);
  const { width, height } = cells;
  const out = new Float32Array(width * height + 1).fill(OFF);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let j = Math.max(y - 1, 0); j <= Math.min(y + 1, height - 1); j++) {
        for (let i = Math.max(x - 1, 0); i <= Math.min(x + 1, width - 1); i++) {
          if (cells.at(i, j)) out[y * width + x] = 0;
        }
      }
    }
  }
  out[width * height] = 0;
  return out;
}

/** Cells of which at least `least` pixels are set. */
function cellsOf(mask, least) {
  const [width, height] = [mask.width / CELL, mask.height / CELL];
  const total = new Int32Array(width * height);
  for (let y = 0; y < mask.height; y++) {
    for (let x = 0; x < mask.width; x++) {
      if (mask.at(x, y)) total[Math.floor(y / CELL) * width + Math.floor(x / CELL)] += 1;
    }
  }
  return new Grid(width, height, Uint8Array.from(total, (n) => (n >= least ? 1 : 0)));
}

/** Where the word would stop with residual ink, choose a start among what is left instead (changes `choices`). */
async function askAgain(decoder, word, choices, fed) {
  if (!wouldLift(word, choices) || choices.start[0] !== decoder.cells) return;
  const rest = residual(word);
  const left = rest && cellsOf(rest, 4);
  if (!left || !count(left)) return;
  const allowed = new Float32Array(decoder.cells + 1).fill(OFF);
  left.data.forEach((value, i) => {
    if (value) allowed[i] = 0;
  });
  const again = await decoder.step({ ...fed, allowed });
  if (again.startP[0] < UNLIKELY && isResidue(word, rest)) return;
  word.restarted.push(word.strokes.length);
  [choices.start, choices.inside, choices.startP] = [again.start, again.inside, again.startP];
}

/** Whether the next decision is where a stroke begins. */
function wouldLift(word, choices) {
  if (!word.writing || word.prefix.length) return false;
  return !word.strokes.length || choices.lift[0] > 0.5 || word.idle >= PATIENCE;
}

/** The ink that no stroke has covered; null when it is too little to matter or the word had its chances. */
function residual(word) {
  if (word.restarted.length >= MAX_RESTARTS || word.points >= MAX_POINTS || !word.strokes.length) return null;
  const left = uncovered(word, word.strokes);
  return count(left) < Math.max(6, 0.25 * word.reach ** 2) ? null : left;
}

/** The ink out of the pen's reach along the strokes. */
function uncovered({ mask, reach }, strokes) {
  const painted = paint(mask.width, mask.height, strokes, reach);
  return new Grid(mask.width, mask.height, mask.data.map((v, i) => (v && !painted.data[i] ? 1 : 0)));
}

/** Whether what is left is little, and all of it lies within a few pen widths of ink that is drawn. */
function isResidue(word, left) {
  const { mask, reach } = word;
  if (count(left) >= Math.min(RESIDUE * count(mask), BULGE * reach ** 2)) return false;
  let near = mask.data.map((v, i) => (v && !left.data[i] ? 1 : 0));
  for (let round = 0; round < Math.floor(3 * reach); round++) {
    const before = new Grid(mask.width, mask.height, near);
    near = near.map((v, i) => (v || (left.data[i] && touches(before, i)) ? 1 : 0));
  }
  return left.data.reduce((total, v, i) => total + (v && !near[i] ? 1 : 0), 0) < 6;
}

/** Whether one of the eight neighbours of a pixel is set. */
function touches(grid, index) {
  const [cx, cy] = [index % grid.width, Math.floor(index / grid.width)];
  for (let y = Math.max(cy - 1, 0); y <= Math.min(cy + 1, grid.height - 1); y++) {
    for (let x = Math.max(cx - 1, 0); x <= Math.min(cx + 1, grid.width - 1); x++) if (grid.at(x, y)) return true;
  }
  return false;
}

/** The word's next step: id, pen position, move. Marks the cells that the move draws. */
function next(word, choices, drawn, pen) {
  if (word.prefix.length) {
    const token = word.prefix.shift();
    [word.writing, word.done] = [token === INK, token === END];
    return [token, [0, 0], [0, 0]];
  }
  if (!word.writing) return nextLetter(word, choices.text(0));
  if (wouldLift(word, choices)) return nextStart(word, choices, drawn);
  word.inkLogs.push(Math.log(Math.max(choices.moveP[0] * (1 - choices.lift[0]), 1e-6)));
  const { width, height } = word.canvas;
  const x = Math.min(Math.max(pen[0] + choices.move[0], 0), width - 1);
  const y = Math.min(Math.max(pen[1] + choices.move[1], 0), height - 1);
  const move = [x - pen[0], y - pen[1]];
  word.idle = draw(drawn, [x, y], move, width) ? 0 : word.idle + 1;
  if (move[0] === 0 && move[1] === 0) word.idle = PATIENCE; // a pen that stands still has nothing more to draw
  else word.strokes[word.strokes.length - 1].push([x, y]);
  word.points += 1;
  if (word.points >= MAX_POINTS) word.done = word.looped = true;
  return [MOVE, [x, y], move];
}

/** Reading: a character, or what ends the text in this mode. */
function nextLetter(word, logs) {
  const last = word.mode === "recognize-and-derender" ? INK : END;
  let token = last;
  if (word.reading.letters.length < MAX_LETTERS) {
    for (let i = FIRST_CHARACTER; i < logs.length; i++) if (logs[i] > logs[token]) token = i;
  }
  word.textLogs.push(logs[token]);
  if (token === last) [word.writing, word.done] = [token === INK, token === END];
  else word.reading.letters.push(token);
  return [token, [0, 0], [0, 0]];
}

/** The pen is lifted: the next stroke's first point, or the end of the word. */
function nextStart(word, choices, drawn) {
  const current = word.strokes[word.strokes.length - 1];
  if (word.idle >= PATIENCE && current.length > PATIENCE) {
    current.length -= PATIENCE;
    word.looped = true;
  }
  word.idle = 0;
  word.inkLogs.push(Math.log(Math.max(choices.startP[0], 1e-6)));
  const cell = choices.start[0];
  if (cell === drawn.length || word.points >= MAX_POINTS) {
    word.done = true;
    return [PAD, [0, 0], [0, 0]];
  }
  const perRow = word.canvas.width / CELL;
  const inside = choices.inside[0];
  const x = (cell % perRow) * CELL + (inside % CELL);
  const y = Math.floor(cell / perRow) * CELL + Math.floor(inside / CELL);
  word.strokes.push([[x, y]]);
  word.points += 1;
  draw(drawn, [x, y], [0, 0], word.canvas.width);
  return [DOWN, [x, y], [0, 0]];
}

/** Mark the cells that a move touches, sampled at five places as in training; true if one of them is new. */
function draw(drawn, at, move, width) {
  let fresh = false;
  const touched = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const column = Math.floor((at[0] - move[0] * share) / CELL);
    const row = Math.floor((at[1] - move[1] * share) / CELL);
    return row * (width / CELL) + column;
  });
  for (const i of touched) {
    fresh ||= drawn[i] === 0;
    drawn[i] = 1;
  }
  return fresh;
}
