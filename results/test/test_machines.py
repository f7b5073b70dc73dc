"""What several machines are called, and which are of one family."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import List, Optional

import pytest

from results import load, machines
from results.test import specimen


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> load.Dataset:
    path: Path = tmp_path_factory.mktemp("machines") / "specimen"
    return load.dataset(specimen.write(path, ("null",)))


def machine(
    original: load.Dataset, model: Optional[str], name: str = "a", board: str = ""
) -> load.Dataset:
    other = copy.deepcopy(original)
    other.machine["cpu"]["model"] = model
    other.machine["name"] = name
    other.machine["board"] = board or None
    return other


@pytest.mark.parametrize(
    "model, family",
    [
        ("AMD EPYC 7313 16-Core Processor", "AMD EPYC"),
        ("Intel(R) Xeon(R) CPU E5-2695 v4 @ 2.10GHz", "Intel Xeon"),
        ("Intel(R) N100", "Intel N100"),
        ("Intel(R) Core(TM) i5-7200U CPU @ 2.50GHz", "Intel Core"),
        ("ARM Cortex-A72", "Cortex-A72"),
        ("Neoverse-N1", "Neoverse-N1"),
        ("Apple M1 Pro", "Apple M1"),
        ("Loongson-3A5000", "Loongson-3A5000"),
        (None, "x86_64"),
    ],
)
def test_families(original: load.Dataset, model: str, family: str) -> None:
    assert machines.family(machine(original, model).machine) == family


def names(*datasets: load.Dataset) -> List[str]:
    return machines.labels(datasets)


def test_no_two_have_one_name(original: load.Dataset) -> None:
    """More is said only of those that need it."""
    xeon = "Intel(R) Xeon(R) Gold 6330 CPU @ 2.00GHz"
    first, second = (machine(original, xeon, name) for name in ("rack", "desk"))
    board = machine(original, "Cortex-A7", board="Cubieboard 2")
    assert names(first, board) == ["Intel Xeon Gold 6330", "Cortex-A7, Cubieboard 2"]
    assert names(first, second, board) == [
        "Intel Xeon Gold 6330, rack",
        "Intel Xeon Gold 6330, desk",
        "Cortex-A7, Cubieboard 2",
    ]
    again = copy.deepcopy(first)
    assert len(set(names(first, again))) == 2


def test_table_of_machines(original: load.Dataset) -> None:
    (row,) = machines.facts([machine(original, "Cortex-A7")])
    assert len(row) == len(machines.Facts.heads())
    assert row.family == "Cortex-A7" and row.caches.startswith("L1 32 KiB, L2 ")
    bare = machine(original, None)
    bare.machine.update(caches=None, memory=None, core_clock=None, libc=None)
    (row,) = machines.facts([bare])
    assert (row.caches, row.memory, row.clock, row.libc) == ("", "", "", "")
