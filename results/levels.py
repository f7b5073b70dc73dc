"""The levels of a machine's memory hierarchy."""

from __future__ import annotations

from typing import Iterable, NamedTuple, Optional

import pandas


class Level(NamedTuple):
    """A level of the memory hierarchy, for working sets in (above, upto] bytes."""

    name: str
    above: float
    upto: float
    shared_cpus: int = 1


def cpu_numbers(text: str) -> set[int]:
    """The CPUs of a list such as "0-3,8"."""
    numbers: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        numbers.update(range(int(first), int(last or first) + 1))
    return numbers


def cpu_text(numbers: Iterable[int]) -> str:
    """The list that cpu_numbers() reads."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and runs[-1][-1] == number - 1:
            runs[-1] = [runs[-1][0], number]
        else:
            runs.append([number])
    return ",".join("-".join(map(str, run)) for run in runs)


def levels(machine: dict, cpu: Optional[int]) -> list[Level]:
    """The cache levels of that CPU and DRAM; empty where no cache size is known."""
    caches = [cache for cache in machine.get("caches") or [] if cache.get("bytes")]
    # Another CPU's where this one's is not told: better than a level that is missing.
    caches.sort(
        key=lambda cache: (
            cache["level"],
            cpu not in cpu_numbers(cache.get("cpus") or ""),
        )
    )
    found: list[Level] = []
    for cache in caches:
        name, above = f"L{cache['level']}", found[-1].upto if found else 0.0
        if cache["bytes"] > above and name not in [level.name for level in found]:
            found.append(
                Level(name, above, float(cache["bytes"]), cache.get("shared_cpus") or 1)
            )
    return found + [Level("DRAM", found[-1].upto, float("inf"))] if found else []


def cpu_of(table: pandas.DataFrame) -> Optional[int]:
    """The CPU that was measured on."""
    cpus = table["cpu_got"].dropna() if "cpu_got" in table else []
    return int(cpus.iloc[0]) if len(cpus) else None
