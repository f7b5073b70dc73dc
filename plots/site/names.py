"""How datasets and machines are called on the pages, and whose figures and whose licence they have."""

from __future__ import annotations

import re
from typing import Any, Dict

from results import load

# What a CPU's model has in common with those of its family, the most telling first.
FAMILIES = (
    r"(cortex)-([amrx]\d+)",
    r"(neoverse)-(\w+)",
    r"(apple) (m\d+)",
    r"(amd) (epyc|ryzen|opteron|athlon|phenom)",
    r"(intel)\W.*?\b(xeon|core|atom|celeron|pentium)\b",
)


def family(described: Dict[str, Any]) -> str:
    """The CPU family of a machine.json: of what it is a model, else its vendor, else its ISA."""
    cpu = described.get("cpu") or {}
    text = re.sub(r"\((R|TM)\)", "", cpu.get("model") or "", flags=re.IGNORECASE)
    for pattern in FAMILIES:
        found = re.search(pattern, text, re.IGNORECASE)
        if found:
            words = [word[:1].upper() + word[1:] for word in found.groups()]
            joint = "-" if words[0] in ("Cortex", "Neoverse") else " "
            return joint.join(words).replace("Amd", "AMD").replace("Epyc", "EPYC")
    return text.split(" ")[0] or cpu.get("isa") or "unknown"


def safe(text: str) -> str:
    """The text as the name of a file or folder that means the same everywhere."""
    kept = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip(".-")
    return kept or "unnamed"


def source(dataset: load.Dataset) -> str:
    """The program that measured it, where that was not copycost; else empty."""
    found = dataset.source or {}
    return " ".join(filter(None, [found.get("program"), found.get("version")]))


def licence(dataset: load.Dataset) -> str:
    """Under which the dataset is published."""
    licences = dataset.package.get("licenses") or []
    texts = [str(each.get("title") or each.get("name")) for each in licences]
    return ", ".join(texts) or "not stated"
