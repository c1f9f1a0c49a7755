"""Converts the example page once and saves its ink in several formats: the library in ten lines.

python examples/demo.py            # writes out/page.svg, .png, .xopp, ...
"""

from pathlib import Path

import inksight
from inksight import formats
from inksight.imaging.pictures import open_image

PHOTO, OUT = Path(__file__).with_name("page.jpg"), Path("out")

print(f"Converting {PHOTO.name} ...")
photo = open_image(PHOTO)
page = inksight.convert(photo)
print(f"\n{page.text}\n\n{len(page.words)} words, {len(page.strokes)} strokes:")
OUT.mkdir(exist_ok=True)
for name in ("svg", "png", "json", "inkml", "xopp", "excalidraw", "gif", "txt"):  # no extras needed
    target = OUT / f"page.{name}"
    formats.write(page, target, photo=photo)
    print(target)
