/** Run the graphs of a model and of the segmentation with ONNX Runtime's WebAssembly. The port of recognition/engine.py. */

import { Vocabulary } from "./tokens.js";

/** Side in canvas pixels of a cell of the map that says where strokes begin. */
export const CELL = 4;
export const OFF = -1e9;
const CHUNK = 64;

/** What the encoder makes of pictures: log-probabilities of the columns, and the maps that each decoder step reads. */
export class Memory {
  /**
   * @param {any} ort ONNX Runtime
   * @param {any} ctc tensor (B, columns, V)
   * @param {Record<string, any>} maps tensors; the first axis is the batch
   */
  constructor(ort, ctc, maps) {
    this.ort = ort;
    this.ctc = ctc;
    this.maps = maps;
  }

  /** Log-probabilities of each column of the first picture. */
  columns() {
    const [, columns, size] = this.ctc.dims;
    return Array.from({ length: columns }, (_, i) => this.ctc.data.subarray(i * size, (i + 1) * size));
  }

  /** The one picture's memory `count` times. */
  repeated(count) {
    const repeat = (tensor) => {
      const data = new Float32Array(count * tensor.data.length);
      for (let i = 0; i < count; i++) data.set(tensor.data, i * tensor.data.length);
      return new this.ort.Tensor("float32", data, [count, ...tensor.dims.slice(1)]);
    };
    return new Memory(this.ort, repeat(this.ctc), mapped(this.maps, repeat));
  }
}

function mapped(record, change) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

export class Engine {
  /**
   * @param {any} ort ONNX Runtime
   * @param {{config: object, encoder: Uint8Array, decoder: Uint8Array, segmenter: Uint8Array}} files of a
   *   model, and the graph of the segmentation
   * @param {import("./language.js").LanguageModel | null} language
   */
  static async load(ort, files, language) {
    const options = { executionProviders: ["wasm"], graphOptimizationLevel: "all", logSeverityLevel: 3 };
    const sessions = {};
    for (const name of ["encoder", "decoder", "segmenter"]) {
      sessions[name] = await ort.InferenceSession.create(files[name], options);
    }
    return new Engine(ort, files.config, sessions, language);
  }

  constructor(ort, config, sessions, language) {
    if (config.format !== 1 || !config.calibration) throw new Error("this model was made for another version of inksight");
    this.ort = ort;
    this.vocabulary = new Vocabulary(config.characters);
    this.height = config.height;
    this.maxWidth = config.max_width;
    this.layers = config.decoder_layers;
    this.heads = config.heads;
    this.headWidth = Math.floor(config.width / config.heads);
    this.sessions = sessions;
    this.language = language;
    this.calibration = config.calibration;
  }

  /** The segmentation of a picture, red, green and blue side by side; width and height are multiples of 32. */
  async segment(pixels, width, height) {
    const picture = new this.ort.Tensor("uint8", pixels, [height, width, 3]);
    const { maps, layout } = await this.sessions.segmenter.run({ picture });
    return { maps: maps.data, layout: layout.data };
  }

  /** @param {import("./grid.js").Grid<Float32Array>} canvas standardised */
  async encode(canvas) {
    const picture = new this.ort.Tensor("float32", canvas.data, [1, 1, canvas.height, canvas.width]);
    const { ctc, ...maps } = await this.sessions.encoder.run({ picture });
    return new Memory(this.ort, ctc, maps);
  }

  /** A decoder at step 0 for the memory's pictures. */
  decoder(memory) {
    return new Decoder(this, memory);
  }
}

/** What a step found best. */
class Choices {
  constructor(values) {
    const numbers = (name) => Array.from(values[name].data, Number);
    this.texts = values.text;
    this.lift = numbers("lift");
    this.move = numbers("moved");
    this.moveP = numbers("moved_p");
    this.start = numbers("start");
    this.startP = numbers("start_p");
    this.inside = numbers("inside");
  }

  /** Log-probabilities of sample i's next id. */
  text(i) {
    const size = this.texts.dims[1];
    return this.texts.data.subarray(i * size, (i + 1) * size);
  }
}

/** Steps for some samples, with their key-value cache. */
export class Decoder {
  constructor(engine, memory) {
    this.engine = engine;
    this.memory = memory;
    this.batch = memory.ctc.dims[0];
    /** How many cells the canvas has. */
    const [, rows, columns] = memory.maps.keys.dims;
    this.cells = rows * columns;
    this.across = columns;
    this.at = 0;
    this.unused = new Float32Array(0);
    this.own = {};
    this.grow();
  }

  /** Room for more steps; the only time that the cache is copied. */
  grow() {
    const { heads, headWidth, layers } = this.engine;
    const before = this.unused.length;
    const room = before + CHUNK;
    const unused = new Float32Array(room).fill(OFF);
    unused.set(this.unused);
    this.unused = unused;
    for (let i = 0; i < layers; i++) {
      this.own[`own_k${i}`] = widened(this.own[`own_k${i}`], this.batch * heads * headWidth, before, room);
      this.own[`own_v${i}`] = widened(this.own[`own_v${i}`], this.batch * heads, before * headWidth, room * headWidth);
    }
  }

  /**
   * Take in one step and choose the next; it may be asked again with other `allowed`.
   * @param {{ids: number[], xy?: number[], move?: number[], drawn?: Float32Array, allowed?: Float32Array}} fed
   *   `xy` and `move` hold x and y of each sample, `allowed` 0 where a stroke may begin (last: the ink is complete)
   */
  async step({ ids, xy, move, drawn, allowed }) {
    if (this.at === this.unused.length) this.grow();
    const { ort, heads, headWidth } = this.engine;
    const { batch, cells } = this;
    const room = this.unused.length;
    const whole = (values, dims) => new ort.Tensor("int64", BigInt64Array.from(values, BigInt), dims);
    const floats = (values, dims) => new ort.Tensor("float32", values, dims);
    const feed = {
      ids: whole(ids, [batch]),
      xy: whole(xy ?? new Array(2 * batch).fill(0), [batch, 2]),
      move: whole(move ?? new Array(2 * batch).fill(0), [batch, 2]),
      step: whole([this.at], [1]),
      drawn: floats(drawn ?? new Float32Array(batch * cells), [batch, cells]),
      allowed: floats(allowed ?? new Float32Array(batch * (cells + 1)), [batch, cells + 1]),
      unused: floats(this.unused, [room]),
      across: whole(new Array(batch).fill(this.across), [batch]),
      ...this.memory.maps,
    };
    for (const [name, data] of Object.entries(this.own)) {
      feed[name] = floats(data, [batch, heads, ...(name.startsWith("own_k") ? [headWidth, room] : [room, headWidth])]);
    }
    const values = await this.engine.sessions.decoder.run(feed);
    this.store(values);
    return new Choices(values);
  }

  /** Put the step's keys and values into the cache. */
  store(values) {
    const { heads, headWidth, layers } = this.engine;
    const room = this.unused.length;
    for (let i = 0; i < layers; i++) {
      const [keys, ownKeys] = [values[`new_k${i}`].data, this.own[`own_k${i}`]];
      for (let j = 0; j < keys.length; j++) ownKeys[j * room + this.at] = keys[j];
      const [rows, ownRows] = [values[`new_v${i}`].data, this.own[`own_v${i}`]];
      for (let j = 0; j < this.batch * heads; j++) {
        ownRows.set(rows.subarray(j * headWidth, (j + 1) * headWidth), (j * room + this.at) * headWidth);
      }
    }
  }

  /** The step taken in last is history from now on. */
  advance() {
    this.unused[this.at] = 0;
    this.at += 1;
  }
}

/** Rows of `before` numbers as rows of `after`, the new ones 0. */
function widened(data, rows, before, after) {
  const out = new Float32Array(rows * after);
  for (let i = 0; data && i < rows; i++) out.set(data.subarray(i * before, (i + 1) * before), i * after);
  return out;
}
