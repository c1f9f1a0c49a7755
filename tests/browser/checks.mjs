/** What the Python tests can't ask of the modules directly: arguments that are objects of JavaScript. */

import { decode } from "../../browser/inksight/decoding.js";
import { Frame } from "../../browser/inksight/geometry.js";
import { LanguageModel } from "../../browser/inksight/language.js";
import { candidates } from "../../browser/inksight/reading.js";
import * as segmentation from "../../browser/inksight/segmentation.js";
import { Vocabulary } from "../../browser/inksight/tokens.js";
import { onTheInk, traceInk } from "../../browser/inksight/tracer.js";

export function settled(ink, strokes, { scale, dx, dy }) {
  return onTheInk(ink, strokes, new Frame(scale, dx, dy));
}

/** The ink as a network tells it that only looks at colours (Told in test_modules.py). */
export async function inkOf(channels) {
  const segment = async (pixels, width, height) => {
    const [size, cells] = [width * height, (width * height) / 16];
    const maps = new Float32Array(3 * size);
    const layout = new Float32Array(5 * cells).fill(1);
    for (let i = 0; i < size; i++) {
      maps[i] = 1 - pixels[3 * i] / 255;
      maps[2 * size + i] = 1 - pixels[3 * i + 1] / 255;
    }
    for (let i = 0; i < cells; i++) {
      const [x, y] = [4 * (i % (width / 4)), 4 * Math.floor(i / (width / 4))];
      layout[2 * cells + i] = pixels[3 * (y * width + x) + 2] / 40 - 2;
    }
    return { maps, layout };
  };
  return (await segmentation.segment({ segment }, channels)).ink;
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

/** A word by a network that writes nothing but a dot wherever it is sent. */
export function dotted(ink, calibration) {
  const cells = (width) => 16 * (width / 4);
  let before = null;
  const decoder = (canvas) => ({
    cells: cells(canvas.width),
    step({ allowed }) {
      const again = before !== null;
      before = again ? null : allowed;
      const start = again ? allowed.indexOf(0) : cells(canvas.width);
      return { lift: [1], move: [[0, 0]], moveP: [0.8], start: [start], startP: [0.5], inside: [5], text: () => [] };
    },
    advance() {
      before = null;
    },
  });
  const engine = { vocabulary: new Vocabulary("ab"), language: null, height: 64, maxWidth: 448, calibration };
  return traceInk({ ...engine, encode: (canvas) => canvas, decoder }, ink, { mode: "derender" });
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
