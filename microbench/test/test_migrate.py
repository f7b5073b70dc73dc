"""The experiment migrate from end to end: its courses, and what a machine has not."""

import os
import subprocess
from typing import List

import pandas
import pytest

from driver import (
    TINY,
    allowed_cpus,
    assert_refused,
    copycost,
    dataset_of,
    output_of,
    rows_of,
)
from results import findings, load

WHERE = ["core", "l2", "cluster", "l3", "node", "package", "machine"]
SMALL = ["migrate", "--size=256Ki", *TINY]
NO_MOVE = "no CPU that may be used shares the "


@pytest.fixture(scope="module", name="loaded")
def small_dataset(tmp_path_factory: pytest.TempPathFactory) -> load.Dataset:
    """All moves that this machine has; not to be changed."""
    folder = tmp_path_factory.mktemp("migrate")
    before = os.getcwd()
    os.chdir(folder)
    try:
        loaded = dataset_of(*SMALL)
    finally:
        os.chdir(before)
    loaded.path = folder / loaded.path
    return loaded


def measured(loaded: load.Dataset) -> pandas.DataFrame:
    """The rows of moves that this machine has."""
    table = loaded.table("migrate")
    return table[table["verdict"].isin(["ok", "noisy"])].set_index("cell")


def test_every_move_is_measured_or_has_a_reason(loaded: load.Dataset) -> None:
    table = loaded.table("migrate")
    assert list(table["where"].drop_duplicates()) == WHERE
    assert "failed" not in set(table["verdict"])
    assert (table["reason"] != "")[table["verdict"] == "skipped"].all()
    if len(allowed_cpus()) > 1:
        assert set(measured(loaded)["mover"]) >= {"thread"}


def test_courses(loaded: load.Dataset) -> None:
    for _, row in measured(loaded).iterrows():
        assert row["payload_bytes"] == 0 and row["method"] == "single"
        assert row["copy_bytes"] == 64 << 10
        assert int(row["away_cpu"]) in set(allowed_cpus()) - {int(row["cpu_got"])}
        assert 15e6 <= row["away_at_ns"] < row["back_at_ns"]
        assert row["course_ns"] <= row["median_ns"] and row["move_ns"] > 0
        assert row["members"] == (2 if row["mover"] == "peer" else 1)
        assert row["follow_ns"] >= 0 or row["pages"] == "stay"


def test_each_visits_bins_are_kept(loaded: load.Dataset) -> None:
    rows = measured(loaded)
    bins = loaded.histogram("migrate")
    assert list(bins) == ["cell", "launch", "sweep", "ms", "count"]
    assert set(bins["cell"]) == set(rows.index)
    assert (bins["ms"] < bins["cell"].map(rows["course_ns"]) / 1e6).all()
    visits = bins[["cell", "launch", "sweep"]].drop_duplicates()
    assert (visits.groupby("cell")["launch"].nunique() == rows["launches"]).all()


def test_findings(loaded: load.Dataset) -> None:
    found = list(findings.of_experiment(loaded, "migrate"))
    assert found
    if len(measured(loaded)):
        assert found[0].sentence.startswith(("the thread moved", "its peer moved"))


def on_one_cpu(*arguments: str) -> "subprocess.CompletedProcess[str]":
    cpu = allowed_cpus()[0]
    return copycost(*arguments, preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))


def test_one_cpu() -> None:
    done = on_one_cpu("run", *SMALL, "--out=none", "--format=csv")
    assert done.returncode == 0, done
    lines = done.stdout.splitlines()[1:]
    assert len(lines) == len(WHERE)
    assert all("moving needs 2 CPUs, and 1 may be used" in line for line in lines)


def test_a_move_that_is_lacking_is_one_row() -> None:
    """Whatever else is asked for."""
    every = rows_of(*SMALL, "--size=256Ki,512Ki").groupby("where")["verdict"]
    for _, verdicts in every:
        assert len(verdicts) == 1 or set(verdicts) != {"skipped"}


def test_a_working_set_too_small() -> None:
    rows = rows_of("migrate", "--size=64", *TINY)
    assert set(rows["verdict"]) == {"skipped"}
    here = rows[~rows["reason"].str.startswith((NO_MOVE, "moving", "the peer"))]
    assert (here["reason"] == "a working set has 256 B at least").all()


@pytest.mark.parametrize(
    "option, wanted",
    [
        ("--where=moon", "where"),
        ("--mover=cat", "mover"),
        ("--pages=fly", "pages"),
        ("--size=x", "size"),
        ("--kernel=copy_of_no_kind", "copy_of_no_kind"),
    ],
)
def test_nonsense(option: str, wanted: str) -> None:
    assert_refused(copycost("run", *SMALL, "--out=none", option), 2, wanted)


def cells_of(*arguments: str) -> List[str]:
    """The lines of a dry run that stand for cells."""
    return output_of("run", *arguments, "--dry-run", "--quiet").splitlines()[:-1]


def test_quick_has_few_cells() -> None:
    assert len(WHERE) <= len(cells_of("migrate")) <= 30
