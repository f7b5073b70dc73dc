"""The gnuplot script draws the curves that were asked for from the CSV file alone."""

from __future__ import annotations

import csv
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

SCRIPT = Path(__file__).parent.parent / "size.gp"
pytestmark = pytest.mark.skipif(
    not shutil.which("gnuplot"), reason="gnuplot is not installed"
)


def run(variables: dict[str, str]) -> subprocess.CompletedProcess:
    """Runs the script with these variables."""
    text = "; ".join(f"{name}='{value}'" for name, value in variables.items())
    command = ["gnuplot", *(["-e", text] if text else []), str(SCRIPT)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def curves(path: Path) -> list[list[str]]:
    """The points of each curve's longest stroke, in the picture's order."""
    root = ElementTree.parse(path).getroot()
    groups = [g for g in root.iter() if g.get("id", "").startswith("gnuplot_plot_")]
    strokes = [
        [
            path.get("d", "").split()
            for path in group.iter()
            if path.tag.endswith("}path")
        ]
        for group in groups
    ]
    return [max(found, key=len) for found in strokes]


@pytest.mark.parametrize(
    "names", ["copy_libc_memcpy", "copy_libc_memcpy copy_avx2 copy_byte_forward"]
)
def test_as_many_curves_as_asked(folder: Path, tmp_path: Path, names: str) -> None:
    out = tmp_path / "size.svg"
    done = run({"csv": str(folder / "size.csv"), "out": str(out), "kernels": names})
    assert (done.returncode, done.stderr) == (0, "")
    found = curves(out)
    assert len(found) == len(names.split())
    assert all(len(points) >= 15 for points in found)


def test_default_is_libc_and_the_best_of_each_family(
    folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "size.svg"
    done = run({"csv": str(folder / "size.csv"), "out": str(out)})
    assert (done.returncode, done.stderr) == (0, "")
    assert len(curves(out)) == 5
    text = out.read_text(encoding="utf-8")
    for name in ("libc memcpy", "avx2", "word unrolled", "GB/s", "64 KiB"):
        assert name in text


def test_png(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "size.png"
    done = run(
        {"csv": str(folder / "size.csv"), "out": str(out), "temperature": "cold"}
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert out.read_bytes().startswith(b"\x89PNG")


def test_quoted_and_empty_fields_and_any_order_of_rows(
    folder: Path, tmp_path: Path
) -> None:
    with open(folder / "size.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    plain, quoted = tmp_path / "plain.csv", tmp_path / "quoted.csv"
    for path, quoting in ((plain, csv.QUOTE_MINIMAL), (quoted, csv.QUOTE_ALL)):
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), quoting=quoting)
            writer.writeheader()
            writer.writerows(rows)
        rows.reverse()
        for row in rows:
            row["reason"] = (
                'asked "1, 2", got nothing' if row["verdict"] != "ok" else ""
            )
            row["counters_reason"] = 'no counters, "none"'
    pictures = []
    for path in (plain, quoted):
        out = path.with_suffix(".svg")
        done = run(
            {"csv": str(path), "out": str(out), "kernels": "copy_libc_memcpy copy_avx2"}
        )
        assert (done.returncode, done.stderr) == (0, "")
        pictures.append(curves(out))
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize(
    "variables, message",
    [
        ({}, "which file?"),
        (
            {"csv": "{folder}/size.csv", "kernels": "copy_nonsense"},
            "kernel 'copy_nonsense'",
        ),
        (
            {"csv": "{folder}/size.csv", "temperature": "tepid"},
            "no measured tepid cell",
        ),
        ({"csv": "{folder}/size.csv", "out": "size.gif"}, "neither .svg nor .png"),
    ],
)
def test_errors_say_what_is_wrong(
    folder: Path, tmp_path: Path, variables: dict[str, str], message: str
) -> None:
    if variables:
        variables = {"out": str(tmp_path / "size.svg"), **variables}
    done = run({name: value.format(folder=folder) for name, value in variables.items()})
    assert done.returncode == 1
    assert message in done.stderr
    assert not (tmp_path / "size.svg").exists()
