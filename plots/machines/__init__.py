"""
Figures of several machines side by side. A module here with `draw(datasets)`, yielding (file stem,
Figure), is all that a new one needs; `python3 -m plots.machines DIR...` draws them all.
"""
