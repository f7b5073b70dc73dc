"""The machine's description in an archive of ipc-bench: what it kept of /proc and /sys."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping, Optional

from results.importers import clean, machine
from results.importers.archive import Files
from results.levels import cpu_numbers

_CPU_FILE = re.compile(
    r"logs/sys-cpu/cpu([0-9]{1,4})/(topology|cache/index[0-9]{1,2})/([a-z_]{1,40})"
)
_NODE_FILE = re.compile(r"logs/sys-node/node([0-9]{1,4})/(cpulist|distance|meminfo)")
_PAIR = re.compile(r"([^:\t]{1,40}?)\s*: ?(.{0,4000})")
_TOTAL = re.compile(r"(?:Node [0-9]{1,4} )?MemTotal: +([0-9]{1,15}) kB")
_LIST = re.compile(r"[0-9]{1,4}(?:-[0-9]{1,4})?(?:,[0-9]{1,4}(?:-[0-9]{1,4})?){0,200}")
_HYPERVISORS = ("VirtualBox", "VMware", "KVM", "QEMU", "Xen", "Bochs")

Parts = Dict[
    int, Dict[str, str]
]  # by CPU: "topology/core_id", "cache/index0/size", ...


def known(name: str) -> bool:
    """Whether the file is one of the description's."""
    logs = ("cpuinfo", "meminfo", "uname", "dmesg_virt", "target_cpus")
    return (
        name in [f"logs/{file}" for file in logs]
        or _CPU_FILE.fullmatch(name) is not None
        or _NODE_FILE.fullmatch(name) is not None
    )


def describe(files: Files) -> Dict[str, Any]:
    """machine.json, as far as the files have it. They are named as below the archive's root."""
    found = machine.unknown()
    told = _pairs(files, "logs/cpuinfo")
    cpu = found["cpu"]
    cpu.update(model=told.get("model name"), vendor=told.get("vendor_id"))
    cpu["features"] = sorted(set((told.get("flags") or "").split()))
    cpu["microcode"] = told.get("microcode")
    words = _first_line(files, "logs/uname").split()
    if len(words) > 2:
        found["kernel"]["release"] = clean(words[1])
        cpu["isa"] = machine.isa(words[2])
    found["memory"]["bytes"] = _total(files, "logs/meminfo")
    found["hypervisor"] = _hypervisor(files)
    parts = cpu_parts(files)
    if parts:
        cpu["online"] = len(parts)
        cpu["packages"] = _different(parts, "topology/physical_package_id")
        found["caches"] = _caches(parts)
        found["cache_source"] = "topology" if found["caches"] else "unknown"
    found["nodes"], found["distances"] = _nodes(files)
    return found


def cpu_parts(files: Files) -> Parts:
    """What sysfs has of each CPU."""
    parts: Parts = {}
    for name in files:
        told = _CPU_FILE.fullmatch(name)
        if told:
            line = _first_line(files, name)
            parts.setdefault(int(told.group(1)), {})[
                f"{told.group(2)}/{told.group(3)}"
            ] = line
    return parts


def nearness(parts: Parts, files: Files, one: int, other: int) -> Optional[str]:
    """What two CPUs share at the innermost, in the words of `cores`; None: not told."""
    if one == other:
        return "cpu"
    told = parts.get(one)
    if not told or other not in parts:
        return None
    if other in _cpus(told.get("topology/thread_siblings_list")):
        return "core"
    shared = [
        int(told[f"{index}/level"])
        for index in {
            key.rpartition("/")[0] for key in told if key.startswith("cache/")
        }
        if told.get(f"{index}/level") in ("2", "3")
        and other in _cpus(told.get(f"{index}/shared_cpu_list"))
    ]
    if shared:
        return f"l{min(shared)}"
    for node in filter(_NODE_FILE.fullmatch, files):
        if node.endswith("/cpulist") and {one, other} <= _cpus(
            _first_line(files, node)
        ):
            same = other in _cpus(told.get("topology/core_siblings_list"))
            return "node" if same else "machine"
    return (
        "package"
        if other in _cpus(told.get("topology/core_siblings_list"))
        else "machine"
    )


def _first_line(files: Files, name: str) -> str:
    return clean(files[name].lines[0]) if name in files and files[name].lines else ""


def _cpus(text: Optional[str]) -> set[int]:
    return cpu_numbers(text) if text and _LIST.fullmatch(text) else set()


def _pairs(files: Files, name: str) -> Dict[str, Optional[str]]:
    """The first value of each key of a file such as cpuinfo."""
    found: Dict[str, Optional[str]] = {}
    for line in files[name].lines if name in files else []:
        pair = _PAIR.fullmatch(line)
        if pair:
            text = re.sub(r"[\x00-\x20\x7f\ufffd]+", " ", pair.group(2)).strip()
            found.setdefault(pair.group(1), text or None)
    return found


def _total(files: Files, name: str) -> Optional[int]:
    lines = files[name].lines if name in files else []
    found = next(filter(None, map(_TOTAL.fullmatch, lines)), None)
    return int(found.group(1)) * 1024 if found else None


def _hypervisor(files: Files) -> Optional[str]:
    """By what the firmware calls itself: a host's log names its guests' hypervisor, too."""
    name = "logs/dmesg_virt"
    for line in files[name].lines if name in files else []:
        if " DMI: " in line or "Hypervisor detected" in line:
            return next((word for word in _HYPERVISORS if word in line), None)
    return None


def _different(parts: Parts, key: str) -> Optional[int]:
    values = {told[key] for told in parts.values() if key in told}
    return len(values) or None


def _caches(parts: Parts) -> List[Dict[str, Any]]:
    found: Dict[Any, Dict[str, Any]] = {}
    for _, told in sorted(parts.items()):
        for index in sorted(
            {key.rpartition("/")[0] for key in told if key.startswith("cache/")}
        ):
            _add_cache(
                found, {key: told.get(f"{index}/{key}") or "" for key in _CACHE_KEYS}
            )
    return [found[key] for key in sorted(found)]


_CACHE_KEYS = ("level", "type", "size", "coherency_line_size", "shared_cpu_list")


def _add_cache(found: Dict[Any, Dict[str, Any]], told: Mapping[str, str]) -> None:
    size, cpus = machine.size_bytes(told["size"]), told["shared_cpu_list"]
    if (
        told["type"] not in ("Data", "Unified")
        or told["level"] not in "1234"
        or not size
    ):
        return
    if not told["level"] or not _LIST.fullmatch(cpus):
        return
    line = told["coherency_line_size"]
    level = int(told["level"])
    shared = len(cpu_numbers(cpus))
    lines = int(line) if re.fullmatch("[0-9]{1,5}", line) else None
    found[level, min(cpu_numbers(cpus))] = machine.cache(
        level, size, lines, cpus, shared
    )


def _nodes(files: Files) -> Any:
    """Nodes and the firmware's distances between them; None where they are not told whole."""
    there = sorted({int(f.group(1)) for f in map(_NODE_FILE.fullmatch, files) if f})
    nodes, distances = [], []
    for node in there:
        folder = f"logs/sys-node/node{node}"
        size = _total(files, f"{folder}/meminfo")
        cpus = _cpus(_first_line(files, f"{folder}/cpulist"))
        if size is None:
            return None, None
        nodes.append({"node": node, "bytes": size, "cpus": len(cpus)})
        row = _first_line(files, f"{folder}/distance").split()
        distances.append(
            [int(text) for text in row if re.fullmatch("[0-9]{1,6}", text)]
        )
    square = all(len(row) == len(nodes) for row in distances)
    return nodes or None, distances if nodes and square else None
