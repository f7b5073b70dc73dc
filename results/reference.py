"""
What others measured, to see whether a figure is of the right order: reference.csv, and its rows
that follow from imported datasets.

`python3 -m results.reference DIR...` prints those rows of the imported datasets in and below the
folders.
"""

from __future__ import annotations

import csv
import functools
import io
import re
import sys
from pathlib import Path
from typing import Iterator, List, NamedTuple, Sequence

import pandas

from results import load, program

# What is compared, and its unit: all that a row may have.
QUANTITIES = {
    "libc_copy_32mib": "GB/s",
    "best_copy_32mib": "GB/s",
    "c_copy_32mib": "GB/s",
    "c_copy_backwards_32mib": "GB/s",
    "neon_read_32mib": "GB/s",
    "neon_read_two_streams_32mib": "GB/s",
    "ring_in_place_64kib": "Gb/s",
    "ring_copy_out_64kib": "Gb/s",
    "pipe_64kib": "Gb/s",
    "unix_stream_64kib": "Gb/s",
    "vmsplice_coop_64kib": "Gb/s",
    "same_over_other_node_4kib_ring": "1",
    "handover": "ns",
    "load_l1": "ns",
    "load_l2": "ns",
    "load_l3": "ns",
    "load_dirty_other_l2": "ns",
    "load_dirty_other_l1": "ns",
    "zerocopy_send_from": "bytes",
    "pipe_write_read": "GB/s",
    "pipe_vmsplice_splice": "GB/s",
    "pipe_vmsplice_splice_huge": "GB/s",
    "pipe_vmsplice_splice_huge_spin": "GB/s",
    "ocaml_call": "ns",
    "ocaml_noalloc_call": "ns",
}
_PATH = Path(__file__).with_name("reference.csv")
LIBC_COPIES = ("standard memcpy", "libc memcpy copy")  # what tinymembench calls it
_KERNELS = {
    **dict.fromkeys(LIBC_COPIES, "libc_copy_32mib"),
    "C copy": "c_copy_32mib",
    "C copy backwards": "c_copy_backwards_32mib",
    "NEON read": "neon_read_32mib",
    "NEON read 2 data streams": "neon_read_two_streams_32mib",
}
_CHUNK = 65536


class Reference(NamedTuple):
    """A figure of somebody else's. Empty: unknown. clock_mhz is the core's, value is in `unit`."""

    machine: str
    cpu: str
    clock_mhz: str
    quantity: str
    value: str
    unit: str
    source: str


@functools.lru_cache(maxsize=None)
def read(path: Path = _PATH) -> List[Reference]:
    """The rows; DatasetError if the file has other columns."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    if rows[:1] != [list(Reference._fields)] or any(len(r) != 7 for r in rows):
        raise load.DatasetError(f"{path}: its columns are not {Reference._fields}")
    return [Reference(*row) for row in rows[1:]]


def of(*quantities: str) -> List[Reference]:
    """The rows of these quantities, by value."""
    found = [row for row in read() if row.quantity in quantities]
    return sorted(found, key=lambda row: float(row.value))


def follow(dataset: load.Dataset) -> Iterator[Reference]:
    """The rows that follow from an imported dataset; none from others, and from virtual machines."""
    if dataset.source is None or dataset.machine["hypervisor"]:
        return
    machine, source = dataset.machine, dataset.source
    hertz = machine["core_clock"]["hz"]
    found: List[tuple[str, float]] = []
    if "size" in dataset.experiments:
        found += _copies(dataset)
    if "ipc" in dataset.experiments:
        found += _ways(dataset)
    cpu = machine["cpu"]["model"] or _part(machine["name"])
    for quantity, value in found:
        yield Reference(
            machine["board"] or machine["cpu"]["model"] or machine["name"],
            cpu,
            f"{hertz / 1e6:.0f}" if hertz else "",
            quantity,
            f"{value:.7g}",
            QUANTITIES[quantity],
            f"{source['program']}, {source['file']}",
        )


def _part(name: str) -> str:
    """Which of a machine's CPUs, where the log says no more."""
    last = name.rpartition("-")[2]
    return last if last in ("little", "big") or last.startswith("cpu") else ""


def _copies(dataset: load.Dataset) -> Iterator[tuple[str, float]]:
    table = dataset.table("size").set_index("kernel")["gb_per_s"]
    for name, quantity in _KERNELS.items():
        if name in table:
            yield quantity, float(table[name])
    kernels = dataset.machine["kernels"]
    copies = [each["name"] for each in kernels if each["operation"] == "copy"]
    rates = table[table.index.isin(copies)]
    if len(rates):
        yield "best_copy_32mib", float(rates.max())


def _ways(dataset: load.Dataset) -> Iterator[tuple[str, float]]:
    """Between CPU 0 and the first of those that share least with it."""
    table = dataset.table("ipc")
    table = table[(table["mode"] == "throughput") & (table["chunk"] == _CHUNK)]
    words = ("cpu", "core", "l2", "l3", "node", "package", "machine")
    known = [word for word in words if word in set(table["pair"])]
    table = (
        table[(table["pair"] == known[-1]) & (table["from"] == 0)] if known else table
    )
    table = table[table["to"] == table["to"].min()]
    ways = {
        "ring_in_place_64kib": ("shm_futex", "in_place"),
        "ring_copy_out_64kib": ("shm_futex", "copy_out"),
        "pipe_64kib": ("pipe", "in_place"),
        "unix_stream_64kib": ("unix_stream", "in_place"),
        "vmsplice_coop_64kib": ("vmsplice_coop_pipe", "in_place"),
    }
    for quantity, (transport, consumer) in ways.items():
        fit = (table["transport"] == transport) & (table["consumer"] == consumer)
        rates: pandas.Series = table["gb_per_s"][fit].dropna()
        if len(rates):
            yield quantity, 8 * float(rates.iloc[0])


def range_text(name: str, quantity: str) -> str:
    """What others found, the least, the middle and the most, in a sentence."""
    rows = of(quantity)
    shown = [rows[0], rows[(len(rows) - 1) // 2], rows[-1]]
    shown = [row for place, row in enumerate(shown) if row not in shown[:place]]
    unit = QUANTITIES[quantity]
    texts = [f"{float(row.value):.3g} {unit} ({_who(row)})" for row in shown]
    return f"{name}, by {len(rows)} figures of others: {', '.join(texts)}."


def _who(row: Reference) -> str:
    """The machine, without what makers add to every name."""
    name = re.sub(r"\((R|TM)\)|\bCPU\b| @ .*", "", row.machine)
    return " ".join(name.split(" (")[0].split(" / ")[0].split())


def main(arguments: Sequence[str]) -> int:
    """0; 1: a dataset can't be read; 2: usage."""
    if not arguments or arguments[0].startswith("-"):
        print("usage: python3 -m results.reference DIR...", file=sys.stderr)
        return 2
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    try:
        for folder in load.find(arguments):
            writer.writerows(follow(load.dataset(folder)))
    except load.DatasetError as error:
        print(error, file=sys.stderr)
        return 1
    print(text.getvalue(), end="")
    return 0


if __name__ == "__main__":
    program.run(main)
