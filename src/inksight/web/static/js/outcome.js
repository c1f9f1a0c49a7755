// What came of a page: what there is, and what had better be looked at.

import { area, overlap } from "./geometry.js";
import { sureness } from "./view.js";

const count = (n, thing) => `${n} ${thing}${n === 1 ? "" : "s"}`;
const COVERED = 0.5; // share of a box of ink left out that new ink must cover for the box to be done with

/** Whether a word or a drawing had better be looked at, by the confidence below which that is so. */
export const isDoubtful = (word, least) =>
  word.kind !== "print" && (sureness(word) < least || (word.kind !== "drawing" && !word.text));

/** The boxes of ink left out that nothing new lies on; `before` are the words from which they were left out. */
export function stillLeft(boxes, words, before) {
  const old = new Set(before);
  const fresh = words.filter((w) => w.strokes.length && !old.has(w));
  return boxes.filter((box) => fresh.every((w) => overlap(box, w.box) < COVERED * area(box)));
}

/** What to look at, from top to bottom: {index} of a word or {box} of ink that was left out. */
export function doubts(words, left, least) {
  const found = words.flatMap((word, index) => (isDoubtful(word, least) ? [{ index, box: word.box }] : []));
  const line = (box) => Math.round((box[1] + box[3]) / 80);
  return [...found, ...left.map((box) => ({ box }))].sort((a, b) => line(a.box) - line(b.box) || a.box[0] - b.box[0]);
}

/** The same in a sentence: {text, kind}, `kind` being "good", "" or "bad". */
export function summary(words, left, least) {
  const printed = words.filter((w) => w.kind === "print");
  const written = words.filter((w) => !["drawing", "print"].includes(w.kind)), drawn = words.filter((w) => w.kind === "drawing");
  if (!words.length && !left.length) return { text: "No handwriting was found. Is the picture sharp, and the ink dark enough?", kind: "bad" };
  const unsure = written.filter((w) => isDoubtful(w, least)).length, drawings = drawn.filter((w) => isDoubtful(w, least)).length;
  const look = [];
  if (unsure) look.push(`${count(unsure, "word")} may be wrong`);
  if (drawings) look.push(`${count(drawings, "drawing")} nobody has checked`);
  if (left.length) look.push(`${count(left.length, "piece")} of ink left out`);
  const there = `${count(written.length, "word")}${drawn.length ? `, ${count(drawn.length, "drawing")}` : ""}${printed.length ? `, ${printed.length} printed` : ""}`;
  const kind = look.length ? (2 * unsure > written.length || left.length > written.length ? "bad" : "") : "good";
  return { text: look.length ? `${there}: ${look.join(", ")}.` : `${there}; none seems wrong.`, kind };
}
