"""The specimen's cells: points on the axes, and what a call costs there."""

from typing import Any, Callable, Dict, List, Tuple

from results.test import specimen_machine as model

Cell = Dict[str, Any]

SIZES = [1, 3, 16, 64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10]
SIZES += [1 << 20, 4 << 20, 16 << 20, 64 << 20, 128 << 20]
OFFSETS = (0, 1, 2, 4, 8, 16, 32, 48, 63)
ALIASES = (0, 1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4032)

AXES: Dict[str, List[Tuple[str, str, str, str]]] = {  # name, type, unit, description
    "size": [
        ("kernel", "string", "", "the kernel that copies"),
        ("size", "integer", "bytes", "bytes copied by one call"),
        ("temperature", "string", "", "warm: same buffers again; cold: lines evicted"),
    ],
    "align": [
        ("kernel", "string", "", "the kernel that copies"),
        ("size", "integer", "bytes", "bytes copied by one call"),
        ("src_align", "integer", "bytes", "source past a 64-byte line"),
        ("dst_align", "integer", "bytes", "destination past a 64-byte line"),
        ("alias", "integer", "bytes", "(dst - src) mod 4096; empty: not asked for"),
    ],
    "limits": [
        ("kernel", "string", "", "the kernel that reads, fills or copies"),
        ("size", "integer", "bytes", "working set of a member"),
        ("threads", "integer", "1", "threads at once"),
    ],
    "null": [
        ("kind", "string", "", "kind of region"),
        ("workers", "integer", "1", "members of a team, or processes"),
    ],
    "call": [
        ("kernel", "string", "", "the kernel on the far side; empty: none"),
        ("boundary", "string", "", "the way to the copy"),
        ("size", "integer", "bytes", "bytes copied by one call"),
    ],
    "alloc": [
        ("kernel", "string", "", "the kernel that copies"),
        ("buffer", "string", "", "where a packet lies when it is handed on"),
        ("size", "integer", "bytes", "bytes of a packet"),
        ("live", "integer", "1", "packets in flight at most"),
        ("work", "string", "", "copy: each packet is copied; skip: not"),
    ],
    "batch": [
        ("kernel", "string", "", "the kernel that copies"),
        ("size", "integer", "bytes", "bytes of a packet"),
        ("batch", "integer", "1", "packets at a time"),
        ("work", "string", "", "copy: each packet is copied; skip: not"),
    ],
    "mix": [
        ("kernel", "string", "", "the kernel that copies"),
        ("distribution", "string", "", "how frequent each size is"),
        (
            "sequence",
            "string",
            "",
            "fixed: always the mean; random: by the distribution",
        ),
    ],
    "layers": [
        ("passing", "string", "", "what each layer does to pass a packet up"),
        ("depth", "integer", "1", "layers"),
        ("size", "integer", "bytes", "payload of a packet"),
        ("working_set", "integer", "bytes", "what ring and pool cycle through"),
        ("touch", "string", "", "what the consumer reads of the payload"),
        ("kernel", "string", "", "the kernel that copies"),
    ],
}
BOUNDARY_NS = {  # beyond a copy that is called from the loop
    "inlined": 0.0,
    "direct": 0.7,
    "plt": 1.2,
    "pointer": 0.9,
    "ocaml_noalloc_bytes": 1.5,
    "ocaml_noalloc_bigarray": 1.8,
    "ocaml_plain_bytes": 4.0,
    "ocaml_plain_bigarray": 4.3,
    "ocaml_boxed_bytes": 12.0,
    "ocaml_boxed_bigarray": 13.0,
}
ALONE_NS_PER_BYTE = {  # what copies without a kernel
    "constant": 0.01,
    "ocaml_blit": 0.02,
    "ocaml_loop": 1.3,
    "ocaml_loop_unchecked": 0.8,
}
_WORKING_SET = ("working_set_bytes", "number", "bytes", "what is touched")
REPORTS = {"alloc": [_WORKING_SET], "batch": [_WORKING_SET]}
LAYER_NS = {  # beside the copy and what is summed of its bytes
    "view": 2.0,
    "handle": 2.5,
    "handle_atomic": 9.0,
    "grant": 2.0,
    "copy": 2.0,
    "checksum_two_pass": 4.0,
    "checksum_fused": 4.0,
}
SUM_NS_PER_BYTE = {"checksum_two_pass": 0.1, "checksum_fused": 0.05}
COPIES = [name for name in model.KERNELS if name.startswith("copy")]


def cells_size() -> List[Cell]:
    """Of the experiment size; cells_align and so on of theirs."""
    return [
        make_cell({"kernel": kernel, "size": size, "temperature": temperature}, size)
        for kernel in COPIES
        for size in SIZES
        for temperature in ("warm", "cold")
    ]


def cells_align() -> List[Cell]:
    grid: List[Tuple[int, int, Any]] = [(0, alias % 64, alias) for alias in ALIASES]
    grid += [(src, dst, None) for src in OFFSETS for dst in OFFSETS]
    cells = []
    for kernel in ("copy_libc_memcpy", "copy_avx2"):
        for size in (256, 16 << 10):
            for src, dst, alias in grid:
                axes = {"kernel": kernel, "size": size}
                axes.update({"src_align": src, "dst_align": dst, "alias": alias})
                offset = dst if alias is None else alias
                cells.append(make_cell(axes, size, src_offset=src, dst_offset=offset))
    return cells


def cells_limits() -> List[Cell]:
    return [
        make_cell(
            {"kernel": kernel, "size": size, "threads": threads}, size, members=threads
        )
        for kernel in model.KERNELS
        if kernel.startswith(("read", "fill"))
        or kernel in ("copy_libc_memcpy", "copy_avx2")
        for size in (16 << 10, 512 << 10, 8 << 20, 128 << 20)
        for threads in (1, 2, 4)
    ]


def cells_null() -> List[Cell]:
    return [
        dict(
            make_cell({"kind": kind, "workers": workers}, 0, members=workers),
            region=kind,
        )
        for kind, workers in (
            ("thread", 1),
            ("team", 2),
            ("team", 4),
            ("processes", 2),
        )
    ]


def cells_call() -> List[Cell]:
    return [
        make_cell({"kernel": kernel, "boundary": boundary, "size": size}, size)
        for kernel, boundaries in (
            ("copy_libc_memcpy", BOUNDARY_NS),
            (None, ALONE_NS_PER_BYTE),
        )
        for boundary in boundaries
        for size in (0, 8, 64, 256, 1024, 4096)
    ]


# Sizes and how frequent they are; what a copy costs more where they can't be predicted.
MIXES: Dict[str, Dict[int, int]] = {
    "uniform": {size: 1 for size in range(64, 1519)},
    "loguniform": {2**power: 1 for power in range(11)},
    "imix": {64: 7, 570: 4, 1518: 1},
}
UNPREDICTED_NS = {"copy_libc_memcpy": 6.0, "copy_avx2": 9.0, "copy_movsb": 0.0}


def mix_bytes(distribution: str) -> int:
    """The mean."""
    mix = MIXES[distribution]
    return round(sum(size * times for size, times in mix.items()) / sum(mix.values()))


def cells_mix() -> List[Cell]:
    cells = [
        make_cell(
            {"kernel": kernel, "distribution": distribution, "sequence": sequence},
            mix_bytes(distribution) if distribution in MIXES else 0,
        )
        for kernel in UNPREDICTED_NS
        for distribution in (*MIXES, "pcap")
        for sequence in ("fixed", "random")
    ]
    for cell in cells:
        if cell["distribution"] not in MIXES:
            cell.update(verdict="skipped", reason="no --pcap=FILE is given")
    return cells


def bins_mix(cell: Cell) -> Dict[int, int]:
    """The sizes that the cell copied, and how often."""
    if cell["sequence"] == "fixed":
        return {cell["payload_bytes"]: 32768}
    mix = MIXES[cell["distribution"]]
    return {size: times * 1000 for size, times in mix.items()}


BUFFER_NS = {"view": 0.0, "malloc": 25.0, "arena": 0.2, "pool": 2.0}
VIEW_NS, LOOP_NS, ROUND_NS = 10.0, 11.0, 8.0


def cells_alloc() -> List[Cell]:
    """A buffer's cost does not depend on the size, a copy's is that of size in the same level."""
    points = [
        (buffer, size, work)
        for buffer in BUFFER_NS
        for size in (16, 64, 256, 1024, 1500, 4096, 16384, 65536)
        for work in ("copy", "skip")
        if (buffer, work) != ("view", "copy")
    ]
    return [
        _packets(
            {"buffer": buffer, "size": size, "live": 64, "work": work},
            64,
            VIEW_NS + BUFFER_NS[buffer],
        )
        for buffer, size, work in points
    ]


def cells_batch() -> List[Cell]:
    """A round of the loop costs ROUND_NS whatever the batch."""
    return [
        _packets(
            {"size": size, "batch": 1 << power, "work": work},
            1 << power,
            LOOP_NS + ROUND_NS / (1 << power),
        )
        for size in (64, 1024)
        for power in range(11)
        for work in ("copy", "skip")
    ]


def _packets(axes: Dict[str, Any], count: int, loop_ns: float) -> Cell:
    """A call is a packet of so many that are in use; what it costs beside the copy is given."""
    copies, size = axes["work"] == "copy", axes["size"]
    cell = make_cell({"kernel": "copy_libc_memcpy", **axes}, size * copies)
    cell["working_set_bytes"] = count * (1 + copies) * -(-size // 64) * 64
    cell["cost_ns"] = loop_ns
    if copies:
        _, _, fixed, rates = model.KERNELS["copy_libc_memcpy"]
        edges = (model.L1, model.L2, model.L3)
        level = sum(cell["working_set_bytes"] > edge for edge in edges)
        cell["cost_ns"] += fixed + size / rates[level]
    return cell


def cells_layers() -> List[Cell]:
    places = [(1500, 512 << 10, touch) for touch in ("none", "lines", "all")]
    places += [(size, 512 << 10, "lines") for size in (64, 9000, 64 << 10)]
    places += [(1500, room, "lines") for room in (16 << 10, 16 << 20, 64 << 20)]
    names = ("passing", "depth", "size", "working_set", "touch", "kernel")
    return [
        make_cell(
            dict(zip(names, (passing, depth, *place, "copy_libc_memcpy"))), place[0]
        )
        for passing in LAYER_NS
        for depth in (0, 1, 4, 16)
        for place in places
        if depth > 0 or passing in ("view", "grant")
    ]


CELLS = {
    "size": cells_size,
    "align": cells_align,
    "limits": cells_limits,
    "null": cells_null,
    "call": cells_call,
    "mix": cells_mix,
    "alloc": cells_alloc,
    "batch": cells_batch,
    "layers": cells_layers,
}
BINS = {"mix": ("bytes", "bytes", "size of a copy that was made", bins_mix)}
# Of experiments that keep each visit's: the function takes launch and sweep, too.
BINS_BY_VISIT: Dict[
    str, Tuple[str, str, str, Callable[[Cell, int, int], Dict[int, int]]]
] = {}
# Of experiments that want CPU time: what each member of a cell uses in a call.
CPU_TIMES: Dict[str, Callable[[Cell], List[float]]] = {}


def make_cell(axes: Dict[str, Any], size: int, **setup: int) -> Cell:
    """The columns of a cell that stand before it is measured."""
    members = setup.get("members", 1)
    cell: Cell = {}
    cell.update(
        payload_bytes=size * members,
        region="thread" if members == 1 else "team",
        members=members,
        cpu_asked=1,
        cpus=" ".join(str(1 + member) for member in range(members)),
        src_node_asked="local",
        dst_node_asked="local",
        page_asked="base",
        src_offset_asked=setup.get("src_offset", 0),
        dst_offset_asked=setup.get("dst_offset", 0),
        verdict="ok",
    )
    cell.update(axes)
    kernel = axes.get("kernel")
    if kernel is not None:
        cell.update(
            code_mod_64=model.code_mod_64(kernel), code_hash=model.code_hash(kernel)
        )
        missing = model.KERNELS[kernel][1]
        if missing:
            cell.update(verdict="skipped", reason=f"this CPU has no {missing}", cpus="")
    return cell


def cost_ns(cell: Cell) -> float:
    """What a call costs on the machine that does not exist, unless the cell says it."""
    if "cost_ns" in cell:
        return float(cell["cost_ns"])
    if "kernel" not in cell:
        return 3.0
    boundary = cell.get("boundary", "inlined")
    if boundary in ALONE_NS_PER_BYTE:
        return float(1.0 + cell["size"] * ALONE_NS_PER_BYTE[boundary])
    _, _, fixed, rates = model.KERNELS[cell["kernel"]]
    if "sequence" in cell:
        unpredicted = UNPREDICTED_NS[cell["kernel"]] * (cell["sequence"] == "random")
        return float(fixed + cell["payload_bytes"] / rates[0] + unpredicted)
    if "passing" in cell:
        return stack_ns(cell, fixed, rates)
    size, traffic = cell["size"], cell["size"] * (
        2 if cell["kernel"].startswith("copy") else 1
    )
    level = sum(traffic > edge for edge in (model.L1, model.L2, model.L3))
    cold = cell.get("temperature") == "cold"
    rate = rates[3 if cold else level]
    time = fixed + size / rate + (90.0 if cold else 0.0) + BOUNDARY_NS[boundary]
    if level == 3:
        time *= 1 + 0.7 * (cell["members"] - 1) if cell["members"] > 1 else 1
    if cell["src_offset_asked"] % 32 or cell["dst_offset_asked"] % 32:
        time *= 1.08 + 0.12 * (cell["dst_offset_asked"] % 32 > 0)
    return float(time * (1.6 if 0 < (cell.get("alias") or 0) < 256 else 1.0))


def stack_ns(cell: Cell, fixed: float, rates: Any) -> float:
    """What a packet costs in a stack: a straight line in the depth."""
    passing, size = cell["passing"], cell["size"]
    level = sum(cell["working_set"] > edge for edge in (model.L1, model.L2, model.L3))
    read = {"none": 0.0, "lines": size / 64, "all": size / 8}[cell["touch"]]
    layer = LAYER_NS[passing] + SUM_NS_PER_BYTE.get(passing, 0.0) * size
    if passing.startswith(("copy", "checksum")):
        layer += fixed + size / rates[level]
    return float(4.0 + read + cell["depth"] * layer)
