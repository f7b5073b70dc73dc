"""What was imported may lack more than what was measured, and only that."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from results import load, publish, schema
from results.importers import tinymembench
from results.test import breaking, logs
from results.validate import validate


@pytest.fixture(name="folder")
def imported_folder(tmp_path: Path) -> Path:
    """Of a made-up log."""
    path = logs.write(tmp_path / "board.txt", logs.tinymembench())
    assert tinymembench.main([f"--out={tmp_path / 'out'}", str(path)]) == 0
    return load.find([tmp_path / "out"])[0]


def edit(
    folder: Path, name: str, change: Callable[[Dict[str, Any]], None]
) -> List[str]:
    """What is found once a JSON file of the dataset is changed, and its checksum with it."""
    breaking.edit_json(folder, change, name)
    return validate(folder)


def test_a_source_does_not_excuse_a_run(copied: Path, folder: Path) -> None:
    source = load.dataset(folder).source
    found = edit(copied, load.PACKAGE, lambda p: p["copycost"].update(source=source))
    assert any("profile" in line for line in found)


def test_an_imported_one_needs_its_source(folder: Path) -> None:
    found = edit(folder, load.PACKAGE, lambda p: p["copycost"].pop("source"))
    assert any("profile" in line for line in found)
    found = edit(folder, load.PACKAGE, lambda p: p["copycost"].update(profile="quick"))
    assert any("size-samples" in line for line in found)
    assert any("null" in line or "None" in line for line in found)


def test_a_run_has_to_know_what_a_log_need_not(copied: Path) -> None:
    for path in schema.machine_schema()["copycost:unknown_where_imported"]:
        if path.startswith("kernels."):
            continue
        before = (copied / "machine.json").read_text(encoding="utf-8")

        def forget(machine: Dict[str, Any], keys: str = path) -> None:
            *outer, last = keys.split(".")
            for key in outer:
                machine = machine[key]
            machine[last] = None

        assert any(path in line for line in edit(copied, "machine.json", forget)), path
        (copied / "machine.json").write_text(before, encoding="utf-8")


@pytest.mark.parametrize(
    "column, value, about",
    [
        ("gb_per_s", "5", "min_ns is"),
        ("gb_per_s", "", "missing"),
        ("min_ns", "1", "min_ns is"),
        ("kernel", "other copy", "not in machine.json"),
        ("verdict", "noisy", "reason"),
        ("low_ns", "3", "interval"),
    ],
)
def test_a_wrong_value_is_found(
    column: str, value: str, about: str, folder: Path
) -> None:
    breaking.set_value(folder, 2, column, value)
    found = validate(folder)
    assert found and all(line.startswith("size.csv:2") for line in found)
    assert any(about in line for line in found)


def test_a_row_without_a_figure_is_found(folder: Path) -> None:
    breaking.set_value(folder, 2, "beyond_l1_ns", "", "latency.csv")
    assert validate(folder) == ["latency.csv:2: verdict: is ok, but there is no figure"]


def test_it_is_not_published_under_another_licence(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "data"
    assert publish.main([str(folder), "--license=CC0-1.0", f"--data={out}"]) == 1
    assert "not measured by copycost" in capsys.readouterr().err
    assert not out.exists()
