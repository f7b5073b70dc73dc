"""Whether a program can run in a guest that has no libraries (ELF: man 5 elf)."""

import struct
from pathlib import Path

from lab.boards import Failure

PT_INTERP = 3


def needs_loader(content: bytes) -> bool:
    wide = content[4] == 2
    (table,) = struct.unpack_from("<Q" if wide else "<I", content, 32 if wide else 28)
    size, count = struct.unpack_from("<HH", content, 54 if wide else 42)
    types = [
        struct.unpack_from("<I", content, table + size * i)[0] for i in range(count)
    ]
    return PT_INTERP in types


def check(program: Path, machine: int, architecture: str) -> None:
    """Raises Failure for one of another machine or with shared libraries; scripts are fine."""
    content = program.read_bytes()
    if not content.startswith(b"\x7fELF"):
        return
    (found,) = struct.unpack_from("<H", content, 18)
    if found != machine:
        raise Failure(
            f"{program} is for ELF machine {found}, and this one is {machine}: "
            f"build it for {architecture}"
        )
    if needs_loader(content):
        raise Failure(
            f"{program} needs shared libraries, and the guest has none: link it -static"
        )
