"""The importer of tinymembench's logs, alone and within sbc-bench's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import List

import pytest

from results import load
from results.importers import command, tinymembench
from results.test import logs
from results.validate import validate


def imported(path: Path, out: Path) -> List[load.Dataset]:
    """What comes out of a log, each valid."""
    assert tinymembench.main([f"--out={out}", str(path)]) == 0
    folders = load.find([out])
    assert [validate(folder) for folder in folders] == [[]] * len(folders)
    return [load.dataset(folder) for folder in folders]


def test_a_plain_log_is_a_dataset(tmp_path: Path) -> None:
    path = logs.write(tmp_path / "board.txt", logs.tinymembench())
    (dataset,) = imported(path, tmp_path / "out")
    table = dataset.table("size").set_index("kernel")
    assert list(table.index) == [r.split("  ")[0] for r in logs.RATES if ":" in r]
    row = table.loc["standard memcpy"]
    assert (row["size"], row["payload_bytes"], row["temperature"]) == (
        32 << 20,
        32 << 20,
        "warm",
    )
    assert row["gb_per_s"] == pytest.approx(1.2217)
    assert row["min_ns"] == pytest.approx((32 << 20) / 1.2217)
    assert row["deviation_percent"] == 3.0
    assert table["median_ns"].isna().all() and table["low_ns"].isna().all()
    assert table["deviation_percent"].isna().sum() == 1
    assert dataset.source and dataset.source["version"] == "0.4.9"
    assert dataset.source["file"] == "board.txt"
    assert dataset.machine["cpu"]["model"] is None and dataset.machine["clock"] is None
    assert dataset.package["licenses"][0]["name"] == "notspecified"
    late = dataset.table("latency")
    assert list(late["reads"]) == ["single", "dual"] * 2
    assert list(late["beyond_l1_ns"]) == [0.0, 0.0, 297.9, 458.4]
    assert late["median_ns"].isna().all()


def test_each_run_of_sbc_bench_is_a_dataset_of_its_cpu(tmp_path: Path) -> None:
    path = logs.write(tmp_path / "board.txt", logs.sbc_bench())
    big, little = sorted(
        imported(path, tmp_path / "out"),
        key=lambda d: -d.machine["frequency"]["max_hz"],
    )
    assert [d.machine["name"] for d in (little, big)] == [
        "made-up-board-3-cpu0",
        "made-up-board-3-cpu4",
    ]
    assert [d.machine["cpu"]["model"] for d in (little, big)] == [
        "Cortex-A53",
        "Cortex-A72",
    ]
    assert [d.machine["core_clock"]["hz"] for d in (little, big)] == [
        1502e6,
        1986.079e6,
    ]
    assert little.machine["memory"]["bytes"] == 960 << 20
    assert little.machine["cpu"]["isa"] == "aarch64"
    assert little.machine["run"]["started_utc"] == "2022-06-21T16:32:41Z"
    assert little.package["licenses"][0]["name"] == "BSD-3-Clause"
    assert list(big.table("size")["samples"]) == [2, 3, 2]
    assert set(big.table("latency")["page_asked"]) == {"thp"}
    assert set(little.table("size")["cpu_asked"]) == {0}
    assert "secretname" not in (little.path / "machine.json").read_text(
        encoding="utf-8"
    )


def test_framebuffer_is_a_table_of_its_own(tmp_path: Path) -> None:
    lines = logs.tinymembench(logs.RATES + logs.FRAMEBUFFER)
    (dataset,) = imported(logs.write(tmp_path / "a.txt", lines), tmp_path / "out")
    assert len(dataset.table("framebuffer")) == 1
    assert not dataset.table("size")["kernel"].str.contains("framebuffer").any()


def test_decimal_commas(tmp_path: Path) -> None:
    lines = [
        re.sub(r"(\d)\.(\d)", r"\1,\2", line)
        if "MB/s" in line or " ns" in line
        else line
        for line in logs.tinymembench(logs.RATES + logs.FORK[1:2])
    ]
    (dataset,) = imported(logs.write(tmp_path / "a.txt", lines), tmp_path / "out")
    table = dataset.table("size").set_index("kernel")
    assert table["gb_per_s"]["C copy"] == pytest.approx(1.2885)
    assert table["deviation_percent"]["C scan 8"] == 0.1
    assert dataset.table("latency")["beyond_l1_ns"].max() == 458.4


def test_order_does_not_matter(tmp_path: Path) -> None:
    lines = logs.tinymembench()
    place = next(i for i, line in enumerate(lines) if "Memory latency" in line)
    moved = lines[:2] + lines[place:] + lines[2:place]
    (straight,) = imported(logs.write(tmp_path / "a.txt", lines), tmp_path / "one")
    (turned,) = imported(logs.write(tmp_path / "b.txt", moved), tmp_path / "two")
    for name in ("size", "latency"):
        assert straight.table(name).equals(turned.table(name))


def test_two_runs_one_after_the_other(tmp_path: Path) -> None:
    lines = logs.tinymembench() + logs.tinymembench(logs.FORK)
    found = imported(logs.write(tmp_path / "a.txt", lines), tmp_path / "out")
    assert sorted(len(dataset.table("size")) for dataset in found) == [3, 5]
    assert len({dataset.package["copycost"]["profile"] for dataset in found}) == 2


BROKEN = {
    "cut in a number": ("NEON read  : 12", "known"),
    "cut in brackets": ("C copy backwards  :   1300.0 MB/s (2.", "known"),
    "of thousands": ("C copy backwards  : 11,087.4 MB/s", "known"),
    "no rate": ("C copy backwards  :      0.0 MB/s", "no rate"),
    "infinite": ("C copy backwards  :      inf MB/s", "known"),
    "twice": ("C copy   :   1300.0 MB/s", "already"),
    "unknown": ("C swap   :   1300.0 MB/s", "what it does"),
    "foreign": ("Segmentation fault", "known"),
    "binary": ("\x00\x1b[31m\x07garbage", "known"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_line_without_a_place_is_named(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line, why = BROKEN[name]
    lines = logs.tinymembench()
    lines.insert(9, f" {line}")
    (dataset,) = imported(logs.write(tmp_path / "a.txt", lines), tmp_path / "out")
    assert len(dataset.table("size")) == 5
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and f"{tmp_path}/a.txt:10: " in said[0] and why in said[0]
    assert said[0].isprintable()


def test_results_outside_of_a_run_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        " C copy   :   1300.0 MB/s",
        *logs.tinymembench(),
        logs.HASHES,
        " C fill : 1.0 MB/s",
    ]
    (dataset,) = imported(logs.write(tmp_path / "a.txt", lines), tmp_path / "out")
    assert dataset.table("size")["gb_per_s"].max() == 2.6041
    assert capsys.readouterr().err.count("outside of any run") == 2


def test_a_log_without_its_beginning(tmp_path: Path) -> None:
    lines = logs.tinymembench()[2:]
    (dataset,) = imported(logs.write(tmp_path / "a.txt", lines), tmp_path / "out")
    assert len(dataset.table("size")) == 5
    assert dataset.source and dataset.source["version"] is None


@pytest.mark.parametrize("end", range(0, 1400, 97))
def test_a_log_cut_anywhere(end: int, tmp_path: Path) -> None:
    text = "\n".join(logs.sbc_bench())[:end]
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    code = tinymembench.main([f"--out={tmp_path / 'out'}", str(tmp_path / "a.txt")])
    folders = load.find([tmp_path / "out"]) if code == 0 else []
    assert code == (0 if folders else 1)
    for folder in folders:
        assert validate(folder) == []
        found = {r.split("  ")[0] for r in load.dataset(folder).table("size")["kernel"]}
        assert found <= {r.split("  ")[0] for r in logs.RATES}


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00" * 5000, b"a" * 100000, b"\n" * 9999]
)
def test_nothing_of_it_is_a_log(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(content)
    assert (
        tinymembench.main([f"--out={tmp_path / 'out'}", str(tmp_path / "a.txt")]) == 1
    )
    assert not (tmp_path / "out").exists()


def test_a_run_that_was_cut_says_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = logs.tinymembench()[:7] + [" C copy backwards   :   12"]
    path = logs.write(tmp_path / "a.txt", lines)
    assert tinymembench.main([f"--out={tmp_path / 'out'}", str(path)]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 3 and "a.txt:8: " in said[0] and "a.txt:1: " in said[1]


def test_a_huge_log_is_refused(tmp_path: Path) -> None:
    with open(tmp_path / "a.txt", "wb") as file:
        file.truncate(command.READ_MAX + 1)
    assert (
        tinymembench.main([f"--out={tmp_path / 'out'}", str(tmp_path / "a.txt")]) == 1
    )


def test_the_board_names_no_path(tmp_path: Path) -> None:
    lines = logs.sbc_bench()
    lines[-1] = lines[-1].replace("Made-up Board 3", "../../../etc/passwd")
    for dataset in imported(logs.write(tmp_path / "a.txt", lines), tmp_path / "out"):
        assert dataset.path.parents[1] == tmp_path / "out"


def test_sbc_benchs_own_sum_is_held_against_the_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summed = "  * memcpy: {} MB/s, memchr: 14859.1 MB/s, memset: 9985.2 MB/s"
    for rate, wrong in (("11685.4", 0), ("11685.5", 1)):
        path = logs.write(
            tmp_path / f"{rate}.txt", logs.sbc_bench() + [summed.format(rate)]
        )
        imported(path, tmp_path / rate)
        assert capsys.readouterr().err.count("sum is of no run") == wrong


def test_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tinymembench.main([]) == 2
    assert tinymembench.main(["--nonsense", "a.txt"]) == 2
    assert tinymembench.main(["--out=", "a.txt"]) == 2
    assert "results.importers.tinymembench" in capsys.readouterr().err
    assert tinymembench.main([str(tmp_path / "none.txt")]) == 1


def test_the_same_run_is_not_imported_twice(tmp_path: Path) -> None:
    path = logs.write(tmp_path / "a.txt", logs.sbc_bench())
    imported(path, tmp_path / "out")
    assert tinymembench.main([f"--out={tmp_path / 'out'}", str(path)]) == 1
    assert len(load.find([tmp_path / "out"])) == 2


def test_all_real_logs_are_imported_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = logs.reference("tinymembench")
    assert tinymembench.main([f"--out={tmp_path}", *map(str, paths)]) == 0
    assert capsys.readouterr().err == ""
    rate = re.compile(r" +[^:]+: +[0-9.]+ MB/s(?: \(.*\))?")
    wanted = sum(
        rate.fullmatch(line) is not None
        for path in paths
        for line in path.read_text(encoding="utf-8").splitlines()
    )
    found = 0
    for folder in load.find([tmp_path]):
        assert validate(folder) == []
        dataset = load.dataset(folder)
        found += sum(len(t) for n, t in dataset.experiments.items() if n != "latency")
    assert found == wanted
