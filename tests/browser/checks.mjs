/** What the Python tests can't ask of the modules directly: arguments that are objects of JavaScript. */

import { decode } from "../../browser/inksight/decoding.js";
import { Frame } from "../../browser/inksight/geometry.js";
import { LanguageModel } from "../../browser/inksight/language.js";
import { candidates } from "../../browser/inksight/reading.js";
import { Vocabulary } from "../../browser/inksight/tokens.js";
import { onTheInk } from "../../browser/inksight/tracer.js";

export function settled(ink, strokes, { scale, dx, dy }) {
  return onTheInk(ink, strokes, new Frame(scale, dx, dy));
}

export function thereAndBack({ scale, dx, dy, lean }, points) {
  const frame = new Frame(scale, dx, dy, lean);
  return frame.inverse().apply(frame.apply(points));
}

export function read(pictures, characters, model, weights) {
  const language = model && new LanguageModel(model.ngrams, model.cost, model.backoff, model.order);
  return pictures.map((columns) => candidates(columns, new Vocabulary(characters), language, weights));
}

/** Nats of letters after texts under a model's language.npz; null where this node can't unpack it. */
export async function nats(file, asked) {
  try {
    new DecompressionStream("deflate-raw"); // node has it from version 20.12 on
  } catch {
    return null;
  }
  const language = await LanguageModel.of(file);
  return asked.map(([before, letter]) => language.logp(before, letter));
}

/** Decode with an engine that chooses what a script says; asked again, the first cell that is allowed. */
export async function scripted(canvas, script) {
  const cells = (canvas.width / 4) * (canvas.height / 4);
  let [at, before] = [0, -1];
  const decoder = {
    cells,
    step({ allowed }) {
      const { lift, move, start } = script[at];
      const again = before === at;
      before = at;
      const place = again ? allowed.indexOf(0) : start < 0 ? cells : start;
      return { lift: [lift], move, moveP: [0.8], start: [place], startP: [0.5], inside: [5], text: () => [] };
    },
    advance() {
      at += 1;
    },
  };
  const engine = {
    vocabulary: new Vocabulary("ab"),
    language: null,
    encode: () => null,
    decoder: () => decoder,
  };
  return decode(engine, canvas, "derender");
}
