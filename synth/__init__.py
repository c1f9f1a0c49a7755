"""Scenes of handwriting as people photograph it, with the truth: what is ink, ruling, print, and where words are.

The way of a scene: `assets.py` holds handwriting, photographs and fonts; `scene.py` lays them out on a surface, calling
`surfaces.py` (paper, boards, textures), `ruling.py`, `printed.py`, `drawings.py` and `pens.py` (what marks look like);
`camera.py` photographs the whole. Needs OpenCV and Pillow; training, tests and benches use it, the package doesn't.
"""
