"""A machine that does not tell its caches: they are measured, and what is found is used or said."""

import os
from typing import Any, Dict

import pytest

from driver import ONE_KERNEL, allowed_cpus, copycost, dataset_of

SIZES = "--size=64,L1,LLC*2"


@pytest.fixture
def silent() -> Dict[str, str]:
    """The environment in which hwloc knows this machine's CPUs, but no cache."""
    cpus = max(allowed_cpus()) + 1
    described = f"pack:1 core:{cpus} pu:1"
    return {**os.environ, "HWLOC_SYNTHETIC": described, "HWLOC_THISSYSTEM": "1"}


def assert_consistent(machine: Dict[str, Any]) -> None:
    """Caches, or the reason why there are none; the curve unless it could not be measured."""
    found = [cache["bytes"] for cache in machine["caches"]]
    assert [cache["level"] for cache in machine["caches"]] == list(
        range(1, len(found) + 1)
    )
    assert machine["cache_source"] == ("measured" if found else "unknown")
    assert bool(found) == (machine["cache_reason"] is None)
    plateaus = machine["cache_plateaus"] or []
    assert found == [plateau["bytes"] for plateau in plateaus[:-1]]
    curve = [point["bytes"] for point in machine["cache_curve"] or []]
    assert curve == sorted(curve) and set(found) <= set(curve)
    assert bool(curve) == (not machine["emulated"])


def test_they_are_measured_once(silent: Dict[str, str]) -> None:
    """Launches plan the same cells as their run, or the run would fail."""
    loaded = dataset_of(*ONE_KERNEL, SIZES, env=silent)
    assert_consistent(loaded.machine)
    caches = [cache["bytes"] for cache in loaded.machine["caches"]]
    expected = {64, caches[0], 2 * caches[-1]} if caches else {64}
    assert set(loaded.table("size")["size"]) == expected
    cpu = str(loaded.table("size")["cpu_got"].iloc[0])
    assert {cache["cpus"] for cache in loaded.machine["caches"]} <= {cpu}


def test_that_is_said(silent: Dict[str, str]) -> None:
    loud = [option for option in ONE_KERNEL if option != "--quiet"]
    done = copycost("run", *loud, SIZES, "--dry-run", env=silent)
    assert done.returncode == 0
    assert done.stderr.splitlines()[1].startswith("caches by measurement: ")
    assert ("2 sizes are left out" in done.stderr) == ("L1 " not in done.stderr)


def test_the_machine_shows_them(silent: Dict[str, str]) -> None:
    text = copycost("machine", env=silent).stdout
    lines = dict(line.split(None, 1) for line in text.splitlines() if " " in line)
    assert lines["cache_source"] in ("measured", "unknown")
    assert (lines["cache_plateaus"] == "-") == (lines["cache_source"] == "unknown")
    assert (lines["cache_reason"] == "-") == (lines["cache_source"] == "measured")
    assert "cache_curve" not in lines


def test_given_ones_are_not_measured(silent: Dict[str, str]) -> None:
    loaded = dataset_of(*ONE_KERNEL, SIZES, "--cache=L1:32Ki", env=silent)
    assert loaded.machine["cache_source"] == "given"
    assert loaded.machine["cache_curve"] is None
    assert loaded.machine["cache_plateaus"] is None
    assert loaded.machine["cache_reason"] is None
