"""Names that the command line and the library share; nothing here needs anything to be loaded."""

FORMATS = (
    "alto",
    "apng",
    "csv",
    "excalidraw",
    "gif",
    "hocr",
    "inkml",
    "json",
    "jsonl",
    "md",
    "mp4",
    "npz",
    "page",
    "pdf",
    "png",
    "rm",
    "rmdoc",
    "svg",
    "svg-animated",
    "txt",
    "webp",
    "xopp",
)
"""Names of the formats; each is also its ending, unless formats._ENDINGS has another."""
