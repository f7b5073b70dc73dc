"""
The specimen's experiment `remap`, as of eight CPUs: what each way of handing pages over costs is
known. Being imported is enough for specimen.write() to know it.
"""

from typing import Any, Dict, List

from results.test.specimen_cells import (
    AXES,
    CELLS,
    REPORTS,
    Cell,
    cost_ns,
    make_cell,
)

KERNEL = "copy_libc_memcpy"
SIZES = [4 << (10 + 2 * power) for power in range(7)]
PAGE, HUGE = 4096, 2 << 20
MOST_THREADS = 7
STAMP_NS = 1.5  # the producer's word in a page
TOUCH_NS = {"none": 0.0, "lines": 20.0, "all": 250.0}  # of a page
PASS_NS: Dict[str, float] = {  # whatever the size
    "memcpy": 0.0,
    "mremap": 2000.0,
    "mremap_dontunmap": 1500.0,
    "userfaultfd": 1200.0,
    "memfd": 1.0,
    "process_vm_readv": 500.0,
    "vmsplice_gift": 800.0,
}
PAGE_NS: Dict[str, float] = {  # beside a copy, where it is one
    "memcpy": 0.0,
    "mremap": 20.0,
    "mremap_dontunmap": 600.0,
    "userfaultfd": 90.0,
    "memfd": 0.0,
    "process_vm_readv": 40.0,
    "vmsplice_gift": 60.0,
}
TABLE_NS = 400.0  # of 2 MiB that are moved at once
FORGET_NS = 1500.0  # until another thread's CPU has forgotten what was moved
COPIES = ("memcpy", "process_vm_readv", "vmsplice_gift")

AXES["remap"] = [
    ("mechanism", "string", "", "what hands the payload over"),
    ("size", "integer", "bytes", "bytes of the payload"),
    ("touch", "string", "", "what the consumer reads of it"),
    ("page", "string", "", "kind of page"),
    ("threads", "integer", "1", "other threads that run meanwhile"),
    ("kernel", "string", "", "the kernel of memcpy"),
]
REPORTS["remap"] = [("faults", "number", "1", "page faults of one call")]


def copy_ns(size: int) -> float:
    """Of the kernel."""
    return cost_ns(make_cell({"kernel": KERNEL, "size": size}, size))


def move_ns(mechanism: str, page: str, size: int) -> float:
    """What is done to the pages."""
    if mechanism == "memfd":
        return 0.0
    at_once = mechanism == "mremap" or (page == "thp" and mechanism == "userfaultfd")
    if size >= HUGE and at_once:
        return TABLE_NS * size / HUGE
    return PAGE_NS[mechanism] * size / PAGE


def pass_ns(mechanism: str, touch: str, page: str, threads: int, size: int) -> float:
    """A call."""
    time = PASS_NS[mechanism] + (STAMP_NS + TOUCH_NS[touch]) * size / PAGE
    time += move_ns(mechanism, page, size)
    if mechanism in COPIES:
        time += copy_ns(size)
    elif mechanism != "memfd":
        time += FORGET_NS * threads
    return time


def make(mechanism: str, touch: str, page: str, threads: int, size: int) -> Cell:
    """One cell."""
    axes: Dict[str, Any] = {"mechanism": mechanism, "size": size, "touch": touch}
    axes.update(page=page, threads=threads)
    if mechanism == "memcpy":
        axes["kernel"] = KERNEL
    cell = make_cell(axes, size, members=threads + 1)
    fresh = mechanism == "mremap_dontunmap"
    cell.update(
        payload_bytes=size,
        page_asked=page,
        huge_share_got=int(page == "thp"),
        faults=fresh * size // (HUGE if page == "thp" else PAGE),
        cost_ns=pass_ns(mechanism, touch, page, threads, size),
    )
    return cell


def cells_remap() -> List[Cell]:
    """Every mechanism and touch; huge pages and other threads where nothing is touched."""
    points = [("base", 0, touch) for touch in TOUCH_NS]
    points += [("base", MOST_THREADS, "none"), ("thp", 0, "none")]
    return [
        make(mechanism, touch, page, threads, size)
        for mechanism in PASS_NS
        for page, threads, touch in points
        for size in SIZES
        if page == "base" or size >= HUGE
    ]


CELLS["remap"] = cells_remap
