"""
The specimen's experiment `pages`, whose costs of page faults and whose TLB are known. Being
imported is enough for specimen.write() to know it.
"""

from typing import Dict, List

from results.test import specimen_machine as model
from results.test.specimen_cells import (
    AXES,
    CELLS,
    REPORTS,
    Cell,
    cost_ns,
    make_cell,
)

KERNEL = "copy_libc_memcpy"
SIZES = [4 << (10 + 2 * power) for power in range(8)]
FRESH_MOST = 16 << 20
CHUNK = 64
PAGE_BYTES: Dict[str, int] = {"base": 4096, "thp": 2 << 20, "hugetlb": 2 << 20}
FAULT_NS: Dict[str, float] = {"base": 500.0, "thp": 40000.0, "hugetlb": 38000.0}
REACH_BYTES = 6 << 20  # of the TLB on base pages
WALK_NS = 9.0

AXES["pages"] = [
    ("page", "string", "", "kind of page"),
    ("mapping", "string", "", "prefaulted or first_touch"),
    ("order", "string", "", "sequential or random"),
    ("kernel", "string", "", "the kernel that copies"),
    ("size", "integer", "bytes", "bytes of the source"),
    ("chunk", "integer", "bytes", "bytes of a call"),
]
REPORTS["pages"] = [
    ("faults", "number", "1", "page faults of one call"),
    ("page_bytes", "number", "bytes", "bytes of a page that was asked for"),
]


def random_ns(page: str, size: int) -> float:
    """A chunk out of that size: what misses the TLB walks the page table."""
    _, _, fixed, rates = model.KERNELS[KERNEL]
    level = sum(2 * size > edge for edge in (model.L1, model.L2, model.L3))
    missed = max(0.0, 1 - REACH_BYTES / (2 * size)) if page == "base" else 0.0
    return float(fixed + CHUNK / rates[level] + missed * WALK_NS)


def make(page: str, mapping: str, order: str, size: int) -> Cell:
    """One cell."""
    chunk = CHUNK if order == "random" else size
    axes = {"page": page, "mapping": mapping, "order": order, "kernel": KERNEL}
    cell = make_cell({**axes, "size": size, "chunk": chunk}, chunk)
    faults = -(-size // PAGE_BYTES[page]) if mapping == "first_touch" else 0
    if order == "random":
        cell["cost_ns"] = random_ns(page, size)
    else:
        cell["cost_ns"] = cost_ns(make_cell({"kernel": KERNEL, "size": size}, size))
        cell["cost_ns"] += faults * FAULT_NS[page]
    share = 0 if page == "base" else 1
    cell.update(page_asked=page, huge_share_got=share)
    cell.update(faults=faults, page_bytes=PAGE_BYTES[page])
    return cell


def cells_pages() -> List[Cell]:
    """Every page kind, way and size."""
    ways = [("prefaulted", "sequential"), ("prefaulted", "random")]
    ways.append(("first_touch", "sequential"))
    return [
        make(page, mapping, order, size)
        for page in PAGE_BYTES
        for mapping, order in ways
        for size in SIZES
        if mapping == "prefaulted" or size <= FRESH_MOST
    ]


CELLS["pages"] = cells_pages
