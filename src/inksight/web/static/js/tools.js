// What a pointer or the keys do on the picture, one tool at a time. A tool is {name, down, move, up, hover, leave, key,
// end}: pointers come in pixels of the picture; `key(event)` says whether the key was meant for it.

import { inside, middle, nearest } from "./geometry.js";
import { make, path } from "./view.js";

const CLICK = 6; // pixels of the screen that a click may move
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const rect = ([a, b, c, d], kind) => make("rect", { x: a, y: b, width: c - a, height: d - b, class: kind });

/** The middle of what is seen, and a step of the keys there. */
function seen(view) {
  const [x, y, w, h] = view.frame;
  return { middle: [x + w / 2, y + h / 2], step: Math.max(1, 8 / view.scale) };
}

/** Draw a box by dragging, or move one by keys (with Shift its lower right corner); `done(box)`. */
export function boxing(view, done, begin = null) {
  const { middle: [x, y], step } = seen(view);
  let box = begin ? [...begin] : [x - 10 * step, y - 4 * step, x + 10 * step, y + 4 * step], from = null, drawn = Boolean(begin);
  const show = () => view.overlay("tool", drawn ? [rect(box, "fresh")] : []);
  show();
  return {
    name: "box",
    down: (p) => { from = p; },
    leave: () => { from = null; },
    move([x1, y1], moved) {
      if (!from || moved < CLICK) return;
      box = [Math.min(from[0], x1), Math.min(from[1], y1), Math.max(from[0], x1), Math.max(from[1], y1)];
      drawn = true;
      show();
    },
    up(_, moved) {
      if (from && moved >= CLICK && box[2] - box[0] > 4 && box[3] - box[1] > 4) done(box);
      from = null;
    },
    key({ key, shiftKey }) {
      if (key === "Enter") { if (drawn) done(box); return true; }
      if (!WAYS[key]) return false;
      if (drawn) for (const k of shiftKey ? [2, 3] : [0, 1, 2, 3]) box[k] += WAYS[key][k % 2] * step;
      for (const k of [0, 1]) box[k + 2] = Math.max(box[k] + 4, box[k + 2]);
      drawn = true;
      show();
      return true;
    },
    end: () => view.overlay("tool", []),
  };
}

/** Draw a line across a word, or move an upright one by keys; `done(p, q)`. */
export function cutting(view, [a, b, c, d], done) {
  let p = [(a + c) / 2, b - 4], q = [(a + c) / 2, d + 4], from = null;
  const step = Math.max(0.5, (c - a) / 60);
  const show = () => view.overlay("tool", [make("path", { d: path([p, q]), class: "cut" })]);
  show();
  return {
    name: "cut",
    down: (at) => { from = at; },
    leave: () => { from = null; },
    move(at) { if (from) { [p, q] = [from, at]; show(); } },
    up(at, moved) {
      if (!from) return;
      if (moved < CLICK) [p, q] = [[at[0], b - 4], [at[0], d + 4]];
      done(p, q);
    },
    key({ key }) {
      if (key === "Enter") { done(p, q); return true; }
      if (key !== "ArrowLeft" && key !== "ArrowRight") return false;
      for (const end of [p, q]) end[0] += WAYS[key][0] * step;
      show();
      return true;
    },
    end: () => view.overlay("tool", []),
  };
}

/** Write strokes; each is told when the pen is lifted: `done(points)`. By keys: arrows move the pen, Space puts it down. */
export function writing(view, done) {
  let line = null, { middle: pen, step } = seen(view), down = false, shown = false;
  const show = () => view.overlay("tool", [
    ...(line ? [make("path", { d: path(line), class: "fresh-ink" })] : []),
    ...(shown ? [make("circle", { cx: pen[0], cy: pen[1], r: step / 2, class: down ? "pen down" : "pen" })] : []),
  ]);
  const lift = () => { const points = line; line = null; down = false; show(); if (points) done(points); };
  return {
    name: "pen",
    down(p) { line = [p]; shown = false; show(); },
    leave() { line = null; show(); },
    move(p) { if (line) { line.push(p); show(); } },
    up: lift,
    key({ key }) {
      if (key === " ") {
        shown = true;
        if (down) lift();
        else { down = true; line = [[...pen]]; show(); }
        return true;
      }
      if (!WAYS[key]) return false;
      shown = true;
      pen = [pen[0] + WAYS[key][0] * step, pen[1] + WAYS[key][1] * step];
      if (down) line.push([...pen]);
      show();
      return true;
    },
    end: () => view.overlay("tool", []),
  };
}

/** Choose strokes: tap one, or draw around several; `done(strokes, more)`, with Shift `more` is true. */
export function picking(view, words, done) {
  let lasso = null;
  return {
    name: "pick",
    down: (p) => { lasso = [p]; },
    leave() { lasso = null; view.overlay("tool", []); },
    move(p) {
      if (!lasso) return;
      lasso.push(p);
      view.overlay("tool", [make("path", { d: `${path(lasso)}Z`, class: "lasso" })]);
    },
    up(p, moved, event) {
      if (!lasso) return;
      const path = lasso, more = event.shiftKey || event.ctrlKey || event.metaKey;
      this.leave();
      if (moved < CLICK) {
        const one = view.strokeAt(words(), p);
        return done(one ? [one] : [], more);
      }
      done(words().flatMap((w, word) => w.strokes.flatMap((points, stroke) =>
        (points.filter((at) => inside(path, at)).length > points.length / 2 ? [{ word, stroke }] : []))), more);
    },
    end: () => view.overlay("tool", []),
  };
}

/** Rub strokes out: all that the pointer touches go when it is lifted; `done(strokes)`. */
export function erasing(view, words, done) {
  let touched = null;
  const touch = (p) => {
    const one = view.strokeAt(words(), p);
    if (one && !touched.some((t) => t.word === one.word && t.stroke === one.stroke)) touched.push(one);
    view.overlay("tool", touched.map(({ word, stroke }) => make("path", { d: path(words()[word].strokes[stroke]), class: "rubbed" })));
  };
  return {
    name: "erase",
    down(p) { touched = []; touch(p); },
    leave() { touched = null; view.overlay("tool", []); },
    move(p) { if (touched) touch(p); },
    up() { const strokes = touched ?? []; this.leave(); if (strokes.length) done(strokes); },
    end: () => view.overlay("tool", []),
  };
}

/** Split a stroke where it is tapped, or where the keys have moved the mark; `done(point)`. */
export function splitting(view, points, done) {
  let at = middle(points);
  const step = Math.max(1, 6 / view.scale);
  const show = () => view.overlay("tool", [make("circle", { cx: at[0], cy: at[1], r: 6 / view.scale, class: "pen down" })]);
  show();
  return {
    name: "split",
    hover(p) { at = nearest(points, p).point; show(); },
    up(p) { done(nearest(points, p).point); },
    key({ key }) {
      if (key === "Enter") { done(at); return true; }
      if (!WAYS[key]) return false;
      at = nearest(points, [at[0] + WAYS[key][0] * step, at[1] + WAYS[key][1] * step]).point;
      show();
      return true;
    },
    end: () => view.overlay("tool", []),
  };
}
