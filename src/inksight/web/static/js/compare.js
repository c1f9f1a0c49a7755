// The modes, and the models if there are several, side by side for one word; one of the inks may be taken.

import * as api from "./api.js";
import { $, button, count, ink, state, trying } from "./app.js";
import { isDrawing, replace } from "./edits.js";
import { MODES } from "./names.js";
import { make, path } from "./view.js";

const ROOM = 0.25; // of the box's height, shown around it

/** The word's place in the photo with an ink over it. */
function picture(box, word) {
  const pad = ROOM * (box[3] - box[1]);
  const [x, y, w, h] = [box[0] - pad, box[1] - pad, box[2] - box[0] + 2 * pad, box[3] - box[1] + 2 * pad];
  const svg = make("svg", { viewBox: `${x} ${y} ${w} ${h}`, class: "compared", role: "img" });
  svg.setAttribute("aria-label", word ? `${count(word.strokes.length, "stroke")}` : "The photo");
  svg.append(make("image", { href: api.photo(state.name), width: ink.ink.width, height: ink.ink.height, class: word ? "faded" : "" }));
  word?.strokes.forEach((points, k, all) => {
    const color = `hsl(${Math.round(288 * k / Math.max(1, all.length - 1))} 85% 42%)`;
    svg.append(make("path", { d: path(points), stroke: color, "stroke-width": (box[3] - box[1]) / 22 }));
  });
  return svg;
}

/** Compare for a word; whatever is taken becomes an edit, and `after(index)` is called. */
export async function compare(index, after) {
  const word = ink.words[index];
  if (!word || isDrawing(word)) return;
  const text = $("card-text").value.trim();
  const modes = Object.keys(MODES).filter((m) => m !== "recognize" && (m !== "derender-with-text" || text));
  const { models } = state.known;
  const head = document.createElement("tr");
  head.append(document.createElement("th"), ...modes.map((m) => Object.assign(document.createElement("th"), { textContent: MODES[m] })));
  $("compare-table").replaceChildren(head);
  $("compare-photo").replaceChildren(picture(word.box, null));
  $("compare").showModal();
  for (const { name } of models) {
    const row = document.createElement("tr");
    row.append(Object.assign(document.createElement("th"), { textContent: name, scope: "row" }));
    $("compare-table").append(row);
    for (const mode of modes) {
      const cell = document.createElement("td");
      cell.textContent = "…";
      row.append(cell);
      const wish = { box: word.box, mode, model: name, instead_of: [index], ...(mode === "derender-with-text" ? { text } : {}) };
      const found = await trying(() => api.trace(state.name, wish));
      if (!$("compare").open) return;
      if (!found) { cell.textContent = "failed"; continue; }
      const take = button("Take this", () => {
        const { kind, widths, colors, ...kept } = word;
        ink.change(replace(ink.words, index, { ...kept, ...found, text: found.text || word.text }).words);
        $("compare").close();
        after(index);
      });
      const facts = Object.assign(document.createElement("p"), { textContent: `${found.text ? `“${found.text}”, ` : ""}${count(found.strokes.length, "stroke")}` });
      cell.replaceChildren(picture(word.box, found), facts, take);
    }
  }
}
