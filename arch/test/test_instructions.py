"""Counts of instructions: made-up tables that differ, and the program that counts, on this CPU."""

import os
import shlex
import subprocess
from pathlib import Path

import instructions
import pytest
from instructions import Cell, compare, read_counts, read_table

ROOT = Path(__file__).resolve().parent.parent.parent

COUNTS = """kernel,bytes,instructions
copy_ldp,64,27
copy_ldp,4096,523
read_ldp,64,31
"""
EXPECTED = read_counts(COUNTS, "cortex-a57", "gcc 12")


def counted(old: str, new: str) -> instructions.Table:
    """The same counts but for one line."""
    assert COUNTS.count(old) == 1
    return read_counts(COUNTS.replace(old, new), "cortex-a57", "gcc 12")


def test_equal() -> None:
    assert len(EXPECTED) == 3
    assert compare(EXPECTED, dict(EXPECTED)) == []


@pytest.mark.parametrize("instructions_now", [522, 524, 531])
def test_kernel_that_changed(instructions_now: int) -> None:
    found = counted("4096,523", f"4096,{instructions_now}")
    assert compare(EXPECTED, found) == [
        f"copy_ldp: 4096 B on cortex-a57: {instructions_now} instructions, the table says 523"
    ]


def test_missing_kernel() -> None:
    assert compare(EXPECTED, counted("read_ldp,64,31\n", "")) == [
        "read_ldp: 64 B on cortex-a57: not counted, the table says 31"
    ]


def test_new_kernel() -> None:
    found = counted("read_ldp,64,31\n", "read_ldp,64,31\nzero_stp,64,9\n")
    assert compare(EXPECTED, found) == [
        "zero_stp: 64 B on cortex-a57: 9 instructions, the table has no such line"
    ]


def test_renamed_kernel() -> None:
    assert len(compare(EXPECTED, counted("read_ldp", "read_x"))) == 2


def test_other_core_and_compiler() -> None:
    """They are no part of what is expected of this one, and have to be in the table themselves."""
    others = {
        cell._replace(core="cortex-a72"): count + 1 for cell, count in EXPECTED.items()
    }
    others.update(
        {
            cell._replace(compiler="gcc 14"): count - 1
            for cell, count in EXPECTED.items()
        }
    )
    assert compare({**EXPECTED, **others}, EXPECTED) == []
    assert compare({**EXPECTED, **others}, others) == []
    assert len(compare(EXPECTED, others)) == 6


def test_read_table(tmp_path: Path) -> None:
    file = tmp_path / "instructions.csv"
    file.write_text(
        "core,compiler,kernel,bytes,instructions\n"
        "cortex-a57,gcc 12,copy_ldp,64,27\ncortex-a72,gcc 12,copy_ldp,64,27\n"
    )
    assert read_table(file) == {
        Cell("cortex-a57", "gcc 12", "copy_ldp", 64): 27,
        Cell("cortex-a72", "gcc 12", "copy_ldp", 64): 27,
    }


@pytest.mark.parametrize(
    "output, complaint",
    [
        ("", "columns"),
        ("kernel,instructions\ncopy_ldp,27\n", "columns"),
        (COUNTS + "copy_ldp,64,27\n", "line 5: .* already"),
        (COUNTS + "copy_stp,64,many\n", "many"),
        (COUNTS + "copy_stp,6", "line 5 has not 3 fields"),
        (COUNTS + "copy_stp,64,27,27\n", "line 5 has not 3 fields"),
    ],
)
def test_broken_counts(output: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read_counts(output, "cortex-a57", "gcc 12")


def test_program() -> None:
    """Where there is no counter it has to say so."""
    program = ROOT / os.environ["COPYCOST_BUILD"] / "arch/test/count_instructions"
    done = subprocess.run(
        [*shlex.split(os.environ.get("EMULATOR", "")), str(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if done.returncode == 77:
        assert done.stderr and not done.stdout
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    table = read_counts(done.stdout, "here", "any")
    sizes = {
        cell.bytes: count
        for cell, count in table.items()
        if cell.kernel == "copy_byte_forward"
    }
    assert list(sizes) == [64, 256, 1500, 4096, 65536]
    assert all(count >= size for size, count in sizes.items())
