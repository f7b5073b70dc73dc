"""The experiment cores from end to end, on however many CPUs there are."""

import json
import os
from typing import List

import pytest

from driver import TINY, allowed_cpus, assert_refused, copycost, dataset_of, rows_of
from results import findings

CPUS = allowed_cpus()
PAIR = f"--from={CPUS[0]}", f"--to={CPUS[-1]}"
NEARNESSES = {"core", "l2", "cluster", "l3", "node", "package", "machine"}

needs_two = pytest.mark.skipif(len(CPUS) < 2, reason="one CPU")


@needs_two
def test_both_directions() -> None:
    few = ",".join(map(str, CPUS[:4]))
    loaded = dataset_of("cores", f"--from={few}", f"--to={few}", *TINY)
    table = loaded.table("cores")
    count = len(CPUS[:4])
    assert len(table) == count * (count - 1)
    assert set(table["verdict"]) <= {"ok", "noisy"}
    assert (table["from"] != table["to"]).all()
    assert set(table["nearness"]) <= NEARNESSES
    assert (table["cpu_asked"] == table["from"]).all()
    assert (table["cpu_got"] == table["from"]).all()
    assert (table["region"] == "team").all() and (table["members"] == 2).all()
    assert (table["calls"] % 2 == 0).all() and (table["payload_bytes"] == 0).all()
    assert (table["src_node_got"] == table["dst_node_got"]).all()
    assert (table["median_ns"] > 0).all()
    pairs = dict(zip(zip(table["from"], table["to"]), table["nearness"]))
    assert all(near == pairs[to, cpu] for (cpu, to), near in pairs.items())
    sentences = [each.sentence for each in findings.of_experiment(loaded, "cores")]
    assert sentences[0].startswith("handing a cache line over ")


@needs_two
def test_nearness_chooses() -> None:
    rows = rows_of("cores", *PAIR, *TINY)
    (nearness,) = rows["nearness"]
    same = rows_of("cores", *PAIR, f"--nearness={nearness}", *TINY)
    assert len(same) == 1 and same["verdict"].iloc[0] in ("ok", "noisy")


@needs_two
def test_what_no_pair_shares_is_said() -> None:
    rows = rows_of("cores", *TINY, "--budget=1")
    missing = sorted(NEARNESSES - set(rows["nearness"]))
    if len(CPUS) > 8 or not missing:
        pytest.skip("there are pairs of every kind, or too many")
    rows = rows_of("cores", f"--nearness={missing[0]}", *TINY)
    assert list(rows["verdict"]) == ["skipped"]
    assert f"that near: {missing[0]}" in rows["reason"].iloc[0]
    assert not {"from", "to"} & set(rows.columns)


def test_a_cpu_that_is_not_there_is_a_row() -> None:
    loaded = dataset_of("cores", f"--from={CPUS[0]}", "--to=9999", *TINY)
    (row,) = loaded.table("cores").to_dict("records")
    assert row["verdict"] == "skipped" and row["nearness"] == ""
    assert (row["from"], row["to"]) == (CPUS[0], 9999)
    wanted = "CPU 9999 is offline or does not exist" if CPUS[1:] else "needs 2 CPUs"
    assert wanted in row["reason"]


@needs_two
def test_one_cpu_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = CPUS[-1]
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        loaded = dataset_of("cores", *TINY)
    finally:
        os.sched_setaffinity(0, before)
    (row,) = loaded.table("cores").to_dict("records")
    assert (row["from"], row["to"], row["nearness"]) == (cpu, cpu, "cpu")
    assert row["reason"] == "a pair needs two CPUs, and one may be used"
    (said,) = findings.of_experiment(loaded, "cores")
    assert said.sentence.endswith("can't be said: " + row["reason"])


@needs_two
def test_a_line_has_no_offset() -> None:
    rows = rows_of("cores", *PAIR, "--src-offset=64", *TINY)
    assert list(rows["verdict"]) == ["skipped"]
    assert "no offset" in rows["reason"].iloc[0]


@needs_two
def test_all_pairs_is_recorded() -> None:
    loaded = dataset_of("cores", *PAIR, "--all-pairs", *TINY)
    expected = {"experiment": "cores", "name": "all-pairs", "value": "yes"}
    assert loaded.machine["run"]["parameters"] == [expected]
    assert "--all-pairs" in json.dumps(loaded.machine["run"]["command"])


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["cores", "--from=x"], ["--from", "0,4-7", "'x'"]),
        (["cores", "--to=3-1"], ["--to", "'3-1'"]),
        (["cores", "--nearness=moon"], ["--nearness", "cluster", "'moon'"]),
        (["cores", "--all-pairs=yes"], ["--all-pairs", "takes no value"]),
        (["cores", "--all-pairs", "--all-pairs"], ["--all-pairs", "twice"]),
        (["null", "--all-pairs"], ["--all-pairs"]),
    ],
)
def test_nonsense(arguments: List[str], words: List[str]) -> None:
    assert_refused(copycost("run", *arguments), 2, *words)
