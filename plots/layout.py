"""The page that a figure stands on: title, finding and marks above, the small print below."""

from __future__ import annotations

from typing import NamedTuple, Sequence

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from plots import style

WIDTH_INCHES = 10.0
MARGIN_INCHES = 0.16
TITLE_POINTS = 14.0
FINDING_POINTS = 11.0
STEP = 1.3 / 72  # inches from line to line, per point of the text's size
ABOVE_INCHES = 0.45  # above the axes: names of cache levels, headings of panels
BELOW_INCHES = 0.6  # below the axes: tick labels and the axis' name


def wrap(
    text: str, points: float, width_inches: float, weight: str = "normal"
) -> list[str]:
    """Breaks text at blanks into lines that fit the width."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and style.text_width_inches(longer, points, weight) > width_inches:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def room_inches(margins: tuple[float, float]) -> float:
    """The width that margins leave."""
    return WIDTH_INCHES - 2 * MARGIN_INCHES - sum(margins)


class Words(NamedTuple):
    """What is written above and below the drawing beside the finding, which is the figure's label."""

    title: str
    marks: Sequence[str]
    footer: Sequence[str]


class Sheet(Figure):
    """A figure whose words can be had apart from its drawing, to be set by somebody else."""

    def __init__(self, words: Words, width_inches: float, height_inches: float) -> None:
        super().__init__(figsize=(width_inches, height_inches))
        self.words = words
        self.written: list[Text] = []
        self.drawing = self.bbox_inches
        FigureCanvasAgg(self)

    def keep(self, bottom_inches: float, top_inches: float) -> None:
        """Between these heights is the drawing."""
        width = self.get_figwidth()
        self.drawing = Bbox([[0.0, bottom_inches], [width, top_inches]])


class Page(NamedTuple):
    """A figure with its title and footer, and the room that is left, in figure fractions."""

    figure: Sheet
    left: float
    right: float
    bottom: float
    top: float

    def above(self, inches: float) -> float:
        """The place that far above the room."""
        return self.top + inches / float(self.figure.get_figheight())

    def below(self, inches: float) -> Page:
        """The same page with that much of the room kept free at its top."""
        return self._replace(top=self.above(-inches))

    def add_axes(self, low: float = 0.0, high: float = 1.0) -> Axes:
        """Axes over the whole room, or from `low` to `high` of its height."""
        height = self.top - self.bottom
        box = (
            self.left,
            self.bottom + low * height,
            self.right - self.left,
            (high - low) * height,
        )
        return self.figure.add_axes(box)

    def add_grid(self, rows: int, columns: int, across: float, down: float) -> GridSpec:
        """A grid over the whole room; `across` and `down`: gaps, in panels."""
        return self.figure.add_gridspec(
            rows,
            columns,
            left=self.left,
            right=self.right,
            bottom=self.bottom,
            top=self.top,
            wspace=across,
            hspace=down,
        )


class Line(NamedTuple):
    """A line of text of the page's head or foot."""

    text: str
    points: float
    weight: str
    colour: str


def set_lines(paragraphs: Sequence[Line]) -> list[Line]:
    """The paragraphs broken into lines that fit the page."""
    room = room_inches((0, 0))
    return [
        paragraph._replace(text=text)
        for paragraph in paragraphs
        for text in wrap(paragraph.text, paragraph.points, room, paragraph.weight)
    ]


def write_lines(figure: Sheet, lines: Sequence[Line], top_inches: float) -> None:
    """Writes the lines from that height downwards."""
    width, height = figure.get_size_inches()
    for line in lines:
        written = figure.text(
            MARGIN_INCHES / width,
            top_inches / height,
            line.text.replace("$", r"\$"),
            size=line.points,
            weight=line.weight,
            color=line.colour,
            va="top",
        )
        figure.written.append(written)
        top_inches -= line.points * STEP


def open_page(
    title: str,
    finding: str,
    marks: Sequence[str],
    footer: Sequence[str],
    height_inches: float,
    margins: tuple[float, float],
) -> Page:
    """A figure with title, finding and marks at the top, the footer's paragraphs at the bottom.

    `height_inches` is the height of what lies between; `margins` (inches) are kept free left and
    right of it for tick labels and line labels.
    """
    matplotlib.rcParams.update(style.SETTINGS)
    words = Words(title, marks, list(filter(None, footer)))
    head = [Line(title, TITLE_POINTS, "bold", style.BLACK)]
    head.append(Line(finding, FINDING_POINTS, "normal", style.BLACK))
    head += [Line(mark, FINDING_POINTS, "bold", style.VERMILION) for mark in marks]
    foot = [
        Line(part, style.FOOTER_POINTS, "normal", style.QUIET) for part in words.footer
    ]
    head, foot = set_lines(head), set_lines(foot)
    head_inches = MARGIN_INCHES + sum(line.points for line in head) * STEP
    foot_inches = MARGIN_INCHES + sum(line.points for line in foot) * STEP
    bottom = foot_inches + BELOW_INCHES
    total = bottom + height_inches + ABOVE_INCHES + head_inches
    figure = Sheet(words, WIDTH_INCHES, total)
    figure.set_label(finding)
    figure.keep(foot_inches, total - head_inches)
    write_lines(figure, head, total - MARGIN_INCHES)
    write_lines(figure, foot, foot_inches)
    return Page(
        figure,
        (MARGIN_INCHES + margins[0]) / WIDTH_INCHES,
        1 - (MARGIN_INCHES + margins[1]) / WIDTH_INCHES,
        bottom / total,
        (bottom + height_inches) / total,
    )
