"""Figures of several machines: all are there by name, nothing touches, up to fifty of them."""

from __future__ import annotations

import copy
import importlib
from pathlib import Path
from typing import Dict, Iterator, List

import pytest
from matplotlib.figure import Figure

from plots.machines import crossover, memory, panels, size
from plots.test import look
from results import answer, load, machines
from results.test import specimen

EXPERIMENTS = ("size", "cores")
command = importlib.import_module("plots.machines.__main__")

MODELS = [
    "AMD EPYC 7313 16-Core Processor",
    "Intel(R) Xeon(R) CPU E5-2695 v4 @ 2.10GHz",
    "Cortex-A7",
    "Cortex-A8",
    "Cortex-A53",
    "Cortex-A72",
    "Neoverse-N1",
    "Apple M1 Pro",
    "Intel(R) N100",
]


def variant(original: load.Dataset, number: int) -> load.Dataset:
    """Another machine: slower by a factor of its own."""
    other = copy.deepcopy(original)
    other.machine["cpu"]["model"] = MODELS[number % len(MODELS)]
    other.machine["name"] = f"machine-{number}"
    other.machine["board"] = f"Board {number}" if number % 3 else None
    factor = 1 + number * 7 % 13 * 0.6
    for table in other.experiments.values():
        for column in table.columns:
            if column.endswith("_ns") or column == "cycles_per_byte":
                table[column] = table[column] * factor
            if column == "gb_per_s":
                table[column] = table[column] / factor
    return other


def draw(datasets: List[load.Dataset]) -> Dict[str, Figure]:
    found: Dict[str, Figure] = dict(command.figures(datasets))
    for stem, figure in found.items():
        assert look.touching(figure) == [], stem
        assert look.cut(figure) == [], stem
    return found


ALL = {
    "machines-cores",
    "machines-memory",
    "machines-ratio",
    "machines-size",
    "machines-size-cycles",
}


@pytest.mark.parametrize("count", [2, 7, 50])
def test_every_machine_is_named(dataset: load.Dataset, count: int) -> None:
    datasets = [variant(dataset, number) for number in range(count)]
    figures = draw(datasets)
    assert set(figures) == ALL
    for stem in ("machines-size", "machines-ratio"):
        lines = look.words(figures[stem]).split("\n")
        for name, one in zip(machines.labels(datasets), datasets):
            family = machines.family(one.machine)
            rest = name.replace(family, "", 1).strip(" ,")
            assert rest in lines or name in lines, name


INSTEAD = {"remap": "mremap instead of memcpy", "send": "MSG_ZEROCOPY instead of send"}


def answers(
    monkeypatch: pytest.MonkeyPatch, count: int, dataset: load.Dataset
) -> List[load.Dataset]:
    """Machines that say: of remap ever larger sizes, of send always, never, or nothing."""
    datasets = [variant(dataset, number) for number in range(count)]

    def of_dataset(asked: load.Dataset) -> Iterator[answer.Row]:
        number = next(i for i, one in enumerate(datasets) if one is asked)
        size = 65536.0 * 1.2**number
        yield answer.Row(
            "remap", "", INSTEAD["remap"], value=size, low=size / 2, high=size * 2
        )
        yield answer.Row(
            "send",
            "",
            INSTEAD["send"],
            below=64 if number % 3 == 0 else None,
            above=1 << 20 if number % 3 == 1 else None,
        )

    monkeypatch.setattr(answer, "of_dataset", of_dataset)
    return datasets


@pytest.mark.parametrize("count", [2, 7, 50])
def test_crossovers(
    monkeypatch: pytest.MonkeyPatch, dataset: load.Dataset, count: int
) -> None:
    datasets = answers(monkeypatch, count, dataset)
    ((stem, figure),) = crossover.draw(datasets)
    assert stem == "machines-crossover"
    assert look.touching(figure) == [] and look.cut(figure) == []
    words = look.words(figure).split("\n")
    for text in INSTEAD.values():
        assert text in words
    names = machines.labels(datasets)
    if count <= 7:
        assert set(names) <= set(words)
    finding = figure.get_label()
    assert f"64 KiB ({names[0]})" in finding and names[-1] in finding
    marks = [line.get_marker() for line in figure.axes[0].get_lines()]
    assert marks.count("<") == len(range(0, count, 3))
    assert marks.count(">") == len(range(1, count, 3))


def test_crossovers_of_one_machine_are_no_comparison(
    monkeypatch: pytest.MonkeyPatch, dataset: load.Dataset
) -> None:
    assert list(crossover.draw(answers(monkeypatch, 1, dataset))) == []


def test_the_finding_is_the_truth(dataset: load.Dataset) -> None:
    """Of three machines the first is the fastest, and the second the slowest by construction."""
    figures = draw([variant(dataset, number) for number in range(3)])
    text = figures["machines-size"].get_label()
    assert text.index("Xeon") < text.index("EPYC")
    near = figures["machines-cores"].get_label()
    assert near.index("EPYC") < near.index("Xeon")


def test_long_names_leave_room_for_the_lines(dataset: load.Dataset) -> None:
    datasets = [variant(dataset, number) for number in range(9)]
    for number, one in enumerate(datasets):
        one.machine["board"] = "A Board of a Rather Long Name, Revision 1.1, " * 3
        one.machine["name"] = f"{'very-' * 20}{number}"
    words = look.words(draw(datasets)["machines-size"])
    assert "…" in words


def test_who_else_measured_is_a_mark(dataset: load.Dataset) -> None:
    first, other = variant(dataset, 0), variant(dataset, 1)
    other.package["copycost"]["source"] = {"program": "otherbench"}
    assert machines.labels([first, other])[1].endswith(" (by otherbench)")
    for inches in (3.0, 0.5):  # cut or not
        name = panels.short_names([first, other], {"": [0, 1]}, inches)[1]
        assert name.endswith("Board 1*" if inches == 3.0 else "*")


def test_one_size_of_many_machines(dataset: load.Dataset) -> None:
    """Sorted; the truth of the specimen, and of a machine with another largest size its size."""
    datasets = [variant(dataset, number) for number in range(4)]
    table = datasets[2].experiments["size"]
    largest = int(table["size"].max())
    assert largest >= memory.LEAST_BYTES
    datasets[2].experiments["size"] = table[table["size"] < largest]
    found = [memory.rates(one, place) for place, one in enumerate(datasets)]
    known = [rate for rate in found if rate]
    ((_, figure),) = memory.draw(datasets)
    axes = figure.axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert len(names) == len(known) >= 3
    wanted = sorted(known, key=lambda rate: -rate.best)
    marks = [
        line.get_xdata()[0] for line in axes.get_lines() if line.get_marker() == "D"
    ]
    assert marks == [rate.best for rate in wanted]
    assert all(rate.libc <= rate.best for rate in known)
    assert sum(name.endswith("iB") for name in names) == sum(
        rate.size != largest for rate in known
    )


def test_what_only_one_has_is_not_drawn(dataset: load.Dataset) -> None:
    first, second = variant(dataset, 0), variant(dataset, 1)
    del second.experiments["cores"]
    assert set(draw([first, second])) == ALL - {"machines-cores"}
    second.experiments["size"]["cycles_per_byte"] = float("nan")
    assert "machines-size-cycles" not in draw([first, second])


def test_command(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert command.main([str(folder), str(folder), f"--out={out}"]) == 0
    said = capsys.readouterr().out.split()
    assert {Path(line).suffix for line in said} == {".svg", ".png"}
    assert all(Path(line).is_file() for line in said)
    assert command.main([str(folder), f"--out={out}"]) == 1
    assert "at least two" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        command.main([str(folder)])
    assert ended.value.code == 2


def test_emulated_is_refused_beside_real(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = specimen.write(tmp_path / "other", ("null",))
    text = (other / "machine.json").read_text(encoding="utf-8")
    (other / "machine.json").write_text(
        text.replace('"emulated": false', '"emulated": true'), encoding="utf-8"
    )
    arguments = [str(folder), str(other), f"--out={tmp_path / 'out'}"]
    assert command.main(arguments) == 1
    assert "--emulated" in capsys.readouterr().err
