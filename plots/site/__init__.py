"""
The explorer: static pages for a collection of datasets, that work from a folder and on any web host.

`python3 -m plots.site [--out=DIR] DIR...` writes them: index.html, a table of machines; a page per
machine in machine/; compare.html, whose choosers draw any of the figures side by side. Figures are
in data/, each dataset's tables as scripts beside its CSV, loaded when they are chosen.
"""
