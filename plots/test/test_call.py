"""The figure of call: what is stacked, what leaves the axes, what is said where cells are missing."""

from __future__ import annotations


import pandas
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from plots import call, kernels, style
from plots.test import look
from results import load
from results.findings import of_experiment
from results.test.specimen_cells import ALONE_NS_PER_BYTE, BOUNDARY_NS


EXPERIMENTS = ("call",)


def drawn(dataset: load.Dataset) -> Figure:
    """The one figure, in which all can be read."""
    figures = look.draw(dataset, "call")
    assert list(figures) == ["call"]
    assert look.touching(figures["call"]) == []
    assert look.cut(figures["call"]) == []
    return figures["call"]


def bars(figure: Figure, panel: int, colour: str) -> list[float]:
    """The lengths of the segments of that colour, from above."""
    wanted = [
        patch
        for patch in figure.axes[panel].patches
        if isinstance(patch, Rectangle)
        and tuple(patch.get_facecolor()[:3]) == rgb(colour)
    ]
    wanted.sort(key=lambda patch: float(patch.get_y()))
    return [float(patch.get_width()) for patch in wanted]


def rgb(colour: str) -> tuple[float, ...]:
    """Of "#RRGGBB"."""
    return tuple(int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))


def test_every_boundary_has_its_bar(dataset: load.Dataset) -> None:
    figure = drawn(dataset)
    words = look.words(figure)
    for name in (*BOUNDARY_NS, *ALONE_NS_PER_BYTE):
        assert call.WORDS[name] in words
    for part in ("64 B copied", "1 KiB copied", "4 KiB copied", "ns per copy", "libc"):
        assert part in words
    first = next(of_experiment(dataset, "call")).sentence
    assert figure.get_label().lower() == f"{first}.".lower()


def test_boundary_and_copy_make_up_the_time(dataset: load.Dataset) -> None:
    figure = drawn(dataset)
    table = dataset.table("call").set_index(["boundary", "size"])["median_ns"]
    names = [name for name in call.WORDS if name in BOUNDARY_NS]
    boundary = bars(figure, 1, style.VERMILION)
    copy = bars(figure, 1, style.SKY)
    assert len(boundary) == len(copy) == len(names)
    for name, low, high in zip(names, boundary, copy):
        assert low == pytest.approx(BOUNDARY_NS[name], abs=0.4)
        assert low + high == pytest.approx(table[name, 1024])
    assert len(bars(figure, 1, style.GREY)) == len(ALONE_NS_PER_BYTE)


def test_slow_loops_leave_the_axes_with_their_number(dataset: load.Dataset) -> None:
    table = dataset.table("call").set_index(["boundary", "size"])["median_ns"]
    figure = drawn(dataset)
    number = style.number_text(table["ocaml_loop", 4096])
    assert f"{number} ns →" in look.words(figure)
    assert figure.axes[2].get_xlim()[1] < table["ocaml_loop", 4096] / 2


def keep(dataset: load.Dataset, rows: pandas.Series) -> None:
    """Leaves these rows of call."""
    table = dataset.experiments["call"]
    dataset.experiments["call"] = table[rows]


def test_without_ocaml(dataset: load.Dataset) -> None:
    table = dataset.experiments["call"]
    ocaml = table["boundary"].str.startswith("ocaml")
    table.loc[ocaml, ["verdict", "reason"]] = ["skipped", "built without OCaml"]
    words = look.words(drawn(dataset))
    assert "OCaml: byte loop" not in words and "C: direct call" in words
    assert "built without OCaml" in words
    assert f"{ocaml.sum()} skipped (not drawn)" in words


def test_without_anything_to_compare_with(dataset: load.Dataset) -> None:
    keep(dataset, dataset.experiments["call"]["boundary"] != "inlined")
    figure = drawn(dataset)
    assert "%" not in "".join(text.get_text() for text in figure.axes[0].texts)
    assert bars(figure, 0, style.VERMILION) == []


@pytest.mark.parametrize("sizes, panels", [([0, 8], 1), ([0, 8, 64, 256], 3)])
def test_few_sizes(dataset: load.Dataset, sizes: list[int], panels: int) -> None:
    keep(dataset, dataset.experiments["call"]["size"].isin(sizes))
    assert len(drawn(dataset).axes) == panels


def test_a_boundary_without_that_size(dataset: load.Dataset) -> None:
    table = dataset.experiments["call"]
    keep(dataset, (table["boundary"] != "constant") | (table["size"] != 1024))
    assert "not measured" in look.words(drawn(dataset))


def test_nothing_to_draw(dataset: load.Dataset) -> None:
    keep(dataset, dataset.experiments["call"]["size"] == 0)
    with pytest.raises(kernels.Undrawable, match="nothing to draw"):
        look.draw(dataset, "call")
