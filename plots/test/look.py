"""What a reader would see of a figure: its texts, whether they touch, how many lines there are."""

from __future__ import annotations

import importlib
from itertools import combinations

from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from results import load


def draw(dataset: load.Dataset, experiment: str) -> dict[str, Figure]:
    """The experiment's figures by file stem."""
    return dict(importlib.import_module(f"plots.{experiment}").draw(dataset))


def texts(figure: Figure) -> list[Text]:
    """All texts that are seen, tick labels beyond an axis' ends left out."""
    figure.canvas.draw()
    hidden: set[Text] = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in axis.get_major_ticks() + axis.get_minor_ticks():
                if not low <= tick.get_loc() <= high or not tick.label1.get_visible():
                    hidden.update((tick.label1, tick.label2))
    return [
        text
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and text not in hidden
    ]


def words(figure: Figure) -> str:
    """Everything that is written in the figure."""
    return "\n".join(text.get_text() for text in texts(figure))


def box(text: Text) -> Bbox:
    """Where the text stands, in pixels, without an annotation's arrow."""
    return Text.get_window_extent(text)


def touching(figure: Figure) -> list[tuple[str, str]]:
    """Pairs of texts that overlap by more than a pixel."""
    boxes = [(text.get_text(), box(text).padded(-0.5)) for text in texts(figure)]
    return [
        (first, second)
        for (first, one), (second, other) in combinations(boxes, 2)
        if one.overlaps(other)
    ]


def cut(figure: Figure) -> list[str]:
    """Texts that reach beyond the figure's edge."""
    page = figure.bbox.padded(1)
    return [
        text.get_text()
        for text in texts(figure)
        if not (page.x0 <= box(text).x0 and box(text).x1 <= page.x1)
        or not (page.y0 <= box(text).y0 and box(text).y1 <= page.y1)
    ]


def most_lines(figure: Figure) -> int:
    """The number of measured lines in the fullest axes."""
    return max(measured_lines(figure))


def drawn(dataset: load.Dataset, experiment: str, keep: str = "") -> Figure:
    """The experiment's figure of the rows for which that holds; no texts touch or are cut."""
    if keep:
        dataset.experiments[experiment] = dataset.experiments[experiment].query(keep)
    figure = draw(dataset, experiment)[experiment]
    assert touching(figure) == []
    assert cut(figure) == []
    return figure


def measured_lines(figure: Figure) -> list[int]:
    """How many there are in each axes."""
    return [
        sum(line.get_gid() == "line" for line in axes.lines) for axes in figure.axes
    ]
