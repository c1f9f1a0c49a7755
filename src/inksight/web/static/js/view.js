// The picture and the ink over it, in one SVG: sharp at every zoom.

import { area, nearest } from "./geometry.js";

const SVG = "http://www.w3.org/2000/svg";
const MOST_ZOOM = 40;
const REACH = 14; // pixels of the screen around a pointer in which a stroke is meant

export const make = (name, attributes = {}) => {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
};

export const path = (points) => {
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

/** How far to trust a word, 0..1; of a drawing nobody knows, until somebody has looked. */
export const sureness = (word) => (word.kind === "drawing" && !["hand", "checked"].includes(word.origin) ? 0 : word.confidence);

function luma(color) {
  const [r, g, b] = [1, 3, 5].map((k) => parseInt(color.slice(k, k + 2), 16));
  return 0.299 * r + 0.587 * g + 0.114 * b;
}

/** Whether most strokes are light: chalk, which white paper would hide. */
function isLight(words) {
  const shades = words.flatMap((w) => w.colors ?? []).filter(Boolean).map(luma).sort((a, b) => a - b);
  return shades.length > 0 && shades[shades.length >> 1] > LIGHT;
}

/** Whether some of a word's ink is as light, or as dark, as the ground. */
const isPale = ({ colors = [] }, ground) => colors.some((color) => color && luma(color) > LIGHT === (ground === "paper"));

/** A printed word in type, as large as its box; what is printed is seen as long as the photo is. */
function printed({ text, box: [a, b, c, d] }) {
  const type = make("text", { x: a, y: d - (d - b) / 4, "font-size": (d - b) * 0.8, textLength: Math.max(1, c - a), lengthAdjust: "spacingAndGlyphs" });
  type.textContent = text;
  return type;
}

export class View extends EventTarget {
  #svg; #photo; #boxes; #left; #ink; #marks; #size = [1, 1]; #frame = [0, 0, 1, 1]; #ground = "paper"; #pointers = new Map(); #tool = null;

  constructor(stage) {
    super();
    this.#svg = make("svg", { "aria-hidden": "true" });
    this.#photo = make("image", { class: "photo" });
    this.#boxes = make("g", { class: "boxes" });
    this.#left = make("g", { class: "left" });
    this.#ink = make("g", { class: "ink" });
    this.#marks = make("g", { class: "marks" });
    this.#svg.append(this.#photo, this.#boxes, this.#ink, this.#left, this.#marks);
    stage.append(this.#svg);
    this.stage = stage;
    this.#listen();
    new ResizeObserver(() => this.#apply()).observe(stage);
  }

  /** Show a picture of this size with nothing over it. */
  open(url, width, height) {
    this.#size = [width, height];
    for (const [key, value] of Object.entries({ width, height, href: url ?? "" })) this.#photo.setAttribute(key, value);
    this.#photo.toggleAttribute("hidden", !url);
    for (const layer of [this.#boxes, this.#left, this.#ink, this.#marks]) layer.replaceChildren();
    this.fit();
  }

  /** Boxes of words that are still to be traced. */
  waiting(boxes) {
    this.#boxes.replaceChildren(...boxes.map(([a, b, c, d]) =>
      make("rect", { x: a, y: b, width: c - a, height: d - b, rx: (d - b) * 0.12, class: "waiting" })));
  }

  /** Boxes of ink that was left out. */
  untraced(boxes) {
    this.#left.replaceChildren(...boxes.map(([a, b, c, d], i) =>
      make("rect", { x: a, y: b, width: c - a, height: d - b, "data-left": i, class: "untraced" })));
  }

  /** Draw the words; the strokes' elements come back word by word. */
  draw(words, coloring, selected, doubtful = () => false) {
    const strokes = words.reduce((n, w) => n + w.strokes.length, 0);
    const usual = this.#usualWidth(words);
    let number = 0;
    this.#ground = this.stage.dataset.ground = isLight(words) ? "board" : "paper";
    const groups = words.map((word, i) => {
      const group = make("g", { class: word.kind ?? "word", "data-index": i });
      const [a, b, c, d] = word.box;
      group.append(make("rect", { x: a, y: b, width: Math.max(1, c - a), height: Math.max(1, d - b), class: "hit", rx: 3 }));
      word.strokes.forEach((points, k) => {
        const color = this.#color(coloring, word, k, i / Math.max(1, words.length - 1), number++ / Math.max(1, strokes - 1));
        group.append(make("path", { d: path(points), stroke: color, "stroke-width": word.widths?.[k] ?? usual, pathLength: 1 }));
      });
      if (word.kind === "print") group.append(printed(word));
      group.classList.toggle("pale", coloring === "ink" && isPale(word, this.#ground));
      if (doubtful(word)) group.append(make("line", { x1: a, y1: d, x2: c, y2: d, class: "doubt" }));
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
      return `color-mix(in oklab, ${low}, ${high} ${Math.round(100 * sureness(word))}%)`;
    }
    return word.colors?.[k] ?? INK[this.#ground];
  }

  /** Light up one word (or none), those that are chosen, and those found by a search. */
  mark(lit, selected, found = new Set()) {
    for (const group of this.#ink.children) {
      const i = Number(group.dataset.index);
      group.classList.toggle("lit", i === lit);
      group.classList.toggle("chosen", selected.has(i));
      group.classList.toggle("found", found.has(i));
    }
  }

  /** Strokes that are chosen, [{word, stroke}], and the order of one word's strokes. */
  markStrokes(words, chosen, numbered) {
    const rows = chosen.map(({ word, stroke }) => make("path", { d: path(words[word].strokes[stroke]), class: "picked" }));
    (numbered === null ? [] : words[numbered]?.strokes ?? []).forEach((points, k) => {
      const size = 13 / this.scale;
      const [x, y] = points[0];
      const dot = make("circle", { cx: x, cy: y, r: size * 0.62, class: "start" });
      const number = make("text", { x, y: y + size * 0.34, "font-size": size, class: "number" });
      number.textContent = k + 1;
      rows.push(dot, number);
    });
    this.overlay("strokes", rows);
  }

  /** What a tool shows over everything, by the name of what it is. */
  overlay(name, elements) {
    let layer = this.#marks.querySelector(`[data-of="${name}"]`);
    if (!layer) this.#marks.append(layer = make("g", { "data-of": name }));
    layer.replaceChildren(...elements);
  }

  /** What pointers and keys do now: {cursor, down, move, up, key, end}, all optional; null: move and choose. */
  use(tool) {
    this.#tool?.end?.();
    this.#tool = tool;
    this.stage.dataset.tool = tool?.name ?? "hand";
  }

  get tool() { return this.#tool; }

  /** Pixels of the screen for one of the picture. */
  get scale() { return this.#svg.getScreenCTM()?.a || 1; }

  /** The part of the picture that is seen: x, y, width, height. */
  get frame() { return [...this.#frame]; }

  /** The stroke under a point, {word, stroke}, or null. */
  strokeAt(words, p) {
    let best = null, least = REACH / this.scale;
    words.forEach((w, word) => {
      w.strokes.forEach((points, stroke) => {
        const { away } = nearest(points, p);
        if (away < least) [best, least] = [{ word, stroke }, away];
      });
    });
    return best;
  }

  /** From the photo alone (0) over both (0.5) to the ink alone (1). */
  mix(share) {
    this.#photo.style.opacity = Math.min(1, 2 * (1 - share));
    this.#ink.style.opacity = Math.min(1, 2 * share);
    this.#ink.style.setProperty("--type", Math.max(0, 2 * share - 1));
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

  /** Bring a box into sight if it is out of it. */
  show([a, b, c, d]) {
    const [x, y, w, h] = this.#frame;
    const [cx, cy] = [(a + c) / 2, (b + d) / 2];
    if (cx < x || cy < y || cx > x + w || cy > y + h) this.#frame = [cx - w / 2, cy - h / 2, w, h];
    this.#apply();
  }

  /** Go so near to a box that it can be worked on. */
  near(box) {
    const [w, h] = [box[2] - box[0], box[3] - box[1]];
    const room = Math.max(4 * h, 60), wide = Math.min(this.#size[0], Math.max(1.6 * w, room * this.#frame[2] / this.#frame[3]));
    if (wide < this.#frame[2] || area(box) > this.#frame[2] * this.#frame[3]) {
      const high = wide * this.#frame[3] / this.#frame[2];
      this.#frame = [(box[0] + box[2] - wide) / 2, (box[1] + box[3] - high) / 2, wide, high];
    }
    this.show(box);
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

  #say(kind, detail, more = {}) { this.dispatchEvent(Object.assign(new CustomEvent(kind, { detail }), more)); }

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
    stage.addEventListener("dblclick", (e) => { if (!this.#tool) this.zoom(2, this.#at(e)); });
  }

  #down(event) {
    if (event.button > 1) return;
    this.stage.setPointerCapture(event.pointerId);
    const at = this.#at(event);
    const left = event.target.dataset?.left;
    this.#pointers.set(event.pointerId, {
      at: [event.clientX, event.clientY], index: this.#index(event), left: left === undefined ? null : Number(left), moved: 0, pans: event.button === 1,
    });
    if (this.#pointers.size > 1) this.#tool?.leave?.(); // two fingers zoom, whatever the tool
    else if (event.button === 0) this.#tool?.down?.(at, event);
  }

  #move(event) {
    const pointer = this.#pointers.get(event.pointerId);
    if (!pointer) {
      this.#tool?.hover?.(this.#at(event));
      return this.#say("hover", this.#index(event));
    }
    const here = [event.clientX, event.clientY];
    const step = [here[0] - pointer.at[0], here[1] - pointer.at[1]];
    pointer.moved += Math.hypot(...step);
    if (this.#pointers.size === 2) this.#pinch(event.pointerId, here);
    else if (this.#tool && !pointer.pans) {
      const steps = event.getCoalescedEvents?.() ?? [];
      for (const each of steps.length ? steps : [event]) this.#tool.move?.(this.#at(each), pointer.moved);
    } else {
      this.#frame[0] -= step[0] / this.scale;
      this.#frame[1] -= step[1] / this.scale;
      this.#apply();
    }
    pointer.at = here;
  }

  #pinch(id, here) {
    const [other] = [...this.#pointers.entries()].filter(([k]) => k !== id).map(([, p]) => p.at);
    const last = this.#pointers.get(id).at;
    const before = Math.hypot(last[0] - other[0], last[1] - other[1]);
    const after = Math.hypot(here[0] - other[0], here[1] - other[1]);
    const middle = { clientX: (here[0] + other[0]) / 2, clientY: (here[1] + other[1]) / 2 };
    this.#frame[0] -= (here[0] - last[0]) / 2 / this.scale;
    this.#frame[1] -= (here[1] - last[1]) / 2 / this.scale;
    if (before > 0) this.zoom(after / before, this.#at(middle));
  }

  #up(event) {
    const pointer = this.#pointers.get(event.pointerId), alone = this.#pointers.size === 1;
    this.#pointers.delete(event.pointerId);
    if (!pointer || !alone) return;
    if (this.#tool && !pointer.pans) this.#tool.up?.(this.#at(event), pointer.moved, event);
    else if (pointer.moved < 6) {
      if (pointer.left !== null) this.#say("left", pointer.left);
      else this.#say("choose", pointer.index, { more: event.shiftKey || event.ctrlKey || event.metaKey });
    }
  }
}
