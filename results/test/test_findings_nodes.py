"""What is found of nodes: the costs that were put in, the distance that lies, and what is broken."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from results import findings, load, nodes
from results.findings import Finding
from results.test import specimen, specimen_cells, specimen_nodes
from results.test.specimen_cells import Cell
from results.validate import validate

Change = Callable[[Cell], None]


def dataset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Change = lambda cell: None
) -> load.Dataset:
    """A specimen whose cells were changed, beside `size`."""
    cells = specimen_nodes.cells_nodes()
    for cell in cells:
        change(cell)
    monkeypatch.setitem(specimen_cells.CELLS, "nodes", lambda: cells)
    return load.dataset(specimen.write(tmp_path / "specimen", ("size", "nodes")))


def found(loaded: load.Dataset) -> List[Finding]:
    return list(findings.of_experiment(loaded, "nodes"))


def said(all_found: List[Finding], words: str) -> Finding:
    """The one finding that has these words."""
    (one,) = (each for each in all_found if words in each.sentence)
    return one


def checks(all_found: List[Finding]) -> Dict[str, bool]:
    """Of the cross-checks, by a word that only one of them has."""
    words = {
        "nearest loads": "memory loads",
        "nearest copies": "memory copies",
        "symmetric loads": "loads by",
        "symmetric copies": "copies by",
        "size": "takes in size",
    }
    return {
        name: bool(each.agrees)
        for each in all_found
        for name, part in words.items()
        if each.sentence.startswith("cross-check") and part in each.sentence
    }


def near(value: float, share: float = 0.05) -> Any:
    return pytest.approx(value, rel=share)


def test_the_specimen_is_valid(tmp_path: Path) -> None:
    path = specimen.write(tmp_path / "specimen", ("nodes",))
    assert validate(path) == []


def test_costs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loads, copies, *_ = all_found = found(dataset(tmp_path, monkeypatch))
    # Of nine pairs four are near, two far, three to the node of memory only.
    assert loads.value == near(1.9) and loads.unit == "1"
    assert loads.low is not None and loads.high is not None
    assert loads.low < loads.value < loads.high
    assert "takes 90" in loads.sentence or "takes 89" in loads.sentence
    assert "to node 3" in loads.sentence
    assert copies.value == near(1 + 0.8 * 0.9)
    assert "reach 9." in copies.sentence and "from another" in copies.sentence
    assert checks(all_found) == {
        "nearest loads": True,
        "nearest copies": True,
        "symmetric loads": True,
        "symmetric copies": True,
        "size": True,
    }


def test_the_distance_that_lies_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = dataset(tmp_path, monkeypatch)
    all_found = found(loaded)
    firmware = said(all_found, "firmware's distances")
    assert "wrong for 2 of 12 pairs: 16 from node 0 to node 2" in firmware.sentence
    assert "16 stands for 1." in firmware.sentence and firmware.value == 2
    measured = nodes.read(loaded)
    distances, *hmat = nodes.compare_all(loaded.machine, measured)
    assert distances.wrong is not None
    assert [distances.pairs[at] for at in distances.wrong] == specimen_nodes.LIARS
    assert [each.wrong for each in hmat] == [[], []]
    assert "in the order" in said(all_found, "HMAT latencies").sentence
    assert "GB/s stands for" in said(all_found, "HMAT bandwidths").sentence


def test_honest_distances_are_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = dataset(tmp_path, monkeypatch)
    for one, other in specimen_nodes.LIARS:
        loaded.machine["distances"][one][other] = 22
    firmware = said(found(loaded), "firmware's distances")
    assert firmware.value == 0 and "22 stands for 1.9" in firmware.sentence


def test_one_distance_for_two_plateaus_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an Opteron 6174 claims: 20 for every pair."""
    loaded = dataset(tmp_path, monkeypatch)
    loaded.machine["distances"] = [
        [10 if one == other else 20 for other in range(4)] for one in range(4)
    ]
    firmware = said(found(loaded), "firmware's distances")
    assert firmware.value == 5 and "and 2 more" in firmware.sentence


def test_an_hmat_that_lies_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = dataset(tmp_path, monkeypatch)
    far = loaded.machine["memory_attributes"][-1]
    far.update(read_latency_ns=40, read_bandwidth_bytes_per_s=int(50e9))
    all_found = found(loaded)
    for source, claim in (("latencies", "40 ns"), ("bandwidths", "50 GB/s")):
        sentence = said(all_found, f"HMAT {source}").sentence
        assert f"wrong for 1 of 4 pairs: {claim} from node 1 to node 3" in sentence


def test_few_launches_call_no_firmware_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(specimen, "LAUNCHES", 3)
    all_found = found(dataset(tmp_path, monkeypatch))
    assert "4 launches are needed" in said(all_found, "firmware's distances").sentence


def test_firmware_that_tells_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = dataset(tmp_path, monkeypatch)
    loaded.machine.update(distances=None, memory_attributes=[])
    all_found = found(loaded)
    assert "tells them of none" in said(all_found, "firmware's distances").sentence
    assert not any("HMAT" in each.sentence for each in all_found)


def test_another_node_that_is_faster_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(cell: Cell) -> None:
        if cell["cpu_node"] == 1 and cell["src_node"] == 3:
            cell["cost_ns"] *= 0.3

    assert checks(found(dataset(tmp_path, monkeypatch, change))) == {
        "nearest loads": False,
        "nearest copies": False,
        "symmetric loads": True,
        "symmetric copies": True,
        "size": True,
    }


def test_another_way_back_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(cell: Cell) -> None:
        if cell["cpu_node"] == 2 and cell["src_node"] == 1:
            cell["cost_ns"] *= 1.4

    told = checks(found(dataset(tmp_path, monkeypatch, change)))
    assert not told["symmetric loads"] and not told["symmetric copies"]
    assert told["nearest loads"] and told["nearest copies"]


def test_copies_unlike_those_of_size_are_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(cell: Cell) -> None:
        cell["cost_ns"] *= 1.3 if cell["work"] == "copy" else 1

    assert not checks(found(dataset(tmp_path, monkeypatch, change)))["size"]


def test_one_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(specimen_nodes, "CPUS", {0: 1})
    monkeypatch.setattr(specimen_nodes, "MEMORIES", (0,))
    monkeypatch.setattr(specimen_nodes, "MACHINE", {})
    loads, copies, size = found(dataset(tmp_path, monkeypatch))
    assert loads.sentence.endswith(
        "this machine has one node, so there is no wrong one"
    )
    assert (loads.value, loads.unit) == (near(90), "ns")
    assert (copies.value, copies.unit) == (near(9.4), "GB/s")
    assert size.agrees


@pytest.mark.parametrize("work, words", [("chase", "a load"), ("copy", "a copy")])
def test_what_was_skipped_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: str, words: str
) -> None:
    def change(cell: Cell) -> None:
        if cell["work"] == work:
            cell.update(verdict="skipped", reason="mbind is forbidden")

    first = said(found(dataset(tmp_path, monkeypatch, change)), "mbind")
    assert first.value is None and words in first.sentence
    assert first.sentence.endswith("can't be said: mbind is forbidden")


def test_other_nodes_that_were_skipped_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(cell: Cell) -> None:
        if {cell["src_node"], cell.get("dst_node", cell["src_node"])} != {
            cell["cpu_node"]
        }:
            cell.update(verdict="skipped", reason="mbind is forbidden")

    loads, copies, _ = found(dataset(tmp_path, monkeypatch, change))
    for each in (loads, copies):
        assert each.sentence.endswith(
            "another node costs can't be said: mbind is forbidden"
        )
