// Puts the parts together: what the user does, what the server says, what is shown.

import * as api from "./api.js";
import { $, ink, offerText, option, player, reading, save, say, state, trying, view } from "./app.js";
import { bringing, left, outcome, reopen, shelf, suitSpeed, wireBringing } from "./bringing.js";
import { compare } from "./compare.js";
import { addWord, choose, chosen, mark, wireMending } from "./mending.js";
import { DETECTORS, MODES, PRINT, language, named } from "./names.js";
import { doubts, isDoubtful } from "./outcome.js";
import { search } from "./text.js";
import { LEGENDS } from "./view.js";

const doubtful = (word) => isDoubtful(word, state.known.doubtful);

// ----------------------------------------------------------------------------------------------- showing the ink

function redraw() {
  const { words } = ink;
  const paths = view.draw(words, $("color").value, state.chosen, doubtful);
  reading.draw(words, doubtful);
  state.found = search(words, $("find").value);
  mark();
  player.load(words, paths);
  $("undo").disabled = !ink.canUndo;
  $("redo").disabled = !ink.canRedo;
  const strokes = words.reduce((n, w) => n + w.strokes.length, 0);
  $("facts").textContent = `${strokes} stroke${strokes === 1 ? "" : "s"}${state.facts}`;
}

function recolor() {
  const legend = LEGENDS[$("color").value];
  $("legend").hidden = !legend;
  $("legend").dataset.of = $("color").value;
  [$("legend-low").textContent, $("legend-high").textContent] = legend ?? ["", ""];
  redraw();
}

function light(index) {
  if (index === state.lit) return;
  state.lit = index;
  mark();
}

function find() {
  state.found = search(ink.words, $("find").value);
  const { size } = state.found;
  $("found").textContent = $("find").value ? (size ? `${size} found` : "Not found") : "";
  mark();
}

/** Enter goes from one found word to the next. */
function findNext(event) {
  if (event.key !== "Enter" || !state.found.size) return;
  const all = [...state.found];
  const next = all.find((i) => i > (state.lit ?? -1)) ?? all[0];
  light(next);
  view.show(ink.words[next].box);
  reading.reveal(next);
}

// --------------------------------------------------------------------------------------- from doubt to doubt

let at = null; // the box that was looked at last

/** Go to the next thing that may be wrong. */
function next() {
  const all = doubts(ink.words, left(), state.known.doubtful);
  if (!all.length) return;
  const same = all.findIndex(({ box }) => at && box.join() === at.join());
  const { index, box } = all[(same + 1) % all.length];
  at = box;
  view.near(box);
  if (index === undefined) return showLeft(box);
  choose(index);
  offerText();
}

/** Ink that was left out: a word to trace, or nothing. */
function showLeft(box) {
  choose(null);
  $("left-card").hidden = false;
  $("left-trace").onclick = () => { $("left-card").hidden = true; addWord(box); };
  $("left-drop").onclick = () => {
    state.untraced = state.untraced.filter((b) => b !== box);
    $("left-card").hidden = true;
    outcome();
    say("Left out.");
  };
  $("left-trace").focus();
}

// ------------------------------------------------------------------------------------------------- taking it away

const look = () => ({
  ...($("color").value === "order" ? { color: "order" } : {}),
  ...(state.photo && ($("format").value === "json" || $("with-photo").checked) ? { background: "photo" } : {}),
});

async function download() {
  const format = $("format").selectedOptions[0];
  say("Writing the file …");
  const blob = await trying(() => api.render(ink.ink, format.value, look(), state.name));
  if (blob) save(blob, `${state.title}.${format.dataset.ending}`);
}

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

// -------------------------------------------------------------------------------------------------------- wiring

async function choices() {
  const known = await trying(api.models);
  if (!known) return;
  state.known = known;
  for (const mode of known.modes) {
    $("mode").append(option(mode, MODES[mode] ?? mode));
    if (mode !== "recognize") $("card-mode").append(option(mode, MODES[mode] ?? mode));
  }
  $("mode").value = "recognize-and-derender";
  $("card-mode").prepend(option("", "as it says, if it says anything"));
  $("card-mode").value = "";
  $("detector").append(...known.detectors.map((name) => option(name, DETECTORS[name] ?? name)));
  $("print").append(...known.print.map((name) => option(name, PRINT[name] ?? name)));
  $("language").append(option("", "as the page shows"), ...known.languages.map((code) => option(code, language(code))));
  $("model").append(...known.models.map(({ name }) => option(name)));
  $("model").value = known.default;
  $("model-field").hidden = known.models.length < 2;
  for (const { name, title, ending, pages, missing } of named(known.formats)) {
    const entry = option(name, missing ? `${title} – ${missing}` : title);
    Object.assign(entry.dataset, { ending, pages });
    entry.disabled = Boolean(missing);
    $("format").append(entry);
  }
  const reads = new Set(known.formats.filter((f) => f.reads).map((f) => `.${f.ending}`));
  $("file").accept = ["image/*", "application/pdf", ".heic", ".heif", ...reads].join(",");
}

function wireView() {
  view.addEventListener("hover", (e) => light(e.detail));
  view.addEventListener("choose", (e) => choose(e.detail, { more: e.more }));
  view.addEventListener("left", (e) => showLeft(left()[e.detail]));
  reading.addEventListener("hover", (e) => light(e.detail));
  reading.addEventListener("choose", (e) => {
    if (e.detail === null) return;
    const more = e.more && state.chosen !== null;
    choose(e.detail, { more });
    if (!more) offerText();
  });
  ink.addEventListener("change", (e) => {
    redraw();
    if (e.detail === "edit") outcome();
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
  $("boxes").addEventListener("change", () => $("stage").classList.toggle("boxed", $("boxes").checked));
  $("color").addEventListener("change", recolor);
  $("zoom-in").addEventListener("click", () => view.zoom(1.4));
  $("zoom-out").addEventListener("click", () => view.zoom(1 / 1.4));
  $("zoom-fit").addEventListener("click", () => view.fit());
  $("find").addEventListener("input", find);
  $("find").addEventListener("keydown", findNext);
  $("next").addEventListener("click", next);
  document.addEventListener("keydown", (e) => {
    if (e.key !== "n" || e.ctrlKey || e.metaKey || e.altKey || document.querySelector("dialog[open]")) return;
    if (e.target.matches("input:not([type=range], [type=checkbox]), select")) return;
    e.preventDefault();
    next();
  });
  $("stage").addEventListener("keydown", stageKey);
  $("grip").addEventListener("click", () => sheet(!document.body.classList.contains("sheet-open")));
}

/** On a phone: the sheet under the picture, up or down. */
function sheet(is) {
  document.body.classList.toggle("sheet-open", is);
  $("grip").setAttribute("aria-expanded", String(is));
}

function stageKey(e) {
  const moves = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] };
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  if (view.tool?.key?.(e)) e.stopPropagation();
  else if (moves[e.key]) view.pan(...moves[e.key]);
  else if (e.key === "+" || e.key === "=") view.zoom(1.4);
  else if (e.key === "-") view.zoom(1 / 1.4);
  else if (e.key === "0") view.fit();
  else if (e.key === " ") $("play").click();
  else return;
  e.preventDefault();
}

function wireTaking() {
  $("download").addEventListener("click", download);
  $("format").addEventListener("change", () => shelf.offer());
  $("copy-text").addEventListener("click", () => copy(() => ink.text, "Text"));
  $("copy-svg").addEventListener("click", () => copy(async () => (await api.render(ink.ink, "svg", look(), state.name)).text(), "SVG"));
  $("copy-link").addEventListener("click", () => copy(() => location.href, "Link"));
  $("compare-close").addEventListener("click", () => $("compare").close());
}

wireBringing();
wireView();
wireMending(() => compare([...chosen()][0], choose));
wireTaking();
view.mix($("mix").value / 100);
bringing(false);
addEventListener("hashchange", reopen);
await choices();
await reopen();
