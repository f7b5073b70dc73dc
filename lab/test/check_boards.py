"""
Boots every machine; not part of `make check`, as it needs QEMU, kernels from Debian's archive and
copycost linked statically for each architecture: make check-boards.
"""

from pathlib import Path
from typing import Dict, Tuple
from xml.etree import ElementTree

import pytest

import booted
from lab.boards import Failure, machines
from results.validate import validate

EVERY_CORE = [(row.name, core.name) for row in machines.MACHINES for core in row.cores]
ONE_CELL = ["size", "--kernel=copy_libc_memcpy", "--temperature=warm", "--size=64Ki"]


@pytest.mark.parametrize("name, core", EVERY_CORE)
def test_measurer_measures_what_it_says(name: str, core: str, tmp_path: Path) -> None:
    ending = booted.run_copycost(name, tmp_path, "selftest", "--functional", core=core)
    assert ending.status == 0, ending.console


@pytest.mark.parametrize("name, core", EVERY_CORE)
def test_dataset_describes_the_machine_that_was_asked_for(
    name: str, core: str, tmp_path: Path
) -> None:
    row = machines.machine(name)
    words = ["run", "--out=.", *ONE_CELL, *booted.TINY]
    ending = booted.run_copycost(name, tmp_path / "dataset", *words, core=core)
    assert ending.status == 0, ending.console
    assert validate(tmp_path / "dataset") == []
    facts = booted.facts(tmp_path / "dataset")
    assert facts["emulated"] is True
    assert facts["cpu"]["online"] == row.cpus
    cpus = [node["cpus"] for node in facts["nodes"]]
    assert cpus == [node.cpus for node in row.nodes]
    for found, node in zip(facts["nodes"], row.nodes):
        # The kernel keeps some of it to itself.
        assert 0.75 * node.memory_mib < found["bytes"] / 2**20 <= node.memory_mib
    assert (facts["distances"] or []) == [list(line) for line in row.distances]
    if row.counted:
        reasons = {counter["name"]: counter["reason"] for counter in facts["counters"]}
        assert (reasons["cycles"], reasons["instructions"]) == (None, None)


def memory_attributes(topology: Path, name: str) -> Dict[Tuple[int, int], int]:
    """By the first CPU of the initiator and the target's node."""
    root = ElementTree.parse(topology).getroot()
    nodes = {
        item.get("gp_index"): int(item.get("os_index", ""))
        for item in root.iter("object")
        if item.get("type") == "NUMANode"
    }
    (attribute,) = root.findall(f"memattr[@name='{name}']")
    found = {}
    for value in attribute:
        cpus = int(value.get("initiator_cpuset", ""), 16)
        first = (cpus & -cpus).bit_length() - 1
        target = nodes[value.get("target_obj_gp_index")]
        found[first, target] = int(value.get("value", ""))
    return found


def test_memory_attributes_are_those_of_the_firmware(tmp_path: Path) -> None:
    words = ["run", "--out=.", *ONE_CELL, *booted.TINY]
    booted.run_copycost("x86_64-hmat", tmp_path / "dataset", *words)
    topology = tmp_path / "dataset" / "topology.xml"
    accesses = machines.machine("x86_64-hmat").accesses
    assert memory_attributes(topology, "Latency") == {
        (0, access.target): access.latency_ns for access in accesses
    }
    assert memory_attributes(topology, "Bandwidth") == {
        (0, access.target): access.bandwidth_mib_per_s for access in accesses
    }


def test_panic_is_no_success(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="(?s)panicked.*sysrq triggered crash"):
        booted.run_script("aarch64-icount", tmp_path, "echo c >/proc/sysrq-trigger")


def test_files_and_status_come_back(tmp_path: Path) -> None:
    ending = booted.run_script("cubieboard", tmp_path, "echo x >left", "exit 3")
    assert ending.status == 3, ending.console
    assert (tmp_path / "left").read_text() == "x\n"
