// What the playground does to words and strokes: run by test_edits.py, in node.

import assert from "node:assert/strict";
import test from "node:test";
import { pathToFileURL } from "node:url";

const folder = pathToFileURL(`${process.env.INKSIGHT_JS}/`);
const edits = await import(new URL("edits.js", folder));
const { nearest } = await import(new URL("geometry.js", folder));

const word = (text, [x, y], line, more = {}) => ({
  text, confidence: 0.9, line, box: [x, y, x + 40, y + 20],
  strokes: [[[x, y], [x + 20, y + 20]], [[x + 20, y + 20], [x + 40, y]]], widths: [2, 3], colors: ["#000000", null], ...more,
});
const page = () => [word("one", [0, 0], 0), word("two", [100, 0], 0), word("three", [0, 60], 1), word("", [0, 200], 2, { kind: "drawing" })];
const texts = (words) => words.map((w) => `${w.line}:${w.text || w.kind}`).join(" ");

test("a missed word goes to its place in its line", () => {
  const { words, at } = edits.place(page(), word("new", [50, 2], 0));
  assert.equal(texts(words), "0:one 0:new 0:two 1:three 2:drawing");
  assert.deepEqual(at, [1]);
});

test("a word between the lines gets a line of its own, drawings stay last", () => {
  assert.equal(texts(edits.place(page(), word("new", [0, 30], 0)).words), "0:one 0:two 1:new 2:three 3:drawing");
  assert.equal(texts(edits.place(page(), word("new", [0, 120], 0)).words), "0:one 0:two 1:three 2:new 3:drawing");
  assert.equal(texts(edits.place(page(), word("", [0, 30], 0, { kind: "drawing" })).words).split(" ").at(-1), "2:drawing");
  assert.equal(texts(edits.place([], word("new", [0, 0], 5)).words), "0:new");
});

test("any words are joined, with their looks", () => {
  const { words, at: [at] } = edits.join(page(), [2, 0]);
  assert.equal(texts(words), "0:onethree 0:two 1:drawing");
  assert.deepEqual(words[at].box, [0, 0, 40, 80]);
  assert.deepEqual(words[at].widths, [2, 3, 2, 3]);
});

test("a word is cut along a line, whichever way it is drawn", () => {
  for (const [p, q] of [[[20, -5], [20, 25]], [[20, 25], [20, -5]], [[25, -5], [15, 25]], [[15, 25], [25, -5]]]) {
    const { words, at } = edits.cut(page(), 0, p, q);
    assert.deepEqual(at, [0, 1]);
    assert.ok(words[0].box[2] <= words[1].box[2] && words[0].box[0] < words[1].box[0]);
    assert.equal(words[0].text + words[1].text, "one");
    assert.equal(words[0].line, words[1].line);
  }
  assert.deepEqual(edits.cut(page(), 0, [500, 0], [500, 9]).at, [0]); // beside the word
  const { words } = edits.cut([word("a b", [0, 0], 0)], 0, [20, -5], [20, 25]);
  assert.deepEqual(words.map((w) => w.text), ["a", "b"]);
});

test("words move to other lines and along their own", () => {
  assert.equal(texts(edits.toLine(page(), 1, 1).words), "0:one 1:three 1:two 2:drawing");
  assert.equal(texts(edits.toLine(page(), 0, -1).words), "0:one 1:two 2:three 3:drawing");
  assert.equal(texts(edits.toLine(page(), 2, 1).words), "0:one 0:two 1:three 2:drawing");
  assert.equal(texts(edits.along(page(), 0, 1).words), "0:two 0:one 1:three 2:drawing");
  const same = page();
  assert.equal(edits.along(same, 1, 1).words, same);
});

test("a word that comes into a line is in that line's cell of a table, and in none on its own", () => {
  const table = () => page().map((w) => (w.line < 2 ? { ...w, cell: [0, w.line, 0] } : w));
  const cells = ({ words }) => words.map((w) => w.cell?.[1] ?? "-").join("");
  assert.equal(cells(edits.place(table(), word("new", [50, 2], 0))), "0001-");
  assert.equal(cells(edits.place(table(), word("new", [0, 30], 0))), "00-1-");
  assert.equal(cells(edits.toLine(table(), 1, 1)), "011-");
  assert.equal(cells(edits.toLine(table(), 0, -1)), "-01-");
  assert.equal(cells(edits.toLine(table(), 2, 1)), "001-");
  assert.equal(cells(edits.join(table(), [0, 1])), "01-");
});

test("strokes are erased, turned, split, joined and put in order", () => {
  const first = [{ word: 0, stroke: 0 }], both = [...first, { word: 0, stroke: 1 }];
  assert.deepEqual(edits.erase(page(), first)[0].strokes, [[[20, 20], [40, 0]]]);
  assert.deepEqual(edits.erase(page(), first)[0].box, [20, 0, 40, 20]);
  assert.equal(edits.erase(page(), both).length, 3);
  assert.deepEqual(edits.reverse(page(), first)[0].strokes[0], [[20, 20], [0, 0]]);
  assert.deepEqual(edits.split(page(), first[0], [9, 11])[0].strokes.slice(0, 2), [[[0, 0], [10, 10]], [[10, 10], [20, 20]]]);
  assert.deepEqual(edits.split(page(), first[0], [9, 11])[0].widths, [2, 2, 3]);
  assert.deepEqual(edits.joinStrokes(page(), both)[0].strokes, [[[0, 0], [20, 20], [20, 20], [40, 0]]]);
  const turned = edits.joinStrokes(edits.reverse(page(), both), both)[0].strokes;
  assert.deepEqual(turned.map((s) => [s[0], s.at(-1)]), [[[0, 0], [40, 0]]]);
  assert.deepEqual(edits.reorder(page(), first[0], 1)[0].widths, [3, 2]);
  const end = page();
  assert.deepEqual(edits.reorder(end, first[0], -1), end);
});

test("strokes leave for a word of their own, and are added", () => {
  const { words, at: [at] } = edits.apart(page(), [{ word: 3, stroke: 0 }]);
  assert.deepEqual(words[at].strokes, [[[0, 200], [20, 220]]]);
  assert.equal(words.find((w) => w.kind === "drawing").strokes.length, 1);
  const stroke = { points: [[50, 5], [60, 9]], width: 2, color: null };
  assert.equal(edits.draw(page(), 0, [stroke])[0].strokes.length, 3);
  assert.deepEqual(edits.draw(page(), 0, [stroke], true)[0].strokes, [stroke.points]);
  assert.equal(edits.sketch(page(), stroke).words.length, 5);
});

test("nothing given is changed", () => {
  const words = page(), before = JSON.stringify(words);
  edits.place(words, word("x", [50, 2], 0));
  edits.cut(words, 0, [20, -5], [20, 25]);
  edits.join(words, [0, 1]);
  edits.reverse(words, [{ word: 0, stroke: 0 }]);
  assert.equal(JSON.stringify(words), before);
});

test("the nearest point of a path", () => {
  assert.deepEqual(nearest([[0, 0], [10, 0], [10, 10]], [12, 5]), { at: 1, point: [10, 5], away: 2 });
  assert.deepEqual(nearest([[3, 4]], [0, 0]).away, 5);
});
