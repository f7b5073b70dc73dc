"""To another process: in place in memory that both share, or by pages, instead of through a pipe."""

from __future__ import annotations

from typing import Iterator, Optional

from results import load
from results.answer import Row, of_points
from results.findings import ipc
from results.findings.ipc import Pairing

PIPE, RING, GIVEN = "pipe", "shm_spin", "vmsplice"


def rows(dataset: load.Dataset) -> Iterator[Optional[Row]]:
    """Against the pipe, and against copies into a ring and out of it."""
    pairing = ipc.read(dataset)
    yield against_pipe(pairing, RING, "in a shared ring instead of through a pipe")
    yield against_pipe(pairing, GIVEN, "by vmsplice instead of write into a pipe")
    for switch, words in (
        ({"producer": "copy_in"}, "made in a shared ring instead of copied in"),
        ({"consumer": "copy_out"}, "read in a shared ring instead of copied out"),
    ):
        yield of_points(
            ipc.NAME,
            words,
            pairing.found,
            {chunk: pairing.point(RING, chunk, **switch) for chunk in pairing.chunks()},
            {chunk: pairing.point(RING, chunk) for chunk in pairing.chunks()},
            ipc.USUAL_CHUNK,
        )


def against_pipe(pairing: Pairing, way: str, words: str) -> Optional[Row]:
    """The time of a chunk, chunk after chunk."""
    return of_points(
        ipc.NAME,
        words,
        pairing.found,
        {chunk: pairing.point(PIPE, chunk) for chunk in pairing.chunks()},
        {chunk: pairing.point(way, chunk) for chunk in pairing.chunks()},
        ipc.USUAL_CHUNK,
    )
