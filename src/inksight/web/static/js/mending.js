// Mending: words and strokes are chosen, changed, added and taken away; everything can be undone.

import * as api from "./api.js";
import { $, button, byTouch, count, ink, offerText, player, reading, say, state, trying, view } from "./app.js";
import * as edits from "./edits.js";
import * as tools from "./tools.js";

const HINTS = {
  box: "Drag a box around the word. Or: arrow keys move the box, with Shift its lower right corner; Enter traces, Escape leaves.",
  cut: "Draw a line where the word is to be cut. Or: arrow keys move the line, Enter cuts.",
  pen: "Write with pen, finger or mouse. Or: arrow keys move the pen, Space puts it down and lifts it. Escape ends.",
  pick: "Tap a stroke, or draw around several; with Shift they are added.",
  erase: "Rub over strokes: they go when you let go.",
  split: "Tap where the stroke is to be split. Or: arrow keys move the mark, Enter splits.",
};

/** What a tool does; of keys only where there are some. */
const hint = (name) => (byTouch() ? HINTS[name].split(" Or: ")[0] : HINTS[name]);

/** All chosen words. */
export const chosen = () => new Set(state.chosen === null ? [] : [state.chosen, ...state.others]);

// ------------------------------------------------------------------------------------------------- choosing

/** Choose a word (null: none); with `more` it joins those that are chosen. */
export function choose(index, { more = false, keepTool = false } = {}) {
  const word = ink.words[index];
  if (more && word && state.chosen !== null && index !== state.chosen) state.others.add(index);
  else {
    [state.chosen, state.others] = [word ? index : null, new Set()];
    pick([], false);
  }
  if (!keepTool) useTool("hand");
  $("left-card").hidden = true;
  showCard();
  if (word && !more) {
    raise();
    view.show(word.box);
    reading.reveal(index);
  }
}

/** On a phone, the sheet with the card comes up; elsewhere it always is. */
function raise() {
  document.body.classList.add("sheet-open");
  $("grip").setAttribute("aria-expanded", "true");
}

function showCard() {
  const word = ink.words[state.chosen];
  $("card").hidden = !word;
  $("reading-hint").hidden = Boolean(word);
  if (word) {
    const drawing = edits.isDrawing(word), several = state.others.size > 0;
    $("card-text").value = word.text ?? "";
    $("card-join").disabled = !several && ink.words[state.chosen + 1]?.line !== word.line;
    $("card-join").textContent = several ? `Join ${1 + state.others.size}` : "Join with next";
    $("card-trace").textContent = word.kind === "print" ? "Trace it" : "Trace again";
    $("card-kind").textContent = drawing ? "It is a word" : "It is a drawing";
    for (const id of ["card-cut", "card-play"]) $(id).disabled = !word.strokes.length;
    for (const id of ["card-trace", "card-box", "card-compare"]) $(id).disabled = !state.photo;
    $("card-facts").textContent = `${count(word.strokes.length, "stroke")}, ${drawing ? "a drawing" : word.kind === "print" ? "printed" : `confidence ${Math.round(100 * word.confidence)} %`}`;
  }
  mark();
}

/** Show what is chosen, lit and found. */
export function mark() {
  view.mark(state.lit, chosen(), state.found);
  reading.mark(state.lit, chosen(), state.found);
  showStrokes();
}

/** Choose strokes, [{word, stroke}]; with `more`, those chosen already change sides. */
export function pick(strokes, more) {
  const is = (a) => (b) => a.word === b.word && a.stroke === b.stroke;
  const kept = more ? state.strokes.filter((s) => !strokes.some(is(s))) : [];
  state.strokes = [...kept, ...strokes.filter((s) => !more || !state.strokes.some(is(s)))];
  showStrokes();
}

function showStrokes() {
  state.strokes = state.strokes.filter(({ word, stroke }) => ink.words[word]?.strokes[stroke]);
  const { strokes } = state, n = strokes.length;
  const word = n ? strokes[0].word : state.chosen;
  const open = n > 0 || view.tool?.name === "pick" || $("strokes").open;
  view.markStrokes(ink.words, strokes, open ? word : null);
  $("strokes").hidden = word === null && !n;
  const total = ink.words[word]?.strokes.length ?? 0;
  $("strokes-title").textContent = n ? `${count(n, "stroke")} chosen` : `Strokes (${total})`;
  $("stroke-list").replaceChildren(...Array.from({ length: total }, (_, k) => {
    const is = strokes.some((s) => s.word === word && s.stroke === k);
    const chip = button(String(k + 1), (e) => pick([{ word, stroke: k }], e.shiftKey || e.ctrlKey || e.metaKey || is), { className: "chip" });
    chip.setAttribute("aria-pressed", String(is));
    chip.setAttribute("aria-label", `Stroke ${k + 1} of ${total}`);
    return chip;
  }));
  const needs = { erase: 1, reverse: 1, split: 1, join: 2, earlier: 1, later: 1, apart: 1 };
  const most = { split: 1, earlier: 1, later: 1 };
  for (const [name, least] of Object.entries(needs)) $(`stroke-${name}`).disabled = n < least || n > (most[name] ?? Infinity);
  $("stroke-adopt").disabled = !n || state.chosen === null || strokes.every((s) => s.word === state.chosen);
}

// --------------------------------------------------------------------------------------------------- tools

/** The tool of that name; "hand" moves the picture and chooses words. */
export function useTool(name) {
  if (name !== "pen") state.rewriting = null;
  const words = () => ink.words;
  const made = {
    hand: () => null,
    box: () => tools.boxing(view, addWord),
    pick: () => tools.picking(view, words, picked),
    pen: () => tools.writing(view, drawn),
    erase: () => tools.erasing(view, words, (strokes) => change(edits.erase(ink.words, strokes), `${count(strokes.length, "stroke")} erased.`)),
  }[name]();
  view.use(made);
  for (const each of document.querySelectorAll("#tools [data-tool]")) each.setAttribute("aria-pressed", String(each.dataset.tool === name));
  if (made) say(hint(made.name));
  showStrokes();
}

/** A tool for one thing, after which the hand is back. */
function once(tool) {
  useTool("hand");
  view.use(tool);
  say(hint(tool.name));
  $("stage").focus();
}

function picked(strokes, more) {
  if (strokes.length && !more && strokes[0].word !== state.chosen) {
    [state.chosen, state.others] = [strokes[0].word, new Set()];
    showCard();
  }
  if (strokes.length) $("strokes").open = true;
  pick(strokes, more);
}

/** The words as they are now; `what` is said, and the chosen word follows to `at`. */
function change(words, what, at = null) {
  ink.change(words);
  if (at !== null) [state.chosen, state.others] = [at >= 0 ? at : null, new Set()];
  else if (!ink.words[state.chosen]) state.chosen = null;
  state.strokes = [];
  showCard();
  if (what) say(what);
}

// --------------------------------------------------------------------------------------------------- words

async function traced(wish, what) {
  if (!state.photo) { say("This ink came without its photo, so nothing can be traced; write with the pen instead.", "bad"); return null; }
  document.body.setAttribute("aria-busy", "true");
  say(what);
  const word = await trying(() => api.trace(state.name, wish));
  document.body.removeAttribute("aria-busy");
  return word ?? null;
}

/** A word that was missed: traced in the box, and put in its place. */
export async function addWord(box) {
  useTool("hand");
  const word = await traced({ box, mode: "recognize-and-derender", instead_of: [] }, "Tracing what is in the box …");
  if (!word) return;
  if (!word.strokes.length) return say("There is no ink in the box that isn't traced already.", "bad");
  const { words, at: [at] } = edits.place(ink.words, { ...word, line: 0 });
  change(words, `Added: ${word.text || "no text"}. Undo takes it away.`, at);
  choose(at);
  offerText();
}

async function retrace(index, wish) {
  const before = ink.words[index];
  const fresh = before && await traced({ box: before.box, instead_of: [index], ...wish }, "Tracing this word again …");
  const at = ink.words.indexOf(before);
  if (!fresh || at < 0) return;
  const { kind, widths, colors, ...kept } = before;
  change(edits.replace(ink.words, at, { ...kept, ...fresh, text: fresh.text || $("card-text").value.trim() }).words,
    `Traced again: ${count(fresh.strokes.length, "stroke")}.`);
}

function submitCard(event) {
  event.preventDefault();
  const text = $("card-text").value.trim(), mode = $("card-mode").value;
  const told = mode === "" ? text !== "" : mode === "derender-with-text";
  if (told && !text) return say("Say in the text field what is written there.", "bad");
  if (!state.photo) return sayText();
  retrace(state.chosen, told ? { mode: "derender-with-text", text } : { mode: mode || "recognize-and-derender" });
}

/** Somebody has looked: the text is right, the ink stays. */
function sayText() {
  const at = state.chosen, word = ink.words[at], text = $("card-text").value.trim();
  const fresh = { ...word, text: edits.isDrawing(word) ? "" : text, confidence: 1, origin: edits.isDrawing(word) ? "checked" : word.origin };
  change(edits.replace(ink.words, at, fresh).words, "Marked as right.");
}

function changeKind() {
  const at = state.chosen, { kind, ...word } = ink.words[at];
  const fresh = kind === "drawing" ? { ...word, confidence: 0 } : { ...word, kind: "drawing", text: "", origin: "checked", confidence: 1 };
  const moved = edits.place(edits.remove(ink.words, [at]).words, fresh);
  change(moved.words, kind === "drawing" ? "A word now; type what it says." : "A drawing now.", moved.at[0]);
}

function remove() {
  const gone = [...chosen()], at = Math.min(...gone);
  choose(null);
  ink.change(edits.remove(ink.words, gone).words);
  reading.focus(Math.min(at, ink.words.length - 1));
  say("Deleted; Undo brings it back.");
}

function join() {
  const which = state.others.size ? [...chosen()] : [state.chosen, state.chosen + 1];
  const { words, at: [at] } = edits.join(ink.words, which);
  change(words, "Joined.", at);
}

function cut() {
  const at = state.chosen;
  once(tools.cutting(view, ink.words[at].box, (p, q) => {
    useTool("hand");
    const after = edits.cut(ink.words, at, p, q);
    if (after.at.length < 2) return say("The line must leave ink on both sides.", "bad");
    change(after.words, "Cut in two; check both texts.", after.at[0]);
  }));
}

function move(way, by) {
  const { words, at: [at] } = edits[way](ink.words, state.chosen, by);
  change(words, "Moved.", at);
  reading.reveal(at);
}

function moveBox() {
  const at = state.chosen;
  if (view.tool?.name === "box") return useTool("hand");
  view.near(ink.words[at].box);
  once(tools.boxing(view, (box) => {
    useTool("hand");
    retrace(at, { box, mode: "recognize-and-derender" });
  }, ink.words[at].box));
}

// ------------------------------------------------------------------------------------------------- strokes

/** The width and color of ink near by, for what is written by hand. */
function looks() {
  const known = edits.strokesOf(ink.words[state.chosen] ?? { strokes: [] });
  const all = known.length ? known : ink.words.flatMap(edits.strokesOf);
  const middle = (values) => values.sort((a, b) => a - b)[values.length >> 1] ?? null;
  return { width: middle(all.map((s) => s.width).filter((w) => w !== null)), color: all.find((s) => s.color)?.color ?? null };
}

/** A stroke written by hand: into the chosen word, or a drawing of its own. */
function drawn(points) {
  const stroke = { points: points.map(([x, y]) => [Math.round(x * 10) / 10, Math.round(y * 10) / 10]), ...looks() };
  if (ink.words[state.chosen]) {
    const instead = state.rewriting === state.chosen;
    state.rewriting = null;
    return change(edits.draw(ink.words, state.chosen, [stroke], instead), instead ? "Go on writing; Escape ends." : "");
  }
  const { words, at: [at] } = edits.sketch(ink.words, stroke);
  change(words, "Drawn. It is a drawing of its own; further strokes join it.", at);
}

function rewrite() {
  state.rewriting = state.chosen;
  view.near(ink.words[state.chosen].box);
  useTool("pen");
  say("Write the word anew over the old one; its first stroke replaces it. Escape ends.");
  $("stage").focus();
}

const STROKE_EDITS = {
  erase: () => change(edits.erase(ink.words, state.strokes), `${count(state.strokes.length, "stroke")} erased.`),
  reverse: () => keepingStrokes(edits.reverse(ink.words, state.strokes), "Turned around."),
  join: () => change(edits.joinStrokes(ink.words, state.strokes), "Joined."),
  earlier: () => reorder(-1),
  later: () => reorder(1),
  split() {
    const [stroke] = state.strokes;
    once(tools.splitting(view, ink.words[stroke.word].strokes[stroke.stroke], (p) => {
      useTool("hand");
      change(edits.split(ink.words, stroke, p), "Split.");
    }));
  },
  apart() {
    const { words, at: [at] } = edits.apart(ink.words, state.strokes);
    change(words, "A word of its own; type what it says.", at);
    offerText();
  },
  adopt() {
    const target = ink.words[state.chosen];
    const own = state.strokes.map(({ word, stroke }) => edits.strokesOf(ink.words[word])[stroke]);
    const rest = edits.erase(ink.words, state.strokes);
    const at = rest.findIndex((w) => w.strokes === target.strokes);
    change(edits.draw(rest, at, own), "Moved into this word.", at);
  },
};

function keepingStrokes(words, what, strokes = state.strokes) {
  ink.change(words);
  pick(strokes, false);
  say(what);
}

function reorder(by) {
  const [{ word, stroke }] = state.strokes;
  const to = Math.min(Math.max(stroke + by, 0), ink.words[word].strokes.length - 1);
  keepingStrokes(edits.reorder(ink.words, { word, stroke }, by), `Stroke ${to + 1} now.`, [{ word, stroke: to }]);
}

// -------------------------------------------------------------------------------------------------- wiring

export function undo() { choose(null); ink.undo(); }
export function redo() { choose(null); ink.redo(); }

export function leaveCard() {
  const at = state.chosen;
  choose(null);
  reading.focus(at);
}

const KEYS = { v: "hand", b: "box", s: "pick", p: "pen", e: "erase" };

/** Keys that work wherever nothing is being typed. */
function shortcut(event) {
  if (document.querySelector("dialog[open]") || event.target.matches("input:not([type=range], [type=checkbox]), select, textarea")) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (KEYS[event.key]) { useTool(KEYS[event.key]); if (event.key !== "v") $("stage").focus(); }
  else if (event.key === "c" && state.chosen !== null) cut();
  else if (event.key === "Delete") { if (state.strokes.length) STROKE_EDITS.erase(); else if (state.chosen !== null) remove(); else return; }
  else return;
  event.preventDefault();
}

export function wireMending(compare) {
  $("undo").addEventListener("click", undo);
  $("redo").addEventListener("click", redo);
  for (const each of document.querySelectorAll("#tools [data-tool]")) {
    each.addEventListener("click", () => {
      useTool(each.getAttribute("aria-pressed") === "true" ? "hand" : each.dataset.tool);
      if (view.tool) $("stage").focus();
    });
  }
  document.addEventListener("keydown", (e) => {
    if (document.querySelector("dialog[open]")) return;
    if (e.key === "Escape") {
      if (view.tool) { useTool("hand"); say(""); } else if (state.chosen !== null) leaveCard();
      return;
    }
    if (!(e.ctrlKey || e.metaKey) || e.key.toLowerCase() !== "z" || e.target.matches("input:not([type=range], [type=checkbox])")) return shortcut(e);
    e.preventDefault();
    (e.shiftKey ? redo : undo)();
  });
  $("card").addEventListener("submit", submitCard);
  const does = {
    say: sayText, delete: remove, join, cut, box: moveBox, kind: changeKind, rewrite, close: leaveCard, compare,
    play: () => player.playFrom(state.chosen), up: () => move("toLine", -1), down: () => move("toLine", 1),
    left: () => move("along", -1), right: () => move("along", 1),
  };
  for (const [name, action] of Object.entries(does)) $(`card-${name}`).addEventListener("click", action);
  for (const [name, action] of Object.entries(STROKE_EDITS)) $(`stroke-${name}`).addEventListener("click", action);
  $("strokes").addEventListener("toggle", showStrokes);
}
