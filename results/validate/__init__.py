"""
Checks a dataset completely: folder, checksums, descriptions, every row and value, and whether the
figures follow from the raw samples.
"""

from pathlib import Path
from typing import Any, Dict, List

from results import schema
from results.validate import counts, folder, histogram, rules, samples, table
from results.validate.findings import Findings


def validate(path: Path) -> List[str]:
    """One line a finding, each naming file, row and column as far as it has them; [] if valid."""
    findings = Findings()
    package = folder.check_package(path, findings)
    if package is None:
        return findings.lines()
    folder.check_files(path, package, findings)
    machine = folder.check_machine(path, package, findings)
    folder.check_topology(path, package, machine, findings)
    ns_per_tick = folder.clock_rate(machine)
    resources = {resource["name"]: resource for resource in package["resources"]}
    for name, resource in resources.items():
        if "schema" in resource and "compression" not in resource:
            raws = {
                suffix: resources.get(f"{name}{suffix}")
                for suffix in (schema.SAMPLES, schema.COUNTS, schema.HISTOGRAM)
            }
            imported = schema.imported(package)
            _check_experiment(
                path, resource, raws, machine, ns_per_tick, imported, findings
            )
    return findings.lines()


def _check_experiment(
    path: Path,
    resource: Dict[str, Any],
    raws: Dict[str, Any],
    machine: Any,
    ns_per_tick: float,
    imported: bool,
    findings: Findings,
) -> None:
    if not table.check_fields(resource, findings):
        return
    rows = table.read_rows(path, resource, findings)
    if rows is None:
        return
    rules.check_rows(resource, rows, machine, imported, findings)
    raw = raws[schema.SAMPLES]
    if raw is not None and table.check_fields(raw, findings):
        samples.check_samples(path, resource, raw, rows, ns_per_tick, findings)
    raw = raws[schema.COUNTS]
    if raw is None or table.check_fields(raw, findings):
        counts.check_counts(path, resource, raw, rows, findings)
    raw = raws[schema.HISTOGRAM]
    if raw is not None and table.check_fields(raw, findings):
        histogram.check_histogram(path, resource, raw, rows, findings)
