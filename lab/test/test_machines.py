"""The machines' rows, and the command line that QEMU gets for each."""

from pathlib import Path
from typing import List

import pytest

from lab.boards import Failure, machines

BOOT, INITRD, DISK = Path("/boot"), Path("/tmp/initrd"), Path("/tmp/disk")


def command(name: str, core: str = "") -> List[str]:
    row = machines.machine(name)
    return machines.command_line(row, row.core(core), BOOT, INITRD, DISK)


def values(words: List[str], option: str) -> List[str]:
    return [words[i + 1] for i, word in enumerate(words) if word == option]


@pytest.mark.parametrize("row", machines.MACHINES, ids=lambda row: row.name)
def test_row_agrees_with_itself(row: machines.Machine) -> None:
    count = len(row.nodes)
    assert row.distances or count == 1
    for node, distances in enumerate(row.distances):
        assert len(distances) == count and distances[node] == 10
        assert list(distances) == [other[node] for other in row.distances]
    initiators = [node for node in range(count) if row.nodes[node].cpus]
    described = {(access.initiator, access.target) for access in row.accesses}
    assert not described or described == {
        (initiator, target) for initiator in initiators for target in range(count)
    }
    assert not row.device_tree or row.device_tree in row.image.device_trees


@pytest.mark.parametrize("row", machines.MACHINES, ids=lambda row: row.name)
def test_every_guest_is_told_that_it_is_emulated(row: machines.Machine) -> None:
    words = command(row.name)
    (parameters,) = values(words, "-append")
    assert "copycost.emulated" in parameters.split()
    assert f"nr_cpus={row.cpus}" in parameters.split()
    assert values(words, "-m") == [str(row.memory_mib)]
    assert values(words, "-accel") == ["tcg"]
    assert ("-icount" in words) == row.counted


def test_board_has_its_device_tree_and_memory_card() -> None:
    words = command("cubieboard")
    assert words[0] == "qemu-system-arm"
    assert values(words, "-dtb") == ["/boot/sun4i-a10-cubieboard.dtb"]
    assert values(words, "-drive") == ["file=/tmp/disk,format=raw,if=sd"]
    assert not values(words, "-cpu") and not values(words, "-smp")


def test_nodes_and_distances() -> None:
    words = command("aarch64-2node")
    assert values(words, "-smp") == ["4"]
    assert values(words, "-numa") == [
        "node,nodeid=0,memdev=memory0,cpus=0-1",
        "node,nodeid=1,memdev=memory1,cpus=2-3",
        "dist,src=0,dst=0,val=10",
        "dist,src=0,dst=1,val=25",
        "dist,src=1,dst=0,val=25",
        "dist,src=1,dst=1,val=10",
    ]


def test_memory_attributes_and_node_without_cpus() -> None:
    numa = values(command("x86_64-hmat"), "-numa")
    assert "node,nodeid=1,memdev=memory1,initiator=0" in numa
    far = "hmat-lb,initiator=0,target=1,hierarchy=memory"
    assert f"{far},data-type=access-latency,latency=250" in numa
    assert f"{far},data-type=access-bandwidth,bandwidth=8192M" in numa


def test_core_is_the_first_unless_asked() -> None:
    assert values(command("aarch64-icount"), "-cpu") == ["cortex-a53"]
    assert values(command("aarch64-icount", "max"), "-cpu") == ["max,pauth-impdef=on"]


def test_unknown_names_are_refused_with_those_there_are() -> None:
    with pytest.raises(Failure, match="unknown machine 'vax': .*cubieboard"):
        machines.machine("vax")
    with pytest.raises(Failure, match="no core '8080': .*neoverse-n1"):
        machines.machine("aarch64-icount").core("8080")
    with pytest.raises(Failure, match="no core 'cortex-a57': there is the board's own"):
        machines.machine("cubieboard").core("cortex-a57")


@pytest.mark.parametrize("row", machines.MACHINES, ids=lambda row: row.name)
def test_missing_qemu_is_named_with_its_package(
    row: machines.Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Failure, match=f"{row.qemu}.*: install qemu-system-"):
        machines.find_qemu(row)
