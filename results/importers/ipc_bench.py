"""
python3 -m results.importers.ipc_bench [--out=DIR] ARCHIVE...: archives of Cambridge's ipc-bench as
datasets, one an archive, below DIR (default: results/local).

`ipc` has the throughput logs and the matrices of latencies. Exit 0, 1 if an archive gave nothing, 2
usage.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

from results import program
from results.importers import Imported, Table, Unplaced, Unusable, archive, clean
from results.importers import command, ipc_bench_machine, slug
from results.importers.archive import Files
from results.importers.ipc_bench_rows import TABLE, Rows

LICENCE = {"name": "MIT", "title": "ipc-bench, University of Cambridge"}
_FOLDERS = ("logs", "results")
_THROUGHPUT = re.compile(r"results/[0-9]{1,4}-([a-z_]{1,40})_thr-headline\.log")
_MATRIX = re.compile(r"results/lat/([a-z_]{1,40})_lat\.csv")
_PAIR = re.compile(
    r"results/lat/([0-9]{1,7})/([0-9]{1,4})-([0-9]{1,4})-([a-z_]{1,40})_lat/"
    r"[0-9]{1,4}-[a-z_]{1,40}_lat-headline\.log"
)
# How each latency of a pair was distributed, in some archives; the matrix has their means.
_DISTRIBUTION = re.compile(
    r"results/lat/[0-9]{1,7}/[0-9-]{3,9}-[a-z_]{1,40}/.{1,60}-tsc\.log"
)


def read(path: Path) -> Tuple[List[Imported], List[Unplaced]]:
    """A dataset for each folder of results in the archive, and what has no place in them."""
    hashed = "sha256:" + hashlib.sha256(command.read_bytes(path)).hexdigest()
    files, unplaced = archive.read(path)
    roots: Dict[str, Files] = {}
    for name, file in files.items():
        parts = name.split("/")
        folder = next((i for i, part in enumerate(parts) if part in _FOLDERS), None)
        if folder is None:
            why = "not a file of ipc-bench's that is known"
            unplaced.append(Unplaced(str(path), 0, name, why))
            continue
        within = roots.setdefault("/".join(parts[:folder]), {})
        within["/".join(parts[folder:])] = file
    found = [
        each
        for root, within in roots.items()
        for each in [_imported(path, root, within, hashed, unplaced)]
        if each
    ]
    for each in found if len(found) == 1 else []:
        each.source["file"] = clean(path.name)
    if not found:
        raise Unusable(
            f"{path}: no log of throughput and no matrix of latencies in it", unplaced
        )
    return found, unplaced


def _imported(
    path: Path, root: str, files: Files, hashed: str, unplaced: List[Unplaced]
) -> Optional[Imported]:
    """Of one folder of results; None if it has none."""
    described = ipc_bench_machine.describe(files)
    rows = Rows(files, f"{path}!{root}/" if root else f"{path}!")
    measured = []
    for name in sorted(files):
        throughput, matrix = _THROUGHPUT.fullmatch(name), _MATRIX.fullmatch(name)
        if throughput:
            rows.add_throughput(name, throughput.group(1))
        elif matrix:
            rows.add_matrix(name, matrix.group(1), _pairs(files, matrix.group(1)))
        elif not _needless(name):
            why = "not a file of ipc-bench's that is known"
            rows.unplaced.append(Unplaced(rows.place + name, 0, "", why))
        if throughput or matrix:
            measured.append(files[name].written)
    unplaced += rows.unplaced
    if not rows.rows:
        return None
    virtual = described["hypervisor"]
    called = described["cpu"]["model"] or path.name.split(".")[0]
    return Imported(
        name=slug(f"{called} {virtual or ''}") or "unnamed",
        source={
            "program": "ipc-bench",
            "version": None,
            "url": None,
            "file": clean(f"{path.name}!{root}"),
            "hash": hashed,
        },
        licence=LICENCE,
        machine=described,
        tables={"ipc": Table(*TABLE, rows.rows)},
        started=_utc(min(measured)),
        finished=_utc(max(measured)),
    )


def _needless(name: str) -> bool:
    """Files that are read elsewhere, or say no more than others do."""
    known = _PAIR.fullmatch(name) or _DISTRIBUTION.fullmatch(name)
    return known is not None or ipc_bench_machine.known(name)


def _pairs(files: Files, test: str) -> Dict[Tuple[int, int], str]:
    """The logs of single pairs of that test, by CPUs."""
    found = {}
    for told in filter(None, map(_PAIR.fullmatch, files)):
        if told.group(4) == test:
            found[int(told.group(2)), int(told.group(3))] = told.group(0)
    return found


def _utc(seconds: float) -> Optional[str]:
    """Of a file's time; None if it has none that can be."""
    try:
        moment = datetime.fromtimestamp(seconds, timezone.utc)
    except (ValueError, OverflowError, OSError):
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment.year >= 1990 else None


def main(arguments: Sequence[str]) -> int:
    """Imports each archive."""
    return command.main(arguments, "ipc_bench ARCHIVE", read)


if __name__ == "__main__":
    program.run(main)
