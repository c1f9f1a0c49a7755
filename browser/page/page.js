/** The page: takes a picture, has the worker trace it, shows, replays and gives away the ink. */

import { FORMATS } from "./inksight/formats.js";
import { Player } from "./player.js";

const MAX_MEGABYTES = 50;
const PAGE = 4; // so many words in a picture make it one of a page: PAGE in layout/words.py

const $ = (id) => document.getElementById(id);
const player = new Player($("stage"), $("play"), $("scrub"), $("shown"));

/** The worker has the page's security policy only if it comes from the page: a module's file would bring its own. */
function startWorker() {
  const script = `import ${JSON.stringify(new URL("worker.js", import.meta.url).href)};`;
  return new Worker(URL.createObjectURL(new Blob([script], { type: "text/javascript" })), { type: "module" });
}

const worker = startWorker();
let asked = 0; // the number of the picture asked for last: answers to older ones are dropped
let source = null; // the picture, to do something else with it
let page = null;

function say(message, kind = "") {
  $("status").textContent = message;
  $("status").dataset.kind = kind;
}

function fail(message) {
  $("progress").hidden = true;
  $("result").removeAttribute("aria-busy");
  say(message, "bad");
}

/**
 * Trace a picture.
 * @param {Blob} blob
 * @param {string} name what messages call it
 */
async function bring(blob, name) {
  if (blob.size === 0) return fail(`${name} is empty; choose another picture.`);
  const isLarge = blob.size > MAX_MEGABYTES * 1e6;
  if (isLarge) return fail(`${name} is larger than ${MAX_MEGABYTES} MB; cut the word out of it.`);
  source = { blob, name };
  asked += 1;
  const mode = $("mode").value;
  const text = mode === "derender-with-text" ? $("told").value : undefined;
  say("Reading and tracing …");
  $("progress").hidden = false;
  $("progress").removeAttribute("value");
  $("result").setAttribute("aria-busy", "true");
  worker.postMessage({ kind: "trace", id: asked, blob, name, mode, text });
}

const heard = {
  loading({ loaded, total }) {
    $("progress").max = total;
    $("progress").value = loaded;
    if (!$("progress").hidden) say(`Loading the model: ${(loaded / 1e6).toFixed(0)} of ${(total / 1e6).toFixed(0)} MB`);
  },

  ready() {
    $("progress").removeAttribute("value");
    say($("progress").hidden ? "The model is loaded." : "Reading and tracing …");
  },

  async traced({ id, page: found, seconds }) {
    if (id !== asked) return;
    page = found;
    const { word } = page;
    $("progress").hidden = true;
    $("result").hidden = false;
    $("result").removeAttribute("aria-busy");
    await player.show(page, source.blob);
    const strokes = `${word.strokes.length} ${word.strokes.length === 1 ? "stroke" : "strokes"}`;
    $("text").textContent = word.text;
    $("stage").setAttribute("aria-label", word.text ? `${strokes}: ${word.text}` : strokes);
    const sure = `${Math.round(100 * word.confidence)} % sure`;
    $("facts").textContent = `${strokes} · ${sure} · ${seconds.toFixed(1)} s`;
    $("downloads").hidden = !word.strokes.length;
    const isBlank = !word.strokes.length && !word.text;
    if (isBlank) say("No ink was found in this picture.", "bad");
    else if (word.seen < PAGE) say("Done.");
    else say(`This looks like a page: ${word.seen} words or more. Here it was traced as one word; cut one out, or have the program convert the page: inksight convert.`, "bad");
  },

  failed({ id, message }) {
    if (id === undefined || id === asked) fail(message);
  },
};

worker.addEventListener("message", ({ data }) => heard[data.kind](data));
worker.addEventListener("error", () => fail("The model can't be started in this browser; a newer one can do it."));
worker.postMessage({ kind: "load" });

$("file").addEventListener("change", ({ target }) => {
  const [file] = target.files;
  if (file) bring(file, file.name);
  target.value = ""; // so that the same file can be chosen again
});

$("example").addEventListener("click", async () => {
  try {
    bring(await (await fetch("example.jpg")).blob(), "example.jpg");
  } catch {
    fail("The example can't be loaded: is the server still there?");
  }
});

$("mode").addEventListener("change", () => {
  const isTold = $("mode").value === "derender-with-text";
  $("told-field").hidden = !isTold;
  if (isTold) $("told").focus();
  else if (source) bring(source.blob, source.name);
});

$("told").addEventListener("change", () => {
  if (source) bring(source.blob, source.name);
});

/** The first file among what was dropped or pasted. */
function take(data) {
  const [file] = data?.files ?? [];
  if (file) bring(file, file.name || "the picture");
  return Boolean(file);
}

document.addEventListener("paste", (event) => {
  if (take(event.clipboardData)) event.preventDefault();
});
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  $("drop").classList.add("over");
});
document.addEventListener("dragleave", () => $("drop").classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  $("drop").classList.remove("over");
  if (!take(event.dataTransfer)) fail("That was no file; drop a picture.");
});

$("downloads").addEventListener("click", ({ target }) => {
  const name = target.closest("button")?.dataset.format;
  if (!name || !page) return;
  const { type, dumps } = FORMATS[name];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([dumps(page)], { type }));
  link.download = `ink.${name}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
});

navigator.serviceWorker?.register("offline.js").catch(() => {}); // the page works without, as long as there is a network
