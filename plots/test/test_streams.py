"""The figures of streams: whole, with parts missing, with less than usual."""

from __future__ import annotations


import pytest
from matplotlib.figure import Figure

from plots import kernels, streams, style
from plots.test import look
from results import findings, load
from results.test import specimen_streams as truth


EXPERIMENTS = ("streams",)


def clean(dataset: load.Dataset) -> dict[str, Figure]:
    """The figures, in which all can be read."""
    figures = look.draw(dataset, "streams")
    for figure in figures.values():
        assert look.touching(figure) == [] and look.cut(figure) == []
    return figures


def keep(dataset: load.Dataset, **only: object) -> None:
    """The rows that have these values."""
    table = dataset.experiments["streams"]
    for column, value in only.items():
        table = table[table[column] == value]
    dataset.experiments["streams"] = table


def test_whole(dataset: load.Dataset) -> None:
    figures = clean(dataset)
    assert list(figures) == ["streams", "streams-copies"]
    said = [each.sentence for each in findings.of_experiment(dataset, "streams")]
    for figure in figures.values():
        assert figure.get_label() in map(style.sentence_text, said)
        for wanted in ["Specimen 4000", "clock: tsc", "Payload counted once"]:
            assert wanted in look.words(figure)
    for wanted in ["GB/s, all queues", "packets of 9000 B", "fed like DMA", "▲\n6"]:
        assert wanted in look.words(figures["streams"])
    for wanted in ["Gb/s of the line", "one CPU", "16 CPUs", "no feed, one queue"]:
        assert wanted in look.words(figures["streams-copies"])
    assert look.most_lines(figures["streams"]) == 3
    assert look.most_lines(figures["streams-copies"]) == 2 * len(truth.SIZES)


def test_marks(dataset: load.Dataset) -> None:
    dataset.machine["emulated"] = True
    for figure in clean(dataset).values():
        assert "EMULATED: no timing" in look.words(figure)


@pytest.mark.parametrize("column", ["kernel", "feed", "queues", "median_ns", "verdict"])
def test_missing_column_is_named(dataset: load.Dataset, column: str) -> None:
    table = dataset.experiments["streams"]
    dataset.experiments["streams"] = table.drop(columns=column)
    with pytest.raises(kernels.Undrawable, match=f"column '{column}'"):
        look.draw(dataset, "streams")


def test_all_skipped(dataset: load.Dataset) -> None:
    dataset.experiments["streams"]["verdict"] = "skipped"
    with pytest.raises(kernels.Undrawable, match="nothing to draw"):
        look.draw(dataset, "streams")


def test_remote_alone(dataset: load.Dataset) -> None:
    keep(dataset, placement="buffer_remote")
    with pytest.raises(kernels.Undrawable, match="no queue with local memory"):
        look.draw(dataset, "streams")


def test_two_cpus(dataset: load.Dataset) -> None:
    table = dataset.experiments["streams"]
    table.loc[table["members"] > 2, "verdict"] = "skipped"
    figures = clean(dataset)
    assert "▲" not in look.words(figures["streams"]).split()
    assert "2 CPUs" in look.words(figures["streams-copies"])


def test_one_cpu(dataset: load.Dataset) -> None:
    keep(dataset, members=1, placement="local")
    figures = clean(dataset)
    assert look.most_lines(figures["streams"]) == 1
    assert "CPUs" not in look.words(figures["streams-copies"]).split("\nA queue")[0]


def test_one_size(dataset: load.Dataset) -> None:
    keep(dataset, size=64)
    assert len(clean(dataset)["streams"].axes) == 1


def test_without_plain_copies_there_is_no_time_for_them(dataset: load.Dataset) -> None:
    keep(dataset, feed="dma")
    assert list(clean(dataset)) == ["streams"]


def test_coarse_clocks(dataset: load.Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = dataset.histogram("streams").iloc[:0]
    monkeypatch.setattr(load.Dataset, "histogram", lambda *_: empty)
    assert "too few were clocked" in look.words(clean(dataset)["streams-copies"])


def test_few_clocked_copies_have_no_tail(
    dataset: load.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = dataset.histogram("streams")
    few["count"] //= 20
    monkeypatch.setattr(load.Dataset, "histogram", lambda *_: few.copy())
    figure = clean(dataset)["streams-copies"]
    assert "ten copies beyond" in look.words(figure)
    marks = [line for line in figure.axes[1].lines if line.get_marker() == "|"]
    assert marks and all(line.get_xdata()[0] != line.get_xdata()[0] for line in marks)


def test_ticks() -> None:
    assert streams.ticks(4, 60) == [5, 10, 20, 50]
