"""
How many instructions each kernel executes, as counted by count_instructions on emulated CPUs, where
counts are exact, against arch/test/instructions.csv: one line a core, compiler, kernel and size.
"""

import csv
from pathlib import Path
from typing import Dict, Iterable, List, NamedTuple

COUNTED_COLUMNS = ["kernel", "bytes", "instructions"]
TABLE_COLUMNS = ["core", "compiler", *COUNTED_COLUMNS]


class Cell(NamedTuple):
    """What was counted: the C library chooses its memcpy by core, code differs by compiler."""

    core: str
    compiler: str
    kernel: str
    bytes: int


Table = Dict[Cell, int]  # instructions of one call


def read_rows(lines: Iterable[str], columns: List[str], **known: str) -> Table:
    """Raises ValueError where the lines are no such table, or say something twice."""
    reader = csv.DictReader(lines)
    if reader.fieldnames != columns:
        raise ValueError(f"columns are {reader.fieldnames}, not {columns}")
    table: Table = {}
    for row in reader:
        if None in row or None in row.values():
            raise ValueError(f"line {reader.line_num} has not {len(columns)} fields")
        row = {**row, **known}
        cell = Cell(row["core"], row["compiler"], row["kernel"], int(row["bytes"]))
        if cell in table:
            raise ValueError(f"line {reader.line_num}: {cell} is there already")
        table[cell] = int(row["instructions"])
    return table


def read_table(path: Path) -> Table:
    """instructions.csv."""
    with path.open(newline="") as file:
        return read_rows(file, TABLE_COLUMNS)


def write_table(path: Path, table: Table) -> None:
    """In the form of instructions.csv."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(TABLE_COLUMNS)
        writer.writerows([*cell, instructions] for cell, instructions in table.items())


def read_counts(output: str, core: str, compiler: str) -> Table:
    """What count_instructions printed."""
    lines = output.splitlines()
    return read_rows(lines, COUNTED_COLUMNS, core=core, compiler=compiler)


def compare(expected: Table, found: Table) -> List[str]:
    """
    Complaints, one line each; none is good. Of what is expected, only what `found` has the core and
    compiler of is looked at.
    """
    complaints = []
    counted = {(cell.core, cell.compiler) for cell in found}
    for cell, instructions in found.items():
        if cell not in expected:
            now = f"{instructions} instructions, the table has no such line"
            complaints.append(f"{place(cell)}: {now}")
        elif instructions != expected[cell]:
            now = f"{instructions} instructions, the table says {expected[cell]}"
            complaints.append(f"{place(cell)}: {now}")
    for cell, instructions in expected.items():
        if (cell.core, cell.compiler) in counted and cell not in found:
            now = f"not counted, the table says {instructions}"
            complaints.append(f"{place(cell)}: {now}")
    return complaints


def place(cell: Cell) -> str:
    return f"{cell.kernel}: {cell.bytes} B on {cell.core}"
