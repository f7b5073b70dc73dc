"""
Boots every machine; not part of `make check`, as it needs QEMU, kernels from Debian's archive and
copycost linked statically for each architecture: make check-boards.

All boots are begun at the start, as many at a time as there are CPUs; a test waits for its own. With
pytest's -k only those that are waited for.
"""

import os
import subprocess
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Tuple

import numpy
import pytest

import booted
from arch.test import instructions
from lab.boards import Failure, guest, machines
from results import load
from results.validate import validate

TOP = Path(__file__).resolve().parent.parent.parent
EVERY_CORE = [(row.name, core.name) for row in machines.MACHINES for core in row.cores]
COUNTED = [
    (row.name, core.name)
    for row in machines.MACHINES
    if row.counted
    for core in row.cores
]
WHOLE = [row.name for row in machines.MACHINES if not row.counted]
SEVERAL_NODES = [n for n in WHOLE if len(machines.machine(n).nodes) > 1]
LIBC = "--kernel=copy_libc_memcpy"
ONE_CELL = ["size", LIBC, "--temperature=warm", "--size=64Ki"]
CACHES = "--cache=L1:32Ki,L2:256Ki"
QUICK_SECONDS_MOST = 180
MEMORY_COPIES = [
    "size",
    LIBC,
    "--temperature=warm",
    "--size=1Mi,1536Ki,2Mi,2560Ki,3Mi,4Mi",
]
COUNTED_SAMPLES = 100
# Whose samples can't be longer: nodes evicts a chain of 8192 loads for each.
BOUNDED = {"nodes"}
# What nodes a cell asks for: near, far, and where source and destination lie apart.
PLACED = ["--src-node=1", "--dst-node=0"]


def whole(name: str, out: Path) -> guest.Ending:
    """All experiments: on the board that the quick profile is to suit, that; else each cell."""
    if name == "cubieboard":
        return booted.dataset(name, out, CACHES, limit_seconds=500)
    return booted.dataset(name, out, LIBC, *booted.ONCE, limit_seconds=900)


def placed(name: str, out: Path) -> guest.Ending:
    return booted.dataset(
        name, out, "size", LIBC, "--size=64,64Ki", *PLACED, *booted.TINY
    )


def memory_copies(name: str, out: Path) -> guest.Ending:
    samples = [f"--samples={COUNTED_SAMPLES}", "--launches=1", "--budget=60000"]
    counters = "--counters=PAPI_TOT_INS"
    return booted.dataset(name, out, *MEMORY_COPIES, *samples, counters)


class Boots:
    """Boots by name, and the folder that each leaves its files in."""

    def __init__(self, pool: ThreadPoolExecutor, top: Path) -> None:
        self.pool = pool
        self.top = top
        self.known: Dict[str, Callable[[], Any]] = {}
        self.begun: Dict[str, "Future[Any]"] = {}

    def add(
        self, name: str, boot: Callable[..., Any], machine: str, *core: str
    ) -> None:
        self.known[name] = lambda: boot(machine, self.top / name, *core)

    def begin(self, name: str) -> "Future[Any]":
        if name not in self.begun:
            self.begun[name] = self.pool.submit(self.known[name])
        return self.begun[name]

    def result(self, name: str) -> Any:
        """Waits."""
        return self.begin(name).result()

    def ended(self, name: str) -> Path:
        """Waits; asserts that it went well. Its files' folder."""
        ending = self.result(name)
        assert ending.status == 0, ending.console
        return self.top / name


def selftest(name: str, out: Path, core: str) -> guest.Ending:
    return booted.copycost(name, out, "selftest", "--functional", core=core)


def one_cell(name: str, out: Path, core: str) -> guest.Ending:
    return booted.dataset(name, out, *ONE_CELL, *booted.TINY, core=core)


@pytest.fixture(scope="session", name="boots")
def all_boots(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Boots]:
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        boots = Boots(pool, tmp_path_factory.mktemp("boots"))
        for name in WHOLE:  # the longest first
            boots.add(f"whole {name}", whole, name)
        for attempt in (1, 2):
            boots.add(f"copies {attempt}", memory_copies, "aarch64-icount")
        for name in SEVERAL_NODES:
            boots.add(f"placed {name}", placed, name)
        for name, core in COUNTED:
            boots.add(f"counts {name} {core}", booted.counts, name, core)
        for name, core in EVERY_CORE:
            boots.add(f"selftest {name} {core}", selftest, name, core)
            boots.add(f"cell {name} {core}", one_cell, name, core)
        if not request.config.option.keyword:
            for name in boots.known:
                boots.begin(name)
        yield boots


@pytest.mark.parametrize("name", WHOLE)
def test_every_experiment_runs_to_its_end(boots: Boots, name: str) -> None:
    folder = boots.ended(f"whole {name}")
    assert validate(folder) == []
    dataset = load.dataset(folder)
    assert dataset.machine["emulated"] is True
    sources = (TOP / "microbench").glob("*.c")
    present = {file.stem for file in sources if "\nBENCHMARK(" in file.read_text()}
    assert set(dataset.experiments) == present
    for experiment in dataset.experiments:
        table = dataset.table(experiment)
        assert len(table) and set(table["verdict"]) <= {"ok", "noisy", "skipped"}
        reasons = table["reason"][table["verdict"] == "skipped"]
        # The quick profile has a time, which may not reach for all where the host is busy.
        late = reasons.str.contains("time was up").any()
        assert all(reasons) and (name == "cubieboard" or not late)


def test_small_board(boots: Boots) -> None:
    """No caches known, 512 MiB, a clock of 19 us, one CPU."""
    folder = boots.ended("whole cubieboard")
    console = boots.result("whole cubieboard").console
    assert "Out of memory" not in console and "oom" not in console
    dataset = load.dataset(folder)
    machine = dataset.machine
    assert machine["cache_source"] == "given"
    assert [(cache["level"], cache["bytes"]) for cache in machine["caches"]] == [
        (1, 32 << 10),
        (2, 256 << 10),
    ]
    assert 0 < machine["memory"]["bytes"] <= 512 << 20
    begun, ended = (
        numpy.datetime64(machine["run"][f"{end}_utc"].rstrip("Z"))
        for end in ("started", "finished")
    )
    assert (ended - begun) / numpy.timedelta64(1, "s") <= QUICK_SECONDS_MOST
    clock = machine["clock"]
    wanted_ns = 500 * max(clock["step_ns"], clock["cost_ns"])
    assert wanted_ns > 1e6
    for experiment in dataset.experiments:
        table = dataset.table(experiment)
        if "size" in table and table["size"].notna().any():
            assert 2 * table["size"].max() <= machine["memory"]["bytes"] / 4
        samples = dataset.samples(experiment)
        # A call's time differs by more under emulation than from sample to sample on a board.
        if len(samples) and experiment not in BOUNDED:
            median = (samples["ticks"] * dataset.ns_per_tick).median()
            assert median >= 0.5 * wanted_ns


def test_caches_that_nobody_tells_are_unknown(boots: Boots) -> None:
    """Under emulation they are not measured, and that is said."""
    machine = booted.facts(boots.ended("cell cubieboard the board's own"))
    assert (machine["cache_source"], machine["caches"]) == ("unknown", [])
    assert "emulat" in machine["cache_reason"]


@pytest.mark.parametrize("name", SEVERAL_NODES)
def test_placement_asked_is_placement_got(boots: Boots, name: str) -> None:
    """Of every page: got is one node only where all pages are on it."""
    table = load.dataset(boots.ended(f"placed {name}")).table("size")
    assert set(table["src_node_asked"]) == {"1"} and set(table["dst_node_asked"]) == {
        "0"
    }
    measured = table[table["verdict"] != "skipped"]
    assert len(measured) >= 3
    assert (measured["src_node_got"] == measured["src_node_asked"]).all()
    assert (measured["dst_node_got"] == measured["dst_node_asked"]).all()
    assert (measured["cpu_got"] == measured["cpu_asked"]).all()


@pytest.mark.parametrize("name", SEVERAL_NODES)
def test_every_cell_is_where_it_was_asked_to_be(boots: Boots, name: str) -> None:
    """Whatever the experiment, page by page; and nodes has a cell for every place."""
    dataset = load.dataset(boots.ended(f"whole {name}"))
    for experiment in dataset.experiments:
        table = dataset.table(experiment)
        measured = table[table["verdict"] != "skipped"]
        assert (measured["cpu_got"] == measured["cpu_asked"]).all(), experiment
        for side in ("src", "dst"):
            asked, got = measured[f"{side}_node_asked"], measured[f"{side}_node_got"]
            numbered = asked.str.isdigit()
            assert (got == asked)[numbered].all(), experiment
    nodes = dataset.machine["nodes"]
    every = {node["node"] for node in nodes}
    cpus = {node["node"] for node in nodes if node["cpus"]}
    table = dataset.table("nodes")
    assert (table["verdict"] != "skipped").all()
    for work in ("chase", "copy"):
        of_work = table[table["work"] == work]
        assert set(of_work["cpu_node"]) == cpus and set(of_work["src_node"]) == every
        assert len(of_work) == len(cpus) * len(every) ** (1 + (work == "copy"))


def test_node_of_memory_only_is_no_cpu(boots: Boots) -> None:
    dataset = load.dataset(boots.ended("placed x86_64-hmat"))
    near, far = dataset.machine["nodes"]
    assert (near["cpus"], far["cpus"]) == (2, 0)
    assert (dataset.table("size")["src_node_got"] == "1").any()
    cpus = range(dataset.machine["cpu"]["online"])
    assert set(dataset.table("size")["cpu_got"].dropna()) <= set(cpus)


@pytest.mark.parametrize("name, core", EVERY_CORE)
def test_measurer_measures_what_it_says(boots: Boots, name: str, core: str) -> None:
    boots.ended(f"selftest {name} {core}")


@pytest.mark.parametrize("name, core", EVERY_CORE)
def test_dataset_describes_the_machine_that_was_asked_for(
    boots: Boots, name: str, core: str
) -> None:
    row = machines.machine(name)
    folder = boots.ended(f"cell {name} {core}")
    assert validate(folder) == []
    facts = booted.facts(folder)
    assert facts["emulated"] is True
    assert facts["cpu"]["online"] == row.cpus
    cpus = [node["cpus"] for node in facts["nodes"]]
    assert cpus == [node.cpus for node in row.nodes]
    for found, node in zip(facts["nodes"], row.nodes):
        # The kernel keeps some of it to itself.
        assert 0.75 * node.memory_mib < found["bytes"] / 2**20 <= node.memory_mib
    assert (facts["distances"] or []) == [list(line) for line in row.distances]


def test_memory_attributes_are_those_of_the_firmware(boots: Boots) -> None:
    """QEMU is told MiB/s, and the firmware's table has MB/s: it copies the number."""
    facts = booted.facts(boots.ended("cell x86_64-hmat max"))
    found = {
        (item["initiator"], item["target"]): item for item in facts["memory_attributes"]
    }
    for access in machines.machine("x86_64-hmat").accesses:
        item = found[access.initiator, access.target]
        assert item["read_latency_ns"] == access.latency_ns
        rate = access.bandwidth_mib_per_s * 10**6
        assert item["read_bandwidth_bytes_per_s"] == rate


@pytest.mark.parametrize("name, core", EVERY_CORE)
def test_counters_count_or_say_why_not(boots: Boots, name: str, core: str) -> None:
    """A counter that reads 0 is not a success."""
    dataset = load.dataset(boots.ended(f"cell {name} {core}"))
    row = dataset.table("size").iloc[0]
    for counter in dataset.machine["counters"]:
        if counter["reason"] is None:
            assert row[counter["name"]] > 0 and counter["backend"], counter
        else:
            assert numpy.isnan(row[counter["name"]]), counter
    reasons = {c["name"]: c["reason"] for c in dataset.machine["counters"]}
    if machines.machine(name).counted:
        assert (reasons["cycles"], reasons["instructions"]) == (None, None)
    else:
        assert reasons["instructions"]


def counted_copies(folder: Path) -> Tuple[List[int], List[float]]:
    """Bytes, and the mode of the instructions counted for a copy of so many."""
    dataset = load.dataset(folder)
    counts = dataset.counts("size")
    each = (counts["count"] / counts["calls"]).groupby(counts["cell"])
    assert (each.size() == COUNTED_SAMPLES).all()
    modes = each.agg(lambda values: values.mode().iloc[0])
    sizes = dataset.table("size").set_index("cell")["size"]
    return [int(sizes[cell]) for cell in modes.index], list(modes)


def test_copies_count_the_same_in_every_boot(boots: Boots) -> None:
    sizes, modes = counted_copies(boots.ended("copies 1"))
    assert (sizes, modes) == counted_copies(boots.ended("copies 2"))
    assert sizes[-1] == 4 << 20 and len(sizes) == 6
    assert numpy.corrcoef(sizes, modes)[0, 1] ** 2 > 0.9999
    assert modes[-1] > sizes[-1] / 64


def compiler(triplet: str) -> str:
    command = [f"{triplet}-gcc", "-dumpfullversion"]
    version = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return f"gcc {version.stdout.strip()}"


@pytest.mark.parametrize("name, core", COUNTED)
def test_kernels_are_as_long_as_they_were(boots: Boots, name: str, core: str) -> None:
    """
    A kernel that got longer by accident is found without any hardware. One that was meant to: what
    was found is in build/instructions-*.csv, and its lines replace those of the table.
    """
    lines = boots.result(f"counts {name} {core}")
    known = compiler(machines.machine(name).image.triplet)
    place = core if name != "arm-icount" else "cortex-a7"
    found = instructions.read_counts("\n".join(lines), place, known)
    instructions.write_table(TOP / "build" / f"instructions-{place}.csv", found)
    table = instructions.read_table(TOP / "arch/test/instructions.csv")
    compilers = {cell.compiler for cell in table if cell.core == place}
    if known not in compilers:
        pytest.skip(f"the table was counted with {', '.join(compilers)}, not {known}")
    assert instructions.compare(table, found) == []


def test_panic_is_no_success(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="(?s)panicked.*sysrq triggered crash"):
        booted.script("aarch64-icount", tmp_path, "echo c >/proc/sysrq-trigger")


def test_files_and_status_come_back(tmp_path: Path) -> None:
    ending = booted.script("cubieboard", tmp_path, "echo x >left", "exit 3")
    assert ending.status == 3, ending.console
    assert (tmp_path / "left").read_text() == "x\n"
