"""Broken descriptions in datapackage.json and machine.json are found."""

from pathlib import Path
from typing import Any, Callable

import pytest

from results.test import breaking
from results.test.breaking import resource
from results.validate import validate


def _field(package: Any, name: str) -> Any:
    fields = resource(package, "size")["schema"]["fields"]
    return next(field for field in fields if field["name"] == name)


def _move_column(package: Any) -> None:
    fields = resource(package, "size")["schema"]["fields"]
    fields.insert(6, fields.pop(5))


def _add_column(package: Any) -> None:
    fields = resource(package, "size")["schema"]["fields"]
    fields.append({**fields[0], "name": "mood"})


def _two_columns(package: Any) -> None:
    fields = resource(package, "size")["schema"]["fields"]
    fields.insert(1, dict(fields[1]))


def _no_axes(package: Any) -> None:
    fields = resource(package, "size")["schema"]["fields"]
    del fields[1:4]


def _drop(name: str) -> Callable[[Any], None]:
    return lambda package: package["resources"].remove(resource(package, name))


PACKAGE = [
    (lambda package: package.pop("created"), "'created' is a required property"),
    (
        lambda package: package.update(created="yesterday"),
        "created: 'yesterday' does not match",
    ),
    (
        lambda package: package.update(name="Big Machine"),
        "name: 'Big Machine' does not match",
    ),
    (
        lambda package: package["copycost"].update(format="copycost-dataset-9"),
        "copycost.format: ",
    ),
    (lambda package: package.update(licenses=[]), "licenses: [] is too short"),
    (
        lambda package: resource(package, "size").pop("hash"),
        "resources[0]: 'hash' is a required",
    ),
    (
        lambda package: resource(package, "size").update(hash="md5:0"),
        "resources[0].hash: 'md5:0'",
    ),
    (
        lambda package: resource(package, "size").update(bytes="9"),
        "resources[0].bytes: '9' is not",
    ),
    (
        lambda package: resource(package, "size").update(path="../size.csv"),
        "resources[0].path: ",
    ),
    (
        lambda package: resource(package, "size").update(path="null.csv"),
        "size has path null.csv",
    ),
    (lambda package: resource(package, "size").pop("schema"), "'schema' is a required"),
    (
        lambda package: resource(package, "null").update(name="size"),
        "there are 2 named size",
    ),
    (_drop("machine"), "resources: machine is missing"),
    (
        _drop("topology"),
        "topology is missing, though machine.json has it by hwloc 2.9.0",
    ),
    (_drop("null"), "resources: null is missing, though machine.json has it run"),
    (_drop("null-samples"), "resources: null is there, but null-samples is missing"),
    (
        lambda package: _field(package, "size").pop("unit"),
        "'unit' is a required property",
    ),
    (
        lambda package: _field(package, "size").update(type="date"),
        "'date' is not one of",
    ),
    (
        lambda package: _field(package, "size").pop("copycost:role"),
        "'copycost:role' is a required",
    ),
    (
        lambda package: _field(package, "cell").update(type="string"),
        "fields[0].unit: False schema does not allow '1'",
    ),
    (
        lambda package: _field(package, "calls").update(type="number"),
        "calls: its type is number",
    ),
    (
        lambda package: _field(package, "median_ns").update(unit="us"),
        "median_ns: its unit is us",
    ),
    (_move_column, "size: column 6 is members, not region"),
    (_add_column, "size: column mood is one too many"),
    (_two_columns, "size: there are 2 columns kernel"),
    (_no_axes, "size: no column has the role axis"),
]


@pytest.mark.parametrize("edit, text", PACKAGE)
def test_broken_package(copied: Path, edit: Callable[[Any], None], text: str) -> None:
    breaking.edit_json(copied, edit)
    found = validate(copied)
    assert any(
        entry.startswith("datapackage.json: ") and text in entry for entry in found
    ), found


def _without_hwloc(machine: Any) -> None:
    machine["backends"]["topology"] = "sysfs: built without hwloc"


def test_without_hwloc_there_is_no_topology(copied: Path) -> None:
    breaking.edit_json(copied, _without_hwloc, "machine.json")
    text = "resources: topology is there, though machine.json has it by sysfs"
    assert validate(copied) == [f"datapackage.json: {text}: built without hwloc"]
    breaking.edit_json(copied, _drop("topology"))
    (copied / "topology.xml").unlink()
    assert validate(copied) == []


@pytest.mark.parametrize("told", [None, "no key"])
def test_firmware_may_tell_no_memory_attributes(copied: Path, told: Any) -> None:
    def edit(machine: Any) -> None:
        del machine["memory_attributes"]
        if told is None:
            machine["memory_attributes"] = None

    breaking.edit_json(copied, edit, "machine.json")
    assert validate(copied) == []


MACHINE = [
    (lambda machine: machine.pop("cpu"), "'cpu' is a required property"),
    (
        lambda machine: machine["clock"].pop("ns_per_tick"),
        "clock: 'ns_per_tick' is a required",
    ),
    (
        lambda machine: machine["clock"].update(ns_per_tick=0),
        "clock.ns_per_tick: 0 is less",
    ),
    (
        lambda machine: machine["clock"].update(ns_per_tick="fast"),
        "clock.ns_per_tick: ",
    ),
    (
        lambda machine: machine["run"].update(interrupted=True),
        "run.interrupted: is True",
    ),
    (lambda machine: machine["run"].update(profile="full"), "run.profile: is full"),
    (
        lambda machine: machine["run"].update(experiments=["null"]),
        "run.experiments: has no size",
    ),
    (lambda machine: machine.update(format="copycost-machine-9"), "format: "),
    (
        lambda machine: machine.update(cache_curve=[{"bytes": 1024, "ns": 0}]),
        "cache_curve[0].ns: ",
    ),
    (
        lambda machine: machine.update(cache_plateaus=[{"bytes": 1024, "ns": 1.5}]),
        "cache_plateaus: ",
    ),
    (
        lambda machine: machine["memory_attributes"][0].pop("target"),
        "memory_attributes[0]: 'target' is a required",
    ),
    (lambda machine: machine.update(memory_attributes=[]), "memory_attributes: [] "),
]


@pytest.mark.parametrize("edit, text", MACHINE)
def test_broken_machine(copied: Path, edit: Callable[[Any], None], text: str) -> None:
    breaking.edit_json(copied, edit, "machine.json")
    found = validate(copied)
    assert any(
        entry.startswith("machine.json: ") and text in entry for entry in found
    ), found
