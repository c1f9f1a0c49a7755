"""The rules by which the package told ink from paper before the segmentation network: what that is measured against
(bench/segmentation) and what labels flat scans for its training (train/pack_pages.py)."""

from bench.rules.page_ruling import page_ink
from bench.rules.word_ruling import word_ink

__all__ = ["page_ink", "word_ink"]
