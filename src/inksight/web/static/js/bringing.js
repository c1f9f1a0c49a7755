// Bringing pictures and files of ink, and waiting for what comes of them.

import * as api from "./api.js";
import { $, ask, button, count, ink, player, say, state, trying, view } from "./app.js";
import { Pad } from "./draw.js";
import { choose } from "./mending.js";
import { doubts, stillLeft, summary } from "./outcome.js";
import { Shelf } from "./shelf.js";
import { Waiting } from "./waiting.js";

const EXAMPLES = [
  ["page", "A page"], ["word", "A word"], ["board", "A board"], ["sketch", "A sketch"], ["whiteboard", "A whiteboard, with glare"],
  ["note", "A note in dim light"], ["form", "A form, filled in"], ["card", "Black and white on brown"],
];
const LONG = 25; // seconds that a page should play at most, where nobody chose a speed
const MOST_PAGES = 1000; // of a PDF that are put on the shelf

const pad = new Pad($("draw-pad"));
const waiting = new Waiting((text, share) => {
  say(text);
  $("progress").value = Math.min(0.99, share);
});
export const shelf = new Shelf(convert, open);
let work = null;

const plain = (name) => name.replace(/\.[^.]*$/, "") || name;
const isInk = (file) => state.known.formats.some((f) => f.reads && file.name.toLowerCase().endsWith(`.${f.ending}`));

// ------------------------------------------------------------------------------------------------- pictures

/** Take files: pictures are converted one after the other, files of ink are opened. */
export async function bring(files, kind = $("kind").value, extra = {}) {
  work?.abort();
  await Promise.resolve();
  const items = [];
  for (const file of files) {
    if (file.size > state.known.upload_bytes) {
      say(`${file.name} is larger than ${Math.floor(state.known.upload_bytes / 2 ** 20)} MB; scale it down.`, "bad");
      return false;
    }
    if (isInk(file)) {
      const names = await trying(() => api.open(file)) ?? [];
      items.push(...names.map((result, i) => ({ title: plain(file.name) + (names.length > 1 ? `-${i + 1}` : ""), result })));
    } else items.push({ title: plain(file.name), file, kind, extra });
  }
  if (!items.length) return false;
  shelf.fill(items);
  bringing(false);
  const [first] = shelf.items;
  if (first.result) await open(first);
  await shelf.run();
  return Boolean(first.result);
}

/** Convert an item; false when it was stopped, true when it came to an end, a good or a bad one. */
async function convert(item) {
  const own = work = new AbortController();
  choose(null);
  const wish = { page: item.page };
  for (const name of ["mode", "detector", "model", "print", "language"]) wish[name] = $(name).value;
  Object.assign(wish, item.extra);
  for (const name of ["flatten", "fast"]) if ($(name).checked) wish[name] = 1;
  if (wish.mode === "derender-with-text") wish.text = $("told").value;
  if (item.kind === "word") for (const name of ["detector", "print"]) delete wish[name];
  if (!item.sure) wish.most_words = item.kind === "word" ? state.known.page_words - 1 : state.known.many_words;
  Object.assign(item, { begun: false, boxes: [] });
  say("Looking at the picture …");
  busy(true);
  const hear = (event, content) => { if (own === work) HEARD[event]?.(content, item); };
  let many = null;
  const run = () => api.convert(item.kind, item.file, wish, hear, own.signal).catch((error) => {
    if (!error.facts?.words) throw error;
    many = error.facts;
  });
  await trying(run);
  if (own !== work) return false;
  waiting.end();
  busy(false);
  if (item.begun && !item.result) halfway(item);
  view.waiting([]);
  if (many) return item.kind === "word" ? askPage(item, many) : askMany(item, many);
  return !own.signal.aborted;
}

/** Work that ended too early: the words traced so far stay, and those still to be traced are there to click. */
function halfway(item) {
  if (!ink.words.length && !item.boxes.length) return;
  Object.assign(state, { untraced: item.boxes, before: [] });
  outcome();
  if (!ink.words.length) return;
  item.result = state.name;
  trying(() => api.keep(state.name, ink.ink));
  say(`${$("status").textContent} The words traced by then are here.`, $("status").dataset.kind);
}

async function askMany(item, { words, seconds }) {
  const minutes = seconds < 90 ? `${Math.round(seconds)} seconds` : `${Math.round(seconds / 60)} minutes`;
  item.sure = await ask(`${words} words were found. Tracing them takes about ${minutes}.`, "Trace them all", "Leave it");
  if (item.sure) return convert(item);
  say("Left. A part of the picture would be done sooner.");
  return true;
}

/** A picture that was to be one word holds many. */
async function askPage(item, { words }) {
  item.sure = !await ask(`This looks like a page: ${words} words or more were found in it.`, "Convert the page", "It is one word");
  if (!item.sure) item.kind = "convert";
  return convert(item);
}

function busy(is) {
  $("progress").hidden = $("stop").hidden = !is;
  $("progress").removeAttribute("value");
}

function stop() {
  work?.abort();
  waiting.end();
  busy(false);
  say("Stopped.");
}

const HEARD = {
  picture({ result, title, width, height, pages, page }, item) {
    enter(result, title, true);
    show({ format: "inksight", version: 1, width, height, words: [] });
    Object.assign(item, { title, begun: true });
    if (pages > 1 && !item.page) morePages(item, pages, page);
  },
  step: ({ step, seconds }) => waiting.step(step, seconds),
  boxes({ boxes }, item) {
    item.boxes = boxes;
    view.waiting(boxes);
  },
  words({ words, done, total }) {
    ink.add(words);
    waiting.progress(done / total);
  },
  page({ page, untraced, seconds, model }, item) {
    item.result = state.name;
    view.waiting([]);
    state.facts = ` · model ${model} · ${seconds.toFixed(1)} s · nothing left this machine`;
    finish(page, untraced);
  },
};

/** The other pages of a PDF go on the shelf behind the first. */
function morePages(item, pages, page) {
  Object.assign(item, { page });
  const rest = Array.from({ length: Math.min(pages, MOST_PAGES) - 1 }, (_, i) => i + 2);
  shelf.insert(item, rest.map((n) => ({ title: item.title.replace(/-\d+$/, `-${n}`), file: item.file, kind: item.kind, extra: item.extra, page: n, later: true })));
}

// -------------------------------------------------------------------------------------------------- results

function enter(name, title, photo) {
  Object.assign(state, { name, title, photo, facts: "", untraced: [], before: [] });
  history.replaceState(null, "", `#${name}`);
  document.title = `${title} – InkSight`;
}

function show(page) {
  $("result").hidden = false;
  document.body.classList.add("has-ink");
  view.open(state.photo ? api.photo(state.name) : null, page.width, page.height);
  ink.open(page);
  $("outcome").textContent = "";
  $("next").hidden = true;
}

/** A page that is complete. */
function finish(page, untraced) {
  Object.assign(state, { untraced, before: page.words });
  ink.open(page);
  state.before = ink.words;
  player.seek(1);
  suitSpeed();
  outcome();
  const { text, kind } = summary(ink.words, left(), state.known.doubtful);
  const places = doubts(ink.words, left(), state.known.doubtful).length;
  if (kind === "bad") say(ink.words.length ? `Much of this may be wrong; ${count(places, "place")} to look at.` : text, kind);
  else say(places ? `Ready; ${count(places, "place")} to look at.` : "Ready.", kind || "look");
  shelf.draw();
}

/** Show a result that the server has. */
export async function open({ result }) {
  const found = await trying(async () => [await api.result(result), await api.facts(result)]);
  if (!found) return;
  const [page, facts] = found;
  enter(result, facts.title, facts.photo);
  choose(null);
  show(page);
  finish(page, facts.untraced);
}

export async function reopen() {
  const name = location.hash.slice(1);
  if (name && name !== state.name) await open({ result: name });
}

/** The boxes of ink that nobody has dealt with. */
export const left = () => stillLeft(state.untraced, ink.words, state.before);

/** What the page came to, kept true while it is mended. */
export function outcome() {
  const { text, kind } = summary(ink.words, left(), state.known.doubtful);
  const n = doubts(ink.words, left(), state.known.doubtful).length;
  $("outcome").textContent = text;
  $("outcome").dataset.kind = kind;
  $("next").hidden = !n;
  $("next").textContent = `Next (${n})`;
  view.untraced(left());
}

/** The slowest of the speeds at which the page doesn't take long, unless one was chosen. */
export function suitSpeed() {
  if (!$("speed").dataset.chosen) {
    const speeds = [...$("speed").options].map((o) => Number(o.value));
    $("speed").value = speeds.find((s) => s >= 1 && player.seconds / s <= LONG) ?? speeds.at(-1);
  }
  player.speed = Number($("speed").value);
}

// ------------------------------------------------------------------------------------------------- the pad

async function traceDrawing() {
  if (!pad.strokes.length) { $("draw-status").textContent = "Write something first."; return; }
  $("draw-status").textContent = "";
  const picture = new File([await pad.picture()], "written.png", { type: "image/png" });
  $("draw").close();
  if (!await bring([picture], "word", { mode: "recognize-and-derender", flatten: "" })) return;
  const [word] = ink.words;
  if (!word) return;
  const { drawn, traced, same, turned } = pad.compare(word);
  const back = turned ? ` and ${turned} the other way round` : "";
  say(`You drew ${count(drawn, "stroke")}; ${traced} ${traced === 1 ? "was" : "were"} traced, ${same} as you drew ${same === 1 ? "it" : "them"}${back}.`);
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  player.seek(0);
  player.play();
}

async function example(name) {
  const response = await trying(() => fetch(`static/examples/${name}.jpg`));
  if (response?.ok) await bring([new File([await response.blob()], `${name}.jpg`)], name === "word" ? "word" : "convert");
}

// -------------------------------------------------------------------------------------------------- wiring

/** Show or hide the part of the page where pictures are brought; without ink it always is there. */
export function bringing(is) {
  document.body.classList.toggle("bringing", is);
  $("new").setAttribute("aria-expanded", String(is));
}

export function wireBringing() {
  for (const id of ["file", "camera"]) {
    $(id).addEventListener("change", () => {
      const files = [...$(id).files];
      $(id).value = "";
      if (files.length) bring(files);
    });
  }
  for (const kind of ["dragover", "drop"]) document.addEventListener(kind, (e) => e.preventDefault());
  document.addEventListener("dragover", () => $("drop").classList.add("over"));
  document.addEventListener("dragleave", (e) => { if (!e.relatedTarget) $("drop").classList.remove("over"); });
  document.addEventListener("drop", (e) => {
    $("drop").classList.remove("over");
    if (e.dataTransfer.files.length) bring([...e.dataTransfer.files]);
  });
  document.addEventListener("paste", (e) => {
    if (e.clipboardData.files.length) bring([...e.clipboardData.files]);
  });
  $("examples").append(...EXAMPLES.map(([name, title]) => {
    const made = button("", () => example(name));
    made.append(Object.assign(new Image(), { src: `static/examples/${name}.jpg`, alt: "", loading: "lazy" }), title);
    return made;
  }));
  $("mode").addEventListener("change", () => { $("told-field").hidden = $("mode").value !== "derender-with-text"; });
  $("new").addEventListener("click", () => bringing(!document.body.classList.contains("bringing")));
  $("stop").addEventListener("click", stop);
  $("open-draw").addEventListener("click", () => { pad.clear(); $("draw-status").textContent = ""; $("draw").showModal(); });
  $("draw-close").addEventListener("click", () => $("draw").close());
  $("draw-clear").addEventListener("click", () => { pad.clear(); $("draw-status").textContent = ""; });
  $("draw-go").addEventListener("click", traceDrawing);
}
