/** What the Python tests can't ask of the modules directly: arguments that are objects of JavaScript. */

import { readFileSync } from "node:fs";
import { decode } from "../../browser/inksight/decoding.js";
import { Frame } from "../../browser/inksight/geometry.js";
import { LanguageModel } from "../../browser/inksight/language.js";
import { candidates } from "../../browser/inksight/reading.js";
import { Vocabulary } from "../../browser/inksight/tokens.js";
import { onTheInk } from "../../browser/inksight/tracer.js";

export function settled(ink, strokes, { scale, dx, dy }) {
  return onTheInk(ink, strokes, new Frame(scale, dx, dy));
}

export async function read(pictures, characters, file) {
  const language = file && (await LanguageModel.of(new Uint8Array(readFileSync(file))));
  return pictures.map((columns) => candidates(columns, new Vocabulary(characters), language));
}

/** Decode with an engine that gives, step by step, what a script says. */
export function scripted(canvas, mode, text, characters, script) {
  const cells = (canvas.width / 4) * (canvas.height / 4);
  const asked = [];
  let at = 0;
  const decoder = {
    cells,
    step({ ids, xy, move, drawn, allowed }) {
      const now = script[Math.min(at, script.length - 1)];
      const last = asked[asked.length - 1];
      const again = last && last.at === at;
      asked.push({ at, id: ids[0], xy, move, drawn: drawn.reduce((a, b) => a + b, 0) });
      const start = again ? allowed.findIndex((v) => v === 0) : now.start < 0 ? cells : now.start;
      const values = { lift: [now.lift], move: now.move, moveP: [0.8], start: [start], startP: [0.5], inside: [5] };
      return { ...values, text: () => new Float32Array(characters.length + 9) };
    },
    advance() {
      at += 1;
    },
  };
  const engine = {
    vocabulary: new Vocabulary(characters),
    language: null,
    encode: () => ({}),
    decoder: () => decoder,
  };
  return decode(engine, canvas, mode, text).then((found) => ({ found, asked }));
}
