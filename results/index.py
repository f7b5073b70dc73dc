"""
The index of a collection of datasets: index.json for programs, README.md for readers.

`python3 -m results.index [FOLDER]` writes both anew, from the datasets that are in the folder
(default: results/data).
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any, Dict, List, Sequence

from results import load, program

FORMAT = "copycost-index-1"
DATA = Path(__file__).resolve().parent / "data"


def entry(folder: Path, path: Path) -> Dict[str, Any]:
    """What the index says of one dataset; its path is from the index's folder."""
    package = load.read_json(path / load.PACKAGE)
    machine = load.read_json(path / "machine.json")
    content = (path / load.PACKAGE).read_bytes()
    return {
        "path": path.relative_to(folder).as_posix(),
        "hash": "sha256:" + hashlib.sha256(content).hexdigest(),
        "created": package["created"],
        "version": package["version"],
        "profile": package["copycost"]["profile"],
        "licenses": [license["name"] for license in package["licenses"]],
        "contributors": [who["title"] for who in package.get("contributors", [])],
        "machine": machine["name"],
        "cpu": machine["cpu"].get("model"),
        "isa": machine["cpu"].get("isa"),
        "cpus": machine["cpu"].get("online"),
        "board": machine.get("board"),
        "emulated": bool(machine.get("emulated")),
        "kernel": (machine.get("kernel") or {}).get("release"),
        "experiments": [
            resource["name"]
            for resource in package["resources"]
            if "schema" in resource and "compression" not in resource
        ],
    }


def entries(folder: Path) -> List[Dict[str, Any]]:
    """All datasets in and below the folder, by path."""
    return [entry(folder, path) for path in load.find([folder])]


def json_text(found: Sequence[Dict[str, Any]]) -> str:
    """index.json."""
    document = {"format": FORMAT, "datasets": list(found)}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _cell(value: Any) -> str:
    return str("" if value is None else value).replace("|", "\\|").replace("\n", " ")


def markdown_text(found: Sequence[Dict[str, Any]]) -> str:
    """README.md: a row a dataset."""
    lines = [
        "# Published datasets",
        "",
        "Made by `python3 -m results.index`. [../README.md](../README.md) explains the format and how",
        "to contribute one.",
        "",
        "| dataset | CPU | CPUs | board | kernel | experiments | licence | by |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in found:
        cells = [
            f"[{one['machine']}, {one['created'][:10]}, {one['profile']}]({one['path']}/)",
            f"{_cell(one['cpu'] or one['isa'])}{' (emulated)' if one['emulated'] else ''}",
            _cell(one["cpus"]),
            _cell(one["board"]),
            _cell(one["kernel"]),
            str(len(one["experiments"])),
            _cell(", ".join(one["licenses"])),
            _cell(", ".join(one["contributors"])),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def write(folder: Path) -> List[Path]:
    """Writes both; returns their paths. A DatasetError names what can't be read."""
    found = entries(folder)
    texts = {"index.json": json_text(found), "README.md": markdown_text(found)}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


def main(arguments: Sequence[str]) -> int:
    """0: written; 1: a dataset can't be read; 2: usage."""
    if len(arguments) > 1 or any(word.startswith("-") for word in arguments):
        print("usage: python3 -m results.index [FOLDER]", file=sys.stderr)
        return 2
    try:
        written = write(Path(arguments[0]) if arguments else DATA)
    except (load.DatasetError, OSError) as error:
        print(f"index: {error}", file=sys.stderr)
        return 1
    print("\n".join(map(str, written)))
    return 0


if __name__ == "__main__":
    program.run(main)
