"""
Writes a small dataset that is complete and valid, the same at every call: figures of a machine
that does not exist, with plausible curves. `python3 -m results.test.specimen DIR`.
"""

import gzip
import importlib
import importlib.util
import re
import statistics
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Sequence, Tuple

import numpy

from results import schema
from results.package import csv_bytes, field, fields, put, put_machine, put_table
from results.package import write_package
from results.test import specimen_machine as model
from results.test.specimen_cells import (
    AXES,
    BINS,
    BINS_BY_VISIT,
    CELLS,
    CPU_TIMES,
    REPORTS,
    Cell,
    cost_ns,
)

Timed = Tuple[int, float]  # calls, ns

LAUNCHES, SWEEPS, SAMPLES = 8, 2, 2
LAUNCH_NS = 14_000_000_000  # from one launch to the next


class Moment(NamedTuple):
    """When the run ended, and what its cells and its machine were then, beside the usual."""

    created: str = "2026-11-22T11:55:00Z"
    cells: Callable[[List[Cell]], List[Cell]] = list
    machine: Callable[[Dict[str, Any]], None] = lambda unchanged: None


def write(
    path: Path,
    experiments: Sequence[str] = ("size", "align", "limits"),
    seed: int = 1,
    moment: Moment = Moment(),
) -> Path:
    """
    Writes the dataset into that new folder and returns it. What an experiment's cells are may stand
    in specimen_<experiment>.py, which is found by its name.
    """
    for name in (f"{__package__}.specimen_{experiment}" for experiment in experiments):
        if importlib.util.find_spec(name):
            importlib.import_module(name)
    path = Path(path)
    (path / "samples").mkdir(parents=True)
    resources: List[Dict[str, Any]] = []
    for experiment in experiments:
        random = numpy.random.default_rng([seed, *experiment.encode()])
        rows: List[Cell] = []
        samples: List[List[Any]] = []
        counts: List[List[Any]] = []
        for cell in moment.cells(CELLS[experiment]()):
            row, raw = _measure(len(rows), cell, random)
            if raw and experiment in CPU_TIMES:
                _use_cpu(raw, CPU_TIMES[experiment](cell), random)
            counts += _count(row)
            rows.append(row)
            samples += raw
        resources += [
            {
                **put_table(path, experiment, _fields(experiment), rows),
                "title": f"What does {experiment} find?",
                "description": f"A sentence on {experiment} that somebody believes.",
            },
            _raw(path, experiment, schema.SAMPLES, samples),
            _raw(path, experiment, schema.COUNTS, counts),
        ]
        if experiment in BINS or experiment in BINS_BY_VISIT:
            bins = _bins(experiment, rows)
            resources.append(_raw(path, experiment, schema.HISTOGRAM, bins))
    content = model.machine(experiments)
    moment.machine(content)
    topology = '<?xml version="1.0" encoding="UTF-8"?>\n<topology version="2.0"/>\n'
    resources.append(put_machine(path, content))
    resources.append(put(path, "topology", "topology.xml", topology.encode(), "xml"))
    write_package(path, package(resources, moment.created))
    return path


def package(
    resources: List[Dict[str, Any]], created: str = Moment().created
) -> Dict[str, Any]:
    """The content of datapackage.json."""
    return {
        "profile": "data-package",
        "name": f"specimen-4-{re.sub('[-:]', '', created).lower()}-quick",
        "title": "What one copy costs: Specimen 4000 at 3.00 GHz",
        "description": "Measured by copycost 1.0.0, profile quick.",
        "version": "1.0.0",
        "created": created,
        "licenses": [{"name": "MIT", "title": "MIT License"}],
        "copycost": {"format": schema.FORMAT, "profile": "quick", "interrupted": False},
        "resources": resources,
    }


def _measure(number: int, cell: Cell, random: Any) -> Tuple[Cell, List[List[Any]]]:
    """The cell's row, and its raw samples."""
    row: Cell = dict(cell, cell=number)
    if row["verdict"] == "skipped":
        return row, []
    cost = cost_ns(cell)
    calls = max(cell.get("calls_step", 1), round(15000 / cost))
    method = "single" if calls == 1 else "difference" if calls > 1000 else "batch"
    raw: List[List[Any]] = []
    slowest: List[List[Timed]] = []
    for launch in range(LAUNCHES):
        drift = 1 + 0.01 * random.standard_normal()
        slowest.append([])
        for sample in range(SWEEPS * SAMPLES):
            done = calls * 2 if method == "difference" and sample % 2 else calls
            start = launch * LAUNCH_NS + number * 4000000 + sample * 200000
            times = 12 + done * cost * drift * (
                1 + random.gamma(2, 0.003, cell["members"])
            )
            ticks = [round(time / model.NS_PER_TICK) for time in times]
            slowest[-1].append((done, max(ticks) * model.NS_PER_TICK))
            for member, elapsed in enumerate(ticks):
                raw.append(
                    [number, launch, sample // SAMPLES, member, done, elapsed, start]
                )
    fixed = statistics.median(map(_fixed, slowest)) if method == "difference" else 0.0
    launches = [[(time - fixed) / done for done, time in launch] for launch in slowest]
    row.update(method=method, calls=calls, fixed_ns=f"{fixed:.9g}", launches=LAUNCHES)
    row.update(_figures(cell, launches), samples=LAUNCHES * SWEEPS * SAMPLES)
    return row, raw


def _use_cpu(raw: List[List[Any]], each: List[float], random: Any) -> None:
    """Adds to the raw samples what the members used, `each` in a call."""
    launches = {sample[1] for sample in raw}
    drift = {launch: 1 + 0.01 * random.standard_normal() for launch in sorted(launches)}
    for sample in raw:
        sample.append(round(sample[4] * each[sample[3]] * drift[sample[1]]))


def _count(row: Cell) -> List[List[Any]]:
    """The cell's raw counts, and their medians in its row."""
    if row["verdict"] == "skipped":
        return []
    calls = row["calls"]
    least = round(float(row["median_ns"]) * calls * model.CORE_CLOCK_HZ / 1e9)
    raw: List[List[Any]] = []
    for name, _, reason in model.COUNTERS:
        if not reason:
            found = [least + more for more in (2, 5, 0, 3, 42)]
            raw += [[row["cell"], 0, 0, name, calls, count] for count in found]
            row[name] = f"{statistics.median(found) / calls:.9g}"
    return raw


def _fixed(launch: List[Timed]) -> float:
    """Of a launch whose regions are of N and 2 N calls by turns: what is not in the calls."""
    once, twice = ([time for _, time in launch[start::2]] for start in (0, 1))
    return 2 * statistics.median(once) - statistics.median(twice)


def _figures(cell: Cell, launches: List[List[float]]) -> Cell:
    """The columns that say what was got and measured."""
    pooled = numpy.array(launches).ravel()
    middle = [statistics.median(launch) for launch in launches]
    median = statistics.median(middle)
    half = 2.4 * statistics.stdev(middle)
    noisy = half > 0.03 * median
    payload = cell["payload_bytes"]
    cycles = median * model.CORE_CLOCK_HZ / 1e9
    q1, q3, p95, p99 = numpy.quantile(pooled, [0.25, 0.75, 0.95, 0.99])
    figures = {"median_ns": median, "low_ns": median - half, "high_ns": median + half}
    figures.update(min_ns=pooled.min(), q1_ns=q1, q3_ns=q3, p95_ns=p95, p99_ns=p99)
    figures["mdape_percent"] = 100 * statistics.median(abs(pooled - median)) / median
    figures["loop_ns"] = 1.1
    got: Cell = {name: f"{value:.9g}" for name, value in figures.items()}
    if payload:
        got.update(
            gb_per_s=f"{payload / median:.9g}",
            cycles_per_byte=f"{cycles / payload:.9g}",
        )
        got["cycles_source"] = "counter"
    got["cpu_got"] = cell["cpu_asked"]
    got["huge_share_got"] = cell.get("huge_share_got", 0)
    for side in ("src", "dst"):
        asked = cell[f"{side}_node_asked"]
        node = "0" if asked == "local" else asked
        got[f"{side}_node_got"] = cell.get(f"{side}_node_got", node)
    got.update(
        src_offset_got=cell["src_offset_asked"], dst_offset_got=cell["dst_offset_asked"]
    )
    got.update(context_switches=0, page_faults=0, migrations=0, steal_ns=0)
    got["throttled"] = 0
    got["counters_reason"] = "l3_misses: this CPU has no such counter"
    got["stop"] = "budget" if noisy else "precise"
    if noisy:
        got.update(
            verdict="noisy", reason="the interval is wider than 3 % on either side"
        )
    return got


def _fields(experiment: str) -> List[Dict[str, Any]]:
    counters = [
        field("counter", name, "number", "1", f"{event or name} per call")
        for name, event, _ in model.COUNTERS
    ]
    reports = [field("report", *report) for report in REPORTS.get(experiment, [])]
    axes = [field("axis", *axis) for axis in AXES[experiment]]
    return fields({"axis": axes, "counter": counters, "report": reports})


def _bins(experiment: str, rows: List[Cell]) -> List[List[Any]]:
    """The histograms of the cells that were measured, or of their visits."""
    measured = [row for row in rows if row["verdict"] != "skipped"]
    if experiment in BINS:
        bins = BINS[experiment][-1]
        return [
            [row["cell"], key, count]
            for row in measured
            for key, count in bins(row).items()
        ]
    of_visit = BINS_BY_VISIT[experiment][-1]
    return [
        [row["cell"], launch, sweep, key, count]
        for launch in range(LAUNCHES)
        for sweep in range(SWEEPS)
        for row in measured
        for key, count in of_visit(row, launch, sweep).items()
    ]


def _raw_fields(experiment: str, suffix: str) -> List[Dict[str, Any]]:
    found = []
    by_experiment = experiment in BINS_BY_VISIT
    if suffix == schema.SAMPLES:
        by_experiment = experiment in CPU_TIMES
    for column in schema.raw_columns(suffix):
        if "slot" in column:
            described = BINS.get(experiment) or BINS_BY_VISIT[experiment]
            name, unit, description = described[:3]
            found.append(field("bin", name, "integer", unit, description))
        elif "optional" not in column or by_experiment:
            found.append({key: column[key] for key in column if key != "optional"})
    return found


def _raw(
    path: Path, experiment: str, suffix: str, rows: List[List[Any]]
) -> Dict[str, Any]:
    resource = f"{experiment}{suffix}"
    columns = _raw_fields(experiment, suffix)
    content = csv_bytes([column["name"] for column in columns], rows)
    packed = gzip.compress(content[:5000], mtime=0) + gzip.compress(
        content[5000:], mtime=0
    )
    table = {"fields": columns, "missingValues": [""]}
    end = "" if suffix == schema.SAMPLES else suffix
    name = f"samples/{experiment}{end}.csv.gz"
    more = {"compression": "gz", "schema": table}
    return put(path, resource, name, packed, "csv", **more)


if __name__ == "__main__":
    print(write(Path(sys.argv[1]), tuple(sys.argv[2:]) or ("size", "align", "limits")))
