"""
The specimen's experiment `shootdown`, as of eight CPUs of which each busy one adds the same. Being
imported is enough for specimen.write() to know it.
"""

from typing import Dict, List, Tuple

from results.test.specimen_cells import AXES, CELLS, REPORTS, Cell, make_cell

PAGES = (1, 8, 16, 32, 34, 64, 128, 512)
THREADS = (0, 1, 3, 7)
COST_NS: Dict[str, Tuple[float, float]] = {  # of an operation and of each of its pages
    "munmap": (1500.0, 90.0),
    "mprotect": (700.0, 20.0),
    "mremap": (2500.0, 25.0),
    "madvise": (900.0, 80.0),
}
CEILING, FLUSH_PAGE_NS, FLUSH_ALL_NS = 33, 60.0, 200.0
FIRST_NS, EACH_NS = 2500.0, 400.0  # of the first busy thread; of each further one
WAKING_NS = 4000.0  # of interrupting those that sleep, which mremap does

AXES["shootdown"] = [
    ("operation", "string", "", "what is done to the pages"),
    ("pages", "integer", "1", "pages of an operation"),
    ("threads", "integer", "1", "other threads"),
    ("others", "string", "", "idle or busy"),
]
REPORTS["shootdown"] = [
    ("tlb_interrupts", "number", "1", "TLB shootdowns per call"),
    ("faults", "number", "1", "page faults per call"),
]


def alone_ns(operation: str, pages: int) -> float:
    """Up to CEILING pages are flushed one by one."""
    call, page = COST_NS[operation]
    flush = pages * FLUSH_PAGE_NS if pages <= CEILING else FLUSH_ALL_NS
    return call + pages * page + flush


def added_ns(operation: str, threads: int, others: str) -> float:
    """By the other threads."""
    if others == "busy":
        return FIRST_NS + EACH_NS * (threads - 1)
    return WAKING_NS if threads and operation == "mremap" else 0.0


def make(operation: str, pages: int, threads: int, others: str) -> Cell:
    """One cell."""
    axes = {"operation": operation, "pages": pages, "threads": threads}
    cell = make_cell({**axes, "others": others}, 0)
    cell["cost_ns"] = alone_ns(operation, pages) + added_ns(operation, threads, others)
    cell["faults"] = 0
    if threads:
        heard = others == "busy" or operation == "mremap"
        cell["tlb_interrupts"] = threads if heard else 0
    return cell


def cells_shootdown() -> List[Cell]:
    """Every operation on every number of pages, beside none and both kinds of others."""
    return [
        make(operation, pages, threads, others)
        for operation in COST_NS
        for pages in PAGES
        for threads in THREADS
        for others in (("idle", "busy") if threads else ("",))
    ]


CELLS["shootdown"] = cells_shootdown
