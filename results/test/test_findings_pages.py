"""What is put into a specimen of pages comes out of it again, and what is broken is found."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Dict, List

import pandas
import pytest

from results import estimate, findings, load, page_kinds
from results.findings import Finding, pages
from results.test import specimen, specimen_pages
from results.test.specimen_cells import cost_ns, make_cell


@pytest.fixture(scope="module", name="folder")
def specimen_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A specimen with size and pages; not to be written to."""
    path = tmp_path_factory.mktemp("pages") / "specimen"
    return specimen.write(path, ("size", "pages"))


@pytest.fixture(name="dataset")
def specimen_dataset(folder: Path) -> load.Dataset:
    """Read afresh, so that a test may break it."""
    return load.dataset(folder)


def sentences(dataset: load.Dataset) -> List[str]:
    """All that is said."""
    return [each.sentence for each in findings.of_experiment(dataset, "pages")]


def the_one(dataset: load.Dataset, *words: str) -> Finding:
    """The finding that has all these words."""
    (found,) = (
        each
        for each in pages.find(dataset)
        if all(word in each.sentence for word in words)
    )
    return found


def change(
    dataset: load.Dataset,
    rows: Callable[[pandas.DataFrame], pandas.Series],
    **to: object,
) -> None:
    """Sets columns of these rows of the table."""
    table = dataset.experiments["pages"]
    wanted = rows(table)
    for column, value in to.items():
        if column in ("faults", "huge_share_got"):
            table[column] = table[column].astype("float64")
        table.loc[wanted, column] = value


def prefaulted_ns(size: int) -> float:
    """What a copy costs."""
    return cost_ns(make_cell({"kernel": specimen_pages.KERNEL, "size": size}, size))


@pytest.mark.parametrize("page", ["base", "thp", "hugetlb"])
def test_what_a_fault_costs(dataset: load.Dataset, page: str) -> None:
    found = the_one(dataset, f"each page fault on {page} pages of ")
    assert found.value == pytest.approx(specimen_pages.FAULT_NS[page], rel=0.05)
    assert found.low is not None and found.high is not None
    assert found.low <= specimen_pages.FAULT_NS[page] * 1.02
    assert found.high >= specimen_pages.FAULT_NS[page] * 0.98
    assert (found.unit, found.agrees) == ("ns", None)


def test_by_the_kib_huge_pages_cost_less(dataset: load.Dataset) -> None:
    sentence = the_one(dataset, "each page fault on thp pages").sentence
    assert "2 MiB adds 40" in sentence or "2 MiB adds 39" in sentence
    ratio = float(sentence.split("base pages ")[1].split(" ")[0])
    assert ratio == pytest.approx(500 / 4096 / (40000 / (2 << 20)), rel=0.05)


def test_the_factor(dataset: load.Dataset) -> None:
    found = the_one(dataset, "a copy into fresh base pages")
    copy = prefaulted_ns(1 << 20)
    assert found.value == pytest.approx((copy + 256 * 500) / copy, rel=0.05)
    assert "for 64 KiB" in found.sentence and "for 1 MiB" in found.sentence


def test_from_where_on_fresh_huge_pages_are_cheaper(dataset: load.Dataset) -> None:
    """40 µs are 80 faults, which is 320 KiB; 256 KiB and 1 MiB are measured."""
    found = the_one(dataset, "fresh thp pages are cheaper")
    assert (found.low, found.value) == (256 << 10, 1 << 20)
    assert "from 1 MiB on" in found.sentence and "at 4 KiB" in found.sentence


def test_the_tlbs_reach(dataset: load.Dataset) -> None:
    """6 MiB: a working set of 2 MiB is within it, one of 8 MiB is not."""
    found = the_one(dataset, "in random order, thp pages")
    assert "of 8 MiB on, not surely in one of 2 MiB" in found.sentence
    truth = [specimen_pages.random_ns(page, 64 << 20) for page in ("base", "thp")]
    assert found.value == pytest.approx(truth[0] / truth[1], rel=0.03)


def test_in_sequence_nothing_is_gained(dataset: load.Dataset) -> None:
    for page in ("thp", "hugetlb"):
        found = the_one(dataset, f"in sequence, {page} pages")
        assert "gain nothing in the largest" in found.sentence
        assert found.value == pytest.approx(1, abs=0.03)


def test_few_launches_make_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(specimen, "LAUNCHES", 2)
    loaded = load.dataset(specimen.write(tmp_path / "specimen", ("pages",)))
    for words in ("in random order, thp", "in sequence, thp"):
        assert "do not surely gain" in the_one(loaded, words).sentence
    assert "it is not sure" in the_one(loaded, "fresh thp pages are").sentence


def test_pages_that_were_huge_in_part(dataset: load.Dataset) -> None:
    change(dataset, lambda table: table["page"] == "thp", huge_share_got=0.625)
    told = [
        each for each in sentences(dataset) if "thp" in each and "cross" not in each
    ]
    assert len(told) == 5
    for sentence in told:
        assert "thp pages (no more than 62 % of them huge)" in sentence


def test_what_was_skipped_is_said(dataset: load.Dataset) -> None:
    change(
        dataset,
        lambda table: table["page"] == "hugetlb",
        verdict="skipped",
        reason="the pool is empty",
    )
    assert (
        the_one(dataset, "hugetlb").sentence
        == "of hugetlb pages nothing can be said: the pool is empty"
    )


def test_nothing_was_measured(dataset: load.Dataset) -> None:
    change(dataset, lambda table: table["page"] != "", verdict="skipped", reason="no")
    assert sentences(dataset) == [
        f"of {page} pages nothing can be said: no" for page in page_kinds.KINDS
    ]


@pytest.mark.parametrize(
    "keep",
    [
        "mapping == 'prefaulted'",
        "mapping == 'first_touch'",
        "order == 'random'",
        "page == 'thp'",
        "size == 4096",
        "page == 'base' and size == 4096 and order == 'random'",
    ],
)
def test_little(dataset: load.Dataset, keep: str) -> None:
    dataset.experiments["pages"] = dataset.experiments["pages"].query(keep)
    for finding in pages.find(dataset):
        assert "nan" not in finding.sentence and not finding.sentence.endswith(".")


CHECKS = ["a page fault a page", "no page faults", "to the power", "in size"]


def checks(dataset: load.Dataset) -> Dict[str, bool]:
    """What each cross-check says."""
    return {
        words: bool(the_one(dataset, "cross-check: ", words).agrees) for words in CHECKS
    }


def test_cross_checks_agree(dataset: load.Dataset) -> None:
    assert checks(dataset) == dict.fromkeys(CHECKS, True)


def test_faults_that_do_not_fit_are_found(dataset: load.Dataset) -> None:
    """As if neighbours had been mapped by the same fault, in one cell of many."""
    change(
        dataset,
        lambda table: (table["page"] == "base")
        & (table["mapping"] == "first_touch")
        & (table["size"] == 1 << 20),
        faults=16.0,
    )
    assert not checks(dataset)["a page fault a page"]


def test_huge_pages_that_are_none_are_found(dataset: load.Dataset) -> None:
    """They say that they are huge, but fault page by page."""
    fresh = "page == 'thp' and mapping == 'first_touch'"
    table = dataset.experiments["pages"]
    rows = table.query(fresh).index
    table["faults"] = table["faults"].astype("float64")
    table.loc[rows, "faults"] = table.loc[rows, "size"] / 4096
    assert not checks(dataset)["a page fault a page"]


def test_prefaulted_pages_that_fault_are_found(dataset: load.Dataset) -> None:
    change(
        dataset,
        lambda table: (table["mapping"] == "prefaulted") & (table["size"] == 65536),
        faults=16.0,
    )
    assert not checks(dataset)["no page faults"]


def broken(
    tmp_path: Path, patch: pytest.MonkeyPatch, add: Callable[[int], float], mapping: str
) -> load.Dataset:
    """A specimen whose sequential copies so mapped cost that much more, by size."""
    honest = specimen_pages.make

    def make(page: str, kind: str, order: str, size: int) -> Dict[str, object]:
        cell = honest(page, kind, order, size)
        if kind == mapping and order == "sequential":
            cell["cost_ns"] += add(size)
        return cell

    patch.setattr(specimen_pages, "make", make)
    return load.dataset(specimen.write(tmp_path / "specimen", ("size", "pages")))


def test_a_cost_that_does_not_grow_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = broken(tmp_path, monkeypatch, lambda size: 1e6, "first_touch")
    assert not checks(loaded)["to the power"]


def test_a_copy_that_costs_too_much_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = broken(tmp_path, monkeypatch, lambda size: size / 50, "prefaulted")
    assert not checks(loaded)["in size"]


@pytest.mark.parametrize(
    "size, text",
    [(64, "64 B"), (4096, "4 KiB"), (1.5 * 2**20, "1.5 MiB"), (1 << 30, "1 GiB")],
)
def test_sizes_in_words(size: float, text: str) -> None:
    assert estimate.bytes_text(size) == text
