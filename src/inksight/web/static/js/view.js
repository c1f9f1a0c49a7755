// The picture and the ink over it, in one SVG: sharp at every zoom.

const SVG = "http://www.w3.org/2000/svg";
const MOST_ZOOM = 40;

const make = (name, attributes = {}) => {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
};

const path = (points) => {
  const all = points.length > 1 ? points : [points[0], points[0]];
  return `M${all.map(([x, y]) => `${x} ${y}`).join("L")}`;
};

/** A hue for each place in 0..1, readable on paper, or on a board. */
const hue = (share, board) => `hsl(${Math.round(288 * share)} 85% ${board ? 65 : 42}%)`;

const SURE = { paper: ["#c2410c", "#1d4ed8"], board: ["#fdba74", "#93c5fd"] };
const INK = { paper: "#1a1a2e", board: "#f2f2ee" };
const LIGHT = 150; // luma from which ink is too light for white paper

/** What the ends of the scales mean, by colouring. */
export const LEGENDS = { order: ["first", "last"], confidence: ["unsure", "sure"] };

/** Whether most strokes are light: chalk, which white paper would hide. */
function isLight(words) {
  const shades = words.flatMap((w) => w.colors ?? []).filter(Boolean).map((color) => {
    const [r, g, b] = [1, 3, 5].map((k) => parseInt(color.slice(k, k + 2), 16));
    return 0.299 * r + 0.587 * g + 0.114 * b;
  }).sort((a, b) => a - b);
  return shades.length > 0 && shades[shades.length >> 1] > LIGHT;
}

export class View extends EventTarget {
  #svg; #photo; #boxes; #ink; #size = [1, 1]; #frame = [0, 0, 1, 1]; #ground = "paper"; #pointers = new Map(); #moving = null; #box = null;

  constructor(stage) {
    super();
    this.#svg = make("svg", { "aria-hidden": "true" });
    this.#photo = make("image", { class: "photo" });
    this.#boxes = make("g", { class: "boxes" });
    this.#ink = make("g", { class: "ink" });
    this.#svg.append(this.#photo, this.#boxes, this.#ink);
    stage.append(this.#svg);
    this.stage = stage;
    this.#listen();
    new ResizeObserver(() => this.#apply()).observe(stage);
  }

  /** Show a picture of this size with nothing over it. */
  open(url, width, height) {
    this.#size = [width, height];
    for (const [key, value] of Object.entries({ width, height, href: url })) this.#photo.setAttribute(key, value);
    this.#boxes.replaceChildren();
    this.#ink.replaceChildren();
    this.fit();
  }

  /** Boxes of words that are still to be traced. */
  waiting(boxes) {
    this.#boxes.replaceChildren(...boxes.map(([a, b, c, d]) =>
      make("rect", { x: a, y: b, width: c - a, height: d - b, rx: (d - b) * 0.12, class: "waiting" })));
  }

  /** Draw the words; the strokes' elements come back word by word. */
  draw(words, coloring, selected) {
    const strokes = words.reduce((n, w) => n + w.strokes.length, 0);
    const usual = this.#usualWidth(words);
    let number = 0;
    this.#ground = this.stage.dataset.ground = isLight(words) ? "board" : "paper";
    const groups = words.map((word, i) => {
      const group = make("g", { class: word.kind === "drawing" ? "drawing" : "word", "data-index": i });
      const [a, b, c, d] = word.box;
      group.append(make("rect", { x: a, y: b, width: Math.max(1, c - a), height: Math.max(1, d - b), class: "hit", rx: 3 }));
      word.strokes.forEach((points, k) => {
        const color = this.#color(coloring, word, k, i / Math.max(1, words.length - 1), number++ / Math.max(1, strokes - 1));
        group.append(make("path", { d: path(points), stroke: color, "stroke-width": word.widths?.[k] ?? usual, pathLength: 1 }));
      });
      group.classList.toggle("chosen", i === selected);
      return group;
    });
    this.#ink.replaceChildren(...groups);
    return groups.map((g) => [...g.querySelectorAll("path")]);
  }

  #usualWidth(words) {
    const heights = words.map((w) => w.box[3] - w.box[1]).filter((h) => h > 0).sort((x, y) => x - y);
    return Math.max(1, (heights[heights.length >> 1] ?? 25) / 20);
  }

  #color(coloring, word, k, place, order) {
    const board = this.#ground === "board";
    if (coloring === "order") return hue(order, board);
    if (coloring === "word") return hue((place * 7.3) % 1, board);
    if (coloring === "confidence") {
      const [low, high] = SURE[this.#ground];
      return `color-mix(in oklab, ${low}, ${high} ${Math.round(100 * word.confidence)}%)`;
    }
    return word.colors?.[k] ?? INK[this.#ground];
  }

  /** Light up one word (or none) and those found by a search. */
  mark(lit, selected, found = new Set()) {
    for (const group of this.#ink.children) {
      const i = Number(group.dataset.index);
      group.classList.toggle("lit", i === lit);
      group.classList.toggle("chosen", i === selected);
      group.classList.toggle("found", found.has(i));
    }
  }

  /** From the photo alone (0) over both (0.5) to the ink alone (1). */
  mix(share) {
    this.#photo.style.opacity = Math.min(1, 2 * (1 - share));
    this.#ink.style.opacity = Math.min(1, 2 * share);
  }

  /** Let the user move a word's box, by dragging a new one or by keys; `done(box)` or `done(null)` ends it. */
  moveBox(done, box = null) {
    if (this.#moving) this.#boxes.replaceChildren();
    this.#moving = done;
    this.#box = box && [...box];
    this.stage.classList.toggle("boxing", Boolean(done));
    if (done) this.#showBox();
  }

  /** What a key does to the box that is being moved: whether it was meant for it. */
  nudge({ key, shiftKey }) {
    if (!this.#moving) return false;
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (key === "Enter") this.#moving(this.#box);
    else if (key === "Escape") this.#moving(null);
    else if (ways[key]) {
      const step = Math.max(1, (this.#box[3] - this.#box[1]) / 16);
      for (const k of shiftKey ? [2, 3] : [0, 1, 2, 3]) this.#box[k] += ways[key][k % 2] * step;
      for (const k of [0, 1]) this.#box[k + 2] = Math.max(this.#box[k] + 4, this.#box[k + 2]);
      this.#showBox();
    } else return false;
    return true;
  }

  #showBox() {
    const [a, b, c, d] = this.#box;
    this.#boxes.replaceChildren(make("rect", { class: "fresh", x: a, y: b, width: c - a, height: d - b }));
  }

  fit() {
    this.#frame = [0, 0, ...this.#size];
    this.#apply();
  }

  zoom(factor, at = [this.#frame[0] + this.#frame[2] / 2, this.#frame[1] + this.#frame[3] / 2]) {
    const [x, y, w, h] = this.#frame;
    const wide = Math.min(Math.max(w / factor, this.#size[0] / MOST_ZOOM), this.#size[0] * 2);
    const f = wide / w;
    this.#frame = [at[0] - (at[0] - x) * f, at[1] - (at[1] - y) * f, w * f, h * f];
    this.#apply();
  }

  /** Move by shares of the window. */
  pan(dx, dy) {
    this.#frame[0] += dx * this.#frame[2];
    this.#frame[1] += dy * this.#frame[3];
    this.#apply();
  }

  /** Bring a word into sight if it is out of it. */
  show(word) {
    const [x, y, w, h] = this.#frame;
    const [cx, cy] = [(word.box[0] + word.box[2]) / 2, (word.box[1] + word.box[3]) / 2];
    if (cx < x || cy < y || cx > x + w || cy > y + h) this.#frame = [cx - w / 2, cy - h / 2, w, h];
    this.#apply();
  }

  #apply() {
    const limit = (at, size, all) => Math.min(Math.max(at, -size / 2), all - size / 2);
    const [x, y, w, h] = this.#frame;
    this.#frame = [limit(x, w, this.#size[0]), limit(y, h, this.#size[1]), w, h];
    this.#svg.setAttribute("viewBox", this.#frame.join(" "));
  }

  #at(event) {
    const p = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.#svg.getScreenCTM().inverse());
    return [p.x, p.y];
  }

  #index(event) {
    const group = event.target.closest?.("[data-index]");
    return group ? Number(group.dataset.index) : null;
  }

  #say(kind, detail) { this.dispatchEvent(new CustomEvent(kind, { detail })); }

  #listen() {
    const stage = this.stage;
    stage.addEventListener("wheel", (e) => {
      e.preventDefault();
      if (e.ctrlKey || !e.shiftKey) this.zoom(Math.exp(-e.deltaY * 0.0016), this.#at(e));
      else this.pan(e.deltaY / 800, 0);
    }, { passive: false });
    stage.addEventListener("pointerdown", (e) => this.#down(e));
    stage.addEventListener("pointermove", (e) => this.#move(e));
    for (const kind of ["pointerup", "pointercancel"]) stage.addEventListener(kind, (e) => this.#up(e));
    stage.addEventListener("pointerleave", () => this.#say("hover", null));
    stage.addEventListener("dblclick", (e) => this.zoom(2, this.#at(e)));
  }

  #down(event) {
    if (event.button) return;
    this.stage.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, { at: [event.clientX, event.clientY], from: this.#at(event), index: this.#index(event), moved: 0 });
  }

  #move(event) {
    const pointer = this.#pointers.get(event.pointerId);
    if (!pointer) return this.#say("hover", this.#index(event));
    const here = [event.clientX, event.clientY];
    const step = [here[0] - pointer.at[0], here[1] - pointer.at[1]];
    pointer.moved += Math.hypot(...step);
    if (this.#moving) this.#drag(pointer.from, this.#at(event), pointer.moved);
    else if (this.#pointers.size === 2) this.#pinch(event.pointerId, here);
    else {
      const scale = this.#svg.getScreenCTM().a;
      this.#frame[0] -= step[0] / scale;
      this.#frame[1] -= step[1] / scale;
      this.#apply();
    }
    pointer.at = here;
  }

  #pinch(id, here) {
    const [other] = [...this.#pointers.entries()].filter(([k]) => k !== id).map(([, p]) => p.at);
    const before = Math.hypot(this.#pointers.get(id).at[0] - other[0], this.#pointers.get(id).at[1] - other[1]);
    const after = Math.hypot(here[0] - other[0], here[1] - other[1]);
    const middle = { clientX: (here[0] + other[0]) / 2, clientY: (here[1] + other[1]) / 2 };
    if (before > 0) this.zoom(after / before, this.#at(middle));
  }

  #drag([x0, y0], [x1, y1], moved) {
    if (moved < 6) return; // a click is no box
    this.#box = [Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1)];
    this.#showBox();
  }

  #up(event) {
    const pointer = this.#pointers.get(event.pointerId);
    this.#pointers.delete(event.pointerId);
    if (!pointer) return;
    if (this.#moving) {
      const [x0, y0, x1, y1] = this.#box;
      if (pointer.moved >= 6 && x1 - x0 > 4 && y1 - y0 > 4) this.#moving(this.#box);
    } else if (pointer.moved < 6) this.#say("choose", pointer.index);
  }
}
