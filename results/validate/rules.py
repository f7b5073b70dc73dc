"""What the values of a row have to do with each other."""

from typing import Any, Callable, Dict, Iterator, List, Tuple

from results.kernels import PLACEMENT
from results.load import ROLE
from results.validate.findings import Findings
from results.validate.table import Row

Broken = Iterator[Tuple[str, str]]  # column, what is wrong
Values = Dict[str, Any]

MEASURED = ("ok", "noisy")
SAMPLING = (
    "payload_bytes",
    "method",
    "calls",
    "launches",
    "samples",
    "fixed_ns",
    "stop",
)
FIGURES = ("median_ns", "min_ns", "q1_ns", "q3_ns", "p95_ns", "p99_ns")
TOLERANCE = 1e-3  # relative, of a figure that follows from others
INTERVAL_LAUNCHES = 3  # from that many on there is an interval


def check_rows(
    resource: Dict[str, Any],
    rows: List[Row],
    machine: Any,
    imported: bool,
    findings: Findings,
) -> None:
    """Checks every row. Of figures that were imported fewer have to be there."""
    fields = resource["schema"]["fields"]
    by_role: Dict[str, List[str]] = {}
    for field in fields:
        by_role.setdefault(field[ROLE], []).append(field["name"])
    kernels = {kernel["name"] for kernel in machine["kernels"]} if machine else None
    seen: Dict[Tuple[Any, ...], int] = {}
    for line, row in rows:
        for column, text in _check_row(row, by_role, imported):
            findings.add(resource["path"], text, line, column)
        columns = [*by_role.get("axis", []), *PLACEMENT]
        point = tuple(row.get(column) for column in columns)
        first = seen.setdefault(point, line)
        if first != line:
            findings.add(resource["path"], f"is the cell of line {first} again", line)
        kernel = row.get("kernel")
        if kernels is not None and kernel is not None and kernel not in kernels:
            findings.add(
                resource["path"], f"{kernel} is not in machine.json", line, "kernel"
            )


def _check_row(row: Values, by_role: Dict[str, List[str]], imported: bool) -> Broken:
    if row["verdict"] != "ok" and row["reason"] is None:
        yield "reason", f"is missing, though the verdict is {row['verdict']}"
    if row["verdict"] not in MEASURED:
        yield from _check_unmeasured(row, by_role)
        return
    if imported:
        yield from _check_stated(row, by_role)
    else:
        for column in SAMPLING + FIGURES:
            if row[column] is None:
                yield column, f"is missing, though the verdict is {row['verdict']}"
        yield from _check_error(row)
    for rule in _RULES:
        yield from rule(row)
    counters = by_role.get("counter", [])
    absent = [column for column in counters if row[column] is None]
    if absent and row["counters_reason"] is None:
        yield "counters_reason", f"is missing, though {', '.join(absent)} is missing"


def _check_unmeasured(row: Values, by_role: Dict[str, List[str]]) -> Broken:
    for role in ("figure", "counter", "report"):
        for column in by_role.get(role, []):
            if row[column] is not None:
                yield column, f"is {row[column]}, though the verdict is {row['verdict']}"


def _check_stated(row: Values, by_role: Dict[str, List[str]]) -> Broken:
    """A row of an imported dataset is there for a figure that its source states."""
    stated = by_role.get("figure", []) + by_role.get("report", [])
    if all(row[column] is None for column in stated):
        yield "verdict", f"is {row['verdict']}, but there is no figure"


def _check_interval(row: Values) -> Broken:
    low, median, high = row["low_ns"], row["median_ns"], row["high_ns"]
    for column, value, other in (("low_ns", low, high), ("high_ns", high, low)):
        # A launch's time less what a region costs may come out below 0: no ratio, no interval.
        enough = (row["launches"] or 0) >= INTERVAL_LAUNCHES
        expected = other is not None or (enough and row["method"] != "difference")
        if value is None and expected:
            yield column, "is missing: an interval has two ends, from 3 launches on"
    if None not in (low, median) and low > median:
        yield "low_ns", f"{low} is above median_ns {median}"
    if None not in (high, median) and high < median:
        yield "high_ns", f"{high} is below median_ns {median}"


def _check_quantiles(row: Values) -> Broken:
    ascending = ("min_ns", "q1_ns", "q3_ns", "p95_ns", "p99_ns")
    for lower, upper in list(zip(ascending, ascending[1:])) + [("min_ns", "median_ns")]:
        if None not in (row[lower], row[upper]) and row[lower] > row[upper]:
            yield lower, f"{row[lower]} is above {upper} {row[upper]}"


def _check_error(row: Values) -> Broken:
    if row["median_ns"] and row["mdape_percent"] is None:
        yield "mdape_percent", f"is missing, though the verdict is {row['verdict']}"


def _check_rate(row: Values) -> Broken:
    # Whoever states only the best of several times (imported) states its rate.
    time = "min_ns" if row["median_ns"] is None else "median_ns"
    payload, taken, rate = row["payload_bytes"], row[time], row["gb_per_s"]
    if payload is None or taken is None:
        return
    if payload == 0 or taken <= 0:
        if rate is not None:
            yield "gb_per_s", f"is {rate}, though payload_bytes or {time} is not above 0"
    elif rate is None:
        yield "gb_per_s", f"is missing, though the verdict is {row['verdict']}"
    elif abs(rate - payload / taken) > TOLERANCE * payload / taken:
        yield "gb_per_s", f"is {rate}, but payload_bytes / {time} is {payload / taken:.6g}"


def _check_cycles(row: Values) -> Broken:
    if (row["cycles_per_byte"] is None) != (row["cycles_source"] is None):
        yield "cycles_source", "stands with cycles_per_byte or not at all"
    if row["payload_bytes"] == 0 and row["cycles_per_byte"] is not None:
        yield "cycles_per_byte", f"is {row['cycles_per_byte']}, though payload_bytes is 0"


def _check_sampling(row: Values) -> Broken:
    samples, launches = row["samples"], row["launches"]
    if launches == 0:
        yield "launches", f"is 0, though the verdict is {row['verdict']}"
    if None not in (samples, launches) and samples < launches:
        yield "samples", f"{samples} is below launches {launches}"
    if row["method"] in ("batch", "single") and row["fixed_ns"]:
        yield "fixed_ns", f"{row['fixed_ns']} is not 0, though the method is {row['method']}"
    if row["method"] == "single" and row["calls"] not in (None, 1):
        yield "calls", f"{row['calls']} is not 1, though the method is single"


def _check_throttled(row: Values) -> Broken:
    if row["verdict"] == "ok" and row.get("throttled"):
        yield "throttled", f"is {row['throttled']}, though the verdict is ok"


def _check_nodes(row: Values) -> Broken:
    for side in ("src", "dst"):
        asked, got = row[f"{side}_node_asked"], row[f"{side}_node_got"]
        if asked and asked.isdigit() and got not in (asked, "unknown", None):
            yield f"{side}_node_asked", f"is {asked}, but its pages were on {got}"


_RULES: Tuple[Callable[[Values], Broken], ...] = (
    _check_interval,
    _check_quantiles,
    _check_rate,
    _check_cycles,
    _check_sampling,
    _check_throttled,
    _check_nodes,
)
