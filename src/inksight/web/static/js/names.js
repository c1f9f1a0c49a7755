// What the formats are called, the most wanted first; those that aren't named here follow.

const NAMES = {
  svg: "SVG – vector drawing", xopp: "Xournal++ – notes (.xopp)", pdf: "PDF – ink and searchable text", inkml: "InkML – ink with its text",
  png: "PNG – picture", gif: "GIF – animation", mp4: "MP4 – film", "svg-animated": "SVG – animation", webp: "WebP – animation",
  apng: "APNG – animation", excalidraw: "Excalidraw", rm: "reMarkable page (.rm)", rmdoc: "reMarkable notebook (.rmdoc)",
  txt: "Text", md: "Markdown", json: "JSON – everything", jsonl: "JSON Lines", csv: "CSV – points", npz: "NPZ – for training",
  hocr: "hOCR", alto: "ALTO XML", page: "PAGE XML",
};

export function named(formats) {
  const order = Object.keys(NAMES);
  const rank = (format) => (order.indexOf(format.name) + order.length + 1) % (order.length + 1);
  return formats.map((format) => ({ ...format, title: NAMES[format.name] ?? format.name })).sort((a, b) => rank(a) - rank(b));
}
