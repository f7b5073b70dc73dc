"""
What goes into a guest and what comes out of it: cpio archives in the form of Linux' initramfs
(Documentation/driver-api/early-userspace/buffer-format.rst), and a tar stream on a raw disk.
"""

import stat
import tarfile
from pathlib import Path, PurePosixPath
from typing import Dict, List, Union

# By name: the content, or the file that has it.
Files = Dict[str, Union[bytes, Path]]


def cpio_entry(number: int, name: str, mode: int, content: bytes) -> bytes:
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields)
    head += name.encode() + b"\0"
    return head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4)


def cpio(files: Files) -> bytes:
    """An archive of these files, all executable, and of the folders above them."""
    entries: Dict[str, bytes] = {}
    for name, content in files.items():
        path = PurePosixPath(name)
        for folder in reversed([str(parent) for parent in path.parents][:-1]):
            entries.setdefault(
                folder, cpio_entry(len(entries), folder, stat.S_IFDIR | 0o755, b"")
            )
        data = content if isinstance(content, bytes) else content.read_bytes()
        entries[name] = cpio_entry(len(entries), name, stat.S_IFREG | 0o755, data)
    return b"".join(entries.values()) + cpio_entry(0, "TRAILER!!!", 0, b"")


def untar(disk: Path, folder: Path) -> List[Path]:
    """
    Copies the files of the tar stream at the start of `disk` into `folder`, which is made if
    there is none; returns their paths. Raises tarfile.TarError where there is no such stream.
    """
    written = []
    with tarfile.open(disk, "r:") as archive:
        for member in archive:
            path = folder / member.name
            content = archive.extractfile(member) if member.isfile() else None
            if content:
                if folder.resolve() not in path.resolve().parents:
                    raise tarfile.TarError(f"{member.name} lies outside")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content.read())
                written.append(path)
    return written
