"""The experiment nodes from end to end, on however many nodes there are."""

from typing import List

import pytest

from driver import (
    TINY,
    allowed_cpus,
    assert_refused,
    copycost,
    dataset_of,
    machine_facts,
    output_of,
    rows_of,
)
from results import findings

SMALL = ["nodes", "--size=1Mi", *TINY]
MEASURED = {"ok", "noisy"}


def cells_of(*arguments: str) -> List[str]:
    """The lines of a dry run that stand for cells."""
    return output_of("run", "nodes", *arguments, "--dry-run", "--quiet").splitlines()[
        :-1
    ]


def test_every_node_is_measured_where_it_is() -> None:
    loaded = dataset_of(*SMALL)
    table = loaded.table("nodes")
    nodes = loaded.machine["nodes"]
    assert set(table["cpu_node"]) <= {node["node"] for node in nodes if node["cpus"]}
    reasons = table["reason"][table["verdict"] == "skipped"]
    assert set(table["verdict"]) <= {*MEASURED, "skipped"} and all(reasons)
    if len(nodes) == 1:
        assert len(table) == 2 and set(table["verdict"]) <= MEASURED
    measured = table[table["verdict"].isin(MEASURED)]
    assert (measured["cpu_got"] == measured["cpu_asked"]).all()
    assert (measured["src_node"].astype(str) == measured["src_node_asked"]).all()
    assert measured["src_node_got"].isin([*measured["src_node_asked"], "unknown"]).all()
    copies = measured[measured["work"] == "copy"]
    assert (copies["dst_node"].astype(str) == copies["dst_node_asked"]).all()
    assert (copies["payload_bytes"] == 1 << 20).all()
    chases = table[table["work"] == "chase"]
    for absent in ("dst_node", "size", "kernel"):
        assert (chases[absent].isna() | (chases[absent] == "")).all()
    assert (chases["payload_bytes"] == 0).all() and chases["gb_per_s"].isna().all()
    assert (measured["calls"][measured["work"] == "chase"] % 8 == 0).all()
    sentences = [each.sentence for each in findings.of_experiment(loaded, "nodes")]
    assert sentences[0].startswith(("a load from memory of the CPU's own", "how long"))


def test_the_cpu_that_is_asked_for_is_taken_on_its_node() -> None:
    cpu = allowed_cpus()[-1]
    rows = rows_of(*SMALL, f"--cpu={cpu}")
    assert cpu in set(rows["cpu_asked"])


def test_large_pages_are_asked_for() -> None:
    rows = rows_of(*SMALL, "--work=chase", "--page=thp")
    assert set(rows["page_asked"]) == {"thp"}


def test_quick_has_a_cell_a_place() -> None:
    facts = machine_facts()
    if len(facts["nodes"]) > 1:
        pytest.skip("this machine has several nodes")
    chase, copy = cells_of()
    assert "cpu_node=0 src_node=0 dst_node=- work=chase size=- kernel=-" in chase
    assert "cpu_node=0 src_node=0 dst_node=0 work=copy" in copy
    assert len(cells_of("--size=1Ki,2Ki", "--work=chase")) == 1


@pytest.mark.parametrize("option", ["cpu-node", "src-node", "dst-node"])
def test_a_node_that_is_not_there_is_a_row(option: str) -> None:
    table = dataset_of(*SMALL, "--work=copy", f"--{option}=4000").table("nodes")
    assert set(table["verdict"]) == {"skipped"}
    assert set(table["reason"]) == {"this machine has no node 4000"}
    assert set(table[option.replace("-", "_")]) == {4000}
    assert table["median_ns"].isna().all()


def test_a_node_beside_one_that_is_not_there_is_measured() -> None:
    node = machine_facts()["nodes"][0]["node"]
    rows = rows_of(*SMALL, "--work=chase", f"--src-node={node},4000")
    assert set(rows["src_node"]) == {node, 4000}
    assert set(rows["verdict"][rows["src_node"] == 4000]) == {"skipped"}


@pytest.mark.parametrize(
    "option, value, words",
    [
        ("--cpu-node", "near", ["--cpu-node", "'near'"]),
        ("--src-node", "-1", ["--src-node", "'-1'"]),
        ("--dst-node", "2-1", ["--dst-node", "'2-1'"]),
        ("--work", "run", ["--work takes copy, chase", "'run'"]),
        ("--size", "big", ["--size"]),
        ("--kernel", "nothing", ["no kernel here is called 'nothing'"]),
    ],
)
def test_nonsense_is_refused(option: str, value: str, words: List[str]) -> None:
    assert_refused(copycost("run", "nodes", f"{option}={value}"), 2, *words)


def test_more_than_the_memory_is_a_row() -> None:
    rows = rows_of("nodes", "--work=copy", "--size=memory", *TINY)
    assert set(rows["verdict"]) == {"skipped"}
    assert rows["reason"].str.contains("a quarter of the memory").all()
