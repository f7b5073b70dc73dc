"""
The specimen's experiment `migrate`, whose ratios and recoveries are known: 12 CPUs in two packages
of two nodes, so that a move may end on the same L3, another node or another package. Being imported
is enough for specimen.write() to know it.
"""

import zlib
from typing import Dict, List

import numpy

from results.test.specimen_cells import (
    AXES,
    BINS_BY_VISIT,
    CELLS,
    REPORTS,
    Cell,
    make_cell,
)

KERNEL = "copy_libc_memcpy"
COPY_BYTES = 64 << 10
SMALL, LARGE = 512 << 10, 64 << 20
AWAY_MS, BACK_MS, COURSE_MS = 15, 40, 55
FOLLOW_MORE_MS = 30  # in each phase that pages may follow in
GB_PER_S = {SMALL: 20.0, LARGE: 8.0}
# Of the rate before, with pages left behind: what is left, and what is until it has settled.
LEFT: Dict[str, float] = {"l3": 1.0, "package": 0.75, "machine": 0.5}
REFILL_LEFT, REFILL_MS = 0.4, 4  # small sets move from cache to cache
FOLLOW_LEFT, FOLLOW_MS = 0.1, 12  # pages are moved, and little is copied

AXES["migrate"] = [
    ("where", "string", "", "what the CPUs share"),
    ("mover", "string", "", "who moves"),
    ("pages", "string", "", "whether pages follow"),
    ("size", "integer", "bytes", "working set"),
    ("kernel", "string", "", "the kernel that copies"),
]
REPORTS["migrate"] = [
    (name, "number", unit, name)
    for name, unit in (
        ("course_ns", "ns"),
        ("copy_bytes", "bytes"),
        ("away_cpu", "1"),
        ("away_at_ns", "ns"),
        ("back_at_ns", "ns"),
        ("move_ns", "ns"),
        ("follow_ns", "ns"),
        ("followed_share", "1"),
        ("before_gb_per_s", "GB/s"),
        ("away_gb_per_s", "GB/s"),
        ("back_gb_per_s", "GB/s"),
    )
]


def share(cell: Cell, ms: int) -> float:
    """Of the rate before, in that millisecond."""
    follows = cell["pages"] == "follow"
    since = ms - AWAY_MS
    if since < 0 or ms >= back_ms(cell):
        return 1.0
    if follows:
        return FOLLOW_LEFT if since < FOLLOW_MS else 1.0
    if cell["size"] == SMALL and since < REFILL_MS:
        return REFILL_LEFT
    return LEFT[cell["where"]]


def back_ms(cell: Cell) -> int:
    """When it sets out for home."""
    return BACK_MS + FOLLOW_MORE_MS * (cell["pages"] == "follow")


def course_ms(cell: Cell) -> int:
    """How long the course is."""
    return COURSE_MS + 2 * FOLLOW_MORE_MS * (cell["pages"] == "follow")


def bins_migrate(cell: Cell, launch: int, sweep: int) -> Dict[int, int]:
    """Copies by millisecond; one visit in eight is disturbed for a while."""
    random = numpy.random.default_rng([cell["cell"], launch, sweep])
    rate = GB_PER_S[cell["size"]] * (1 + 0.01 * random.standard_normal())
    counts = {}
    for ms in range(course_ms(cell)):
        copies = rate * share(cell, ms) * 1e6 / COPY_BYTES
        counts[ms] = round(copies * (1 + 0.02 * random.standard_normal()))
    if zlib.crc32(bytes([cell["cell"], launch, sweep])) % 8 == 0:
        counts.update({ms: counts[ms] // 3 for ms in range(20, 24)})
    return {ms: count for ms, count in counts.items() if count > 0}


def cells_migrate() -> List[Cell]:
    """Every move that the machine has, and a row for each that it has not."""
    points = [
        (where, mover, pages, size)
        for where in LEFT
        for mover, pages in (("thread", "stay"), ("thread", "follow"), ("peer", "stay"))
        for size in (SMALL, LARGE)
        if pages == "stay" or where != "l3"
    ]
    cells = [_cell(*point) for point in points]
    for where in ("core", "l2", "cluster", "node"):
        cell = make_cell({"where": where, "kernel": KERNEL}, 0)
        reason = (
            f"no CPU that may be used shares the {where} with CPU 1, and nothing nearer"
        )
        cell.update(verdict="skipped", reason=reason)
        cells.append(cell)
    return cells


def _cell(where: str, mover: str, pages: str, size: int) -> Cell:
    axes = {"where": where, "mover": mover, "pages": pages, "size": size}
    cell = make_cell({**axes, "kernel": KERNEL}, 0, members=1 + (mover == "peer"))
    rate = GB_PER_S[size]
    cell.update(
        cost_ns=course_ms(cell) * 1e6,
        course_ns=course_ms(cell) * 1e6,
        copy_bytes=COPY_BYTES,
        away_cpu=2,
        away_at_ns=AWAY_MS * 1e6 + 5000,
        back_at_ns=back_ms(cell) * 1e6 + 5000,
        move_ns=90000,
        before_gb_per_s=rate,
        away_gb_per_s=rate * share(cell, back_ms(cell) - 1),
        back_gb_per_s=rate,
    )
    if pages == "follow":
        cell.update(follow_ns=FOLLOW_MS * 1e6, followed_share=1)
    return cell


CELLS["migrate"] = cells_migrate
BINS_BY_VISIT["migrate"] = (
    "ms",
    "ms",
    "when a copy ended, in whole milliseconds since the course began",
    bins_migrate,
)
