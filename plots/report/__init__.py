"""
The report: what datasets say, on one page that needs nothing but itself.

`python3 -m plots.report DIR...` writes report.html and report.md.
"""
