// What the parts of the page share: the ink, the views of it, and one line in which everything is said.

import * as api from "./api.js";
import { Document } from "./document.js";
import { Player } from "./player.js";
import { Reading } from "./text.js";
import { View } from "./view.js";

export const $ = (id) => document.getElementById(id);
export const ink = new Document();
export const view = new View($("stage"));
export const player = new Player();
export const reading = new Reading($("lines"));

/** `name` and `title` of the result on show, `photo` whether it has one; `chosen` and `others` are places of words,
 * `strokes` of strokes; `untraced` are boxes of ink left out of the words `before`; `known` is what the server can do. */
export const state = {
  name: null, title: "ink", photo: true, chosen: null, others: new Set(), strokes: [], lit: null, found: new Set(),
  untraced: [], before: [], facts: "", known: { doubtful: 0, many_words: Infinity, upload_bytes: Infinity, formats: [], models: [], modes: [] },
};

export const count = (n, thing) => `${n} ${thing}${n === 1 ? "" : "s"}`;
export const option = (value, text = value) => Object.assign(document.createElement("option"), { value, textContent: text });

export function button(text, action, more = {}) {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: text, ...more });
  made.addEventListener("click", action);
  return made;
}

export function say(text, kind = "") {
  $("status").textContent = text;
  $("status").dataset.kind = kind;
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** Run something that may be refused; the reason is shown. Undefined when it was. */
export async function trying(action) {
  try {
    return await action();
  } catch (error) {
    if (error.name === "AbortError") return undefined;
    const known = error instanceof api.Refusal;
    if (!known) console.error(error);
    say(known ? sentence(error.message) : "The server doesn't answer. Is inksight serve still running?", "bad");
    return undefined;
  }
}

/** Whether a finger is what points: there are no keys then, and writing text covers half of the screen. */
export const byTouch = () => matchMedia("(pointer: coarse)").matches;

/** The word's text is ready to be typed over. */
export function offerText() {
  if (byTouch()) return;
  $("card-text").focus();
  $("card-text").select();
}

/** A question with two answers; true for going on. */
export function ask(text, yes = "Go on", no = "Stop") {
  $("ask-text").textContent = text;
  $("ask-yes").textContent = yes;
  $("ask-no").textContent = no;
  $("ask").returnValue = "";
  $("ask").showModal();
  return new Promise((done) => {
    $("ask").addEventListener("close", () => done($("ask").returnValue === "yes"), { once: true });
  });
}

/** Have the browser save a file. */
export function save(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  say(`${name} is in your downloads.`);
}
