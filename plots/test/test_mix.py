"""What the picture of the mix experiment shows."""

from __future__ import annotations

import pandas
import pytest

from plots import mix
from plots.test import look
from results import load
from results.findings import of_experiment


def bars(dataset: load.Dataset) -> list[float]:
    """The lengths of the first panel's bars, the legend's left out."""
    figure = look.draw(dataset, "mix")["mix"]
    widths = [patch.get_width() for patch in figure.axes[0].patches]
    return [width for width in widths if width > 0]


def test_a_pair_for_each_kernel(dataset: load.Dataset) -> None:
    table = dataset.table("mix")
    imix = table[(table["distribution"] == "imix") & (table["median_ns"] > 0)]
    assert sorted(bars(dataset)) == pytest.approx(sorted(imix["median_ns"]))


def test_the_finding_is_that_of_results(dataset: load.Dataset) -> None:
    label = look.draw(dataset, "mix")["mix"].get_label()
    sentences = [found.sentence for found in of_experiment(dataset, "mix")]
    assert label.lower().rstrip(".") in [text.lower() for text in sentences]
    assert "copy_libc_memcpy (imix, 354 B on average)" in label


def test_many_kernels(dataset: load.Dataset) -> None:
    """Some are drawn, the C library's among them; the others are named."""
    table = dataset.experiments["mix"]
    model = table[table["kernel"] == "copy_avx2"]
    more = [
        model.assign(kernel=f"copy_made_up{index}", cell=model["cell"] + 100 * index)
        for index in range(1, 30)
    ]
    dataset.experiments["mix"] = pandas.concat([table, *more])
    figure = look.draw(dataset, "mix")["mix"]
    assert len(bars(dataset)) == 2 * mix.KERNELS_MAX
    assert "Kernels not drawn: " in look.words(figure)
    assert "libc memcpy" in look.words(figure)
    assert look.touching(figure) == [] and look.cut(figure) == []


def test_one_side_only(dataset: load.Dataset) -> None:
    table = dataset.experiments["mix"]
    random = table["sequence"] == "random"
    table.loc[random, ["verdict", "reason"]] = ["failed", "died"]
    figure = look.draw(dataset, "mix")["mix"]
    assert "no kernel was measured both ways" in str(figure.get_label())
    assert look.touching(figure) == [] and look.cut(figure) == []
