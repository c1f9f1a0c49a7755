// Puts the parts together: what the user does, what the server says, what is shown.

import * as api from "./api.js";
import { Document } from "./document.js";
import { Pad } from "./draw.js";
import { named } from "./names.js";
import { Player } from "./player.js";
import { Reading, search } from "./text.js";
import { LEGENDS, View } from "./view.js";

const EXAMPLES = [["page", "A page"], ["word", "A word"], ["board", "A board"], ["sketch", "A sketch"]];
const MODES = {
  "recognize-and-derender": "read and trace", derender: "trace only", "derender-with-text": "trace with my text",
  recognize: "read only",
};
const LONG = 25; // seconds that a page should play at most, where nobody chose a speed

const $ = (id) => document.getElementById(id);
const ink = new Document();
const view = new View($("stage"));
const player = new Player();
const reading = new Reading($("lines"));
const pad = new Pad($("draw-pad"));
const state = { name: null, chosen: null, lit: null, found: new Set(), work: null, source: null, facts: "", largest: Infinity };

// ------------------------------------------------------------------------------------------------ what is said

function say(text, kind = "") {
  $("status").textContent = text;
  $("status").dataset.kind = kind;
}

/** Run something that may be refused; the reason is shown. Undefined when it was. */
async function trying(action) {
  try {
    return await action();
  } catch (error) {
    if (error.name === "AbortError") return undefined;
    const known = error instanceof api.Refusal;
    if (!known) console.error(error);
    say(known ? error.message : "The server doesn't answer. Is inksight serve still running?", "bad");
    return undefined;
  }
}

const count = (n, thing) => `${n} ${thing}${n === 1 ? "" : "s"}`;
const option = (value, text = value) => Object.assign(document.createElement("option"), { value, textContent: text });

// --------------------------------------------------------------------------------------------- bringing pictures

/** Convert a picture; whether it came to an end. */
async function bring(file, kind = $("kind").value, extra = {}) {
  if (file.size > state.largest) return say(`This file is larger than ${Math.floor(state.largest / 2 ** 20)} MB; scale it down.`, "bad");
  state.work?.abort();
  const work = state.work = new AbortController();
  state.source = { file, kind };
  choose(null);
  const wish = { mode: $("mode").value, detector: $("detector").value, model: $("model").value, ...extra };
  for (const name of ["flatten", "fast"]) if ($(name).checked) wish[name] = 1;
  if (wish.mode === "derender-with-text") wish.text = $("told").value;
  if (kind === "word") delete wish.detector;
  say("Looking at the picture …");
  busy(true);
  const begin = performance.now();
  const hear = (event, content) => { if (work === state.work) HEARD[event]?.(content, begin); };
  const done = await trying(async () => { await api.convert(kind, file, wish, hear, work.signal); return true; });
  if (work !== state.work) return false;
  busy(false);
  view.waiting([]);
  return done;
}

function busy(is) {
  $("progress").hidden = $("stop").hidden = !is;
  $("progress").removeAttribute("value");
}

function stop() {
  state.work?.abort();
  say("Stopped.");
}

const HEARD = {
  picture({ result, width, height, pages, page }) {
    state.name = result;
    state.facts = "";
    history.replaceState(null, "", `#${result}`);
    show(result, { format: "inksight", version: 1, width, height, words: [] });
    $("page-field").hidden = pages < 2;
    Object.assign($("page"), { max: pages, value: page });
    if (pages > 1) document.querySelector(".choices").open = true;
    say(pages > 1 ? `Page ${page} of ${pages}: finding the words …` : "Finding the words …");
  },
  boxes({ boxes }) {
    view.waiting(boxes);
    say(`${count(boxes.length, "word")} found, tracing …`);
  },
  words({ words, done, total }, begin) {
    ink.add(words);
    $("progress").value = done / total;
    say(`${done} of ${total} words, ${((performance.now() - begin) / done / 1000).toFixed(2)} s a word`);
  },
  page({ page, seconds, model }) {
    view.waiting([]);
    state.facts = ` · model ${model} · ${seconds.toFixed(1)} s · nothing left this machine`;
    ink.open(page);
    finish(page);
  },
};

/** A page that is complete. */
function finish(page) {
  player.seek(1);
  suitSpeed();
  if (page.words.length) say("Done. Press Play to watch it being written.");
  else say("No handwriting was found. Is the picture sharp, and the ink dark enough?", "bad");
}

function show(name, page) {
  $("result").hidden = false;
  document.body.classList.add("has-ink");
  view.open(api.photo(name), page.width, page.height);
  ink.open(page);
}

async function reopen() {
  const name = location.hash.slice(1);
  if (!name || name === state.name) return;
  const page = await trying(() => api.result(name));
  if (!page) return;
  state.name = name;
  state.facts = "";
  choose(null);
  show(name, page);
  finish(page);
}

async function example(name) {
  const response = await trying(() => fetch(`static/examples/${name}.jpg`));
  if (response?.ok) await bring(new File([await response.blob()], `${name}.jpg`), name === "word" ? "word" : "convert");
}

// ----------------------------------------------------------------------------------------------- showing the ink

function redraw() {
  const { words } = ink;
  const paths = view.draw(words, $("color").value, state.chosen);
  reading.draw(words);
  state.found = search(words, $("find").value);
  mark();
  player.load(words, paths);
  $("undo").disabled = !ink.canUndo;
  $("redo").disabled = !ink.canRedo;
  const written = words.filter((w) => w.kind !== "drawing").length;
  const strokes = words.reduce((n, w) => n + w.strokes.length, 0);
  $("facts").textContent = `${count(written, "word")}, ${count(strokes, "stroke")}${state.facts}`;
}

function recolor() {
  const legend = LEGENDS[$("color").value];
  $("legend").hidden = !legend;
  $("legend").dataset.of = $("color").value;
  [$("legend-low").textContent, $("legend-high").textContent] = legend ?? ["", ""];
  redraw();
}

function mark() {
  view.mark(state.lit, state.chosen, state.found);
  reading.mark(state.lit, state.chosen, state.found);
  const { size } = state.found;
  $("found").textContent = $("find").value ? (size ? `${size} found` : "Not found") : "";
}

function light(index) {
  if (index === state.lit) return;
  state.lit = index;
  mark();
}

function find() {
  state.found = search(ink.words, $("find").value);
  mark();
}

/** Enter goes from one found word to the next. */
function findNext(event) {
  if (event.key !== "Enter" || !state.found.size) return;
  const all = [...state.found];
  const next = all.find((i) => i > (state.lit ?? -1)) ?? all[0];
  light(next);
  view.show(ink.words[next]);
  reading.reveal(next);
}

/** The slowest of the speeds at which the page doesn't take long, unless one was chosen. */
function suitSpeed() {
  if (!$("speed").dataset.chosen) {
    const speeds = [...$("speed").options].map((o) => Number(o.value));
    $("speed").value = speeds.find((s) => s >= 1 && player.seconds / s <= LONG) ?? speeds.at(-1);
  }
  player.speed = Number($("speed").value);
}

// ------------------------------------------------------------------------------------------------------- mending

function choose(index) {
  stopMovingBox();
  const word = ink.words[index];
  state.chosen = word ? index : null;
  $("card").hidden = !word;
  $("reading-hint").hidden = Boolean(word);
  if (word) {
    $("card-text").value = word.text ?? "";
    $("card-merge").disabled = !ink.joined(index);
    $("card-facts").textContent = `${count(word.strokes.length, "stroke")}, confidence ${Math.round(100 * word.confidence)} %`;
    view.show(word);
    reading.reveal(index);
  }
  mark();
}

async function retrace(index, wish) {
  const before = ink.words[index];
  if (!before || $("card").hasAttribute("aria-busy")) return;
  $("card").setAttribute("aria-busy", "true");
  say("Tracing this word again …");
  const fresh = await trying(() => api.trace(state.name, { box: before.box, ...wish }));
  $("card").removeAttribute("aria-busy");
  const at = ink.words.indexOf(before);
  if (!fresh || at < 0) return;
  const { kind, widths, colors, ...kept } = before;
  ink.replace(at, { ...kept, ...fresh, text: fresh.text || $("card-text").value.trim(), line: before.line });
  say(`Traced again: ${count(fresh.strokes.length, "stroke")}.`);
  if (state.chosen !== null) choose(at);
}

function submitCard(event) {
  event.preventDefault();
  const text = $("card-text").value.trim();
  const chosen = $("card-mode").value;
  const told = chosen === "" ? text !== "" : chosen === "derender-with-text";
  if (told && !text) return say("Say in the text field what is written there.", "bad");
  retrace(state.chosen, told ? { mode: "derender-with-text", text } : { mode: chosen || "recognize-and-derender" });
}

function sayText() {
  const at = state.chosen;
  ink.replace(at, { ...ink.words[at], text: $("card-text").value.trim() });
  choose(at);
}

function remove() {
  const at = state.chosen;
  choose(null);
  ink.remove(at);
  reading.focus(Math.min(at, ink.words.length - 1));
  say("Deleted; Undo brings it back.");
}

function join() {
  const at = state.chosen;
  ink.join(at);
  choose(at);
}

function stopMovingBox() {
  view.moveBox(null);
  $("card-box").setAttribute("aria-pressed", "false");
}

function moveBox() {
  if ($("card-box").getAttribute("aria-pressed") === "true") return stopMovingBox();
  const index = state.chosen;
  $("card-box").setAttribute("aria-pressed", "true");
  say("Drag a box around the word. Or: arrow keys move it, with Shift its lower right corner; Enter traces, Escape leaves it.");
  $("stage").focus();
  view.moveBox((box) => {
    stopMovingBox();
    if (box) retrace(index, { box, mode: "recognize-and-derender" });
    else say("");
  }, ink.words[index].box);
}

function undo() { choose(null); ink.undo(); }
function redo() { choose(null); ink.redo(); }

// ------------------------------------------------------------------------------------------------- taking it away

async function download() {
  const format = $("format").selectedOptions[0];
  say("Writing the file …");
  const blob = await trying(() => api.render(ink.ink, format.value, look(), state.name));
  if (!blob) return;
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: `ink.${format.dataset.ending}` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  say(`ink.${format.dataset.ending} is in your downloads.`);
}

const look = () => ($("color").value === "order" ? { color: "order" } : {});

async function copy(content, what) {
  const text = await trying(content);
  if (text === undefined) return;
  try {
    await navigator.clipboard.writeText(text);
    say(`${what} copied.`);
  } catch {
    say("The browser doesn't let this page copy. It does at http://localhost.", "bad");
  }
}

// ------------------------------------------------------------------------------------------------------- drawing

async function traceDrawing() {
  if (!pad.strokes.length) { $("draw-status").textContent = "Write something first."; return; }
  $("draw-status").textContent = "";
  const picture = new File([await pad.picture()], "drawn.png", { type: "image/png" });
  $("draw").close();
  if (!await bring(picture, "word", { mode: "recognize-and-derender", flatten: "" })) return;
  const [word] = ink.words;
  if (!word) return;
  const { drawn, traced, same, turned } = pad.compare(word);
  const back = turned ? ` and ${turned} the other way round` : "";
  say(`You drew ${count(drawn, "stroke")}; ${traced} ${traced === 1 ? "was" : "were"} traced, ${same} as you drew ${same === 1 ? "it" : "them"}${back}.`);
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  player.seek(0);
  player.play();
}

// -------------------------------------------------------------------------------------------------------- wiring

async function choices() {
  const known = await trying(api.models);
  if (!known) return;
  state.largest = known.upload_bytes;
  for (const mode of known.modes) {
    $("mode").append(option(mode, MODES[mode] ?? mode));
    if (mode !== "recognize") $("card-mode").append(option(mode, MODES[mode] ?? mode));
  }
  $("mode").value = "recognize-and-derender";
  $("card-mode").prepend(option("", "with this text, if there is any"));
  $("card-mode").value = "";
  $("detector").append(...known.detectors.map((name) => option(name, name === "none" ? "nothing: it is one word" : name)));
  $("model").append(...known.models.map(({ name }) => option(name)));
  $("model").value = known.default;
  for (const { name, title, ending } of named(known.formats)) {
    const entry = option(name, title);
    entry.dataset.ending = ending;
    $("format").append(entry);
  }
}

function wireBringing() {
  for (const id of ["file", "camera"]) {
    $(id).addEventListener("change", () => {
      const [file] = $(id).files;
      if (file) bring(file);
      $(id).value = "";
    });
  }
  for (const kind of ["dragover", "drop"]) document.addEventListener(kind, (e) => e.preventDefault());
  document.addEventListener("dragover", () => $("drop").classList.add("over"));
  document.addEventListener("dragleave", (e) => { if (!e.relatedTarget) $("drop").classList.remove("over"); });
  document.addEventListener("drop", (e) => {
    $("drop").classList.remove("over");
    if (e.dataTransfer.files[0]) bring(e.dataTransfer.files[0]);
  });
  document.addEventListener("paste", (e) => {
    if (e.clipboardData.files[0]) bring(e.clipboardData.files[0]);
  });
  $("examples").append(...EXAMPLES.map(([name, title]) => {
    const button = Object.assign(document.createElement("button"), { type: "button" });
    const picture = Object.assign(new Image(), { src: `static/examples/${name}.jpg`, alt: "" });
    button.append(picture, title);
    button.addEventListener("click", () => example(name));
    return button;
  }));
  $("mode").addEventListener("change", () => { $("told-field").hidden = $("mode").value !== "derender-with-text"; });
  $("page").addEventListener("change", () => {
    const { file, kind } = state.source ?? {};
    if (file) bring(file, kind, { page: Math.max(1, Number($("page").value) || 1) });
  });
  $("stop").addEventListener("click", stop);
}

function wireView() {
  view.addEventListener("hover", (e) => light(e.detail));
  view.addEventListener("choose", (e) => choose(e.detail));
  reading.addEventListener("hover", (e) => light(e.detail));
  reading.addEventListener("choose", (e) => {
    if (e.detail === null) return;
    choose(e.detail);
    $("card-text").focus();
    $("card-text").select();
  });
  ink.addEventListener("change", (e) => {
    redraw();
    if (e.detail === "edit" && state.name) trying(() => api.keep(state.name, ink.ink));
  });
  player.addEventListener("change", () => {
    $("scrub").value = Math.round(1000 * player.share);
    $("scrub").setAttribute("aria-valuetext", `${Math.round(100 * player.share)} %`);
    $("play").setAttribute("aria-pressed", String(player.playing));
    $("play").querySelector(".name").textContent = player.playing ? "Pause" : "Play";
  });
  $("play").addEventListener("click", () => (player.playing ? player.pause() : player.play()));
  $("scrub").addEventListener("input", () => player.seek($("scrub").value / 1000));
  $("speed").addEventListener("change", () => { $("speed").dataset.chosen = "yes"; suitSpeed(); });
  $("mix").addEventListener("input", () => view.mix($("mix").value / 100));
  $("color").addEventListener("change", recolor);
  $("zoom-in").addEventListener("click", () => view.zoom(1.4));
  $("zoom-out").addEventListener("click", () => view.zoom(1 / 1.4));
  $("zoom-fit").addEventListener("click", () => view.fit());
  $("find").addEventListener("input", find);
  $("find").addEventListener("keydown", findNext);
  $("stage").addEventListener("keydown", (e) => {
    const moves = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] };
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (view.nudge(e)) e.stopPropagation();
    else if (moves[e.key]) view.pan(...moves[e.key]);
    else if (e.key === "+" || e.key === "=") view.zoom(1.4);
    else if (e.key === "-") view.zoom(1 / 1.4);
    else if (e.key === "0") view.fit();
    else if (e.key === " ") $("play").click();
    else return;
    e.preventDefault();
  });
}

function wireMending() {
  $("undo").addEventListener("click", undo);
  $("redo").addEventListener("click", redo);
  document.addEventListener("keydown", (e) => {
    if ($("draw").open) return;
    if (e.key === "Escape" && state.chosen !== null) return leaveCard();
    if (!(e.ctrlKey || e.metaKey) || e.key.toLowerCase() !== "z" || e.target.matches("input:not([type=range])")) return;
    e.preventDefault();
    (e.shiftKey ? redo : undo)();
  });
  $("card").addEventListener("submit", submitCard);
  $("card-say").addEventListener("click", sayText);
  $("card-delete").addEventListener("click", remove);
  $("card-merge").addEventListener("click", join);
  $("card-box").addEventListener("click", moveBox);
  $("card-close").addEventListener("click", leaveCard);
}

function leaveCard() {
  const at = state.chosen;
  choose(null);
  reading.focus(at);
}

function wireTaking() {
  $("download").addEventListener("click", download);
  $("copy-text").addEventListener("click", () => copy(() => ink.text, "Text"));
  $("copy-svg").addEventListener("click", () => copy(async () => (await api.render(ink.ink, "svg", look(), state.name)).text(), "SVG"));
  $("copy-link").addEventListener("click", () => copy(() => location.href, "Link"));
}

function wireDrawing() {
  $("open-draw").addEventListener("click", () => { pad.clear(); $("draw-status").textContent = ""; $("draw").showModal(); });
  $("draw-close").addEventListener("click", () => $("draw").close());
  $("draw-clear").addEventListener("click", () => { pad.clear(); $("draw-status").textContent = ""; });
  $("draw-go").addEventListener("click", traceDrawing);
}

wireBringing();
wireView();
wireMending();
wireTaking();
wireDrawing();
view.mix($("mix").value / 100);
addEventListener("hashchange", reopen);
await choices();
await reopen();
