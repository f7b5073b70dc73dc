"""Figures from a dataset. `python3 -m plots DIR` draws every experiment that has a module here.

A module plots/<experiment>.py with `draw(dataset)`, yielding (file stem, Figure), is all that a new
figure needs.
"""
