"""The importer of ipc-bench's archives."""

from __future__ import annotations

import gzip
import tarfile
from pathlib import Path

import pytest

from results import load
from results.importers import archive, ipc_bench
from results.test import logs
from results.validate import validate


def imported(path: Path, out: Path) -> load.Dataset:
    """The one dataset of an archive, valid."""
    assert ipc_bench.main([f"--out={out}", str(path)]) == 0
    (folder,) = load.find([out])
    assert validate(folder) == []
    return load.dataset(folder)


def test_an_archive_is_a_dataset(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset = imported(
        logs.pack(tmp_path / "a.tar.gz", logs.ipc_bench()), tmp_path / "out"
    )
    assert capsys.readouterr().err == ""
    table = dataset.table("ipc")
    fast = table[table["mode"] == "throughput"].set_index(["transport", "chunk", "to"])
    assert len(fast) == 6
    row = fast.loc[("shm_futex", 65536, 1)]
    assert row["gb_per_s"] == pytest.approx(17.202 / 8)
    assert row["median_ns"] == pytest.approx(65536 * 8 / 17.202)
    assert (row["producer"], row["consumer"], row["touch"]) == (
        "in_place",
        "copy_out",
        "all",
    )
    assert (row["pair"], row["test"], row["kernel_copies"]) == ("l2", "mempipe_thr", 0)
    assert (row["src_node_asked"], row["calls"], row["samples"]) == ("0", 100000, 1)
    assert set(fast["low_ns"].dropna()) == set()
    late = table[table["mode"] == "latency"].set_index(["from", "to"])
    assert late["median_ns"][0, 1] == 70000 and late["calls"][0, 1] == 20000
    assert list(late["verdict"]) == ["noisy", "ok", "skipped", "noisy"]
    assert late["pair"][0, 0] == "cpu" and set(late["chunk"]) == {128}
    assert "1 us" in late["reason"][1, 0]


def test_the_machine_is_described(tmp_path: Path) -> None:
    dataset = imported(
        logs.pack(tmp_path / "a.tar.gz", logs.ipc_bench()), tmp_path / "out"
    )
    machine = dataset.machine
    assert machine["name"] == "made-up-r-cpu-7-2-00ghz"
    assert machine["hypervisor"] is None  # it runs one, and does not run in one
    assert machine["caches"] == [
        {
            "level": 2,
            "bytes": 3072 << 10,
            "line_bytes": 64,
            "shared_cpus": 2,
            "cpus": "0-1",
        }
    ]
    assert machine["nodes"] == [{"node": 0, "bytes": 4189052 << 10, "cpus": 2}]
    assert machine["distances"] == [[10]]
    assert machine["kernel"]["release"] == "3.0.0-15-generic"
    assert dataset.package["licenses"][0]["name"] == "MIT"


def test_a_guest_is_told_by_its_firmware(tmp_path: Path) -> None:
    files = logs.ipc_bench()
    files[
        "logs/dmesg_virt"
    ] = "[ 0.0] DMI: innotek GmbH VirtualBox, BIOS VirtualBox 12/01/2006\n"
    dataset = imported(logs.pack(tmp_path / "a.tar.gz", files), tmp_path / "out")
    assert dataset.machine["hypervisor"] == "VirtualBox"
    assert dataset.machine["name"].endswith("-virtualbox")


def test_the_matrix_is_held_against_the_pairs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = logs.ipc_bench()
    files["results/lat/pipe_lat.csv"] = "0.000007 0.000000 \n0.000140 0.000005 \n"
    dataset = imported(logs.pack(tmp_path / "a.tar.gz", files), tmp_path / "out")
    assert (
        capsys.readouterr().err.count("disagree") == 2
    )  # rows and columns taken for each other
    assert (dataset.table("ipc")["mode"] == "latency").sum() == 2


BROKEN = {
    "results/01-pipe_thr-headline.log": "pipe_thr 0 1 -1 64 2 1 1 1 1000000 5",
    "results/02-pipe_thr-headline.log": "pipe_thr 0 1 -1 64 2 1 1 1 1000000 547 Mbps\n",
    "results/lat/unix_lat.csv": "0.000007 0.000014\n0.000016\n",
    "results/lat/tcp_lat.csv": "0.000007\n",
    "results/01-carrier_pigeon_thr-headline.log": "carrier_pigeon_thr 0 1 -1 64 2 1 1 1 9 5 Mbps\n",
    "results/strange": "?",
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_has_no_place_is_named(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {**logs.ipc_bench(), name: BROKEN[name]}
    imported(logs.pack(tmp_path / "a.tar.gz", files), tmp_path / "out")
    assert f"!tmp/made-up/{name}" in capsys.readouterr().err


HOSTILE = {
    "leads out": logs.member("tmp/made-up/../../../../logs/cpuinfo", 3),
    "absolute": logs.member("/logs/cpuinfo", 3),
    "symlink": logs.member("tmp/made-up/logs/link", 0, tarfile.SYMTYPE, "/etc/passwd"),
    "hard link": logs.member(
        "tmp/made-up/logs/link", 0, tarfile.LNKTYPE, "/etc/passwd"
    ),
    "device": logs.member("tmp/made-up/logs/zero", 0, tarfile.CHRTYPE),
    "fifo": logs.member("tmp/made-up/logs/fifo", 0, tarfile.FIFOTYPE),
    "giant": logs.member("tmp/made-up/logs/dmesg", archive.FILE_MAX + 1),
    "twice": logs.member("tmp/made-up/logs/cpuinfo", 3),
    "deep": logs.member("a/" * 400 + "x", 3),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_member_is_named_and_left(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = logs.pack(tmp_path / "a.tar.gz", logs.ipc_bench(), (HOSTILE[name],))
    dataset = imported(path, tmp_path / "out")
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert dataset.machine["cpu"]["model"] == "Made-up(R) CPU 7 @ 2.00GHz"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.tar.gz", "out"]


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "UNPACKED_MAX", 1 << 20)
    bomb = logs.member("tmp/made-up/logs/zeros", 4 << 20)
    path = logs.pack(tmp_path / "a.tar.gz", logs.ipc_bench(), (bomb,))
    assert path.stat().st_size < 1 << 16
    assert ipc_bench.main([f"--out={tmp_path / 'out'}", str(path)]) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 0.6, 0.9, 0.99])
def test_an_archive_cut_anywhere(share: float, tmp_path: Path) -> None:
    whole = logs.pack(tmp_path / "a.tar.gz", logs.ipc_bench()).read_bytes()
    (tmp_path / "a.tar.gz").write_bytes(whole[: int(share * len(whole))])
    code = ipc_bench.main([f"--out={tmp_path / 'out'}", str(tmp_path / "a.tar.gz")])
    folders = load.find([tmp_path / "out"]) if code == 0 else []
    assert code == (0 if folders else 1)
    assert [validate(folder) for folder in folders] == [[]] * len(folders)


@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 999, gzip.compress(b"no tar" * 999)]
)
def test_nothing_of_it_is_an_archive(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(content)
    assert (
        ipc_bench.main([f"--out={tmp_path / 'out'}", str(tmp_path / "a.tar.gz")]) == 1
    )


def test_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert ipc_bench.main([]) == 2
    assert "ARCHIVE" in capsys.readouterr().err


def test_all_real_archives_are_imported_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = logs.reference("ipc-bench")
    assert ipc_bench.main([f"--out={tmp_path}", *map(str, paths)]) == 0
    assert capsys.readouterr().err == ""
    folders = load.find([tmp_path])
    assert len(folders) == len(paths)
    for folder in folders:
        assert validate(folder) == []
        modes = load.dataset(folder).table("ipc")["mode"].value_counts()
        assert (modes["throughput"], modes["latency"]) == (126, 80)
