"""What is found of loaded: the truth that was put in, and what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, List, Sequence

import pandas
import pytest

from results import findings, load, loaded
from results.findings import Finding
from results.findings import loaded as of_loaded
from results.test import specimen, specimen_cells, specimen_loaded
from results.test.specimen_cells import Cell

Change = Callable[[Cell], None]
CHECKS = {
    "the idle rea": True,
    "beside copie": True,
    "asked for 10": True,
    "copiers stop": True,
}


def changed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Change = lambda cell: None,
    beside: Sequence[str] = (),
) -> load.Dataset:
    """A specimen whose cells were changed."""
    cells = specimen_loaded.cells_loaded()
    for cell in cells:
        change(cell)
    monkeypatch.setitem(specimen_cells.CELLS, "loaded", lambda: cells)
    return load.dataset(specimen.write(tmp_path / "specimen", (*beside, "loaded")))


def found(dataset: load.Dataset) -> List[Finding]:
    return list(findings.of_experiment(dataset, "loaded"))


def checks(all_found: List[Finding]) -> Dict[str, Any]:
    """Whether each cross-check agrees, by its first words."""
    return {
        each.sentence.split(": ")[1][:12]: each.agrees
        for each in all_found
        if each.sentence.startswith("cross-check")
    }


def near(value: float, share: float = 0.03) -> Any:
    return pytest.approx(value, rel=share)


def test_truth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    all_found = found(changed(tmp_path, monkeypatch))
    rise, begin, tail = all_found[:3]
    most = specimen_loaded.injected(7, 100)
    times = specimen_loaded.latency_ns(most) / specimen_loaded.IDLE_NS
    assert rise.value == near(times) and rise.unit == "1"
    assert rise.low is not None and rise.high is not None
    assert rise.low <= rise.value <= rise.high
    assert "a load from 64 MiB takes 9" in rise.sentence
    assert f"beside 7 copiers of {most:.3g} GB/s" in rise.sentence
    assert begin.value == near(specimen_loaded.KNEE) and begin.unit == "GB/s"
    assert tail.value == near(6 * specimen_loaded.latency_ns(most))
    assert "a load's mean over 8, one in 100 takes 144 ns idle" in tail.sentence
    assert checks(all_found) == CHECKS


def test_latency_that_does_not_rise_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is wrong only where copiers stand in each other's way."""

    def change(cell: Cell) -> None:
        cell["cost_ns"] = specimen_loaded.IDLE_NS

    rise, begin, *others = found(changed(tmp_path, monkeypatch, change))
    assert rise.value == near(1)
    assert begin.value is None and "has not risen by 10 %" in begin.sentence
    assert checks(others) == CHECKS
    monkeypatch.setattr(specimen_loaded, "KNEE", 30.0)
    (tmp_path / "full").mkdir()
    dataset = changed(tmp_path / "full", monkeypatch, change)
    assert checks(found(dataset)) == {**CHECKS, "7 copiers co": False}


def test_a_full_memory_makes_loads_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(specimen_loaded, "KNEE", 30.0)
    all_found = found(changed(tmp_path, monkeypatch))
    assert checks(all_found) == {**CHECKS, "7 copiers co": True}
    assert all_found[1].value == near(30, 0.1)


def test_latency_that_falls_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(cell: Cell) -> None:
        cell["cost_ns"] /= 1 + 0.3 * (cell["copiers"] == 3)

    dataset = changed(tmp_path, monkeypatch, change)
    assert checks(found(dataset)) == {**CHECKS, "beside copie": False}


def test_copiers_that_are_not_throttled_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(cell: Cell) -> None:
        if cell["copiers"] == 1:
            cell["injected_gb_per_s"] = 9 + cell["rate"] / 100

    dataset = changed(tmp_path, monkeypatch, change)
    assert checks(found(dataset)) == {**CHECKS, "asked for 10": False}


def test_readings_that_are_not_of_the_loads_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twice = {2 * share: count for share, count in specimen_loaded.SPREAD.items()}
    monkeypatch.setattr(specimen_loaded, "SPREAD", twice)
    dataset = changed(tmp_path, monkeypatch)
    assert checks(found(dataset)) == {**CHECKS, "the idle rea": False}


def test_copiers_that_stop_late_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = changed(tmp_path, monkeypatch)
    raw = dataset.samples("loaded")
    raw["ticks"] += (raw["ticks"] * 0.05 * (raw["member"] > 0)).astype("int64")
    monkeypatch.setattr(load.Dataset, "samples", lambda *_: raw)
    assert checks(found(dataset)) == {**CHECKS, "copiers stop": False}


@pytest.mark.parametrize("times, agrees", [(1.0, True), (2.0, False)])
def test_what_limits_copies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: float, agrees: bool
) -> None:
    def change(cell: Cell) -> None:
        cell["injected_gb_per_s"] *= times

    dataset = changed(tmp_path, monkeypatch, change, ("limits",))
    assert checks(found(dataset)) == {**CHECKS, "one copier t": agrees}


def with_others(dataset: load.Dataset, ns: float) -> load.Dataset:
    """With what nodes and residency find of a load: two nodes, and two states."""
    timed = dataset.experiments["loaded"].iloc[:2].reset_index(drop=True)
    dataset.experiments["nodes"] = timed.assign(
        cell=[0, 1], work="chase", cpu_node=0, src_node=[0, 1]
    )
    states = timed.assign(src=["dram", "l1"], src_latency_ns=[ns, 1.0])
    dataset.experiments["residency"] = states
    resource = dataset.resource("loaded-samples")
    for name in ("nodes", "residency"):
        dataset.package["resources"] += [
            {**dataset.resource("loaded"), "name": name},
            {**resource, "name": f"{name}-samples"},
        ]
    return dataset


@pytest.mark.parametrize(
    "ns, agrees", [(92.0, True), (72.0, True), (45.0, False), (110.0, False)]
)
def test_other_experiments_see_the_same_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ns: float, agrees: bool
) -> None:
    dataset = with_others(changed(tmp_path, monkeypatch), ns)
    of_others = [each for each in found(dataset) if "an idle load" in each.sentence]
    nodes, residency = of_others
    assert nodes.agrees is True and nodes.value == pytest.approx(1)
    assert residency.agrees is agrees and residency.value == near(90 / ns)


def test_what_fits_a_cache_is_not_compared_with_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = with_others(changed(tmp_path, monkeypatch), 92.0)
    dataset.experiments["loaded"]["size"] = 8 << 20
    assert not [each for each in found(dataset) if "an idle load" in each.sentence]


def test_one_cpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(cell: Cell) -> None:
        if cell["copiers"]:
            for report, *_ in specimen_cells.REPORTS["loaded"]:
                cell.pop(report)
            cell.update(verdict="skipped", reason="needs 2 CPUs, and 1 may be used")

    rise, tail, *others = found(changed(tmp_path, monkeypatch, change))
    assert rise.value == near(90) and rise.unit == "ns"
    assert rise.sentence.endswith("can't be said: needs 2 CPUs, and 1 may be used")
    assert "one in 1000 takes 540 ns or more" in tail.sentence
    assert checks(others) == {"the idle rea": True}


def test_without_the_idle_latency_there_is_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = changed(tmp_path, monkeypatch)
    table = dataset.experiments["loaded"]
    idle = table["copiers"] == 0
    table.loc[idle, ["verdict", "reason"]] = ["failed", "it died"]
    (only,) = found(dataset)
    assert only.sentence.endswith("can't be said: it died") and only.value is None


def test_few_launches_place_no_rise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(specimen, "LAUNCHES", 3)
    begin = found(changed(tmp_path, monkeypatch))[1]
    assert begin.value is None and "too few launches" in begin.sentence


def test_a_percentile_needs_readings_beyond_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(specimen_loaded, "SPREAD", {1.0: 1080, 2.0: 10, 3.0: 10})
    (curve,) = loaded.read(changed(tmp_path, monkeypatch))
    idle = curve.places[0]
    assert curve.percentile(idle, 50) == 90.0
    assert curve.percentile(idle, 99) == 180.0
    assert pandas.isna(curve.percentile(idle, 99.9))


def test_names_are_those_of_the_experiment() -> None:
    assert of_loaded.NAME == loaded.NAME == "loaded"
