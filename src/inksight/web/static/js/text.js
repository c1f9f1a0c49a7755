// The reading: lines of words beside the picture.

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

export class Reading extends EventTarget {
  constructor(list) {
    super();
    this.list = list;
    for (const [kind, event] of [["hover", "pointerover"], ["choose", "click"], ["hover", "focusin"]]) {
      list.addEventListener(event, (e) => {
        const word = e.target.closest("[data-index]");
        const more = e.shiftKey || e.ctrlKey || e.metaKey;
        this.dispatchEvent(Object.assign(new CustomEvent(kind, { detail: word ? Number(word.dataset.index) : null }), { more }));
      });
    }
    list.addEventListener("pointerleave", () => this.dispatchEvent(new CustomEvent("hover", { detail: null })));
  }

  /** `doubtful(word)` says which had better be looked at. */
  draw(words, doubtful) {
    this.doubtful = doubtful;
    const rows = new Map();
    words.forEach((word, i) => rows.set(word.line, [...(rows.get(word.line) ?? []), [word, i]]));
    this.list.replaceChildren(...[...rows.keys()].sort((a, b) => a - b).map((line) => this.#row(rows.get(line))));
  }

  #row(words) {
    const row = document.createElement("li");
    for (const [word, i] of words) {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.index = i;
      button.className = ["drawing", "print"].includes(word.kind) ? word.kind : word.text ? "" : "unread";
      if (word.kind === "print") button.title = "Printed";
      if (this.doubtful(word)) {
        button.classList.add("doubtful");
        button.title = "May be wrong";
      }
      button.textContent = word.kind === "drawing" ? "drawing" : word.text || "no text";
      row.append(button, " ");
    }
    return row;
  }

  mark(lit, selected, found = new Set()) {
    for (const button of this.list.querySelectorAll("[data-index]")) {
      const i = Number(button.dataset.index);
      button.classList.toggle("lit", i === lit);
      button.classList.toggle("found", found.has(i));
      if (selected.has(i)) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
  }

  focus(index) { this.#button(index)?.focus(); }

  /** Bring a word's text into sight, moving nothing but the list. */
  reveal(index) {
    const button = this.#button(index);
    if (!button) return;
    const { top, bottom } = button.getBoundingClientRect();
    const list = this.list.getBoundingClientRect();
    if (top < list.top || bottom > list.bottom) this.list.scrollTop += top - list.top - list.height / 3;
  }

  #button(index) { return this.list.querySelector(`[data-index="${index}"]`); }
}

/** Indices of the words in which the query's words stand one after the other; case and accents don't matter. */
export function search(words, query) {
  const asked = plain(query).split(/\s+/).filter(Boolean);
  const found = new Set();
  if (!asked.length) return found;
  const texts = words.map((w) => plain(w.text ?? ""));
  for (let i = 0; i + asked.length <= texts.length; i++) {
    if (asked.every((part, k) => texts[i + k].includes(part))) asked.forEach((_, k) => found.add(i + k));
  }
  return found;
}
