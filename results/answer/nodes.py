"""To another NUMA node: read where it lies, instead of copied to the own node first."""

from __future__ import annotations

from typing import Iterator

import numpy

from results import estimate, load, nodes
from results.answer import Row
from results.findings.nodes import alone

INSTEAD = "read where it lies instead of copied over first"


def rows(dataset: load.Dataset) -> Iterator[Row]:
    """
    It is no matter of bytes but of how often they are read: the copy costs once what a copy from the
    other node costs, and each pass saves what a copy from there takes more than one from here.
    """
    found = nodes.read(dataset)
    work = found.copies_from
    pairs = work.remote()
    if not pairs:
        yield Row(nodes.NAME, alone(dataset), INSTEAD)
        return
    far, near = work.ns(pairs), work.ns([(cpu, cpu) for cpu, _ in pairs])
    count = len(pairs)
    asked = [work.point(*pair) for pair in pairs]
    asked += [work.point(cpu, cpu) for cpu, _ in pairs]
    estimated = found.copies_from.found.estimate
    saved = estimated(asked, lambda ns: (ns[:, :count] - ns[:, count:]).mean(axis=1))
    passes = estimated(
        asked,
        lambda ns: ns[:, :count].mean(axis=1)
        / (ns[:, :count] - ns[:, count:]).mean(axis=1),
    )
    if not numpy.isfinite(saved.low):
        worth = "can't be told from so few launches"
    elif saved.low > 0:
        worth = f"while it is read fewer than {estimate.text(passes, 'times')}"
    elif saved.high < 0:
        worth = "however often it is read: the other node's memory is the faster"
    else:
        worth = "however often it is read: no difference shows"
    yield Row(
        nodes.NAME,
        worth,
        INSTEAD,
        f"{estimate.size_text(found.size)}, each pass",
        f"once {estimate.time_text(far)}, then {estimate.time_text(near)}",
        estimate.time_text(far),
        cells=work.cells(pairs),
    )
