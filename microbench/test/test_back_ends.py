"""A build without the libraries that are not indispensable: it measures, and says what it lacks."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from driver import EMULATOR, ONE_CELL, TINY, machine_facts, valid_dataset

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ["COPYCOST_BUILD"]).parent / "test-without-libraries"


@pytest.fixture(scope="module")
def program() -> str:
    """Built beside the ordinary one; what calls this test has no say in how."""
    if not shutil.which("make") or EMULATOR:
        pytest.skip("needs make, and a compiler for this CPU")
    make = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "SANITIZE", "WITHOUT"}
    environment = {key: os.environ[key] for key in os.environ.keys() - make}
    variables = [
        "WITHOUT=hwloc numa papi http_parser pcap uring mnl ocaml",
        f"BUILD={BUILD}",
    ]
    command = ["make", "--silent", "-j2", "-C", str(ROOT), *variables]
    subprocess.run(command, env=environment, check=True)
    return str(ROOT / BUILD / "copycost")


def test_it_measures(program: str) -> None:
    command = [program, "run", *ONE_CELL, "--out=dataset", "--format=none"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    loaded = valid_dataset(Path("dataset"))
    back_ends = loaded.machine["backends"]
    assert back_ends["topology"] == "sysfs: built without hwloc"
    assert not Path("dataset/topology.xml").exists()
    assert back_ends["nodes"] == "none: built without libnuma"
    assert back_ends["counters"] == "perf_event_open"
    assert loaded.machine["build"]["ocaml"] is None
    assert back_ends["heads"] == "none: built without libhttp-parser"
    assert back_ends["uring"] == "none: built without liburing"
    row = loaded.table("size").iloc[0]
    assert row["median_ns"] > 0
    assert (row["src_node_asked"], row["src_node_got"]) == ("local", "0")
    assert row["counters_reason"] and "PAPI" not in row["counters_reason"]


def test_it_says_that_it_has_no_ocaml(program: str) -> None:
    arguments = ["call", "--boundary=direct,ocaml_blit", "--size=8", *TINY]
    command = [program, "run", *arguments, "--out=none", "--format=csv"]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    direct, blit = text.splitlines()[1:]
    assert "skipped" not in direct and "skipped,built without OCaml" in blit


def test_request_heads_are_skipped(program: str) -> None:
    cells = ["vector", "--size=64", "--fragments=4", "--approach=in_place", *TINY]
    command = [program, "run", *cells, "--out=dataset", "--format=none"]
    subprocess.run(command, check=True)
    table = valid_dataset(Path("dataset")).table("vector").set_index("parser")
    assert table.loc["http", "verdict"] == "skipped"
    assert "built without libhttp-parser" in table.loc["http", "reason"]
    assert (table.drop("http")["median_ns"] > 0).all()


def test_it_says_so(program: str) -> None:
    text = subprocess.run(
        [program, "list", "counters"], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    assert text.startswith("counters (perf_event_open):")


def test_no_capture_can_be_read(program: str) -> None:
    command = [program, "run", "mix", "--distribution=pcap", "--dry-run", "--quiet"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    assert "skipped: built without libpcap" in done.stdout
    refused = subprocess.run(
        [*command, "--pcap=packets.pcap"], capture_output=True, text=True
    )
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--pcap: 'packets.pcap' can't be read: built without libpcap" in (
        refused.stderr
    )


def test_the_machine_is_the_same(program: str) -> None:
    text = subprocess.run(
        [program, "machine", "--json"], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    here, there = machine_facts(), json.loads(text)
    if not here["backends"]["topology"].startswith("hwloc "):
        pytest.skip("the ordinary program has no hwloc either")
    for facts in here, there:
        facts["memory"].pop("hugetlb_pages_free")  # may change in between
        facts["cpu"].pop("kinds")  # hwloc has further ways to tell cores apart
    for key in ("cpu", "memory", "nodes", "distances", "memory_attributes"):
        assert there[key] == here[key], key
    if there["caches"]:  # hwloc can ask an x86 CPU itself
        assert there["caches"] == here["caches"]


def test_io_uring_is_skipped(program: str) -> None:
    cells = ["proxy", "--relay=io_uring,splice", "--message=64", "--source=socket"]
    rest = ["--transport=unix", "--inspect=none", "--mode=throughput", "--pair=cpu"]
    command = [program, "run", *cells, *rest, *TINY, "--out=dataset", "--format=none"]
    subprocess.run(command, check=True)
    table = valid_dataset(Path("dataset")).table("proxy").set_index("relay")
    assert set(table.loc[["io_uring"], "verdict"]) == {"skipped"}
    assert "built without liburing" in table.loc[["io_uring"], "reason"].iloc[0]
    assert (table.loc[["splice"], "median_ns"] > 0).all()
