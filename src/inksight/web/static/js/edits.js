// What can be done to the words of a page. Every function takes words, changes none of them, and gives
// {words, at}: the new words and the places among them of those that it made or changed.

import { around, distance, nearest, side, union } from "./geometry.js";

const SAME_LINE = 0.4; // of the lower word's height that two words of a line share at least
const FAR = 4; // heights of a word that may lie between it and the next one of its line

export const isDrawing = (word) => word.kind === "drawing";

/** The words line by line. */
function rowsOf(words) {
  const rows = new Map();
  for (const word of words) rows.set(word.line, [...(rows.get(word.line) ?? []), word]);
  return [...rows.keys()].sort((a, b) => a - b).map((line) => rows.get(line));
}

/** The lines' words with the lines numbered anew, and where among them `made` are. */
function flat(rows, made) {
  const kept = rows.filter((row) => row.length);
  const order = kept.flat();
  const words = kept.flatMap((row, line) => row.map((w) => (w.line === line ? w : { ...w, line })));
  return { words, at: made.map((w) => order.indexOf(w)) };
}

// ------------------------------------------------------------------------------------------------------ words

const height = ({ box }) => Math.max(1, box[3] - box[1]);
const centre = ({ box }, k) => (box[k] + box[k + 2]) / 2;

/** How well a word fits into a line: the share of height that it has in common with the nearest word, 0 for not at all. */
function fit(row, word) {
  const gap = (other) => Math.max(0, other.box[0] - word.box[2], word.box[0] - other.box[2]);
  const words = row.filter((w) => !isDrawing(w));
  if (!words.length) return 0;
  const next = words.reduce((a, b) => (gap(b) < gap(a) ? b : a));
  const lower = Math.min(height(word), height(next));
  const share = (Math.min(word.box[3], next.box[3]) - Math.max(word.box[1], next.box[1])) / lower;
  return share > SAME_LINE && gap(next) < FAR * Math.max(height(word), height(next)) ? share : 0;
}

/** The word in a cell of a table, or in none: all words of a line are in the same. */
const inCell = ({ cell: _, ...word }, cell) => (cell ? { ...word, cell } : word);

function into(row, word) {
  const at = row.findIndex((other) => centre(other, 0) > centre(word, 0));
  return at < 0 ? [...row, word] : [...row.slice(0, at), word, ...row.slice(at)];
}

/** A word more, in the line where it stands, or in one of its own between the others. */
export function place(words, word) {
  const rows = rowsOf(words);
  const best = isDrawing(word)
    ? rows.findIndex((row) => row.every(isDrawing))
    : rows.map((row) => fit(row, word)).reduce((best, share, i, all) => (share > (all[best] ?? 0) ? i : best), -1);
  const own = inCell(word, rows[best]?.[0].cell);
  if (best >= 0) rows[best] = into(rows[best], own);
  else {
    const below = rows.findIndex((row) => row.every(isDrawing) || (!isDrawing(word) && centre({ box: union(row.map((w) => w.box)) }, 1) > centre(word, 1)));
    rows.splice(below < 0 || isDrawing(word) ? rows.length : below, 0, [own]);
  }
  return flat(rows, [own]);
}

/** The word takes the place of another; its line stays. */
export function replace(words, index, word) {
  return { words: words.map((w, i) => (i === index ? { ...word, line: w.line } : w)), at: [index] };
}

export function remove(words, indices) {
  const rows = rowsOf(words.filter((_, i) => !indices.includes(i)));
  return { ...flat(rows, []), at: [] };
}

/** Some words become one, in the first one's place. */
export function join(words, indices) {
  const parts = [...indices].sort((a, b) => a - b).map((i) => words[i]);
  const text = parts.map((w) => w.text).join("");
  const kind = parts.every(isDrawing) ? { kind: "drawing" } : {};
  const confidence = Math.min(...parts.map((w) => w.confidence));
  const { kind: _, ...first } = parts[0];
  const word = dressed({ ...first, text, confidence, ...kind, box: union(parts.map((w) => w.box)) }, parts.flatMap(strokesOf));
  const rows = rowsOf(words).map((row) => row.flatMap((w) => (w === parts[0] ? [word] : parts.includes(w) ? [] : [w])));
  return flat(rows, [word]);
}

/** A word becomes two along the line through p and q; strokes that cross it are cut. */
export function cut(words, index, p, q) {
  const word = words[index];
  const down = p[1] < q[1] || (p[1] === q[1] && p[0] > q[0]) ? 1 : -1; // then a positive side is the left one
  const left = [], right = [];
  for (const stroke of strokesOf(word)) {
    for (const points of partsOf(stroke.points, p, q)) {
      const sign = points.reduce((sum, at) => sum + side(p, q, at), 0) * down;
      (sign > 0 ? left : right).push({ ...stroke, points });
    }
  }
  if (!left.length || !right.length) return { words, at: [index] };
  const boxes = [left, right].map((strokes) => around(strokes.flatMap((s) => s.points)));
  const share = (boxes[0][2] + boxes[1][0] - 2 * word.box[0]) / 2 / Math.max(1, word.box[2] - word.box[0]);
  const at = /\s/.test(word.text) ? word.text.search(/\s/) : Math.round(Math.min(1, Math.max(0, share)) * word.text.length);
  const texts = [word.text.slice(0, at).trim(), word.text.slice(at).trim()];
  const pair = [left, right].map((strokes, i) => dressed({ ...word, text: texts[i], confidence: 0, box: boxes[i] }, strokes));
  return flat(rowsOf(words).map((row) => row.flatMap((w) => (w === word ? pair : [w]))), pair);
}

/** The pieces of a path on the two sides of a line. */
function partsOf(points, p, q) {
  const parts = [[points[0]]];
  for (let i = 1; i < points.length; i++) {
    const [a, b] = [side(p, q, points[i - 1]), side(p, q, points[i])];
    if (a * b < 0) {
      const at = [0, 1].map((k) => points[i - 1][k] + a / (a - b) * (points[i][k] - points[i - 1][k]));
      parts.at(-1).push(at);
      parts.push([at]);
    }
    parts.at(-1).push(points[i]);
  }
  return parts;
}

/** The word goes `by` lines up or down; beyond the first and last one it gets a line of its own. */
export function toLine(words, index, by) {
  const rows = rowsOf(words), word = words[index];
  const from = rows.findIndex((row) => row.includes(word));
  const to = from + by;
  const alone = rows[from].length === 1;
  const beyond = to < 0 || to >= rows.length || rows[to].every(isDrawing);
  const own = beyond && alone ? word : inCell(word, beyond ? null : rows[to][0].cell);
  rows[from] = rows[from].filter((w) => w !== word);
  if (beyond) rows.splice(to < 0 ? 0 : from + 1, 0, [own]);
  else rows[to] = into(rows[to], own);
  return flat(rows, [own]);
}

/** The word goes before the one that it stands behind in its line (by -1), or behind the next one (by 1). */
export function along(words, index, by) {
  const other = words[index + by];
  if (!other || other.line !== words[index].line) return { words, at: [index] };
  const swapped = [...words];
  [swapped[index], swapped[index + by]] = [other, words[index]];
  return { words: swapped, at: [index + by] };
}

// ---------------------------------------------------------------------------------------------------- strokes

/** The word's strokes with their looks. */
export const strokesOf = (word) =>
  word.strokes.map((points, k) => ({ points, width: word.widths?.[k] ?? null, color: word.colors?.[k] ?? null }));

/** The word with these strokes. */
export function dressed(word, strokes) {
  const { widths: _, colors: __, ...bare } = word;
  const own = { ...bare, strokes: strokes.map((s) => s.points) };
  if (strokes.some((s) => s.width !== null)) own.widths = strokes.map((s) => s.width);
  if (strokes.some((s) => s.color !== null)) own.colors = strokes.map((s) => s.color);
  return own;
}

/** The word with these strokes, its box grown or shrunk to them. */
function redrawn(word, strokes) {
  return { ...dressed(word, strokes), box: around(strokes.flatMap((s) => s.points)) ?? word.box };
}

/** The strokes are chosen by {word, stroke}: places of the word and in it. Words that have lost all of theirs go. */
function changed(words, change) {
  const fresh = words.map((word, i) => {
    const before = strokesOf(word), after = change(before, i);
    return after === before ? word : redrawn(word, after);
  });
  return flat(rowsOf(fresh.filter((w, i) => w.strokes.length || !words[i].strokes.length)), []).words;
}

const has = (chosen, word, stroke) => chosen.some((c) => c.word === word && c.stroke === stroke);

export const erase = (words, chosen) =>
  changed(words, (strokes, i) => (chosen.some((c) => c.word === i) ? strokes.filter((_, k) => !has(chosen, i, k)) : strokes));

export const reverse = (words, chosen) =>
  changed(words, (strokes, i) => (chosen.some((c) => c.word === i)
    ? strokes.map((s, k) => (has(chosen, i, k) ? { ...s, points: [...s.points].reverse() } : s)) : strokes));

/** A stroke becomes two at the point of its way nearest to `p`. */
export function split(words, { word, stroke }, p) {
  return changed(words, (strokes, i) => (i !== word ? strokes : strokes.flatMap((s, k) => {
    if (k !== stroke) return [s];
    const { at, point } = nearest(s.points, p);
    const [a, b] = [[...s.points.slice(0, at + 1), point], [point, ...s.points.slice(at + 1)]];
    return a.length > 1 && b.length > 1 && s.points.length > 1 ? [{ ...s, points: a }, { ...s, points: b }] : [s];
  })));
}

/** Strokes become one, in the first one's place: from end to the nearest end. */
export function joinStrokes(words, chosen) {
  const [first, ...rest] = chosen.map(({ word, stroke }) => strokesOf(words[word])[stroke]);
  let points = first.points;
  rest.forEach((next, n) => {
    const ways = [[points, next.points], [points, [...next.points].reverse()]];
    if (n === 0) ways.push([[...points].reverse(), next.points], [[...points].reverse(), [...next.points].reverse()]);
    const [a, b] = ways.reduce((best, way) => (distance(way[0].at(-1), way[1][0]) < distance(best[0].at(-1), best[1][0]) ? way : best));
    points = [...a, ...b];
  });
  const gone = chosen.slice(1);
  return changed(words, (strokes, i) => (chosen.some((c) => c.word === i)
    ? strokes.flatMap((s, k) => (has([chosen[0]], i, k) ? [{ ...s, points }] : has(gone, i, k) ? [] : [s])) : strokes));
}

/** A stroke is written earlier (by -1) or later (by 1) in its word. */
export function reorder(words, { word, stroke }, by) {
  return changed(words, (strokes, i) => {
    const to = stroke + by;
    if (i !== word || to < 0 || to >= strokes.length) return strokes;
    const order = [...strokes];
    [order[stroke], order[to]] = [order[to], order[stroke]];
    return order;
  });
}

/** Strokes are added to a word, or instead of its own. */
export const draw = (words, index, strokes, instead = false) =>
  changed(words, (own, i) => (i === index ? [...(instead ? [] : own), ...strokes] : own));

/** A stroke that belongs to no word. */
export const sketch = (words, stroke) =>
  place(words, dressed({ text: "", confidence: 1, box: around(stroke.points), line: 0, origin: "hand", kind: "drawing" }, [stroke]));

/** Strokes leave their words and make one of their own. */
export function apart(words, chosen, text = "") {
  const strokes = chosen.map(({ word, stroke }) => strokesOf(words[word])[stroke]);
  const box = around(strokes.flatMap((s) => s.points));
  return place(erase(words, chosen), dressed({ text, confidence: 0, box, line: 0, origin: "hand" }, strokes));
}
