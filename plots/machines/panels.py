"""Curves of many machines: a panel a CPU family, its machines named, all others grey behind."""

from __future__ import annotations

from typing import Callable, Dict, List, Mapping, NamedTuple, Sequence

import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from plots import labels, layout, style
from results import load, machines

TOGETHER_MAX = 7  # so many curves share one panel, with a colour each
COLUMNS = 2
PANEL_INCHES = 1.7
NAME_INCHES = style.LABEL_POINTS * 1.45 / 72
GAP_INCHES = 0.75  # between rows of panels: tick labels and the next title
LEFT_INCHES = 0.6
NAMES_INCHES = 2.3  # for names beside a line; longer ones are cut
OTHERS_NOTE = "Grey: the machines of the other panels."


class Curve(NamedTuple):
    """
    A machine's line: the place of its dataset, x in bytes, and y as value, low and high (NaN where
    there is no interval).
    """

    place: int
    x: pandas.Series
    y: pandas.DataFrame


class Words(NamedTuple):
    """What a figure of curves says: its head, its notes, the x axis' name."""

    title: str
    finding: str
    notes: List[str]
    x_name: str


def groups(
    datasets: Sequence[load.Dataset], curves: Sequence[Curve]
) -> Dict[str, List[Curve]]:
    """The curves of each panel, by its title: families by name, or all in one that needs none."""
    if len(curves) <= TOGETHER_MAX:
        return {"": list(curves)}
    found: Dict[str, List[Curve]] = {}
    for curve in curves:
        family = machines.family(datasets[curve.place].machine)
        found.setdefault(family, []).append(curve)
    return dict(sorted(found.items()))


def short_names(
    datasets: Sequence[load.Dataset],
    panels: Mapping[str, Sequence[int]],
    inches: float = NAMES_INCHES,
) -> List[str]:
    """
    Names of the machines without what the title of the panel that their places are in says, as wide
    as that at most; * says that others measured.
    """
    names = machines.labels(datasets)
    for title, places in panels.items():
        for place in places:
            name, source, mark = names[place], datasets[place].source, ""
            if source:
                name, mark = name.replace(f" (by {source['program']})", ""), "*"
            rest = name[len(title) :] if name.startswith(title) else name
            names[place] = cut(rest.strip(" ,") or name, inches) + mark
    return names


def sources_notes(datasets: Sequence[load.Dataset], places: Sequence[int]) -> List[str]:
    """What the * of short_names() says, if there is one among them."""
    sources = [datasets[place].source for place in places]
    programs = sorted({source["program"] for source in sources if source})
    return (
        [f"* by {', '.join(programs)}: not measured by copycost."] if programs else []
    )


def cut(name: str, inches: float) -> str:
    """The name, its middle left out where it is too long: names of runs differ at their ends."""
    if style.text_width_inches(name, style.LABEL_POINTS) <= inches:
        return name
    kept = len(name)
    while True:
        kept -= 1
        shorter = f"{name[: kept - kept // 2].rstrip()}…{name[-(kept // 2) :].lstrip()}"
        if style.text_width_inches(shorter, style.LABEL_POINTS) <= inches:
            return shorter


def draw_panel(
    axes: Axes, own: Sequence[Curve], others: Sequence[Curve], names: Sequence[str]
) -> None:
    """The family's lines with their names, over the others in grey."""
    for curve in others:
        axes.plot(
            curve.x.astype(float),
            curve.y.iloc[:, 0].astype(float),
            color="#D5D5D5",
            linewidth=0.8,
            marker="." if len(curve.x) == 1 else "",
            markersize=3,
            zorder=1,
        )
    ends = []
    for index, curve in enumerate(own):
        look = style.LOOKS[index % len(style.LOOKS)]
        style.draw_line(axes, curve.x, curve.y, look)
        last = float(curve.x.iloc[-1]), float(curve.y.iloc[-1, 0])
        ends.append(labels.End(*last, names[curve.place], look.colour))
    labels.label_ends(axes, ends)


def draw(
    datasets: Sequence[load.Dataset],
    curves: Sequence[Curve],
    words: Words,
    set_y_axis: Callable[[Axes], None],
) -> Figure:
    """The whole figure. `set_y_axis` is called for every panel, so that all have the same."""
    panels = groups(datasets, curves)
    named = {title: [each.place for each in own] for title, own in panels.items()}
    names = short_names(datasets, named)
    columns = min(COLUMNS, len(panels))
    widest = max(
        style.text_width_inches(names[curve.place], style.LABEL_POINTS, "bold")
        for curve in curves
    )
    titles = list(panels)
    rows = [titles[first : first + columns] for first in range(0, len(titles), columns)]
    least = PANEL_INCHES if len(panels) > 1 else 4.0
    heights = [
        max(least, *(NAME_INCHES * (len(panels[title]) + 1) for title in row))
        for row in rows
    ]
    notes = words.notes + ([OTHERS_NOTE] if len(panels) > 1 else [])
    notes += sources_notes(datasets, [curve.place for curve in curves])
    page = layout.open_page(
        words.title,
        words.finding,
        [],
        notes,
        sum(heights) + GAP_INCHES * (len(rows) - 1),
        (0, 0),
    )
    wide, high = page.figure.get_size_inches()
    room = (page.right - page.left) * wide / columns
    width = room - LEFT_INCHES - widest - 0.3
    ends = pandas.concat([curve.x for curve in curves])
    top = page.top * high
    for row, height in zip(rows, heights):
        for column, title in enumerate(row):
            left = page.left * wide + column * room + LEFT_INCHES
            box = (left / wide, (top - height) / high, width / wide, height / high)
            axes = page.figure.add_axes(box)
            style.bytes_axis(
                axes,
                *style.bytes_range(ends),
                words.x_name if row is rows[-1] else None,
            )
            thin_ticks(axes, width)
            set_y_axis(axes)
            if column:
                axes.set_ylabel("")
            axes.grid(axis="y")
            own = panels[title]
            places = {curve.place for curve in own}
            others = [curve for curve in curves if curve.place not in places]
            draw_panel(axes, own, others, names)
            if title:
                axes.set_title(
                    title, loc="left", size=style.LABEL_POINTS, weight="bold"
                )
        top -= height + GAP_INCHES
    return page.figure


def thin_ticks(axes: Axes, width_inches: float) -> None:
    """Keeps as few labels of a bytes axis as a narrow panel has room for."""
    ticks = list(axes.get_xticks())
    fit = max(2, int(width_inches / 0.6))
    step = -(-len(ticks) // fit)
    axes.set_xticks(ticks[::step])
