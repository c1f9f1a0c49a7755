/** A word's ink as files: SVG, InkML and JSON, as the package writes them, so that it and others read them. */

const DEFAULT_COLOR = "#1a1a2e";
const DOT = 0.001;

/**
 * @typedef {object} Page
 * @property {number} width of the picture, in pixels
 * @property {number} height
 * @property {import("./tracer.js").InkWord} word
 */

/** What InkSight's published data set calls the ways that a word comes. */
const MODES = {
  derender: "Vanilla Derender",
  "derender-with-text": "Derender with Text",
  "recognize-and-derender": "Recognize and Derender",
};

/** The files to be had: what each is called, its type, and who writes it. */
export const FORMATS = {
  svg: { type: "image/svg+xml", dumps: svg },
  inkml: { type: "application/inkml+xml", dumps: inkml },
  json: { type: "application/json", dumps: json },
};

/** A number with two decimals at most. */
function number(value) {
  return String(Number(value.toFixed(2)) || 0);
}

function escaped(text) {
  const names = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, "").replace(/[&<>"]/g, (c) => names[c]);
}

/** The width to draw strokes with whose own isn't known. */
export function usualWidth(word) {
  const known = word.strokes.flatMap((s) => (s.width ? [s.width] : [])).sort((a, b) => a - b);
  return known.length ? known[known.length >> 1] : 2;
}

/** @param {Page} page */
export function svg({ width, height, word }) {
  const usual = usualWidth(word);
  const sides = `width="${number(width)}" height="${number(height)}"`;
  const paths = word.strokes.map((stroke) => {
    const [start, ...rest] = stroke.points.map(([x, y]) => `${number(x)} ${number(y)}`);
    const moves = rest.some((p) => p !== start);
    const data = moves ? `M${start} L${rest.join(" ")}` : `M${start} h${DOT}`;
    const look = `stroke="${stroke.color ?? DEFAULT_COLOR}" stroke-width="${number(stroke.width ?? usual)}"`;
    return `<path d="${data}" ${look}/>`;
  });
  const origin = `data-confidence="${word.confidence.toFixed(4)}" data-origin="${escaped(word.origin)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<svg xmlns="http://www.w3.org/2000/svg" ${sides} viewBox="0 0 ${number(width)} ${number(height)}">`,
    '<g fill="none" stroke-linecap="round" stroke-linejoin="round">',
    `<g class="line"><g class="word" ${origin} data-box="${word.box.map(number).join(" ")}">`,
    `<title>${escaped(word.text)}</title>`,
    ...paths,
    "</g></g>",
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

/** @param {Page} page */
export function inkml({ width, height, word }) {
  const note = (kind, content) => `<annotation type="${kind}">${escaped(content)}</annotation>`;
  const looks = [...new Set(word.strokes.map(lookOf))].filter(Boolean);
  const brushes = looks.map((look, i) => `<brush xml:id="pen${i}">${look}</brush>`);
  const traces = word.strokes.map((stroke, i) => {
    const pen = looks.indexOf(lookOf(stroke));
    const brush = pen < 0 ? "" : ` brushRef="#pen${pen}"`;
    const points = stroke.points.map(([x, y]) => `${number(x)} ${number(y)}`).join(", ");
    return `<trace xml:id="t${i}" contextRef="#page"${brush}>${points}</trace>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<ink xmlns="http://www.w3.org/2003/InkML">',
    note("application", "InkSight"),
    note("sourceDataset", "user pictures"),
    note("inferenceMode", MODES[word.origin] ?? word.origin),
    note("exampleId", ""),
    note("textField", word.text),
    note("origin", word.origin),
    note("confidence", word.confidence.toFixed(4)),
    note("box", word.box.map(number).join(" ")),
    "<definitions>",
    '<inkSource xml:id="picture">',
    '<traceFormat><channel name="X" type="decimal"/><channel name="Y" type="decimal"/></traceFormat>',
    `<activeArea width="${number(width)}" height="${number(height)}" units="dev"/>`,
    "</inkSource>",
    '<context xml:id="page" inkSourceRef="#picture"/>',
    ...brushes,
    "</definitions>",
    ...traces,
    "</ink>",
    "",
  ].join("\n");
}

/** A stroke's width and colour as a brush's properties; "" where nothing is known. */
function lookOf({ width, color }) {
  const known = width ? `<brushProperty name="width" value="${number(width)}" units="dev"/>` : "";
  return color ? `${known}<brushProperty name="color" value="${color}"/>` : known;
}

/** @param {Page} page */
export function json({ width, height, word }) {
  const round = (value) => Math.round(value * 1000) / 1000;
  const { text, confidence, box, origin, strokes } = word;
  const row = {
    text,
    confidence,
    box: box.map(round),
    line: 0,
    origin,
    ...(strokes.some((s) => s.width) ? { widths: strokes.map((s) => s.width) } : {}),
    ...(strokes.some((s) => s.color) ? { colors: strokes.map((s) => s.color) } : {}),
    strokes: strokes.map((s) => s.points.map((p) => p.map(round))),
  };
  return `${JSON.stringify({ format: "inksight", version: 1, width, height, words: [row] })}\n`;
}
