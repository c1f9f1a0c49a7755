/** Calls functions of the page's modules with values of the Python tests: JSON in, JSON out (see node.py). */

import { Grid } from "../../browser/inksight/grid.js";

const KINDS = { float32: Float32Array, float64: Float64Array, uint8: Uint8Array, int32: Int32Array };

function given(value) {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(given);
  if ("$grid" in value) {
    const bytes = Uint8Array.from(Buffer.from(value.data, "base64"));
    const data = new KINDS[value.kind](bytes.buffer);
    return value.$grid.length === 1 ? data : new Grid(value.$grid[1], value.$grid[0], data);
  }
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, given(v)]));
}

function told(value) {
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Grid) return array(value.data, [value.height, value.width]);
  if (ArrayBuffer.isView(value)) return array(value, [value.length]);
  if (value instanceof Map) return { $map: [...value].map(([k, v]) => [told(k), told(v)]) };
  if (Array.isArray(value)) return value.map(told);
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, told(v)]));
}

function array(data, shape) {
  const kind = Object.keys(KINDS).find((k) => data instanceof KINDS[k]);
  return { $grid: shape, kind, data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64") };
}

let text = "";
for await (const piece of process.stdin) text += piece;
const answers = [];
for (const { module, name, args } of JSON.parse(text)) {
  const found = await import(module === "checks" ? "./checks.mjs" : `../../browser/inksight/${module}.js`);
  answers.push(told(await found[name](...given(args))));
}
process.stdout.write(JSON.stringify(answers));
