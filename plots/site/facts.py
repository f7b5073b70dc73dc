"""A machine's facts in words."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Tuple

from plots import style

Fact = Tuple[str, str]


def facts(machine: Dict[str, Any]) -> List[Fact]:
    """(what, how much) of a machine.json, what is unknown left out."""
    found = [*_processor(machine), *_memory(machine), *_software(machine)]
    return [(name, text) for name, text in found if text]


def _processor(machine: Dict[str, Any]) -> Iterator[Fact]:
    cpu = machine.get("cpu") or {}
    yield "CPU", _words(cpu, "model", "isa")
    yield "board", _words(machine, "board")
    yield "hypervisor", _words(machine, "hypervisor")
    parts = [
        f"{key} {cpu[key]}" for key in ("packages", "cores", "online") if cpu.get(key)
    ]
    yield "CPUs", ", ".join(parts)
    clock = (machine.get("core_clock") or {}).get("hz")
    yield "core clock", f"{clock / 1e9:.2f} GHz, measured" if clock else ""
    frequency = machine.get("frequency") or {}
    yield "frequency", _words(frequency, "driver", "governor")
    yield "caches", caches(machine)


def caches(machine: Dict[str, Any]) -> str:
    """Each kind of cache, once: level, size and how many CPUs share it."""
    kinds = {
        (cache["level"], cache["bytes"], cache.get("shared_cpus") or 1)
        for cache in machine.get("caches") or []
        if cache.get("level") and cache.get("bytes")
    }
    return ", ".join(
        f"L{level} {style.size_text(size)}" + (f" for {cpus} CPUs" * (cpus > 1))
        for level, size, cpus in sorted(kinds)
    )


def memory(machine: Dict[str, Any]) -> str:
    """Its size."""
    size = (machine.get("memory") or {}).get("bytes")
    return style.size_text(size) if size else ""


def _memory(machine: Dict[str, Any]) -> Iterator[Fact]:
    yield "memory", memory(machine)
    nodes = machine.get("nodes") or []
    yield "NUMA nodes", str(len(nodes)) if nodes else ""
    held = machine.get("memory") or {}
    pages = [style.size_text(held[key]) for key in PAGES if held.get(key)]
    yield "pages", " and ".join(pages)
    yield "transparent huge pages", _words(held, "thp")


PAGES = ("page_bytes", "huge_page_bytes")


def _software(machine: Dict[str, Any]) -> Iterator[Fact]:
    yield "kernel", _words(machine.get("kernel") or {}, "release")
    yield "C library", _words(machine.get("libc") or {}, "name", "version", "memcpy")
    yield "compiler", _words(machine.get("build") or {}, "compiler")
    yield "clock", _words(machine.get("clock") or {}, "name")


def _words(values: Dict[str, Any], *keys: str) -> str:
    return ", ".join(str(values[key]) for key in keys if values.get(key))
