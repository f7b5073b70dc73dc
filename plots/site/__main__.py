"""`python3 -m plots.site [--out=DIR] [DIR...]`: writes the pages, prints where they begin."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Optional, Sequence

from plots.site import collection, pages, vendor
from results import load

ROOT = Path(__file__).resolve().parents[2]
STATIC = Path(__file__).resolve().parent / "static"


def parse(arguments: Optional[Sequence[str]]) -> argparse.Namespace:
    """The command line; usage errors end the program with 2."""
    parser = argparse.ArgumentParser(prog="plots.site", description=__doc__)
    parser.add_argument(
        "folders",
        type=Path,
        nargs="*",
        metavar="DIR",
        default=[ROOT / "results" / "data"],
        help="where datasets are, at any depth (default: those that are published)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=ROOT / "build" / "site",
        help="folder of the pages, made anew (default: build/site)",
    )
    return parser.parse_args(arguments)


def replace(made: Path, out: Path) -> None:
    """Puts the folder where pages of before may be, but nothing else."""
    if out.exists():
        if not (out / "compare.html").is_file() and any(out.iterdir()):
            raise OSError(f"{out} holds other things than pages; name another folder")
        shutil.rmtree(out)
    shutil.move(str(made), out)


def write_explorer(datasets: Sequence[Path], out: Path) -> collection.Collection:
    """Writes all but the machines' pages into that new folder."""
    shutil.copytree(STATIC, out / "assets")
    vendor.copy_library(out / "assets")
    found = collection.read(datasets, out / "data")
    collection.write_index(found, out / "data" / "index.js")
    pages.write_shared(found, out)
    return found


def write(folders: Sequence[Path], out: Path) -> collection.Collection:
    """Writes all pages; those of before stay until the new ones are whole."""
    datasets = load.find(folders)
    if not datasets:
        named = ", ".join(map(str, folders))
        raise load.DatasetError(f"{named}: no dataset in or below; ./run.sh makes one")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".site-") as folder:
        made = Path(folder) / "site"
        found = write_explorer(datasets, made)
        pages.write_machines(found, made)
        replace(made, out)
    return found


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """0: all are shown; 1: something could not be, as stderr says; 2: usage."""
    options = parse(arguments)
    try:
        found = write(options.folders, options.out)
    except (load.DatasetError, vendor.VendorError, OSError) as error:
        print(f"plots.site: {error}", file=sys.stderr)
        return 1
    for line in found.left_out:
        print(f"plots.site: left out: {line}", file=sys.stderr)
    print(options.out / "index.html")
    return 1 if found.left_out else 0


if __name__ == "__main__":
    sys.exit(main())
