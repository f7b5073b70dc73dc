"""Figures of what others measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from plots import imported, kernels, machine
from plots.__main__ import main
from plots.machines import memory, ratio, size
from plots.test import look
from results import findings, load
from results.importers import ipc_bench, tinymembench
from results.test import logs


@pytest.fixture(name="board")
def imported_board(tmp_path: Path) -> load.Dataset:
    """Of a log of tinymembench."""
    lines = logs.tinymembench(rates=(*logs.RATES, *logs.FRAMEBUFFER))
    path = logs.write(tmp_path / "board.txt", lines)
    assert tinymembench.main([f"--out={tmp_path / 'out'}", str(path)]) == 0
    return load.dataset(load.find([tmp_path / "out"])[0])


@pytest.fixture(name="pair")
def imported_pair(tmp_path: Path) -> load.Dataset:
    """Of an archive of ipc-bench."""
    path = logs.pack(tmp_path / "a.tar.gz", logs.ipc_bench())
    assert ipc_bench.main([f"--out={tmp_path / 'out'}", str(path)]) == 0
    return load.dataset(load.find([tmp_path / "out"])[0])


def test_a_point_for_each_kernel_the_fastest_copy_said(board: load.Dataset) -> None:
    ((stem, figure),) = imported.draw_size(board)
    assert stem == "size"
    assert (
        figure.get_label() == "Fastest: NEON LDP/STP copy, 1.30 GB/s; libc: 1.22 GB/s."
    )
    (axes,) = figure.axes
    assert len(axes.get_yticklabels()) == 5


def test_it_says_who_measured(board: load.Dataset, pair: load.Dataset) -> None:
    for dataset in (board, pair):
        (mark,) = machine.marks(dataset)
        assert mark.startswith("NOT MEASURED BY COPYCOST: ")
        assert "not measured by copycost" in "\n".join(load.overview(dataset))
        assert list(findings.of_dataset(dataset)) == []


def test_ways_and_latencies(pair: load.Dataset) -> None:
    (ways, speed), (stem, late) = imported.draw_ipc(pair)
    assert (ways, stem) == ("ipc", "ipc-latency")
    assert speed.get_label() == "Fastest with 64 KiB chunks: shm_futex, 17.2 Gb/s."
    assert late.get_label() == "In the middle of the pairs shown: pipe 70 µs."


def test_the_program_draws_them(board: load.Dataset, tmp_path: Path) -> None:
    assert (
        main([str(board.path), f"--out={tmp_path / 'pictures'}", "--format=svg"]) == 0
    )
    drawn = sorted(p.name for p in (tmp_path / "pictures").iterdir())
    assert drawn == ["framebuffer.svg", "latency.svg", "size.svg"]
    assert main([str(board.path), "--experiment=null"]) == 2


def test_loads_and_framebuffers(board: load.Dataset) -> None:
    ((stem, figure),) = imported.draw_latency(board)
    assert stem == "latency"
    assert look.touching(figure) == [] and look.cut(figure) == []
    table = board.table("latency")
    assert "one load: 298 ns, two loads: 458 ns" in figure.get_label()
    shown = {
        (float(x), float(y))
        for line in figure.axes[0].get_lines()
        for x, y in zip(line.get_xdata(), line.get_ydata())
    }
    assert {(64 << 20, 297.9), (64 << 20, 458.4)} <= shown
    assert all(y > 0 for _, y in shown)  # 0 at 1 KiB
    ((stem, figure),) = imported.draw_framebuffer(board)
    assert stem == "framebuffer"
    assert look.touching(figure) == [] and look.cut(figure) == []
    rows = board.table("framebuffer")
    assert len(figure.axes[0].get_yticklabels()) == len(rows)
    table["beyond_l1_ns"] = 0.0
    board.experiments["latency"] = table
    with pytest.raises(kernels.Undrawable):
        list(imported.draw_latency(board))


def test_it_stands_beside_other_machines(
    board: load.Dataset, dataset: load.Dataset
) -> None:
    """Where one size is enough, marked as another's, and nowhere else."""
    datasets = [dataset, board]
    assert [curve.place for curve in size.curves(datasets, "gb_per_s")] == [0]
    assert [curve.place for curve in ratio.curves(datasets)] == [0]
    stated = memory.rates(board, 1)
    assert stated and (stated.size, stated.libc) == (32 << 20, 1.2217)
    ((stem, figure),) = memory.draw(datasets)
    assert stem == "machines-memory"
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert sum("*" in name for name in names) == 1
