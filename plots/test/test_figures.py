"""Every figure of a whole dataset is made, can be read, and is the same every time."""

from __future__ import annotations

import shutil
from pathlib import Path
from xml.etree import ElementTree

import pandas
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from plots import __main__ as command
from plots.test import look
from results import load

STEMS_OF = {
    "size": ["size", "size-small", "size-ratio", "size-cold"],
    "align": ["align", "align-alias"],
    "limits": ["limits"],
    "mix": ["mix"],
}
STEMS = [stem for stems in STEMS_OF.values() for stem in stems]
LINES_ALLOWED = 8
MACHINE = "Specimen 4000"
UNITS = {
    "size": [
        "GB/s",
        "KiB",
        "bytes copied",
        "L1 32 KiB",
        "L3 32 MiB",
        "DRAM",
        "load limit",
    ],
    "size-small": ["ns per copy", "bytes copied"],
    "size-ratio": ["libc ÷ best", "KiB", "L2 1 MiB"],
    "size-cold": ["time per copy", "µs", "libc, cold", "libc, warm"],
    "align": ["src offset (bytes)", "dst offset (bytes)", "time ÷ aligned"],
    "align-alias": ["mod 4096, in bytes", "time ÷ far apart"],
    "limits": [
        "GB/s",
        "1 thread",
        "4 threads",
        "load only",
        "store only",
        "best copy",
        " %",
    ],
    "mix": ["ns per packet", "always the mean", "random sizes", "imix, mean 354 B"],
}


def families_added(dataset: load.Dataset, count: int) -> None:
    """Gives the size experiment that many more families of kernels."""
    table = dataset.experiments["size"]
    model = table[table["kernel"] == "copy_avx2"]
    more = [
        model.assign(
            kernel=f"copy_family{index}_variant",
            cell=model["cell"] + 10000 * (index + 1),
            median_ns=model["median_ns"] * (1 + 0.2 * index),
        )
        for index in range(count)
    ]
    dataset.experiments["size"] = pandas.concat([table, *more])


@pytest.fixture(scope="module")
def pictures(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with all pictures of the specimen."""
    out = tmp_path_factory.mktemp("pictures")
    assert command.main([str(folder), "--out", str(out)]) == 0
    return out


def all_figures(dataset: load.Dataset) -> dict[str, Figure]:
    """Every figure by stem."""
    found: dict[str, Figure] = {}
    for experiment in STEMS_OF:
        found.update(look.draw(dataset, experiment))
    return found


def test_all_are_made(pictures: Path) -> None:
    names = {path.name for path in pictures.iterdir()}
    assert names == {f"{stem}.{kind}" for stem in STEMS for kind in ("svg", "png")}


def test_default_folder_and_printed_paths(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    assert command.main([str(copy), "--experiment=limits", "--format=svg"]) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [str(copy / "plots" / "limits.svg")]
    assert captured.err == ""
    assert (copy / "plots" / "limits.svg").is_file()


@pytest.mark.parametrize("stem", STEMS)
def test_svg_has_labels_units_and_machine_as_text(pictures: Path, stem: str) -> None:
    root = ElementTree.parse(pictures / f"{stem}.svg").getroot()
    text = "\n".join(
        "".join(element.itertext())
        for element in root.iter()
        if element.tag.endswith("}text")
    )
    for wanted in [
        MACHINE,
        "clock: tsc",
        "pages: base",
        "2026-11-22",
        "95 % of cases",
        *UNITS[stem],
    ]:
        assert wanted in text


def test_same_bytes_on_a_second_run(
    pictures: Path, folder: Path, tmp_path: Path
) -> None:
    assert command.main([str(folder), "--out", str(tmp_path)]) == 0
    for path in pictures.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize("experiment", STEMS_OF)
def test_no_texts_touch_and_none_is_cut(dataset: load.Dataset, experiment: str) -> None:
    for figure in look.draw(dataset, experiment).values():
        assert look.touching(figure) == []
        assert look.cut(figure) == []


@pytest.mark.parametrize("count", [0, 3, 30])
def test_few_lines_and_no_touching_names_however_many_families(
    dataset: load.Dataset, count: int
) -> None:
    families_added(dataset, count)
    for figure in look.draw(dataset, "size").values():
        assert look.most_lines(figure) <= LINES_ALLOWED
        assert look.touching(figure) == []
        assert look.cut(figure) == []


def test_left_out_families_are_named(dataset: load.Dataset) -> None:
    families_added(dataset, 30)
    assert "Families not drawn: " in look.words(look.draw(dataset, "size")["size"])


def test_marks_are_in_every_figure(dataset: load.Dataset) -> None:
    assert "EMULATED" not in look.words(look.draw(dataset, "limits")["limits"])
    dataset.machine["emulated"] = True
    dataset.machine["run"]["interrupted"] = True
    for figure in all_figures(dataset).values():
        assert "EMULATED: no timing" in look.words(figure)
        assert "INTERRUPTED" in look.words(figure)
        assert look.touching(figure) == []


def test_skipped_and_failed_cells_are_counted_not_drawn(dataset: load.Dataset) -> None:
    table = dataset.experiments["size"]
    wrong = table["kernel"] == "copy_libc_memcpy"
    table.loc[wrong, "verdict"] = "failed"
    figure = look.draw(dataset, "size")["size"]
    assert f"{wrong.sum()} failed (not drawn)" in look.words(figure)
    skipped = (table["verdict"] == "skipped").sum()
    assert f"{skipped} skipped (not drawn)" in look.words(figure)
    assert "libc memcpy" not in look.words(figure)


def test_the_look_finds_what_is_wrong() -> None:
    figure = Figure()
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.text(0.5, 0.5, "one name")
    axes.text(0.5, 0.51, "another")
    axes.text(0.99, 0.2, "a text that leaves the figure at its right edge")
    for index in range(LINES_ALLOWED + 1):
        axes.plot([0, 1], [0, index / LINES_ALLOWED], gid="line")
    assert ("one name", "another") in look.touching(figure)
    assert look.cut(figure) == ["a text that leaves the figure at its right edge"]
    assert look.most_lines(figure) > LINES_ALLOWED
