/** Does the work off the page's own thread: loads the model, decodes pictures, traces words. */

import { Engine } from "./inksight/engine.js";
import { MAX_MEGAPIXELS, MIN_SIDE, channelsOf, factorFor, reduced } from "./inksight/image.js";
import { LanguageModel } from "./inksight/language.js";
import { trace } from "./inksight/tracer.js";
import * as ort from "./runtime/ort.js";

const base = new URL(".", import.meta.url);

ort.env.wasm.numThreads = 1; // threads would need a server that isolates the page
ort.env.wasm.wasmPaths = { mjs: new URL("runtime/ort-wasm.js", base).href };

/** What a user can mend: told as it is. */
class InputError extends Error {}

let loading = null;

/** The engine, loaded once; a failed load may be tried again. */
function engine() {
  loading ??= load().catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

async function load() {
  const sizes = JSON.parse(new TextDecoder().decode(await file("files.json")));
  const graphs = ["encoder", "decoder", "segmenter"];
  const names = ["config.json", "language.npz", ...graphs.map((name) => `${name}.onnx.gz`)].map((name) => `model/${name}`);
  const wasm = "runtime/ort-wasm.wasm.gz";
  const total = [...names, wasm].reduce((sum, name) => sum + (sizes[name] ?? 0), 0);
  let loaded = 0;
  const count = (bytes) => {
    loaded += bytes;
    postMessage({ kind: "loading", loaded, total });
  };
  const wanted = [...names.filter((name) => name in sizes), wasm];
  const parts = new Map(await Promise.all(wanted.map(async (name) => [name, await file(name, count)])));
  ort.env.wasm.wasmBinary = parts.get(wasm);
  const language = parts.get("model/language.npz");
  const files = {
    config: JSON.parse(new TextDecoder().decode(parts.get("model/config.json"))),
    ...Object.fromEntries(graphs.map((name) => [name, parts.get(`model/${name}.onnx.gz`)])),
  };
  const ready = await Engine.load(ort, files, language ? await LanguageModel.of(language) : null);
  postMessage({ kind: "ready" });
  return ready;
}

/** A file of this page's folder, unpacked; `count` hears of each piece's size. */
async function file(name, count = () => {}) {
  let answer;
  try {
    answer = await fetch(new URL(name, base));
  } catch {
    throw new InputError(`${name} can't be loaded: is the server still there? Then load the page again.`);
  }
  if (!answer.ok) throw new InputError(`${name} is missing on the server (${answer.status}): build the page again.`);
  const [pieces, reader] = [[], answer.body.getReader()];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    size += value.length;
    count(value.length);
  }
  const whole = new Uint8Array(size);
  pieces.reduce((at, piece) => (whole.set(piece, at), at + piece.length), 0);
  return unpacked(whole);
}

/** What gzip packed; some servers have that undone on the way. */
async function unpacked(data) {
  if (data[0] !== 0x1f || data[1] !== 0x8b) return data;
  const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The pixels of a picture, and by how much they are fewer than the picture's. */
async function pixelsOf(blob, name) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(blob, { imageOrientation: "from-image", colorSpaceConversion: "none" });
  } catch {
    throw new InputError(`${name} is not a picture that this browser can read; save it as JPEG or PNG.`);
  }
  const { width, height } = bitmap;
  if (Math.min(width, height) < MIN_SIDE) {
    const least = `${MIN_SIDE} × ${MIN_SIDE}`;
    throw new InputError(`${name} is too small (${width} × ${height} pixels); it takes at least ${least}.`);
  }
  if (width * height > MAX_MEGAPIXELS * 1e6) {
    const most = `${MAX_MEGAPIXELS} million pixels`;
    throw new InputError(`${name} is too large (more than ${most}); cut the word out or scale it down.`);
  }
  const pen = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  pen.drawImage(bitmap, 0, 0);
  bitmap.close();
  const factor = factorFor(width, height);
  const channels = channelsOf(pen.getImageData(0, 0, width, height)).map((c) => reduced(c, factor));
  return { width, height, factor, channels };
}

/** A word in pixels `factor` times as fine. */
function enlarged(word, factor) {
  const strokes = word.strokes.map((s) => ({
    ...s,
    points: s.points.map(([x, y]) => [x * factor, y * factor]),
    width: s.width && s.width * factor,
  }));
  return { ...word, strokes, box: word.box.map((v) => v * factor) };
}

async function answer({ blob, name, mode, text }) {
  const { width, height, factor, channels } = await pixelsOf(blob, name);
  const model = await engine();
  const start = performance.now();
  const word = enlarged(await trace(model, channels, { mode, text }), factor);
  return { page: { width, height, word }, seconds: (performance.now() - start) / 1000 };
}

// One after the other: the engine has one memory.
let last = Promise.resolve();

addEventListener("message", ({ data }) => {
  last = last.then(async () => {
    try {
      if (data.kind === "load") await engine();
      else postMessage({ kind: "traced", id: data.id, ...(await answer(data)) });
    } catch (error) {
      const message = error instanceof InputError ? error.message : `Something went wrong: ${error.message ?? error}`;
      postMessage({ kind: "failed", id: data.id, message });
    }
  });
});
