"""
The specimen's experiment `vector`, whose crossovers are known. Being imported is enough for
specimen.write() to know it.
"""

from typing import Dict, List, Tuple

from results.test import specimen_machine as model
from results.test.specimen_cells import AXES, CELLS, Cell, cost_ns, make_cell

KERNEL = "copy_libc_memcpy"
SIZES = (64, 256, 1500, 8 << 10, 64 << 10)
FRAGMENTS = (1, 4, 16, 64)
# ns for a message, a byte, a fragment
PARSERS: Dict[str, Tuple[float, float, float]] = {
    "http": (60.0, 1.5, 12.0),
    "checksum": (5.0, 0.04, 7.5),
    "search": (4.0, 0.01, 0.5),
}

AXES["vector"] = [
    ("parser", "string", "", "what is parsed"),
    ("approach", "string", "", "in_place or flatten"),
    ("size", "integer", "bytes", "bytes of a message"),
    ("fragments", "integer", "1", "fragments of a message"),
    ("kernel", "string", "", "the kernel that flattens"),
]


def message_ns(parser: str, size: int, fragments: int, flatten: bool) -> float:
    """What the message costs."""
    fixed, byte, fragment = PARSERS[parser]
    if not flatten:
        return fixed + byte * size + fragment * fragments
    copies = cost_ns(make_cell({"kernel": KERNEL, "size": size}, size))
    copies += (fragments - 1) * float(model.KERNELS[KERNEL][2])
    return message_ns(parser, size, 1, False) + copies


def cells_vector() -> List[Cell]:
    """Every parser, way, size and number of fragments."""
    cells = []
    for parser in PARSERS:
        for approach in ("in_place", "flatten"):
            for size in SIZES:
                for fragments in FRAGMENTS:
                    flatten = approach == "flatten"
                    axes = {"parser": parser, "approach": approach, "size": size}
                    axes.update(fragments=fragments)
                    if flatten:
                        axes.update(kernel=KERNEL)
                    cell = make_cell(axes, size)
                    cell["cost_ns"] = message_ns(parser, size, fragments, flatten)
                    cells.append(cell)
    return cells


CELLS["vector"] = cells_vector
