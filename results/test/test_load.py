"""The reader, and that others' tools read a dataset as it is documented."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pandas
import pytest

from results import load, schema
from results.test import breaking, specimen, specimen_cells

ROOT = Path(load.__file__).parents[1]
README = ROOT / "results" / "README.md"


def test_columns_are_typed_by_their_fields(whole: Path) -> None:
    table = load.dataset(whole).table("size")
    assert table["size"].dtype == "int64"
    assert str(table["launches"].dtype) == "Int64"
    assert table["launches"].isna().sum() == (table["verdict"] == "skipped").sum() > 0
    assert table["median_ns"].dtype == "float64"
    assert table["l3_misses"].isna().all()
    assert set(table["reason"][table["verdict"] == "ok"]) == {""}


def test_every_figure_is_read_exactly(whole: Path) -> None:
    table = load.dataset(whole).table("size")
    with open(whole / "size.csv", encoding="utf-8", newline="") as file:
        stated = [row["median_ns"] for row in csv.DictReader(file) if row["median_ns"]]
    assert list(table["median_ns"].dropna()) == [float(text) for text in stated]


def test_a_table_is_sorted_by_cell(copied: Path) -> None:
    lines = (copied / "size.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    shuffled = "".join(lines[:1] + lines[:0:-1])
    (copied / "size.csv").write_text(shuffled, encoding="utf-8")
    dataset = load.dataset(copied)
    assert dataset.experiments["size"]["cell"].iloc[0] == len(lines) - 2
    assert list(dataset.table("size")["cell"]) == list(range(len(lines) - 1))


def test_axes(whole: Path) -> None:
    dataset = load.dataset(whole)
    assert dataset.axes("align") == [
        "kernel",
        "size",
        "src_align",
        "dst_align",
        "alias",
    ]
    assert dataset.axes("null") == ["kind", "workers"]
    assert dataset.columns("size", "counter")[:2] == ["cycles", "instructions"]


def test_samples(whole: Path) -> None:
    dataset = load.dataset(whole)
    samples = dataset.samples("limits")
    assert list(samples.columns) == [
        column["name"]
        for column in schema.raw_columns(schema.SAMPLES)
        if "optional" not in column
    ]
    assert set(samples.dtypes.astype(str)) == {"int64"}
    timed = dataset.samples_region("limits")
    table = dataset.table("limits")
    assert len(timed) == table["samples"].sum() < len(samples)
    assert timed.groupby("cell")["ns"].min().values == pytest.approx(
        table["min_ns"].values
    )
    assert timed["gb_per_s"].max() > 1


def test_counts(whole: Path) -> None:
    dataset = load.dataset(whole)
    counts = dataset.counts("size")
    names = [column["name"] for column in schema.raw_columns(schema.COUNTS)]
    assert list(counts.columns) == names and counts["count"].dtype == "int64"
    cycles = counts[counts["counter"] == "cycles"]
    each = (cycles["count"] / cycles["calls"]).groupby(cycles["cell"]).median()
    stated = dataset.table("size").set_index("cell")["cycles"].dropna()
    assert each.values == pytest.approx(stated.values)
    assert "l3_misses" not in set(counts["counter"])


def test_histogram(whole: Path) -> None:
    dataset = load.dataset(whole)
    frame = dataset.histogram("mix")
    assert list(frame.columns) == ["cell", "bytes", "count"]
    assert set(frame.dtypes.astype(str)) == {"int64"}
    table = dataset.table("mix").set_index("cell")
    copied = (frame["bytes"] * frame["count"]).groupby(frame["cell"]).sum()
    calls = frame.groupby("cell")["count"].sum()
    stated = table["payload_bytes"][copied.index]
    assert (copied / calls).values == pytest.approx(stated.values, abs=0.5)
    with pytest.raises(load.DatasetError, match="has no size-histogram"):
        dataset.histogram("size")


def test_where_nothing_was_counted_there_are_no_counts(copied: Path) -> None:
    breaking.remove(copied, "samples/null-counts.csv.gz")
    with pytest.raises(load.DatasetError, match="has no null-counts; there is: size"):
        load.dataset(copied).counts("null")


def test_without_payload_there_is_no_rate(whole: Path) -> None:
    assert load.dataset(whole).samples_region("null")["gb_per_s"].isna().all()


def test_title(whole: Path) -> None:
    dataset = load.dataset(whole)
    assert dataset.title == "Specimen 4000 at 3.00 GHz"
    dataset.machine.update(board="Board A", emulated=True, emulated_by="qemu")
    assert dataset.title == "Specimen 4000 at 3.00 GHz, Board A, emulated by qemu"
    dataset.machine["cpu"]["model"] = None
    assert dataset.title == "x86_64, Board A, emulated by qemu"


def test_find_and_latest(tmp_path: Path) -> None:
    older = specimen.write(tmp_path / "b" / "run", ("null",))
    newer = specimen.write(tmp_path / "a" / "run", ("null",))
    (tmp_path / "unfinished").mkdir()
    breaking.edit_json(
        newer, lambda package: package.update(created="2027-01-01T00:00:00Z")
    )
    assert load.find([tmp_path]) == [newer, older]
    assert load.find([older, newer]) == [older, newer]
    assert load.latest(tmp_path) == newer
    with pytest.raises(
        load.DatasetError, match="unfinished: no dataset in or below it"
    ):
        load.latest(tmp_path / "unfinished")


def test_errors_name_the_file_and_what_to_do(copied: Path, tmp_path: Path) -> None:
    with pytest.raises(
        load.DatasetError, match="nothing: no dataset, .* name the folder"
    ):
        load.dataset(tmp_path / "nothing")
    with pytest.raises(
        load.DatasetError, match="has no aling; there is: size, size-samples"
    ):
        load.dataset(copied).table("aling")
    breaking.set_value(copied, 2, "median_ns", "fast")
    with pytest.raises(
        load.DatasetError, match=r"size\.csv: .*results\.validate names the row"
    ):
        load.dataset(copied)
    breaking.edit_json(
        copied, lambda package: package["copycost"].update(format="else")
    )
    with pytest.raises(
        load.DatasetError, match="its format is else, this reader knows copycost"
    ):
        load.dataset(copied)


def test_overview(whole: Path) -> None:
    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "results.load", *arguments]
        return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)

    shown = run(str(whole.parent))
    assert shown.returncode == 0
    assert "machine   Specimen 4000 at 3.00 GHz (specimen-4)" in shown.stdout
    assert re.search(
        r"size +210 rows over kernel x size x temperature: \d+ ok", shown.stdout
    )
    assert run().returncode == 2
    missing = run(str(whole / "samples"))
    assert (missing.returncode, missing.stdout) == (1, "")


@pytest.mark.parametrize("module", ["load", "findings", "validate"])
def test_who_stops_reading_ends_it_silently(whole: Path, module: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", f"results.{module}", str(whole)]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, cwd=ROOT)
    os.close(writer)
    assert (done.returncode, done.stderr) == (-signal.SIGPIPE, b"")


def test_pandas_alone_reads_it_as_the_readme_says(
    whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snippet = re.search(
        r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL
    )
    assert snippet is not None
    monkeypatch.chdir(whole)
    names: dict = {}
    exec(snippet.group(1), names)  # pylint: disable=exec-used
    assert len(names["best"]) == len(specimen_cells.SIZES)


def test_a_shell_reads_it_as_the_readme_says(whole: Path) -> None:
    snippet = re.search(
        r"```sh\n(zcat.*?)```", README.read_text(encoding="utf-8"), re.DOTALL
    )
    assert snippet is not None
    done = subprocess.run(
        snippet.group(1),
        shell=True,
        cwd=whole,
        capture_output=True,
        text=True,
        check=True,
    )
    samples = load.dataset(whole).samples("size")
    assert int(done.stdout) == samples["ticks"][samples["cell"] == 0].min()


def test_a_reader_of_table_schema_needs_nothing_else(whole: Path) -> None:
    """Types, missing values and keys by the package alone, with no knowledge of this project."""
    package = json.loads((whole / "datapackage.json").read_text(encoding="utf-8"))
    casts = {"integer": int, "number": float, "string": str}
    for resource in package["resources"]:
        if resource["profile"] != "tabular-data-resource":
            continue
        table = resource["schema"]
        packed = "gzip" if resource.get("compression") == "gz" else None
        path = whole / resource["path"]
        frame = pandas.read_csv(
            path, dtype=str, keep_default_na=False, compression=packed
        )
        assert list(frame.columns) == [field["name"] for field in table["fields"]]
        for field in table["fields"]:
            present = frame[field["name"]][
                ~frame[field["name"]].isin(table["missingValues"])
            ]
            present.map(casts[field["type"]])
        if "primaryKey" in table:
            assert frame[table["primaryKey"]].is_unique


def test_the_glossary_has_every_column() -> None:
    text = README.read_text(encoding="utf-8")
    columns = [
        *schema.experiment_columns(),
        *schema.raw_columns(schema.SAMPLES),
        *schema.raw_columns(schema.COUNTS),
        *schema.raw_columns(schema.HISTOGRAM),
    ]
    missing = [column["name"] for column in columns if "name" in column]
    assert [name for name in missing if f"`{name}`" not in text] == []
