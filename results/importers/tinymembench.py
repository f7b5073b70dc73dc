"""
python3 -m results.importers.tinymembench [--out=DIR] LOG...: logs of tinymembench, alone or within
one of sbc-bench, as datasets: one a run, below DIR (default: results/local).

`size` has the bandwidth table (all of it at 32 MiB, warm), `framebuffer` what was read from there,
`latency` the table of random reads. Exit 0, 1 if a log gave nothing, 2 usage.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

from results import program
from results.importers import Imported, Table, Unplaced, Unusable, clean, command
from results.importers import machine, sbc_bench, slug
from results.importers.tinymembench_log import FRAMEBUFFER, Rate, Run, operation
from results.importers.tinymembench_log import read as read_runs
from results.package import field

SIZE = 32 << 20  # of the buffers, SIZE in main.c
SBC_BENCH = {"name": "BSD-3-Clause", "title": "sbc-bench collection"}
UNSTATED = {"name": "notspecified", "title": "the log does not say"}
_KERNEL = field("axis", "kernel", "string", "", "what ran, by tinymembench's own name")
_DEVIATION = field(
    "report",
    "deviation_percent",
    "number",
    "%",
    "sample standard deviation of the repeats' rates, of the best; empty below 0.1 %",
)
_BEYOND = field(
    "report",
    "beyond_l1_ns",
    "number",
    "ns",
    "least time of a random read beyond one from L1; of two at once, of both",
)


def read(path: Path) -> Tuple[List[Imported], List[Unplaced]]:
    """The datasets of a log, and what has no place in them. Unusable if it has no run."""
    content = command.read_bytes(path)
    text = content.decode("utf-8", errors="replace")
    lines = [line.rstrip("\r") for line in text.split("\n")]
    whole = not lines[-1]
    lines = lines[:-1] if whole else lines
    runs, unplaced = read_runs(str(path), lines, whole)
    for run in [run for run in runs if not run.rates and not run.latencies]:
        unplaced.append(Unplaced(str(path), run.line, "", "a run without a result"))
        runs.remove(run)
    if not runs:
        raise Unusable(f"{path}: no run of tinymembench with a result in it", unplaced)
    about = sbc_bench.read(lines)
    hashed = "sha256:" + hashlib.sha256(content).hexdigest()
    found = [_imported(path, run, len(runs) > 1, about, hashed) for run in runs]
    return found, unplaced + _disagreeing(path, runs, about)


def _disagreeing(
    path: Path, runs: Sequence[Run], about: Optional[sbc_bench.Description]
) -> List[Unplaced]:
    """The cross-check: what sbc-bench says at its end of memcpy has to be one of the runs'."""
    libc = [rate for run in runs for rate in [_libc(run)] if rate]
    if about is None or about.memcpy is None or about.memcpy in libc:
        return []
    text = f"memcpy: {about.memcpy:.1f} MB/s"
    return [Unplaced(str(path), 0, text, "sbc-bench's sum is of no run here")]


def _libc(run: Run) -> Optional[float]:
    for name in ("standard memcpy", "libc memcpy copy"):
        if name in run.rates:
            return run.rates[name].mb_per_s
    return None


def _imported(
    path: Path,
    run: Run,
    several: bool,
    about: Optional[sbc_bench.Description],
    hashed: str,
) -> Imported:
    described = about.machine if about else machine.unknown()
    described = {**described, "cpu": dict(described["cpu"])}
    where = run.core or run.size
    if run.core and run.core.lower() != described["cpu"]["model"]:
        described["cpu"]["model"] = run.core
    elif several:
        # lscpu names one kind of CPU where there are several.
        described["cpu"]["model"] = None
    clock = sbc_bench.clock_of(about.clocks, run.cpu, run.size) if about else None
    if clock:
        described["frequency"] = {**described["frequency"], "max_hz": clock.hz}
        described["core_clock"] = {"hz": clock.measured_hz, "source": "estimate"}
    kernels = [name for name in run.rates]
    described["kernels"] = [
        machine.kernel(name, operation(name) or "copy") for name in kernels
    ]
    called = described["board"] or described["cpu"]["model"] or path.stem
    part = f" cpu{run.cpu}" if run.cpu is not None else f" {where or ''}"
    collected = f" (by sbc-bench {about.version})" if about else ""
    return Imported(
        name=slug(called + (part if several else "")) or "unnamed",
        source={
            "program": "tinymembench",
            "version": f"{run.version or ''}{collected}".strip() or None,
            "url": None,
            "file": clean(path.name) or "unnamed",
            "line": run.line,
            "hash": hashed,
        },
        licence=SBC_BENCH if about else UNSTATED,
        machine=described,
        tables=_tables(run),
        started=about.started if about else None,
    )


def _tables(run: Run) -> Dict[str, Table]:
    temperature = field("axis", "temperature", "string", "", "warm: the same buffers")
    size = field("axis", "size", "integer", "bytes", "bytes copied, filled or read")
    copies = Table([_KERNEL, size, temperature], [_DEVIATION])
    framebuffer = Table([_KERNEL], [_DEVIATION])
    for name, rate in run.rates.items():
        row: Dict[str, Any] = {**_common(run), "kernel": name, **_rate(rate)}
        if name.endswith(FRAMEBUFFER):
            framebuffer.rows.append(row)
            continue
        row.update(size=SIZE, temperature="warm", payload_bytes=SIZE)
        row["min_ns"] = f"{SIZE * 1000 / rate.mb_per_s:.9g}"
        copies.rows.append(row)
    tables = {"size": copies, "framebuffer": framebuffer, "latency": _latencies(run)}
    return {name: table for name, table in tables.items() if table.rows}


def _common(run: Run) -> Dict[str, Any]:
    return {"region": "thread", "members": 1, "cpu_asked": run.cpu, "launches": 1}


def _rate(rate: Rate) -> Dict[str, Any]:
    return {
        "method": "batch",
        "samples": rate.repeats,
        "gb_per_s": f"{rate.mb_per_s / 1000:.9g}",
        "deviation_percent": rate.deviation,
    }


def _latencies(run: Run) -> Table:
    reads = field("axis", "reads", "string", "", "single, or dual: two at a time")
    size = field(
        "axis", "size", "integer", "bytes", "of the buffer that is read at random"
    )
    table = Table([reads, size], [_BEYOND])
    for (pages, size_bytes), times in run.latencies.items():
        for word, time in zip(("single", "dual"), times):
            row: Dict[str, Any] = {**_common(run), "reads": word, "size": size_bytes}
            row.update(page_asked=pages or None, beyond_l1_ns=time)
            table.rows.append(row)
    return table


def main(arguments: Sequence[str]) -> int:
    """Imports each log."""
    return command.main(arguments, "tinymembench LOG", read)


if __name__ == "__main__":
    program.run(main)
