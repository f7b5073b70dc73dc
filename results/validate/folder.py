"""The folder as a whole: the package's description, its files, machine.json, topology.xml."""

import hashlib
import re
from pathlib import Path
from typing import Any, Dict, List, Optional
from xml.etree import ElementTree

from results import schema
from results.load import PACKAGE, DatasetError, read_json
from results.validate.findings import Findings

# What may lie in the folder without being listed: made from the dataset, not part of it.
_DERIVED = re.compile(r"plots/.*|report\.[a-z]+")


def check_package(path: Path, findings: Findings) -> Optional[Dict[str, Any]]:
    """The package's description; None if nothing can be checked by it."""
    if not path.is_dir():
        findings.add(PACKAGE, "the dataset's folder does not exist")
        return None
    if not (path / PACKAGE).is_file():
        findings.add(
            PACKAGE, "is missing: a run writes it last, so this one did not finish"
        )
        return None
    package = _read(path, PACKAGE, findings)
    if package is None or not _check_schema(
        PACKAGE, package, schema.package_schema(), findings
    ):
        return None
    _check_resources(package, findings)
    checked: Dict[str, Any] = package
    return checked


def check_files(path: Path, package: Dict[str, Any], findings: Findings) -> None:
    """Every listed file is there and unchanged; no other is."""
    listed = {resource["path"]: resource for resource in package["resources"]}
    for name, resource in listed.items():
        if not (path / name).is_file():
            findings.add(
                name, f"is missing, though {PACKAGE} lists it; copy the dataset anew"
            )
            continue
        content = (path / name).read_bytes()
        if len(content) != resource["bytes"]:
            findings.add(
                name,
                f"has {len(content)} bytes, {PACKAGE} says {resource['bytes']}; copy it anew",
            )
        elif "sha256:" + hashlib.sha256(content).hexdigest() != resource["hash"]:
            findings.add(
                name, f"its sha256 is not the one in {PACKAGE}; it was changed"
            )
    for file in sorted(path.rglob("*")):
        name = file.relative_to(path).as_posix()
        unknown = (
            name != PACKAGE and name not in listed and not _DERIVED.fullmatch(name)
        )
        if unknown and not file.is_dir():
            findings.add(name, f"{PACKAGE} does not list it; remove it")


def check_machine(path: Path, package: Dict[str, Any], findings: Findings) -> Any:
    """The content of machine.json; None if it has not the form it should have."""
    name = "machine.json"
    if not (path / name).is_file():
        return None
    machine = _read(path, name, findings)
    if machine is None or not _check_schema(
        name, machine, schema.machine_schema(schema.imported(package)), findings
    ):
        return None
    for key in ("run",) if schema.imported(package) else ("clock", "run"):
        if machine.get(key) is None:
            findings.add(name, f"{key}: is missing; every dataset has it")
            return None
    run, about = machine["run"], package["copycost"]
    for key in ("profile", "interrupted"):
        if run[key] != about[key]:
            findings.add(name, f"run.{key}: is {run[key]}, {PACKAGE} says {about[key]}")
    _check_experiments(run, package, findings)
    return machine


def clock_rate(machine: Any) -> float:
    """ns per tick of the clock; 0 if it is unknown."""
    clock = machine["clock"] if machine else None
    return float(clock["ns_per_tick"]) if clock else 0.0


def check_topology(
    path: Path, package: Dict[str, Any], machine: Any, findings: Findings
) -> None:
    """topology.xml is hwloc's, and there if hwloc was."""
    name = "topology.xml"
    listed = any(resource["name"] == "topology" for resource in package["resources"])
    source = machine["backends"]["topology"] if machine else None
    if source and not listed and source.startswith("hwloc "):
        findings.add(
            PACKAGE,
            f"resources: topology is missing, though machine.json has it by {source}",
        )
    if source and listed and not source.startswith("hwloc "):
        findings.add(
            PACKAGE,
            f"resources: topology is there, though machine.json has it by {source}",
        )
    try:
        root = ElementTree.parse(path / name).getroot().tag
    except OSError:
        return
    except ElementTree.ParseError as error:
        findings.add(name, f"not XML: {error}; copy it anew")
        return
    if root != "topology":
        findings.add(name, f"its root is <{root}>, hwloc writes <topology>")


def _read(path: Path, name: str, findings: Findings) -> Any:
    try:
        return read_json(path / name)
    except DatasetError as error:
        findings.add(name, str(error).replace(f"{path / name}: ", "", 1))
        return None


def _check_schema(name: str, document: Any, against: Any, findings: Findings) -> bool:
    wrong = schema.complaints(document, against)
    for text in wrong:
        findings.add(name, text)
    return not wrong


def _check_resources(package: Dict[str, Any], findings: Findings) -> None:
    names: List[str] = [resource["name"] for resource in package["resources"]]
    for name in sorted({name for name in names if names.count(name) > 1}):
        findings.add(PACKAGE, f"resources: there are {names.count(name)} named {name}")
    if "machine" not in names:
        findings.add(PACKAGE, "resources: machine is missing")
    for resource in package["resources"]:
        name, path = resource["name"], resource["path"]
        if path != _path_of(resource):
            findings.add(
                PACKAGE, f"resources: {name} has path {path}, not {_path_of(resource)}"
            )
        if "schema" not in resource:
            continue
        partner = _experiment_of(resource) or f"{name}{schema.SAMPLES}"
        if partner == f"{name}{schema.SAMPLES}" and schema.imported(package):
            continue
        if partner not in names:
            findings.add(
                PACKAGE, f"resources: {name} is there, but {partner} is missing"
            )


def _path_of(resource: Dict[str, Any]) -> str:
    name = str(resource["name"])
    if "schema" not in resource:
        return {
            "machine": "machine.json",
            "topology": "topology.xml",
            "citation": "CITATION.cff",
        }[name]
    if "compression" not in resource:
        return f"{name}.csv"
    if schema.raw_suffix(resource) == schema.SAMPLES:
        name = _experiment_of(resource)
    return f"samples/{name}.csv.gz"


def _experiment_of(resource: Dict[str, Any]) -> str:
    """Whose raw table it is; "" if it is none."""
    name = str(resource["name"])
    return name.rpartition("-")[0] if "compression" in resource else ""


def _check_experiments(
    run: Dict[str, Any], package: Dict[str, Any], findings: Findings
) -> None:
    tables = [resource for resource in package["resources"] if "schema" in resource]
    there = {table["name"] for table in tables if "compression" not in table}
    for name in sorted(there - set(run["experiments"])):
        findings.add(
            "machine.json",
            f"run.experiments: has no {name}, though {name}.csv is there",
        )
    if not run["interrupted"]:
        for name in sorted(set(run["experiments"]) - there):
            findings.add(
                PACKAGE, f"resources: {name} is missing, though machine.json has it run"
            )
