"""Datasets with something missing give a clean figure or a clean message."""

from __future__ import annotations

import json
from pathlib import Path

import numpy
import pandas
import pytest

from plots import __main__ as command
from plots import kernels, style
from plots.test import look
from results import load
from results.test import specimen


def assert_clean(dataset: load.Dataset, experiment: str, tmp_path: Path) -> set[str]:
    """All figures can be drawn and written, and no texts touch. The stems."""
    figures = look.draw(dataset, experiment)
    for stem, figure in figures.items():
        style.write(figure, tmp_path / f"{stem}.svg")
        assert look.touching(figure) == []
        assert look.cut(figure) == []
    return set(figures)


@pytest.mark.parametrize("experiment", ["size", "align", "limits"])
@pytest.mark.parametrize(
    "column", ["kernel", "size", "median_ns", "low_ns", "gb_per_s", "verdict"]
)
def test_missing_column_is_named(
    dataset: load.Dataset, experiment: str, column: str
) -> None:
    dataset.experiments[experiment] = dataset.experiments[experiment].drop(
        columns=column
    )
    with pytest.raises(
        kernels.Undrawable, match=f"{experiment}.csv: column '{column}'"
    ):
        look.draw(dataset, experiment)


@pytest.mark.parametrize("experiment", ["size", "align", "limits"])
def test_all_skipped(dataset: load.Dataset, experiment: str) -> None:
    dataset.experiments[experiment]["verdict"] = "skipped"
    with pytest.raises(
        kernels.Undrawable, match="nothing to draw: Of [0-9]+ cells [0-9]+ skipped"
    ):
        look.draw(dataset, experiment)


@pytest.mark.parametrize("experiment", ["size", "align", "limits"])
def test_no_rows(dataset: load.Dataset, experiment: str) -> None:
    dataset.experiments[experiment] = dataset.experiments[experiment][:0]
    with pytest.raises(kernels.Undrawable, match="nothing to draw: no rows"):
        look.draw(dataset, experiment)


@pytest.mark.parametrize("experiment", ["size", "align", "limits"])
def test_one_size(dataset: load.Dataset, experiment: str, tmp_path: Path) -> None:
    table = dataset.experiments[experiment]
    dataset.experiments[experiment] = table[table["size"] == table["size"].iloc[0]]
    assert experiment in assert_clean(dataset, experiment, tmp_path)


def test_one_kernel(dataset: load.Dataset, tmp_path: Path) -> None:
    for experiment, table in dataset.experiments.items():
        dataset.experiments[experiment] = table[table["kernel"] == "copy_libc_memcpy"]
    assert assert_clean(dataset, "size", tmp_path) == {
        "size",
        "size-small",
        "size-cold",
    }
    assert assert_clean(dataset, "align", tmp_path) == {"align", "align-alias"}
    assert assert_clean(dataset, "limits", tmp_path) == {"limits"}
    assert "reaches can't be said: a load-only" in look.words(
        look.draw(dataset, "limits")["limits"]
    )


def test_no_libc(dataset: load.Dataset, tmp_path: Path) -> None:
    for experiment, table in dataset.experiments.items():
        dataset.experiments[experiment] = table[table["kernel"] != "copy_libc_memcpy"]
    assert assert_clean(dataset, "size", tmp_path) == {
        "size",
        "size-small",
        "size-cold",
    }
    assert_clean(dataset, "align", tmp_path)
    assert_clean(dataset, "limits", tmp_path)


def test_no_caches_known(dataset: load.Dataset, tmp_path: Path) -> None:
    dataset.machine["caches"] = []
    dataset.machine["cache_source"] = "unknown"
    for experiment in ("size", "align", "limits"):
        assert_clean(dataset, experiment, tmp_path)
    assert "cache sizes unknown" in look.words(look.draw(dataset, "size")["size"])
    assert "L1" not in look.words(look.draw(dataset, "size")["size"])


def test_facts_unknown(dataset: load.Dataset, tmp_path: Path) -> None:
    dataset.machine["cpu"]["model"] = None
    dataset.machine["libc"].update(name=None, version=None, memcpy=None)
    assert_clean(dataset, "size", tmp_path)


def test_no_limits_experiment(dataset: load.Dataset, tmp_path: Path) -> None:
    del dataset.experiments["limits"]
    assert "size" in assert_clean(dataset, "size", tmp_path)
    assert "load limit" not in look.words(look.draw(dataset, "size")["size"])


def test_no_intervals(dataset: load.Dataset, tmp_path: Path) -> None:
    for experiment, table in dataset.experiments.items():
        table[["low_ns", "high_ns"]] = numpy.nan
        assert experiment in assert_clean(dataset, experiment, tmp_path)


def test_cells_missing_here_and_there(dataset: load.Dataset, tmp_path: Path) -> None:
    random = numpy.random.default_rng(5)
    for experiment, table in dataset.experiments.items():
        table.loc[random.random(len(table)) < 0.4, "verdict"] = "skipped"
        assert experiment in assert_clean(dataset, experiment, tmp_path)


def test_noise_beyond_measure(dataset: load.Dataset, tmp_path: Path) -> None:
    random = numpy.random.default_rng(6)
    for experiment, table in dataset.experiments.items():
        factor = numpy.exp(random.normal(0, 0.7, len(table)))
        table["median_ns"] *= factor
        table["low_ns"] *= factor * 0.5
        table["high_ns"] *= factor * 2
        table["gb_per_s"] /= factor
        assert experiment in assert_clean(dataset, experiment, tmp_path)


def test_other_placements_are_counted_not_drawn(dataset: load.Dataset) -> None:
    table = dataset.experiments["size"]
    other = table[table["size"] > 1024].assign(page_asked="thp", median_ns=1e9)
    dataset.experiments["size"] = pandas.concat(
        [table, other.assign(cell=other["cell"] + 10000)]
    )
    words = look.words(look.draw(dataset, "size")["size"])
    measured = (other["verdict"] != "skipped").sum()
    assert f"{measured} cells of other placements not drawn" in words
    assert "pages: base" in words


@pytest.mark.parametrize(
    "arguments, status, message",
    [
        (
            ["{folder}", "--experiment=nonsense"],
            2,
            "experiment 'nonsense' is not in the dataset",
        ),
        (["{folder}/samples"], 1, "no dataset"),
        (["{folder}/nowhere"], 1, "no dataset"),
        (["{folder}", "--out", "{folder}/size.csv"], 1, "size.csv"),
    ],
)
def test_error_is_one_line(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    status: int,
    message: str,
) -> None:
    assert command.main([part.format(folder=folder) for part in arguments]) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert message in captured.err


def test_unknown_format_is_a_usage_error(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main([str(folder), "--format", "gif"])
    assert ended.value.code == 2
    assert "'gif' is no format: svg, png" in capsys.readouterr().err


def test_what_cannot_be_drawn_does_not_stop_the_rest(
    dataset: load.Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    dataset.experiments["align"]["verdict"] = "skipped"
    monkeypatch.setattr(load, "dataset", lambda path: dataset)
    out = ["--out", str(tmp_path)]
    assert command.main([str(dataset.path), *out, "--format", "svg"]) == 1
    captured = capsys.readouterr()
    assert len(captured.err.splitlines()) == 1
    assert "align.csv: nothing to draw" in captured.err
    assert str(tmp_path / "limits.svg") in captured.out.splitlines()


def test_findings_are_printed_above_the_paths(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A summary for the terminal; what a figure says under its title is among it."""
    specimen.write(tmp_path / "data", experiments=("limits",))
    assert command.main([str(tmp_path / "data"), "--findings", "--format=svg"]) == 0
    empty, finding, other, path = capsys.readouterr().out.splitlines()
    assert not empty and finding.startswith("limits: with 1 thread the best copy")
    assert other.startswith("limits: with 4 threads")
    svg = (tmp_path / "data" / "plots" / "limits.svg").read_text()
    assert (
        path.strip().endswith("limits.svg") and finding[len("limits: w") :][:20] in svg
    )


def test_emulated_machines_are_not_mixed_with_real_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    real, emulated = tmp_path / "real", tmp_path / "emulated"
    for folder in (real, emulated):
        specimen.write(folder, experiments=("limits",))
    machine = json.loads((emulated / "machine.json").read_text())
    machine["emulated"] = True
    (emulated / "machine.json").write_text(json.dumps(machine))
    both = [str(real), str(emulated), "--format=svg"]
    assert command.main(both) == 1
    refused = capsys.readouterr()
    assert refused.out == ""
    assert f"{emulated} is of an emulated machine" in refused.err
    assert command.main([*both, "--emulated"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert "EMULATED: no timing" in (emulated / "plots" / "limits.svg").read_text()


def test_several_datasets_have_a_folder_each(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main([str(folder), str(folder), "--out", "pictures"])
    assert ended.value.code == 2
    assert "--out is for one dataset" in capsys.readouterr().err
