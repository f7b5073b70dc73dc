"""What is put into a specimen of remap comes out of it again, and what is broken is found."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

import numpy
import pandas
import pytest

from results import findings, load, passages
from results.crossovers import Crossover
from results.estimate import Estimate
from results.findings import Finding, remap
from results.test import specimen, specimen_remap


@pytest.fixture(scope="module", name="folder")
def specimen_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A specimen with size and remap; not to be written to."""
    path = tmp_path_factory.mktemp("remap") / "specimen"
    return specimen.write(path, ("size", "remap"))


@pytest.fixture(name="dataset")
def specimen_dataset(folder: Path) -> load.Dataset:
    """Read afresh, so that a test may break it."""
    return load.dataset(folder)


def sentences(dataset: load.Dataset) -> List[str]:
    """All that is said."""
    return [each.sentence for each in findings.of_experiment(dataset, "remap")]


def the_one(dataset: load.Dataset, *words: str) -> Finding:
    """The finding that has all these words."""
    (found,) = (
        each
        for each in remap.find(dataset)
        if all(word in each.sentence for word in words)
    )
    return found


def truth(mechanism: str, touch: str = "none", threads: int = 0) -> float:
    """The size at which it costs what a memcpy costs, by steps of 1 %."""
    sizes = numpy.exp(numpy.arange(numpy.log(4096), numpy.log(16 << 20), 0.01))
    dearer = [
        size
        for size in sizes
        if specimen_remap.pass_ns(mechanism, touch, "base", threads, int(size))
        > specimen_remap.pass_ns("memcpy", touch, "base", threads, int(size))
    ]
    return float(dearer[-1])


def only(dataset: load.Dataset, start: str) -> Finding:
    """The finding whose sentence starts so."""
    (found,) = (each for each in remap.find(dataset) if each.sentence.startswith(start))
    return found


@pytest.fixture(name="way")
def way_of(dataset: load.Dataset) -> Callable[[str, str], Finding]:
    """The crossover of a mechanism and touch, alone."""
    return lambda mechanism, touch: only(
        dataset,
        f"a payload {passages.MECHANISMS[mechanism]}, {passages.TOUCHES[touch]}, ",
    )


Way = Callable[[str, str], Finding]


def test_where_a_flip_begins_to_win(way: Way) -> None:
    """Within the bend between neighbouring sizes, which are four times apart."""
    found = way("mremap", "none")
    assert found.value == pytest.approx(truth("mremap"), rel=0.25)
    assert found.low is not None and found.high is not None
    assert found.low < (found.value or 0) < found.high < 1.3 * found.low
    assert (found.unit, found.agrees) == ("bytes", None)
    assert "a memcpy costs" in found.sentence and " pages; " in found.sentence


@pytest.mark.parametrize("touch", ["none", "lines", "all"])
def test_a_flip_wins_whatever_is_touched(way: Way, touch: str) -> None:
    found = way("mremap", touch)
    assert found.value == pytest.approx(truth("mremap", touch), rel=0.25)


def test_touching_leaves_less_of_the_advantage(way: Way) -> None:
    def factor(touch: str) -> float:
        words = way("mremap", touch).sentence.split("a memcpy costs ")[1]
        return float(words.split(" ")[0])

    assert factor("none") > factor("lines") > factor("all") > 1


def test_a_flip_that_wins_in_memory_only(way: Way) -> None:
    assert way("userfaultfd", "none").value == pytest.approx(
        truth("userfaultfd"), rel=0.4
    )


@pytest.mark.parametrize(
    "mechanism", ["mremap_dontunmap", "process_vm_readv", "vmsplice_gift"]
)
def test_what_never_wins(way: Way, mechanism: str) -> None:
    found = way(mechanism, "none")
    assert "at no size up to 16 MiB cheaper" in found.sentence
    assert found.unit == "1" and found.value is not None and found.value > 1


def test_what_always_wins(way: Way) -> None:
    found = way("memfd", "none")
    assert "from 4 KiB on, the smallest size" in found.sentence
    assert found.value is not None and found.value < 0.1


def test_a_page_and_a_pass(dataset: load.Dataset) -> None:
    found = the_one(dataset, "a page of 4 KiB costs mremap ")
    wanted = specimen_remap.PAGE_NS["mremap"] + specimen_remap.STAMP_NS
    assert found.value == pytest.approx(wanted, rel=0.1)
    fixed = float(found.sentence.split("a pass ")[1].split(" ")[0])
    assert fixed == pytest.approx(specimen_remap.PASS_NS["mremap"], rel=0.1)
    assert (
        "fresh ones" in the_one(dataset, "costs mremap_dontunmap", "page of").sentence
    )


def test_other_threads(dataset: load.Dataset) -> None:
    found = the_one(dataset, "beside 7 other threads of the", "mremap costs")
    fixed = specimen_remap.PASS_NS["mremap"] + 21.5
    assert found.value == pytest.approx((fixed + 7 * 1500) / fixed, rel=0.05)
    later = only(dataset, "beside 7 other threads, a payload moved by mremap, ")
    assert later.value == pytest.approx(truth("mremap", threads=7), rel=0.4)


def test_huge_pages(dataset: load.Dataset) -> None:
    found = the_one(dataset, "at 16 MiB base pages cost userfaultfd")
    costs = [
        specimen_remap.pass_ns("userfaultfd", "none", page, 0, 16 << 20)
        for page in ("base", "thp")
    ]
    assert found.value == pytest.approx(costs[0] / costs[1], rel=0.05)


def change(dataset: load.Dataset, query: str, **to: object) -> None:
    """Sets columns of these rows of the table."""
    table = dataset.experiments["remap"]
    rows = table.query(query).index
    for column, value in to.items():
        if isinstance(value, float):
            table[column] = table[column].astype("float64")
        table.loc[rows, column] = value


def test_huge_pages_that_were_not_granted(dataset: load.Dataset) -> None:
    change(dataset, "page == 'thp'", huge_share_got=0.5)
    assert "50 % of them huge" in the_one(dataset, "base pages cost mremap ").sentence


def test_what_was_skipped_is_said(dataset: load.Dataset) -> None:
    for query in ("mechanism == 'userfaultfd'", "page == 'thp'"):
        change(dataset, query, verdict="skipped", reason="this kernel has none")
    said = sentences(dataset)
    assert "of userfaultfd nothing can be said: this kernel has none" in said
    assert "of thp pages nothing can be said: this kernel has none" in said


def test_nothing_was_measured(dataset: load.Dataset) -> None:
    change(dataset, "size > 0", verdict="skipped", reason="no")
    names = [*(each for each in ("memcpy", *passages.MECHANISMS)), "thp pages"]
    assert sentences(dataset) == [
        f"of {name} nothing can be said: no" for name in names
    ]


def test_few_launches_make_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for launches in (2, 4):
        monkeypatch.setattr(specimen, "LAUNCHES", launches)
        path = specimen.write(tmp_path / f"specimen{launches}", ("remap",))
        loaded = load.dataset(path)
        never = only(loaded, "a payload copied by process_vm_readv, untouched").sentence
        assert "not surely cheaper than a memcpy at any size" in never
        assert "the smallest size" not in "".join(sentences(loaded))
    assert "to" in only(loaded, "a payload shared in a memfd, untouched").sentence


def test_where_nobody_knows_it_is_not_told_in_pages(
    dataset: load.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = passages.crossover

    def vague(*asked: Any) -> Optional[Crossover]:
        each = found(*asked)
        ends = Estimate(50e3, each.sizes[0], each.sizes[-1]) if each else None
        return each._replace(bytes=ends) if each and ends else None

    monkeypatch.setattr(passages, "crossover", vague)
    said = only(dataset, "a payload moved by mremap, untouched, ")
    assert "not surely cheaper than a memcpy at any size up to" in said.sentence
    assert " pages" not in said.sentence and said.unit == "1"


@pytest.mark.parametrize(
    "keep",
    [
        "mechanism == 'memcpy'",
        "mechanism != 'memcpy'",
        "touch == 'all'",
        "threads == 7",
        "page == 'thp'",
        "size == 4096",
        "size in (4096, 16384)",
        "mechanism in ('memcpy', 'memfd') and size == 4096",
    ],
)
def test_little(dataset: load.Dataset, keep: str) -> None:
    dataset.experiments["remap"] = dataset.experiments["remap"].query(keep)
    for finding in remap.find(dataset):
        assert "nan" not in finding.sentence and not finding.sentence.endswith(".")


CHECKS = [
    "takes a page fault for every",
    "straight line",
    "more than of",
    "moves nothing",
    "advantage",
    "in size",
]


def checks(dataset: load.Dataset) -> Dict[str, bool]:
    """What each cross-check says."""
    return {
        words: bool(the_one(dataset, "cross-check: ", words).agrees) for words in CHECKS
    }


def test_cross_checks_agree(dataset: load.Dataset) -> None:
    assert checks(dataset) == dict.fromkeys(CHECKS, True)


@pytest.mark.parametrize(
    "mechanism, faults", [("mremap_dontunmap", 3.0), ("mremap", 16.0)]
)
def test_faults_that_do_not_fit_are_found(
    dataset: load.Dataset, mechanism: str, faults: float
) -> None:
    """In one cell of many."""
    query = f"mechanism == '{mechanism}' and size == 65536 and touch == 'all'"
    change(dataset, query, faults=faults)
    assert not checks(dataset)["takes a page fault for every"]


def broken(
    tmp_path: Path,
    patch: pytest.MonkeyPatch,
    cost: Callable[[pandas.Series, float], float],
) -> load.Dataset:
    """A specimen whose passes cost what `cost` makes of the cell and its honest cost."""
    honest = specimen_remap.make

    def make(*point: object) -> Dict[str, object]:
        cell = honest(*point)  # type: ignore[arg-type]
        cell["cost_ns"] = cost(pandas.Series(cell), cell["cost_ns"])
        return cell

    patch.setattr(specimen_remap, "make", make)
    return load.dataset(specimen.write(tmp_path / "specimen", ("size", "remap")))


def test_a_flip_that_moves_nothing_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its cost is the same for any number of pages."""
    loaded = broken(
        tmp_path,
        monkeypatch,
        lambda cell, ns: 2000 if cell["mechanism"] == "mremap" else ns,
    )
    assert not checks(loaded)["more than of"]


def test_a_cost_that_jumps_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = broken(
        tmp_path,
        monkeypatch,
        lambda cell, ns: (
            2 * ns
            if cell["mechanism"] == "userfaultfd" and cell["size"] == 256 << 10
            else ns
        ),
    )
    assert not checks(loaded)["straight line"]


def test_sharing_that_copies_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = broken(
        tmp_path,
        monkeypatch,
        lambda cell, ns: (
            ns + specimen_remap.copy_ns(cell["size"])
            if cell["mechanism"] == "memfd"
            else ns
        ),
    )
    assert not checks(loaded)["moves nothing"]


def test_a_touch_that_does_not_touch_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cost(cell: pandas.Series, ns: float) -> float:
        pages = cell["size"] / specimen_remap.PAGE
        return ns - specimen_remap.TOUCH_NS[cell["touch"]] * pages

    assert not checks(broken(tmp_path, monkeypatch, cost))["advantage"]


def test_a_copy_that_costs_too_much_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = broken(
        tmp_path,
        monkeypatch,
        lambda cell, ns: 1.5 * ns if cell["mechanism"] == "memcpy" else ns,
    )
    assert not checks(loaded)["in size"]
