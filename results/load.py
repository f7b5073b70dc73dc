"""
The one reader of datasets for everything downstream.

    dataset = load.dataset("results/data/machine/20261122T115500Z-quick")
    frame = dataset.table("size")

`python3 -m results.load DIR...` prints what is in the datasets in and below the folders.
"""

import gzip
import json
import sys
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Optional, Sequence, Union

import pandas

from results import program, regions, schema

PACKAGE = "datapackage.json"
ROLE = "copycost:role"

AnyPath = Union[str, Path]


class DatasetError(Exception):
    """What is wrong with which file, and what to do about it."""


def read_json(path: Path) -> Any:
    """
    The file's content, unpacked if its name ends in .gz; DatasetError unless it is strict JSON in
    UTF-8.
    """

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no JSON")

    packed = Path(path).suffix == ".gz"
    try:
        with gzip.open(path) if packed else open(path, "rb") as file:
            return json.loads(file.read().decode("utf-8"), parse_constant=refuse)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DatasetError(
            f"{path}: not a whole gzip file: {error}; copy it anew"
        ) from error
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{path}: not UTF-8 at byte {error.start}; copy it anew"
        ) from error
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{path}: not JSON: {error}; copy it anew") from error


def machine_title(machine: Dict[str, Any]) -> str:
    """CPU model, board, whether it is emulated."""
    cpu = machine["cpu"].get("model") or machine["cpu"].get("isa") or "unknown CPU"
    parts = [cpu]
    board = machine.get("board")
    if board and board != cpu:
        parts.append(board)
    if machine.get("emulated"):
        emulator = machine.get("emulated_by")
        parts.append(f"emulated by {emulator}" if emulator else "emulated")
    return ", ".join(parts)


@dataclass
class Dataset:
    """
    One run on one machine.

    experiments: a frame each, in the order of the CSV file. Integer columns are int64, or Int64
    (nullable) where a value is missing; numbers are float64 with NaN; strings are never missing
    but empty.
    """

    path: Path
    package: Dict[str, Any]
    machine: Dict[str, Any]
    experiments: Dict[str, pandas.DataFrame] = field(default_factory=dict)
    _regions: Dict[str, pandas.DataFrame] = field(default_factory=dict, repr=False)

    @property
    def title(self) -> str:
        """The machine's text for a figure's head."""
        return machine_title(self.machine)

    @property
    def source(self) -> Optional[Dict[str, Any]]:
        """Whose figures these are, where they were imported; None where copycost measured them."""
        found: Optional[Dict[str, Any]] = self.package["copycost"].get("source")
        return found

    @property
    def ns_per_tick(self) -> float:
        """Of the clock that all samples were taken with."""
        return float(self.machine["clock"]["ns_per_tick"])

    def resource(self, name: str) -> Dict[str, Any]:
        """The entry of datapackage.json."""
        for resource in self.package["resources"]:
            if resource["name"] == name:
                found: Dict[str, Any] = resource
                return found
        here = ", ".join(resource["name"] for resource in self.package["resources"])
        raise DatasetError(f"{self.path}: has no {name}; there is: {here}")

    def fields(self, experiment: str) -> List[Dict[str, Any]]:
        """The columns of the experiment's table: name, type, unit, description, role."""
        found: List[Dict[str, Any]] = self.resource(experiment)["schema"]["fields"]
        return found

    def columns(self, experiment: str, role: str) -> List[str]:
        """Names of the columns of that role, in the table's order."""
        return [
            column["name"] for column in self.fields(experiment) if column[ROLE] == role
        ]

    def axes(self, experiment: str) -> List[str]:
        """Names of the columns that make up a point of the experiment's grid."""
        return self.columns(experiment, "axis")

    def table(self, experiment: str) -> pandas.DataFrame:
        """A copy of the experiment's table, sorted by cell."""
        self.resource(experiment)
        return self.experiments[experiment].sort_values("cell", ignore_index=True)

    def samples(self, experiment: str) -> pandas.DataFrame:
        """The raw samples, a row a member of a timed region, in the order of measurement."""
        return read_table(self.path, self.resource(f"{experiment}{schema.SAMPLES}"))

    def counts(self, experiment: str) -> pandas.DataFrame:
        """
        The raw counts, a row a counted region and counter, in the order of counting. DatasetError
        where nothing was counted.
        """
        return read_table(self.path, self.resource(f"{experiment}{schema.COUNTS}"))

    def histogram(self, experiment: str) -> pandas.DataFrame:
        """
        A row a cell and bin: cell, the bin's key under the name that the experiment gives it, and
        count, over all visits of the cell. Where the experiment keeps each visit's, a row a visit
        and bin, with launch and sweep after the cell. DatasetError where it keeps none.
        """
        return read_table(self.path, self.resource(f"{experiment}{schema.HISTOGRAM}"))

    def samples_region(self, experiment: str) -> pandas.DataFrame:
        """
        One row a timed region, in the order of measurement: cell, launch, sweep, start_ns, calls,
        ticks (of the slowest member), members, ns (per call) and gb_per_s.
        """
        table = self.experiments[experiment].set_index("cell")
        if experiment not in self._regions:  # read once: many figures are made of them
            self._regions[experiment] = regions.regions(self.samples(experiment))
        timed = self._regions[experiment]
        timed = regions.add_values(timed, table["fixed_ns"], self.ns_per_tick)
        payload = timed["cell"].map(table["payload_bytes"]).astype("float64")
        timed["gb_per_s"] = payload.where(payload > 0) / timed["ns"]
        return timed.drop(columns=["rows", "first"])


def read_table(
    folder: Path, resource: Dict[str, Any], only: Sequence[str] = ()
) -> pandas.DataFrame:
    """
    Reads a CSV resource of the dataset in that folder, typed by its fields; all columns or `only`
    some, which is faster.
    """
    path = folder / resource["path"]
    kinds = {
        column["name"]: column["type"]
        for column in resource["schema"]["fields"]
        if not only or column["name"] in only
    }
    raw = "compression" in resource
    types = _RAW_TYPES if raw else _TYPES
    try:
        frame = pandas.read_csv(
            path,
            usecols=list(kinds) if only else None,
            dtype={name: types[kind] for name, kind in kinds.items()},
            keep_default_na=False,
            na_values={name: [""] for name, kind in kinds.items() if kind != "string"},
            encoding="utf-8",
            compression="gzip" if raw else None,
            float_precision="round_trip",
        )
    except (OSError, EOFError, ValueError, OverflowError) as error:
        raise DatasetError(
            f"{path}: {error}; python3 -m results.validate names the row"
        ) from error
    if list(frame.columns) != list(kinds):
        raise DatasetError(
            f"{path}: its columns are not those of {PACKAGE}; copy both anew"
        )
    for name, kind in kinds.items():
        if kind == "integer" and not frame[name].isna().any():
            frame[name] = frame[name].astype("int64")
    return frame


# Raw samples are never missing, and many: int64 is read ten times as fast as Int64.
_TYPES = {"integer": "Int64", "number": "float64", "string": "object"}
_RAW_TYPES = {"integer": "int64", "string": "object"}


def dataset(path: AnyPath) -> Dataset:
    """Reads the dataset in that folder; trusts it otherwise (results.validate checks it)."""
    folder = Path(path)
    if not (folder / PACKAGE).is_file():
        raise DatasetError(
            f"{folder}: no dataset, because it has no {PACKAGE}, which a run writes last; "
            "name the folder of a finished run"
        )
    package = read_json(folder / PACKAGE)
    found = (
        package.get("copycost", {}).get("format") if isinstance(package, dict) else None
    )
    if found != schema.FORMAT:
        raise DatasetError(
            f"{folder / PACKAGE}: its format is {found}, this reader knows {schema.FORMAT}; "
            "use the copycost that wrote it"
        )
    loaded = Dataset(folder, package, read_json(folder / "machine.json"))
    for resource in package["resources"]:
        if "schema" in resource and "compression" not in resource:
            loaded.experiments[resource["name"]] = read_table(folder, resource)
    return loaded


def together(paths: Iterable[AnyPath], emulated: bool = False) -> List[Dataset]:
    """
    Reads datasets that are to be seen side by side. An emulator's figures prove nothing about time,
    so real and emulated machines are refused together unless `emulated` says that it is meant.
    """
    loaded = [dataset(path) for path in paths]
    kinds: Dict[bool, Path] = {
        bool(one.machine.get("emulated")): one.path for one in loaded
    }
    if len(kinds) > 1 and not emulated:
        raise DatasetError(
            f"{kinds[True]} is of an emulated machine, whose times are not real, and "
            f"{kinds[False]} is not; --emulated shows both all the same"
        )
    return loaded


def find(paths: Iterable[AnyPath]) -> List[Path]:
    """The folders of all datasets in and below the paths, sorted within each."""
    found: List[Path] = []
    for path in paths:
        found += sorted(package.parent for package in Path(path).rglob(PACKAGE))
    return found


def latest(path: AnyPath) -> Path:
    """The folder of the dataset below the path that was made last."""
    folders = find([path])
    if not folders:
        raise DatasetError(f"{path}: no dataset in or below it; ./run.sh makes one")
    return max(
        folders, key=lambda folder: str(read_json(folder / PACKAGE).get("created"))
    )


def source_text(source: Dict[str, Any]) -> str:
    """Whose figures an imported dataset has."""
    program = f"{source['program']} {source['version'] or ''}".strip()
    return f"not measured by copycost: {program}, {source['file']}"


def overview(loaded: Dataset) -> Iterator[str]:
    """The lines that describe a dataset on a terminal."""
    about = loaded.package["copycost"]
    interrupted = ", interrupted" if about["interrupted"] else ""
    yield str(loaded.path)
    yield f"  machine   {loaded.title} ({loaded.machine['name']})"
    yield f"  run       {loaded.package['created']}, profile {about['profile']}{interrupted}"
    if loaded.source:
        yield f"  {source_text(loaded.source)}"
    for experiment, frame in loaded.experiments.items():
        verdicts = frame["verdict"].value_counts()
        shares = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items())
        axes = " x ".join(loaded.axes(experiment))
        yield f"  {experiment:<9} {len(frame)} rows over {axes}: {shares}"


def main(arguments: Sequence[str]) -> int:
    """Prints an overview of every dataset in and below the folders."""
    if not arguments or arguments[0].startswith("-"):
        print("usage: python3 -m results.load DIR...", file=sys.stderr)
        return 2
    folders = find(arguments)
    if not folders:
        print(f"no dataset in or below {', '.join(arguments)}", file=sys.stderr)
        return 1
    try:
        for folder in folders:
            print("\n".join(overview(dataset(folder))))
    except DatasetError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    program.run(main)
