// Several pictures, or all pages of a PDF: a list beside the picture, done one after the other, taken away together.

import * as api from "./api.js";
import { $, button, count, save, say, state, trying } from "./app.js";

export class Shelf {
  #items = []; #turn = null; // the run that goes on, if any

  /** `convert(item)` does one and says whether it came to its end, `show(item)` shows one that is done. */
  constructor(convert, show) {
    [this.convert, this.show] = [convert, show];
    $("shelf-all").addEventListener("click", () => this.run(true));
    $("shelf-one").addEventListener("click", () => this.#take(false));
    $("shelf-zip").addEventListener("click", () => this.#take(true));
  }

  /** Put items {title, file, kind, page} on the shelf, those before them taken off. */
  fill(items) {
    this.#items = items.map((item) => ({ ...item, result: item.result ?? null, failed: false }));
    this.draw();
  }

  /** Further items behind one that is there. */
  insert(after, items) {
    const at = this.#items.indexOf(after) + 1;
    this.#items.splice(at, 0, ...items.map((item) => ({ ...item, result: null, failed: false })));
    this.draw();
  }

  get items() { return this.#items; }

  /** Do what isn't done yet, one after the other, with `all` also what was to wait (further pages of a PDF). One that
   * fails doesn't stop the others; being stopped does. */
  async run(all = false) {
    const turn = this.#turn = {};
    const next = () => this.#items.find((i) => !i.result && !i.failed && (all || !i.later));
    for (let item = next(); item && turn === this.#turn; item = next()) if (!await this.#do(item)) break;
    if (turn !== this.#turn) return;
    this.#turn = null;
    this.draw();
  }

  async #do(item) {
    item.now = true;
    this.draw();
    const ended = await this.convert(item);
    item.now = false;
    item.failed = ended && !item.result;
    this.draw();
    return ended;
  }

  draw() {
    $("shelf").hidden = this.#items.length < 2;
    document.body.classList.toggle("has-shelf", this.#items.length > 1);
    const done = this.#items.filter((i) => i.result);
    $("shelf-list").replaceChildren(...this.#items.map((item) => {
      const row = document.createElement("li");
      const open = button("", () => (item.result ? this.show(item) : this.#do(item)), { disabled: Boolean(this.#turn) && !item.result });
      const note = item.now ? "at work" : item.failed ? "failed" : item.result ? "done" : "waiting";
      open.append(item.title, Object.assign(document.createElement("small"), { textContent: note }));
      if (item.result && item.result === state.name) open.setAttribute("aria-current", "true");
      row.append(open);
      return row;
    }));
    $("shelf-all").hidden = done.length === this.#items.length || Boolean(this.#turn);
    $("shelf-all").textContent = `Convert all ${this.#items.length}`;
    this.offer();
  }

  /** What can be done with them together, in the format that is chosen. */
  offer() {
    const done = this.#items.filter((i) => i.result), format = $("format").selectedOptions[0];
    $("shelf-one").disabled = !done.length || format?.dataset.pages !== "true";
    $("shelf-zip").disabled = !done.length;
    $("shelf-one").textContent = `All in one .${format?.dataset.ending ?? "pdf"}`;
  }

  async #take(zip) {
    const done = this.#items.filter((i) => i.result), format = $("format").selectedOptions[0];
    say(`Writing ${count(done.length, "page")} …`);
    const blob = await trying(() => api.bundle(done.map((i) => i.result), format.value, {}, zip));
    if (blob) save(blob, `${done[0].title}${zip ? ".zip" : `.${format.dataset.ending}`}`);
  }
}
