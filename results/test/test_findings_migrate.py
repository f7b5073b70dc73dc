"""What is said of migrate, on datasets whose truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, List

import numpy
import pytest

from results import findings, load
from results.findings import migrate
from results.test import specimen, specimen_migrate
from results.test.specimen_cells import BINS_BY_VISIT, Cell
from results.test.specimen_migrate import FOLLOW_MS, LARGE, LEFT, REFILL_MS, SMALL

LAUNCHES = 8


@pytest.fixture(scope="module", autouse=True)
def many_launches() -> Any:
    """As many as a quick run has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(specimen, "LAUNCHES", LAUNCHES)
        yield


@pytest.fixture(scope="module", name="dataset")
def specimen_dataset(tmp_path_factory: pytest.TempPathFactory) -> load.Dataset:
    """A specimen with migrate; not to be changed."""
    path = tmp_path_factory.mktemp("migrate") / "specimen"
    return load.dataset(specimen.write(path, ("migrate",)))


@pytest.fixture(scope="module", name="courses")
def specimen_courses(dataset: load.Dataset) -> List[migrate.Course]:
    """All of them."""
    return migrate.read(dataset)


def course_of(courses: List[migrate.Course], *point: Any) -> migrate.Course:
    """The one of that where, mover, pages and size."""
    (found,) = (
        each
        for each in courses
        if (each.where, each.mover, each.pages, each.size) == point
    )
    return found


def test_the_specimens_ratios(courses: List[migrate.Course]) -> None:
    for course in courses:
        truth = 1.0 if course.pages == "follow" else LEFT[course.where]
        found = course.ratio(course.settled)
        assert found.value == pytest.approx(truth, rel=0.02)
        assert found.low <= truth * 1.01 and found.high >= truth * 0.99


def test_the_specimens_recoveries(courses: List[migrate.Course]) -> None:
    for course in courses:
        truth = FOLLOW_MS if course.pages == "follow" else 0
        if course.pages == "stay" and course.size == SMALL:
            truth = REFILL_MS
        found = course.recovery_ms()
        assert found.value == truth
        assert found.low <= truth <= found.high


def test_milliseconds_without_a_copy_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(specimen_migrate, "FOLLOW_LEFT", 0.0)
    courses = migrate.read(written(tmp_path))
    course = course_of(courses, "machine", "thread", "follow", LARGE)
    assert course.visits.shape[1] == 115
    assert course.ratio(course.worst).value == 0
    assert course.recovery_ms().value == FOLLOW_MS


def written(path: Path) -> load.Dataset:
    """The specimen as it is now."""
    return load.dataset(specimen.write(path / "specimen", ("migrate",)))


def changed(monkeypatch: pytest.MonkeyPatch, change: Callable[..., int]) -> None:
    """Gives the specimen's counts by a function of cell, millisecond and honest count."""
    name, unit, description, honest = BINS_BY_VISIT["migrate"]

    def bins(cell: Cell, launch: int, sweep: int) -> Dict[int, int]:
        counts = honest(cell, launch, sweep)
        return {ms: change(cell, ms, count) for ms, count in counts.items()}

    monkeypatch.setitem(BINS_BY_VISIT, "migrate", (name, unit, description, bins))


def checks(dataset: load.Dataset) -> Dict[str, List[bool]]:
    """Whether each cross-check agrees, by the words that it begins with."""
    found: Dict[str, List[bool]] = {"back": [], "without": [], "once": []}
    for finding in migrate.find(dataset):
        if finding.agrees is not None:
            _, claim, *_ = finding.sentence.split(": ")
            found[claim.split()[0]].append(finding.agrees)
            assert finding.cells
    return found


def test_the_cross_checks_agree(dataset: load.Dataset) -> None:
    assert checks(dataset) == {
        "back": [True],
        "without": [True] * 2,
        "once": [True] * 2,
    }


def test_a_rate_that_does_not_come_back_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(cell: Cell, ms: int, count: int) -> int:
        lost = cell["where"] == "machine" and ms >= specimen_migrate.back_ms(cell)
        return count // 2 if lost else count

    changed(monkeypatch, broken)
    dataset = written(tmp_path)
    assert checks(dataset)["back"] == [False]
    (found,) = (each for each in migrate.find(dataset) if each.agrees is False)
    assert "another package" in found.sentence and "disagrees" in found.sentence
    assert found.value == pytest.approx(0.5, rel=0.05)


def test_a_recovery_without_its_pages_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(cell: Cell, ms: int, count: int) -> int:
        away = cell["where"] == "machine" and cell["pages"] == "stay"
        return 2 * count if away and 27 <= ms < 40 else count

    changed(monkeypatch, broken)
    dataset = written(tmp_path)
    assert checks(dataset)["without"] == [True, False]
    dataset.machine["numa_balancing"] = True
    assert checks(dataset)["without"] == []
    assert any(
        "NUMA balancing is on" in each.sentence for each in migrate.find(dataset)
    )


def test_pages_that_followed_in_vain_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(cell: Cell, ms: int, count: int) -> int:
        away = cell["pages"] == "follow" and 15 <= ms < 70
        return count * 3 // 4 if away else count

    changed(monkeypatch, broken)
    dataset = written(tmp_path)
    assert checks(dataset)["once"] == [False, False]
    dataset.experiments["migrate"]["followed_share"] = 0.4
    assert checks(dataset)["once"] == []
    said = [each.sentence for each in migrate.find(dataset)]
    assert any("40 % of the pages had followed" in sentence for sentence in said)


def test_a_rate_that_nobody_can_tell_is_not_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = numpy.random.default_rng(5)
    changed(monkeypatch, lambda cell, ms, count: 1 + int(count * random.random() ** 4))
    found = list(migrate.find(written(tmp_path)))
    assert any("can't be told" in each.sentence for each in found)
    assert any(each.agrees is None and "cross-check" in each.sentence for each in found)


def test_sentences(dataset: load.Dataset) -> None:
    found = list(findings.of_experiment(dataset, "migrate"))
    said = [each.sentence for each in found]
    assert len(set(said)) == len(said)
    for each in found:
        assert each.experiment == "migrate" and not each.sentence.endswith(".")
    assert any(
        "the rate settles 12 ms (11 to 13) after the move" in one for one in said
    )
    assert any("in common just: core, l2, cluster, node" in one for one in said)


def test_few_launches_say_no_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(specimen, "LAUNCHES", 4)
    said = [each.sentence for each in migrate.find(written(tmp_path))]
    assert any("when the rate settles can't be said from 4 launches" in s for s in said)
    assert not any("ms (" in sentence for sentence in said)


def test_nowhere_to_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = written(tmp_path)
    table = dataset.experiments["migrate"]
    reason = "moving needs 2 CPUs, and 1 may be used"
    skipped = table[table["verdict"] == "skipped"].assign(reason=reason)
    dataset.experiments["migrate"] = skipped
    (finding,) = migrate.find(dataset)
    assert finding.sentence == f"a move can't be judged here: {reason}"
    assert finding.value is None
