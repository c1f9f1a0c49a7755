"""The original InkSight (Mitrevski et al., 2024): all of its system that is kept here.

Its view of a word (input.py) and its released weights (released.py, savedmodel.py); its data set (derenderings.py,
human.py, gallery.py, inks.py); its measures (paper.py, online.py) and its human study (study.py, agreement.py).
"""
