"""Two datasets, cell by cell: what is told, what is advisory, and how often chance is told."""

import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List

import numpy
import pandas
import pytest

from results import compare, load, minima
from results.compare import fences, text
from results.test import breaking, made_up_runs, specimen_history
from results.test import command as program
from results.test.made_up_runs import run


def logs(seed: int, cells: int = 100, count: int = 16) -> numpy.ndarray:
    return made_up_runs.noise(numpy.random.default_rng(seed), cells, count)


command = functools.partial(program.run, "compare")


def days(folder: Path, *numbers: int) -> List[Path]:
    paths = load.find([folder])
    return [paths[number] for number in numbers]


def test_alarms_are_as_rare_as_promised() -> None:
    """Also on the worst histories: the share of runs like all others that are told slower."""
    alarms = 0
    for seed in range(200):
        found = fences.learn(logs(seed)[:, :-1], logs(seed)[:, -1])
        alarms += found.changed(found.slower)
    assert 0 < alarms / 200 <= fences.ALARMS


def test_fences_that_are_not_learned_ring_always() -> None:
    """What is promised rests on counting the others' cells, not on the fences alone."""
    rings = [
        fences.learn(logs(seed)[:, :-1], logs(seed)[:, -1]).slower[-1] > 0
        for seed in range(50)
    ]
    assert numpy.mean(rings) > 2 * fences.ALARMS


def test_a_slower_run_is_seen() -> None:
    seen = 0
    for seed in range(40):
        every = logs(seed, 400)
        every[:60, -1] += 0.2
        found = fences.learn(every[:, :-1], every[:, -1])
        assert not found.changed(found.faster) or found.faster[-1] > 0
        seen += found.changed(found.slower)
    assert seen >= 36


def verdicts(base: Any, new: Any, others: List[Any]) -> Dict[str, str]:
    found = compare.compare(base, new, others)
    return {key[2]: word for key, word in found.cells["verdict"].items()}


def machine(count: int, cells: int = 6) -> List[Any]:
    random = numpy.random.default_rng(1)
    return made_up_runs.runs(100 * numpy.exp(random.normal(0, 0.01, (cells, count))))


def test_verdicts_of_cells() -> None:
    runs = machine(13)
    times = [150.0, 70.0, 100.0, numpy.nan, 100.0, 140.0]
    codes = ["one"] * 5 + ["other"]
    new = run(20, times, codes)
    found = compare.compare(runs[-1], new, runs)
    words = {key[2]: word for key, word in found.cells["verdict"].items()}
    assert words == {
        "size=0": compare.SLOWER,
        "size=1": compare.FASTER,
        "size=2": compare.AS_BEFORE,
        "size=4": compare.AS_BEFORE,
        "size=5": compare.CODE,
    }
    assert found.changed and list(found.missing) == [""]
    assert list(found.cells["ratio"]) == sorted(found.cells["ratio"], reverse=True)
    first = found.cells.loc[("size", "copy_word", "size=0")]
    assert first["like_low"] < 1 < first["like_high"] < first["ratio"]
    assert first["median_low"] < first["median_ratio"] < first["median_high"]


def test_placement_is_no_regression() -> None:
    runs = machine(13)
    new = run(20, [200.0] * 6, "other")
    assert set(verdicts(runs[-1], new, runs).values()) == {compare.CODE}
    assert not compare.compare(runs[-1], new, runs).changed


def test_what_was_sampled_otherwise_says_nothing() -> None:
    """As where all experiments shared a run's time, and then one had it alone."""
    runs = machine(13)
    new = run(20, [200.0] * 6, samples=[100, 40, 60, 250, 190, 100])
    found = compare.compare(runs[-1], new, runs)
    words = {key[2]: word for key, word in found.cells["verdict"].items()}
    slower, untold = compare.SLOWER, compare.SAMPLES
    expected = [slower, untold, slower, untold, slower, slower]
    assert [words[f"size={place}"] for place in range(6)] == expected
    assert found.fences is not None and found.fences.slower[-1] == 4
    assert "by more than a factor of 2, of 2 cells" in "\n".join(text.heads(found))


def test_runs_that_sampled_otherwise_are_not_learned_from() -> None:
    runs = machine(13)
    for one in runs[:4]:
        one.cells["samples"] = 1000
    words = verdicts(runs[-1], run(20, [200.0] * 6), runs)
    assert all(word.startswith(compare.ADVISORY) for word in words.values())


def test_few_runs_are_advisory() -> None:
    runs = machine(fences.LIKE_LEAST - 1)
    new = run(20, [300.0, 30.0] + [100.0] * 4)
    found = compare.compare(runs[-1], new, runs)
    assert (found.changed, found.fences) == (False, None)
    words = verdicts(runs[-1], new, runs)
    assert (
        words["size=0"] == "advisory: slower" and words["size=1"] == "advisory: faster"
    )
    assert words["size=2"] == compare.ADVISORY
    assert "9 runs are like the base" in text.found(found)


@pytest.mark.parametrize(
    "facts, what",
    [
        ({"CPU": "other"}, "the machine or its clock"),
        ({"clock_source": "other"}, "the machine or its clock"),
        ({"kind_of_CPU": "1"}, "the machine or its clock"),
        ({"emulated": "True"}, "mean nothing"),
        ({"profile": "full"}, "a minimum over more samples"),
        ({"interrupted": "True"}, "a minimum over more samples"),
    ],
)
def test_what_forbids_to_tell_anything(facts: Dict[str, str], what: str) -> None:
    runs = machine(13)
    found = compare.compare(runs[-1], run(20, [300.0] * 6, **facts), runs)
    lines = "\n".join(text.report(found, False, False))
    assert not found.changed and what in found.advisory
    assert (
        lines.index("differs: ")
        < lines.index("found: advisory: ")
        < lines.index("ratio")
    )
    assert ("EMULATED: no timing" in lines) == ("emulated" in facts)


def test_only_runs_like_the_base_are_learned_from() -> None:
    runs = machine(13)
    for name in ("kernel", "libc", "microcode", "governor", "mitigation meltdown"):
        other = [
            each._replace(facts={**each.facts, name: "other"}) for each in runs[:-1]
        ]
        assert compare.like(runs[-1], other, runs[0]) == [runs[-1]]
    assert len(compare.like(runs[-1], runs, runs[0])) == 12


def test_a_kernel_update_is_told(folder: Path, tmp_path: Path) -> None:
    base, new = days(folder, specimen_history.UPDATE - 1, specimen_history.UPDATE)
    files = ["--json", tmp_path / "a.json", "--markdown", tmp_path / "a.md"]
    done = command(base, new, "--history", folder, *files)
    assert (done.returncode, done.stderr) == (1, "")
    assert "differs: kernel: 6.1.0 → 6.12.0" in done.stdout
    assert "found: slower: 6 cells" in done.stdout
    assert "only in the base: 6 cells (not in the dataset)" in done.stdout
    content = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    slower = [cell for cell in content["cells"] if cell["verdict"] == "slower"]
    assert {cell["cell"].split()[0] for cell in slower} == {"boundary=plt"}
    assert len(slower) == 6 and content["slower"] is True
    assert min(cell["ratio"] for cell in slower) == pytest.approx(1.2, abs=0.06)
    assert "| ratio | like runs |" in (tmp_path / "a.md").read_text(encoding="utf-8")
    assert done.stdout.count("\n") < 70
    everything = command(base, new, "--history", folder, "--all", "--markdown", "-")
    assert everything.stdout.count("\n| ") > 80 and everything.returncode == 1


def test_runs_alike_are_silent(folder: Path) -> None:
    base, new = days(folder, 10, 11)
    done = command(base, new, "--history", folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "not slower" in done.stdout and "not faster" in done.stdout


def test_without_history_it_is_advisory(folder: Path) -> None:
    done = command(*days(folder, specimen_history.UPDATE - 1, specimen_history.UPDATE))
    assert (done.returncode, done.stderr) == (0, "")
    assert "found: advisory: 1 runs are like the base" in done.stdout


def test_a_copy_of_a_run_counts_once(folder: Path, tmp_path: Path) -> None:
    base = days(folder, 0)[0]
    for number in range(12):
        shutil.copytree(base, tmp_path / str(number))
    runs, left_out = minima.read_all([tmp_path])
    assert (len(runs), left_out) == (1, [])


def test_a_broken_run_of_the_history_is_said(folder: Path, tmp_path: Path) -> None:
    base, new = days(folder, 10, 11)
    broken = Path(shutil.copytree(days(folder, 2)[0], tmp_path / "broken"))
    breaking.edit_bytes(broken, "samples/call.csv.gz", lambda content: content[:100])
    done = command(base, new, "--history", tmp_path)
    assert done.returncode == 0
    assert "left out: " in done.stderr and "samples/call.csv.gz" in done.stderr
    done = command(broken, new)
    assert (done.returncode, done.stdout) == (
        2,
        "",
    ) and "results.validate" in done.stderr


@pytest.mark.parametrize("arguments", [[], ["a"], ["/nowhere", "/nowhere"], ["--al"]])
def test_usage(arguments: List[str]) -> None:
    done = command(*arguments)
    assert (done.returncode, done.stdout) == (2, "") and done.stderr


def test_samples_too_close_together_are_no_estimate(
    folder: Path, tmp_path: Path
) -> None:
    path = Path(shutil.copytree(days(folder, 0)[0], tmp_path / "short"))

    def hasten(lines: List[str]) -> List[str]:
        rows = [line.split(",") for line in lines[1:]]
        return lines[:1] + [
            ",".join([*row[:-1], str(int(row[-1]) // 2)]) for row in rows
        ]

    breaking.edit_raw(path, hasten, "samples/call.csv.gz")
    cells = minima.read(load.dataset(path)).cells.sort_index()
    assert set(cells.loc["call", "reason"]) == {minima.TOO_SHORT}
    assert cells.loc["call", "min_ns"].isna().all()
    assert cells.loc["null", "min_ns"].notna().all()


def test_an_older_dataset_is_read_and_its_other_axes_do_not_match(
    folder: Path, tmp_path: Path
) -> None:
    """Without the optional columns, with an axis less."""
    older = Path(shutil.copytree(days(folder, 0)[0], tmp_path / "older"))

    def forget(package: Any) -> None:
        for name, columns in (("call", ("cpus", "throttled")), ("null", ("workers",))):
            schema = breaking.resource(package, name)["schema"]
            schema["fields"] = [f for f in schema["fields"] if f["name"] not in columns]

    for name, columns in (("call", ["cpus", "throttled"]), ("null", ["workers"])):
        table = pandas.read_csv(older / f"{name}.csv", dtype=str, keep_default_na=False)
        if name == "null":
            table = table.drop_duplicates("kind")
        table.drop(columns=columns).to_csv(older / f"{name}.csv", index=False)
    breaking.edit_json(older, forget)
    breaking.edit_json(
        older, lambda machine: machine.pop("mitigations"), "machine.json"
    )
    done = command(older, days(folder, 1)[0])
    assert (done.returncode, done.stderr) == (0, "")
    assert "only in the base: 3 cells (not in the dataset): null kind=" in done.stdout
    assert (
        "only in the new run: 4 cells (not in the dataset): null kind=" in done.stdout
    )
    assert "mitigation meltdown: unknown → Not affected" in done.stdout


def test_who_stops_reading_ends_it_silently(folder: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    line = [sys.executable, "-m", "results.compare", *map(str, days(folder, 0, 1))]
    done = subprocess.run(line, stdout=writer, stderr=subprocess.PIPE, cwd=program.ROOT)
    os.close(writer)
    assert done.stderr == b"" and done.returncode < 0


def test_the_door(folder: Path) -> None:
    """Paths are the caller's."""
    base, new = days(folder, 0, 1)
    done = subprocess.run(
        [str(program.ROOT / "run.sh"), "compare", base.name, str(new), "--no-install"],
        capture_output=True,
        text=True,
        cwd=folder,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert f"base: {base.name} (" in done.stdout
