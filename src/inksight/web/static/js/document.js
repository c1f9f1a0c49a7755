// The ink on the page, as the JSON format has it, with undo. Every change replaces the document; nothing is mutated.

import { place } from "./edits.js";

export class Document extends EventTarget {
  #states = [];
  #at = -1;

  get ink() { return this.#states[this.#at] ?? null; }
  get words() { return this.ink?.words ?? []; }
  get canUndo() { return this.#at > 0; }
  get canRedo() { return this.#at < this.#states.length - 1; }

  /** Begin anew; nothing to undo. */
  open(ink) {
    this.#states = [ink];
    this.#at = 0;
    this.#tell();
  }

  /** Words that come while the page is being traced, each put into its line: part of the opening, not an edit. */
  add(words) {
    this.#states[this.#at] = { ...this.ink, words: words.reduce((all, word) => place(all, word).words, this.words) };
    this.#tell();
  }

  /** Other words, as edits.js makes them; what is the same is no change. */
  change(words) {
    if (words === this.words) return;
    this.#states.splice(this.#at + 1);
    this.#states.push({ ...this.ink, words });
    this.#at += 1;
    this.#tell("edit");
  }

  undo() { if (this.canUndo) { this.#at -= 1; this.#tell("edit"); } }
  redo() { if (this.canRedo) { this.#at += 1; this.#tell("edit"); } }

  /** The text with a row for each line that has any. */
  get text() {
    const rows = new Map();
    for (const word of this.words) if (word.text) rows.set(word.line, [...(rows.get(word.line) ?? []), word.text]);
    return [...rows.entries()].sort(([a], [b]) => a - b).map(([, words]) => words.join(" ")).join("\n");
  }

  #tell(kind = "open") { this.dispatchEvent(new CustomEvent("change", { detail: kind })); }
}
