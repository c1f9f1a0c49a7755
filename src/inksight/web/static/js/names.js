// What things are called in the page.

export const MODES = {
  "recognize-and-derender": "Read it, then trace", derender: "Trace, without reading", "derender-with-text": "Trace what I say is written",
  recognize: "Only read",
};

export const DETECTORS = {
  rapidocr: "automatically (best for most)", tesseract: "for print and neat hands (Tesseract)", doctr: "by docTR",
  inksight: "by InkSight's own network (any script)", none: "not at all: the picture is one word",
};

export const PRINT = { text: "keep as text", trace: "trace, too", ignore: "leave out" };

const tongues = new Intl.DisplayNames(["en"], { type: "language" });
/** What a language is called, by its code. */
export const language = (code) => tongues.of(code);

const NAMES = {
  svg: "SVG – vector drawing", xopp: "Xournal++ – notes (.xopp)", pdf: "PDF – ink and searchable text", "pdf-ink": "PDF – ink to edit (annotations)",
  inkml: "InkML – ink with its text", png: "PNG – picture", gif: "GIF – animation", mp4: "MP4 – film", "svg-animated": "SVG – animation",
  webp: "WebP – animation", apng: "APNG – animation", lottie: "Lottie – animation for apps", excalidraw: "Excalidraw",
  "excalidraw-md": "Obsidian – Excalidraw note (.excalidraw.md)", onenote: "OneNote – page for its API", rm: "reMarkable page (.rm)",
  rmdoc: "reMarkable notebook (.rmdoc)", dxf: "DXF – plotters, lasers, CNC", txt: "Text", md: "Markdown", json: "JSON – everything, to go on later",
  jsonl: "JSON Lines", csv: "CSV – points", npz: "NPZ – for training", hocr: "hOCR", alto: "ALTO XML", page: "PAGE XML",
};

/** The formats with their titles, the most wanted first; those that aren't named above follow. */
export function named(formats) {
  const order = Object.keys(NAMES);
  const rank = (format) => (order.indexOf(format.name) + order.length + 1) % (order.length + 1);
  return formats.map((format) => ({ ...format, title: NAMES[format.name] ?? format.name })).sort((a, b) => rank(a) - rank(b));
}
