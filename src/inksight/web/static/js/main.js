// Puts the parts together: what the user does, what the server says, what is shown.

import * as api from "./api.js";
import { Document } from "./document.js";
import { Pad } from "./draw.js";
import { Player } from "./player.js";
import { Reading, search } from "./text.js";
import { View } from "./view.js";

const EXAMPLES = [["page", "A page"], ["word", "A word"], ["board", "A board"], ["sketch", "A sketch"]];
const MODES = {
  "recognize-and-derender": "read and trace", derender: "trace only", "derender-with-text": "trace with my text",
  recognize: "read only",
};

const $ = (id) => document.getElementById(id);
const ink = new Document();
const view = new View($("stage"));
const player = new Player();
const reading = new Reading($("lines"));
const pad = new Pad($("draw-pad"));
const state = { name: null, lit: null, chosen: null, found: new Set(), work: null, source: null };

// ------------------------------------------------------------------------------------------------ what is said

function say(text, kind = "") {
  $("status").textContent = text;
  $("status").dataset.kind = kind;
}

/** Run something that may be refused; the reason is shown. */
async function trying(action, failed = say) {
  try {
    return await action();
  } catch (error) {
    if (error.name === "AbortError") return null;
    failed(error instanceof api.Refusal ? error.message : "The server doesn't answer. Is inksight serve still running?", "bad");
    return null;
  }
}

const option = (value, text = value) => Object.assign(document.createElement("option"), { value, textContent: text });

// --------------------------------------------------------------------------------------------- bringing pictures

async function bring(file, kind = $("kind").value, extra = {}) {
  state.work?.abort();
  state.work = new AbortController();
  const { signal } = state.work;
  state.source = { file, kind };
  choose(null);
  const wish = { mode: $("mode").value, detector: $("detector").value, model: $("model").value, ...extra };
  if (wish.mode === "derender-with-text") Object.assign(wish, { text: $("told").value });
  if (kind === "word") delete wish.detector;
  say("Looking at the picture …");
  $("progress").hidden = false;
  $("progress").removeAttribute("value");
  const begin = performance.now();
  await trying(() => api.convert(kind, file, wish, (event, content) => HEARD[event]?.(content, begin), signal));
  if (!signal.aborted) $("progress").hidden = true;
}

const HEARD = {
  picture({ result, width, height, pages, page }) {
    state.name = result;
    history.replaceState(null, "", `#${result}`);
    show(result, { format: "inksight", version: 1, width, height, words: [] });
    $("page-field").hidden = pages < 2;
    Object.assign($("page"), { max: pages, value: page + 1 });
    say(pages > 1 ? `Page ${page + 1} of ${pages}: finding the words …` : "Finding the words …");
  },
  boxes({ boxes }) {
    view.waiting(boxes);
    say(`${boxes.length} words found, tracing …`);
  },
  words({ words, done, total }, begin) {
    ink.add(words);
    $("progress").value = done / total;
    const each = (performance.now() - begin) / done;
    say(`${done} of ${total} words, ${(each / 1000).toFixed(2)} s a word`);
  },
  page({ page, seconds, model }) {
    view.waiting([]);
    ink.open(page);
    player.seek(1);
    const words = page.words.filter((w) => w.kind !== "drawing").length;
    const strokes = page.words.reduce((n, w) => n + w.strokes.length, 0);
    say(strokes || words ? "" : "No handwriting was found. Is it sharp, and dark enough?", strokes || words ? "" : "bad");
    $("facts").textContent = `${words} ${words === 1 ? "word" : "words"}, ${strokes} strokes · ${model} · ${seconds.toFixed(1)} s · on this machine`;
  },
};

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
  show(name, page);
  say("");
}

async function example(name) {
  const response = await trying(() => fetch(`static/examples/${name}.jpg`));
  if (response?.ok) await bring(new File([await response.blob()], `${name}.jpg`), name === "word" ? "word" : "convert");
}

// ----------------------------------------------------------------------------------------------- showing the ink

function redraw() {
  const paths = view.draw(ink.words, $("color").value, state.chosen);
  reading.draw(ink.words);
  state.found = search(ink.words, $("find").value);
  mark();
  player.load(ink.words, paths);
  $("undo").disabled = !ink.canUndo;
  $("redo").disabled = !ink.canRedo;
}

function mark() {
  view.mark(state.lit, state.chosen, state.found);
  reading.mark(state.lit, state.chosen, state.found);
  const words = state.found.size;
  $("found").textContent = $("find").value ? (words ? `${words} found` : "Not found") : "";
}

function light(index) {
  state.lit = index;
  mark();
}

function choose(index) {
  stopMovingBox();
  const word = ink.words[index];
  state.chosen = word ? index : null;
  $("card").hidden = !word;
  if (word) {
    $("card-text").value = word.text ?? "";
    $("card-merge").disabled = !ink.joined(index);
    const strokes = word.strokes.length;
    $("card-facts").textContent = `${strokes} ${strokes === 1 ? "stroke" : "strokes"}, confidence ${Math.round(100 * word.confidence)} %`;
    view.show(word);
  }
  mark();
}

// ------------------------------------------------------------------------------------------------------- mending

async function retrace(index, wish) {
  const word = ink.words[index];
  $("card").setAttribute("aria-busy", "true");
  const fresh = await trying(() => api.trace(state.name, { box: word.box, ...wish }));
  $("card").removeAttribute("aria-busy");
  if (!fresh) return;
  ink.replace(index, { ...fresh, line: word.line, kind: undefined, widths: fresh.widths, colors: fresh.colors });
  say(`Traced again: ${fresh.strokes.length} strokes`);
  choose(index);
}

function submitCard(event) {
  event.preventDefault();
  if (state.chosen === null) return;
  const text = $("card-text").value.trim();
  const chosen = $("card-mode").value;
  const told = chosen === "" ? text !== "" : chosen === "derender-with-text";
  if (told && !text) return say("Say in the text field what is written there.", "bad");
  retrace(state.chosen, told ? { mode: "derender-with-text", text } : { mode: chosen || "recognize-and-derender" });
}

function stopMovingBox() {
  view.moveBox(null);
  $("card-box").setAttribute("aria-pressed", "false");
}

function moveBox() {
  if ($("card-box").getAttribute("aria-pressed") === "true") return stopMovingBox();
  const index = state.chosen;
  $("card-box").setAttribute("aria-pressed", "true");
  say("Drag a new box around the word.");
  view.moveBox((box) => {
    stopMovingBox();
    if (!box) return;
    ink.replace(index, { box });
    retrace(index, { mode: "recognize-and-derender" });
  });
}

// ------------------------------------------------------------------------------------------------- taking it away

async function download() {
  const format = $("format").selectedOptions[0];
  const blob = await trying(() => api.render(ink.ink, format.value, look(), state.name));
  if (!blob) return;
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: `ink.${format.dataset.ending}` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

const look = () => ($("color").value === "order" ? { color: "order" } : {});

async function copy(text, what) {
  await trying(async () => {
    try {
      await navigator.clipboard.writeText(await text());
      say(`${what} copied`);
    } catch (error) {
      if (error instanceof api.Refusal) throw error;
      say("The browser doesn't allow copying here.", "bad");
    }
  });
}

// --------------------------------------------------------------------------------------------------------- wiring

async function choices() {
  const known = await trying(api.models);
  if (!known) return;
  for (const mode of known.modes) {
    $("mode").append(option(mode, MODES[mode] ?? mode));
    if (mode !== "recognize") $("card-mode").append(option(mode, MODES[mode] ?? mode));
  }
  $("mode").value = "recognize-and-derender";
  $("card-mode").prepend(option("", "what fits"));
  $("card-mode").value = "";
  $("detector").append(...known.detectors.map((name) => option(name, name === "none" ? "the whole picture" : name)));
  $("model").append(...known.models.map(({ name }) => option(name)));
  $("model").value = known.default;
  for (const { name, ending } of known.formats) {
    const entry = option(name);
    entry.dataset.ending = ending;
    $("format").append(entry);
  }
  $("format").value = "svg";
}

function wireBringing() {
  for (const id of ["file", "camera"]) {
    $(id).addEventListener("change", () => {
      if ($(id).files[0]) bring($(id).files[0]);
      $(id).value = "";
    });
  }
  for (const kind of ["dragover", "drop"]) document.addEventListener(kind, (e) => e.preventDefault());
  document.addEventListener("dragover", () => $("drop").classList.add("over"));
  document.addEventListener("dragleave", () => $("drop").classList.remove("over"));
  document.addEventListener("drop", (e) => {
    $("drop").classList.remove("over");
    if (e.dataTransfer.files[0]) bring(e.dataTransfer.files[0]);
  });
  document.addEventListener("paste", (e) => {
    if (e.clipboardData.files[0]) bring(e.clipboardData.files[0]);
  });
  $("examples").append(...EXAMPLES.map(([name, title]) => {
    const button = Object.assign(document.createElement("button"), { type: "button" });
    const picture = Object.assign(new Image(), { src: `static/examples/${name}.jpg`, alt: "", loading: "lazy" });
    button.append(picture, title);
    button.addEventListener("click", () => example(name));
    return button;
  }));
  $("mode").addEventListener("change", () => { $("told-field").hidden = $("mode").value !== "derender-with-text"; });
  $("page").addEventListener("change", () => {
    const { file, kind } = state.source ?? {};
    if (file) bring(file, kind, { page: Math.max(1, Number($("page").value) || 1) - 1 });
  });
}

function wireView() {
  view.addEventListener("hover", (e) => light(e.detail));
  view.addEventListener("choose", (e) => choose(e.detail));
  reading.addEventListener("hover", (e) => light(e.detail));
  reading.addEventListener("choose", (e) => {
    choose(e.detail);
    if (e.detail !== null) $("card-text").focus();
  });
  ink.addEventListener("change", (e) => {
    redraw();
    if (e.detail === "edit" && state.name) trying(() => api.keep(state.name, ink.ink));
  });
  player.addEventListener("change", () => {
    $("scrub").value = Math.round(1000 * player.share);
    $("play").setAttribute("aria-pressed", String(player.playing));
    $("play").querySelector(".icon").textContent = player.playing ? "⏸" : "▶";
    $("play").querySelector(".name").textContent = player.playing ? "Pause" : "Play";
  });
  $("play").addEventListener("click", () => (player.playing ? player.pause() : player.play()));
  $("scrub").addEventListener("input", () => { player.pause(); player.seek($("scrub").value / 1000); });
  $("speed").addEventListener("change", () => { player.speed = Number($("speed").value); });
  $("fade").addEventListener("input", () => view.fade($("fade").value / 100));
  $("color").addEventListener("change", redraw);
  $("zoom-in").addEventListener("click", () => view.zoom(1.4));
  $("zoom-out").addEventListener("click", () => view.zoom(1 / 1.4));
  $("zoom-fit").addEventListener("click", () => view.fit());
  $("find").addEventListener("input", () => { state.found = search(ink.words, $("find").value); mark(); });
  $("stage").addEventListener("keydown", (e) => {
    const moves = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] };
    if (moves[e.key]) view.pan(...moves[e.key]);
    else if (e.key === "+" || e.key === "=") view.zoom(1.4);
    else if (e.key === "-") view.zoom(1 / 1.4);
    else if (e.key === "0") view.fit();
    else if (e.key === " ") $("play").click();
    else return;
    e.preventDefault();
  });
}

function wireMending() {
  $("undo").addEventListener("click", () => { choose(null); ink.undo(); });
  $("redo").addEventListener("click", () => { choose(null); ink.redo(); });
  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape" && state.chosen !== null && !$("draw").open) return choose(null);
    if (!(e.ctrlKey || e.metaKey) || e.key.toLowerCase() !== "z" || e.target.matches("input")) return;
    e.preventDefault();
    $(e.shiftKey ? "redo" : "undo").click();
  });
  $("card").addEventListener("submit", submitCard);
  $("card-delete").addEventListener("click", () => { const at = state.chosen; choose(null); ink.remove(at); });
  $("card-merge").addEventListener("click", () => { const at = state.chosen; ink.join(at); choose(at); });
  $("card-box").addEventListener("click", moveBox);
}

function wireTaking() {
  $("download").addEventListener("click", download);
  $("copy-text").addEventListener("click", () => copy(() => ink.text, "Text"));
  $("copy-svg").addEventListener("click", () => copy(async () => (await api.render(ink.ink, "svg", look(), state.name)).text(), "SVG"));
  $("copy-link").addEventListener("click", () => copy(() => location.href, "Link"));
}

function wireDrawing() {
  $("open-draw").addEventListener("click", () => $("draw").showModal());
  $("draw-close").addEventListener("click", () => $("draw").close());
  $("draw-clear").addEventListener("click", () => { pad.clear(); $("draw-status").textContent = ""; });
  $("draw-go").addEventListener("click", async () => {
    if (!pad.strokes.length) { $("draw-status").textContent = "Write something first."; return; }
    $("draw-status").textContent = "Tracing …";
    await bring(new File([await pad.picture()], "drawn.png"), "word", { mode: "recognize-and-derender" });
    const [word] = ink.words;
    if (!word) { $("draw-status").textContent = $("status").textContent; return; }
    const { drawn, traced, same } = pad.compare(word);
    const text = `You drew ${drawn} ${drawn === 1 ? "stroke" : "strokes"}; ${traced} were traced, ${same} from the same start to the same end.`;
    $("draw").close();
    say(text);
    player.speed = Number($("speed").value);
    player.seek(0);
    player.play();
  });
}

wireBringing();
wireView();
wireMending();
wireTaking();
wireDrawing();
view.fade($("fade").value / 100);
addEventListener("hashchange", reopen);
await choices();
await reopen();
