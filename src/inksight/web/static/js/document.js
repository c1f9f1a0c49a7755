// The ink on the page, as the JSON format has it, with undo. Every change replaces the document; nothing is mutated.

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

  /** Words that come while the page is being traced: part of the opening, not an edit. */
  add(words) {
    this.#states[this.#at] = { ...this.ink, words: [...this.words, ...words] };
    this.#tell();
  }

  change(words) {
    this.#states.splice(this.#at + 1);
    this.#states.push({ ...this.ink, words });
    this.#at += 1;
    this.#tell("edit");
  }

  replace(index, word) { this.change(this.words.map((w, i) => (i === index ? word : w))); }

  remove(index) { this.change(this.words.filter((_, i) => i !== index)); }

  /** The word and the next one of its line become one; null where there is no next one. */
  joined(index) {
    const [a, b] = [this.words[index], this.words[index + 1]];
    if (!b || a.line !== b.line || a.kind === "drawing" || b.kind === "drawing") return null;
    const box = [0, 1].map((k) => Math.min(a.box[k], b.box[k])).concat([2, 3].map((k) => Math.max(a.box[k], b.box[k])));
    const looks = {};
    for (const key of ["widths", "colors"]) {
      const of = (word) => word[key] ?? word.strokes.map(() => null);
      if (a[key] || b[key]) looks[key] = [...of(a), ...of(b)];
    }
    const confidence = Math.min(a.confidence, b.confidence);
    return { ...a, text: `${a.text}${b.text}`, box, confidence, strokes: [...a.strokes, ...b.strokes], ...looks };
  }

  join(index) {
    const word = this.joined(index);
    if (word) this.change(this.words.flatMap((w, i) => (i === index ? [word] : i === index + 1 ? [] : [w])));
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
