"""machine.json of a machine of which only a log is known."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional

_ISAS = {
    "x86_64": "x86_64",
    "amd64": "x86_64",
    "aarch64": "aarch64",
    "arm64": "aarch64",
    "arm": "arm",
    "armhf": "arm",
    "armv6l": "arm",
    "armv7l": "arm",
    "armv8l": "arm",
    "riscv64": "riscv64",
}


def isa(word: Optional[str]) -> Optional[str]:
    """The ISA that Debian or uname call so."""
    return _ISAS.get((word or "").split("/")[0])


def unknown() -> Dict[str, Any]:
    """All that machine.json has to have, nothing of it known."""
    nothing = dict.fromkeys
    cpu: Dict[str, Any] = nothing(
        ("model", "vendor", "isa", "microcode", "online", "allowed", "packages")
    )
    memory = ("bytes", "page_bytes", "huge_page_bytes", "hugetlb_pages_free")
    return {
        "format": "copycost-machine-1",
        "name": "unknown",
        "board": None,
        "hypervisor": None,
        "emulated": None,
        "emulated_by": None,
        "cpu": {**cpu, "cores": None, "smt": None, "kinds": None, "features": []},
        "caches": [],
        "cache_source": "unknown",
        "memory": nothing((*memory, "thp", "dram")),
        "nodes": None,
        "distances": None,
        "kernel": nothing(("release", "version", "command_line")),
        "mitigations": {},
        "frequency": nothing(("governor", "driver", "min_hz", "max_hz", "boost")),
        "numa_balancing": None,
        "libc": nothing(("name", "version", "memcpy")),
        "build": nothing(("compiler", "flags", "commit", "triplet", "version")),
        "backends": nothing(("topology", "nodes", "counters")),
        "clock": None,
        "core_clock": {"hz": None, "source": "estimate"},
        "counters": [],
        "kernels": [],
        "doctor": [],
    }


def run(
    experiments: List[str],
    profile: str,
    started: Optional[str],
    finished: Optional[str],
) -> Dict[str, Any]:
    """The part of machine.json that is about the run."""
    return {
        "command": None,
        "profile": profile,
        "seed": None,
        "started_utc": started,
        "finished_utc": finished,
        "experiments": experiments,
        "launches": None,
        "interrupted": False,
        "left_out": [],
    }


def kernel(name: str, operation: str) -> Dict[str, Any]:
    """An entry of `kernels`, by another program's own name of it."""
    return {
        "name": name,
        "operation": operation,
        "summary": name,
        "needs": "",
        "missing": None,
        "resolved": None,
        "granule": None,
        "alignment": None,
        "code_mod_64": None,
        "code_hash": None,
    }


def cache(
    level: int, size: int, line: Optional[int], cpus: str, shared: Optional[int]
) -> Dict[str, Any]:
    """An entry of `caches`."""
    return {
        "level": level,
        "bytes": size,
        "line_bytes": line,
        "shared_cpus": shared,
        "cpus": cpus,
    }


_SIZE = re.compile(r"([0-9]{1,9}(?:[.,][0-9]{1,3})?) ?([KMGT]?)i?B?", re.IGNORECASE)


def size_bytes(text: str) -> Optional[int]:
    """Bytes of "32K", "7.5Gi", "976M": powers of 1024, to as many digits as there are."""
    found = _SIZE.fullmatch(text.strip())
    if not found:
        return None
    factor = 1024 ** " KMGT".index(found.group(2).upper() or " ")
    return round(float(found.group(1).replace(",", ".")) * factor)
