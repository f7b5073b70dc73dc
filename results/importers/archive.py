"""
The files of a tar.gz, without unpacking it: nothing is written, no link is followed, and what is
read is limited, whatever the headers claim.
"""

from __future__ import annotations

import gzip
import tarfile
import zlib
from pathlib import Path
from typing import IO, Dict, List, NamedTuple, Tuple

from results.importers import Unplaced, Unusable

FILE_MAX = 1 << 20  # bytes of a file; the largest that is looked for has a few thousand
UNPACKED_MAX = 256 << 20  # bytes of the whole archive
MEMBERS_MAX = 200_000

Files = Dict[str, "File"]


class File(NamedTuple):
    """A file's text, and when it was written, in s since 1970."""

    lines: List[str]
    whole: bool
    written: float


class _TooMuch(Exception):
    """The archive unpacks to more than any of its kind does."""


class _Limited:
    """A stream that gives up after so many bytes."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self.file, self.left = file, most

    def read(self, size: int) -> bytes:
        """So many bytes at most."""
        if size > self.left:
            raise _TooMuch()
        found = self.file.read(size)
        self.left -= len(found)
        return found


def read(path: Path) -> Tuple[Files, List[Unplaced]]:
    """All its files of text, by name, and the members that are none."""
    files: Files = {}
    unplaced: List[Unplaced] = []
    try:
        with gzip.open(path, "rb") as unpacked:
            limited: IO[bytes] = _Limited(unpacked, UNPACKED_MAX)  # type: ignore
            with tarfile.open(fileobj=limited, mode="r|") as archive:
                for count, member in enumerate(archive):
                    if count >= MEMBERS_MAX:
                        raise _TooMuch()
                    why = _take(archive, member, files)
                    if why:
                        unplaced.append(Unplaced(str(path), 0, member.name, why))
    except _TooMuch as error:
        text = f"{path}: unpacks to more than {UNPACKED_MAX >> 20} MiB or {MEMBERS_MAX} files"
        raise Unusable(text) from error
    except (OSError, EOFError, zlib.error, tarfile.TarError, ValueError) as error:
        if not files:
            raise Unusable(f"{path}: no tar.gz: {error}") from error
        why = "the archive was cut short here, or is broken"
        unplaced.append(Unplaced(str(path), 0, str(error), why))
    return files, unplaced


def _take(archive: tarfile.TarFile, member: tarfile.TarInfo, files: Files) -> str:
    """Why the member is not read; "" if it is, or is a folder."""
    if member.isdir():
        return ""
    if not member.isreg() or member.issparse():
        return "a link or another thing that is no file"
    if member.name.startswith("/") or ".." in member.name.split("/"):
        return "a path that leads out of the archive"
    if member.size > FILE_MAX:
        return f"has {member.size} bytes, more than any file of ipc-bench"
    if member.name in files:
        return "stands in the archive already"
    content = archive.extractfile(member)
    text = content.read(FILE_MAX).decode("utf-8", errors="replace") if content else ""
    lines = [line.rstrip("\r") for line in text.split("\n")]
    whole = not lines[-1]
    files[member.name] = File(lines[:-1] if whole else lines, whole, member.mtime)
    return ""
