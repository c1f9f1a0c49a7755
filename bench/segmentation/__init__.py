"""How well ink, ruling and print are told apart: scenes whose every pixel is known, and the measure on them.

Independent of the library of scenes that training uses: other means of drawing, other papers, other print, and the
handwriting of writers whom training never saw.
"""
