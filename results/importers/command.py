"""What the importers' programs have in common: options, writing the datasets, what is reported."""

from __future__ import annotations

import shutil
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable, Dict, List, Sequence, Tuple

from results import load, package, schema
from results.importers import Imported, Unplaced, Unusable, machine

LOCAL = Path("results") / "local"
READ_MAX = 16 << 20  # bytes of a log; real ones have a hundredth of it

Reader = Callable[[Path], Tuple[List[Imported], List[Unplaced]]]


def read_bytes(path: Path) -> bytes:
    """The file's content; Unusable if there is none, or more than any log has."""
    try:
        if not path.is_file():
            raise Unusable(f"{path}: is no file")
        with open(path, "rb") as file:
            content = file.read(READ_MAX + 1)
    except OSError as error:
        raise Unusable(f"{path}: cannot be read ({error.strerror})") from error
    if len(content) > READ_MAX:
        raise Unusable(f"{path}: has more than {READ_MAX >> 20} MiB; no such log has")
    return content


def main(arguments: Sequence[str], what: str, read: Reader) -> int:
    """0: all imported, as far as lines on stderr do not say otherwise; 1: not all; 2: usage."""
    out, paths = LOCAL, []
    for argument in arguments:
        if argument.startswith("--out=") and len(argument) > len("--out="):
            out = Path(argument[len("--out=") :])
        else:
            paths.append(argument)
    if not paths or any(path.startswith("-") for path in paths):
        name = f"python3 -m results.importers.{what.split()[0]}"
        print(f"usage: {name} [--out=DIR] {what.split()[1]}...", file=sys.stderr)
        return 2
    done = [_import(Path(path), out, read) for path in paths]
    return 0 if all(done) else 1


def _import(path: Path, out: Path, read: Reader) -> bool:
    """Whether the file gave all that it had to."""
    try:
        found, unplaced = read(path)
        for line in unplaced:
            print(line, file=sys.stderr)
        for imported in found:
            folder = write(imported, out)
            counts = [f"{len(t.rows)} {name}" for name, t in imported.tables.items()]
            print(f"{folder}: rows: {', '.join(counts)}", flush=True)
    except Unusable as error:
        for line in error.unplaced:
            print(line, file=sys.stderr)
        print(ascii(str(error))[1:-1], file=sys.stderr)
        return False
    except OSError as error:
        print(f"{out}: {error.strerror}: {error.filename}", file=sys.stderr)
        return False
    return True


def write(imported: Imported, out: Path) -> Path:
    """Writes the dataset below `out`; its folder, which is there when it is whole."""
    started = imported.started
    stamp = started.replace("-", "").replace(":", "") if started else "undated"
    within = out / imported.name
    within.mkdir(parents=True, exist_ok=True)
    profile = "imported"
    for index in range(2, 1000):
        if not (within / f"{stamp}-{profile}").exists():
            break
        _refuse_again(within / f"{stamp}-{profile}", imported)
        profile = f"imported-{index}"
    folder = within / f"{stamp}-{profile}"
    with tempfile.TemporaryDirectory(dir=within, prefix=".") as unfinished:
        part = Path(unfinished) / folder.name
        part.mkdir()
        _fill(part, imported, stamp, profile)
        shutil.move(str(part), str(folder))
    return folder


def _refuse_again(folder: Path, imported: Imported) -> None:
    """Another run of that time is another dataset, the same run is not."""
    there = load.read_json(folder / load.PACKAGE)["copycost"].get("source")
    if there == imported.source:
        raise Unusable(f"{folder}: is there already; remove it to import it anew")


def _fill(path: Path, imported: Imported, stamp: str, profile: str) -> None:
    source, tables = imported.source, imported.tables
    resources = []
    for experiment, table in tables.items():
        slots = {"axis": table.axes, "report": table.reports}
        columns = package.fields(slots, without=("throttled",))
        rows: List[Dict[str, Any]] = [
            {"verdict": "ok", **row, "cell": cell}
            for cell, row in enumerate(table.rows)
        ]
        resources.append(package.put_table(path, experiment, columns, rows))
    about = machine.run(list(tables), profile, imported.started, imported.finished)
    described = {**imported.machine, "name": imported.name, "run": about}
    resources.append(package.put_machine(path, described))
    version = f" {source['version']}" if source["version"] else ""
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    content = {
        "profile": "data-package",
        "name": f"{imported.name}-{stamp.lower()}-{profile}",
        "title": f"What copying memory costs: {imported.name}",
        "description": f"Not measured by copycost: figures of {source['program']}{version}, "
        f"imported from {source['file']}.",
        "version": "1.0.0",
        "created": imported.finished or imported.started or now,
        "licenses": [imported.licence],
        "copycost": {
            "format": schema.FORMAT,
            "profile": profile,
            "interrupted": False,
            "source": source,
        },
        "resources": resources,
    }
    package.write_package(path, content)
