"""What `copycost run` measures, prints and writes where all is well."""

import io
import json
import os
import re
import shutil
from pathlib import Path
from typing import List

import pandas
import pytest

from driver import (
    ONE_CELL,
    ONE_KERNEL,
    TINY,
    allowed_cpus,
    copycost,
    dataset_of,
    machine_facts,
    output_of,
    rows_of,
    valid_dataset,
)

FIGURES = ["median_ns", "min_ns", "calls", "launches", "samples"]


def test_default_folder() -> None:
    text = output_of("run", *ONE_CELL)
    name = machine_facts()["name"]
    folder = re.search(r"^dataset: (.*)$", text, re.MULTILINE)
    assert folder
    pattern = rf"results/local/{re.escape(name)}/\d{{8}}T\d{{6}}Z-quick"
    assert re.fullmatch(pattern, folder[1])
    loaded = valid_dataset(Path(folder[1]))
    assert loaded.machine["run"]["command"] == ["run", *ONE_CELL]
    assert loaded.machine["name"] == name


def test_named_machine_and_profile() -> None:
    text = output_of("run", *ONE_CELL, "--machine=../Board 7", "--profile=full")
    folder = re.search(
        r"^dataset: (results/local/board-7/.*-full)$", text, re.MULTILINE
    )
    assert folder
    loaded = valid_dataset(Path(folder[1]))
    assert loaded.machine["name"] == "board-7"
    assert loaded.machine["run"]["profile"] == "full"


def test_without_dataset() -> None:
    text = output_of("run", *ONE_CELL, "--out=none")
    assert text.startswith("size: ") and "copy_libc_memcpy" in text
    assert not list(Path().iterdir())


def test_empty_folder_is_used() -> None:
    Path("dataset").mkdir()
    assert len(dataset_of(*ONE_CELL).table("size")) == 1


@pytest.mark.parametrize("name", ["csv", "json"])
def test_formats_hold_what_the_dataset_holds(name: str) -> None:
    arguments = [*ONE_KERNEL, "--size=64,4Ki", "--out=dataset", f"--format={name}"]
    done = copycost("run", *arguments)
    assert done.returncode == 0 and "dataset: dataset\n" in done.stderr
    if name == "csv":
        printed = pandas.read_csv(io.StringIO(done.stdout))
    else:
        printed = pandas.DataFrame(json.loads(done.stdout)["size"])
    table = valid_dataset(Path("dataset")).table("size")
    for column in ["kernel", "size", "temperature", "verdict", *FIGURES[1:]]:
        assert list(printed[column]) == list(table[column])
    assert list(printed["median_ns"]) == pytest.approx(list(table["median_ns"]))
    assert name == "json" or list(printed.columns) == list(table.columns)


def test_table() -> None:
    text = output_of("run", *ONE_KERNEL, "--size=64,4Ki", "--out=none")
    title, heads, *rows = text.splitlines()
    assert title.startswith("size: ") and "GB/s" in heads and len(rows) == 2
    assert "64 B" in rows[0] and "4 KiB" in rows[1]


def test_several_experiments_each_once() -> None:
    arguments = ["null", "size", "null", "--kernel=copy_libc_memcpy", "--size=64"]
    loaded = dataset_of(*arguments, *TINY)
    assert list(loaded.experiments) == ["null", "size"]
    assert loaded.machine["run"]["experiments"] == ["null", "size"]
    text = output_of("run", *arguments, *TINY, "--format=json", "--out=none")
    assert list(json.loads(text)) == ["null", "size"]


def test_all_kinds_of_region() -> None:
    rows = rows_of("null", *TINY, "--workers=1")
    assert list(rows["region"]) == ["thread", "team", "processes"]
    assert rows["median_ns"].notna().all()


def test_throttling_is_unknown_where_nothing_tells() -> None:
    loaded = dataset_of(*ONE_CELL)
    sources = loaded.machine["frequency"]["throttle_sources"]
    assert loaded.table("size")["throttled"].isna().all() == (sources == [])


def test_dry_run() -> None:
    arguments = ["run", *ONE_KERNEL, "--size=1,64,memory"]
    text = output_of(*arguments, "--dry-run", "--out=dataset")
    *cells, last = text.splitlines()
    start = "size kernel=copy_libc_memcpy size="
    assert cells[:2] == [f"{start}{size} B temperature=warm" for size in (1, 64)]
    assert len(cells) == 3 and ": skipped: needs " in cells[2]
    assert re.fullmatch(r"3 cells, at most 3 launches, \d+ s at most.*", last)
    assert not list(Path().iterdir())


def test_nothing_to_copy() -> None:
    row = rows_of(*ONE_KERNEL, "--size=0").iloc[0]
    assert row["payload_bytes"] == 0 and row["median_ns"] > 0
    assert "gb_per_s" not in row and "cycles_per_byte" not in row


def test_last_choice_counts_and_each_value_once() -> None:
    options = ["--size=64,64", "--size=32,8,32", "--temperature=cold,warm,cold"]
    rows = rows_of(*ONE_KERNEL, *options, "--kernel=copy_libc_memcpy,copy_libc_memc*")
    assert list(rows["size"]) == [8, 8, 32, 32]
    assert list(rows["temperature"]) == ["cold", "warm"] * 2


def test_sizes_in_terms_of_unknown_caches_are_left_out() -> None:
    """And that is said."""
    loud = [option for option in ONE_KERNEL if option != "--quiet"]
    options = ["--size=64,L4,L4/2", "--cache=L1:32Ki", "--out=none", "--format=csv"]
    done = copycost("run", *loud, *options)
    assert done.returncode == 0 and done.stdout.count("\n") == 2
    line = done.stderr.splitlines()[1]
    assert line.startswith("2 sizes are left out") and "--cache=" in line


def test_given_counters_are_columns() -> None:
    """And each rests on as many counts as the cell has samples in a visit."""
    events = ["page-faults", "task-clock"]
    plan = ["--launches=1", "--samples=100", "--budget=10000"]
    more = [f"--counters={','.join(events)}", "--out=dataset"]
    done = copycost("run", *ONE_CELL, *plan, *more)
    assert done.returncode == 0, done.stderr
    loaded = valid_dataset(Path("dataset"))
    row = loaded.table("size").iloc[0]
    assert "cycles" not in row
    if row["counters_reason"]:
        pytest.skip(row["counters_reason"])
    counters = loaded.machine["counters"]
    assert [counter["event"] for counter in counters] == events
    assert all(
        counter["backend"] in loaded.machine["backends"]["counters"]
        for counter in counters
    )
    counts = loaded.counts("size")
    assert list(counts["counter"].value_counts()) == [100, 100]
    assert row["perf_page_faults"] == 0 and row["perf_task_clock"] > 0


def test_cpu_is_the_one_that_was_asked_for() -> None:
    for cpu in {allowed_cpus()[0], allowed_cpus()[-1]}:
        row = rows_of(*ONE_CELL, f"--cpu={cpu}").iloc[0]
        assert (row["cpu_asked"], row["cpu_got"]) == (cpu, cpu)


def test_offsets_are_those_that_were_asked_for() -> None:
    row = rows_of(*ONE_CELL, "--src-offset=5", "--dst-offset=4095").iloc[0]
    assert (row["src_offset_asked"], row["src_offset_got"]) == (5, 5)
    assert (row["dst_offset_asked"], row["dst_offset_got"]) == (4095, 4095)


def test_aliasing_distance_sets_the_offsets() -> None:
    rows = rows_of(
        *["align", "--kernel=copy_libc_memcpy", "--size=64", *TINY],
        *["--src-align=3", "--dst-align=9", "--alias=none"],
    )
    assert list(rows["src_offset_got"] % 64) == [3]
    assert list(rows["dst_offset_got"] % 64) == [9]
    options = ["--src-align=0", "--dst-align=0", "--alias=100"]
    row = rows_of(
        "align", "--kernel=copy_libc_memcpy", "--size=64", *TINY, *options
    ).iloc[0]
    assert (row["dst_offset_got"] - row["src_offset_got"]) % 4096 == 100
    assert row["dst_align"] == 100 % 64


def first_launch(seed: int) -> List[int]:
    """The order in which the first launch visits the cells."""
    folder = Path(f"seed-{seed}-{len(list(Path().iterdir()))}")
    options = [f"--seed={seed}", f"--out={folder}", "--format=none", "--launches=1"]
    output_of("run", *ONE_KERNEL, "--size=1..2Ki", *options)
    loaded = valid_dataset(folder)
    assert loaded.machine["run"]["seed"] == seed
    cells = loaded.samples("size")["cell"]
    return list(cells[cells.shift() != cells])


def test_seed_draws_the_order() -> None:
    first = first_launch(seed=1)
    assert sorted(first) == list(range(12)) and first != sorted(first)
    assert first_launch(seed=1) == first
    assert first_launch(seed=2) != first


def test_seed_is_drawn_and_recorded() -> None:
    seeds = set()
    for folder in ("first", "second"):
        output_of("run", *ONE_CELL, f"--out={folder}")
        seeds.add(valid_dataset(Path(folder)).machine["run"]["seed"])
    assert len(seeds) == 2


def test_given_caches_are_recorded_and_used() -> None:
    options = ["--cache=L1:32Ki,L2:256Ki", "--size=L1/2,L2,LLC*2,L3"]
    loaded = dataset_of(*ONE_KERNEL, *options)
    assert list(loaded.table("size")["size"]) == [16 << 10, 256 << 10, 512 << 10]
    assert loaded.machine["cache_source"] == "given"
    sizes = {(cache["level"], cache["bytes"]) for cache in loaded.machine["caches"]}
    assert sizes == {(1, 32 << 10), (2, 256 << 10)}


def test_plan_is_recorded_and_kept() -> None:
    options = [
        "--launches=2",
        "--sweeps=2",
        "--samples=4",
        "--precision=50",
        "--budget=20",
    ]
    loaded = dataset_of(*ONE_CELL, *options)
    run = loaded.machine["run"]
    assert (run["launches"], run["sweeps"], run["samples"]) == (2, 2, 4)
    assert (run["precision"], run["budget_ns"]) == (0.5, 20e6)
    row = loaded.table("size").iloc[0]
    assert row["launches"] == 2 and 2 * 2 * 2 <= row["samples"] <= 2 * 2 * 4


@pytest.mark.parametrize("cpus", [1, 2])
def test_the_quick_profile_ends_in_time(cpus: int) -> None:
    """Sooner on one CPU, where less can be measured; whenever it is done where effort is asked."""
    if len(allowed_cpus()) < cpus:
        pytest.skip("one CPU may be used")
    kept = set(allowed_cpus()[:cpus])
    for option, time_s in (
        ("", 170 if cpus == 1 else 270),
        ("--time=60", 60),
        ("--launches=3", 0),
    ):
        loaded = dataset_of(
            *["null", "--kind=thread", "--workers=1", *filter(None, [option])],
            preexec_fn=lambda: os.sched_setaffinity(0, kept),
        )
        assert loaded.machine["run"]["time_s"] == time_s
        shutil.rmtree("dataset")
