"""Several machines: what each is, in a few words, and which of them are of one family."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from results import load
from results.estimate import bytes_text

# The first that is found in a CPU's name is its family.
FAMILIES = (
    r"Cortex-[AMRX]\d+\w*",
    r"Neoverse[- ][A-Z]\d+",
    r"Apple M\d+",
    r"EPYC|Ryzen|Opteron|Athlon",
    r"Xeon|Atom|Celeron|Pentium|Core i\d|Core Ultra|Core|N\d{2,3}\b",
    r"Kirin|Krait|Kryo|Denver|Carmel|ThunderX\d?|Graviton\d?|Altra",
    r"SiFive [A-Z]\d+|C9\d0|X60",
)
MAKERS = ("AMD", "Intel")  # whose series are named without them


def short_title(dataset: load.Dataset) -> str:
    """
    The machine's text without what a CPU's maker adds to every name; who measured, if not copycost.
    """
    text = shortened(dataset.title)
    return f"{text} (by {dataset.source['program']})" if dataset.source else text


def shortened(text: str) -> str:
    """Such a text of a machine."""
    text = re.sub(
        r"\((R|TM|C)\)|\bCPU\b|\b(\d+-Core )?Processor\b| @ [0-9.]+ ?GHz",
        "",
        text,
    )
    return re.sub(r"\s+", " ", text).replace(" ,", ",").strip()


def family(machine: Dict[str, Any]) -> str:
    """The CPU's family: its core where the name says it, else its maker's series, else the ISA."""
    model = str(machine["cpu"].get("model") or "")
    for pattern in FAMILIES:
        found = re.search(pattern, model)
        if found:
            maker = next((name for name in MAKERS if name in model), "")
            return f"{maker} {found[0]}".strip()
    return model or str(machine["cpu"].get("isa") or "unknown CPU")


def labels(datasets: Sequence[load.Dataset]) -> List[str]:
    """
    A name for each, none twice: its CPU and board; where several have the same, the machine's name
    as well; where that is the same too, the day and the number of the run.
    """
    names = [short_title(dataset) for dataset in datasets]
    for more in (
        [dataset.machine["name"] for dataset in datasets],
        [str(dataset.package["created"])[:10] for dataset in datasets],
        [str(number) for number in range(1, len(datasets) + 1)],
    ):
        counts = Counter(names)
        names = [
            f"{name}, {further}" if counts[name] > 1 else name
            for name, further in zip(names, more)
        ]
    return names


class Facts(NamedTuple):
    """A row of the table of machines; texts, empty where unknown."""

    label: str
    family: str
    isa: str
    cpus: str
    clock: str
    caches: str
    memory: str
    nodes: str
    kernel: str
    libc: str
    measured: str

    @classmethod
    def heads(cls) -> List[str]:
        """Names of the columns."""
        heads = [name.replace("_", " ") for name in cls._fields]
        return ["machine", "family", "ISA", "CPUs", *heads[4:]]


def cache_text(caches: Optional[Sequence[Dict[str, Any]]]) -> str:
    """The size of each level, of its first cache."""
    sizes: Dict[int, str] = {}
    for cache in caches or []:
        if cache.get("bytes"):
            sizes.setdefault(cache["level"], bytes_text(cache["bytes"]))
    return ", ".join(f"L{level} {size}" for level, size in sorted(sizes.items()))


def facts(datasets: Sequence[load.Dataset]) -> List[Facts]:
    """A row a dataset, in their order."""
    rows = []
    for label, dataset in zip(labels(datasets), datasets):
        machine = dataset.machine
        cpu, memory = machine["cpu"], machine.get("memory") or {}
        libc, kernel = machine.get("libc") or {}, machine.get("kernel") or {}
        hz = (machine.get("core_clock") or {}).get("hz")
        words = [libc.get("name"), libc.get("version")]
        rows.append(
            Facts(
                label=label,
                family=family(machine),
                isa=str(cpu.get("isa") or ""),
                cpus=str(cpu.get("online") or ""),
                clock=f"{hz / 1e9:.2f} GHz" if hz else "",
                caches=cache_text(machine.get("caches")),
                memory=bytes_text(memory["bytes"]) if memory.get("bytes") else "",
                nodes=str(len(machine.get("nodes") or []) or ""),
                kernel=str(kernel.get("release") or ""),
                libc=" ".join(str(word) for word in words if word),
                measured=str(dataset.package["created"])[:10],
            )
        )
    return rows
