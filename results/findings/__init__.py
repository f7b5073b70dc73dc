"""
What a dataset says: one sentence an experiment and claim, with its number, interval and cells.

A module here is named after its experiment and has `find(dataset)`, which yields findings; being
there is all that is needed. `python3 -m results.findings DIR...` prints them.
"""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from typing import Iterator, Optional, Tuple

from results import load
from results.estimate import Estimate


@dataclass(frozen=True)
class Finding:
    """
    sentence: what holds on this machine, its number and interval in it, no full stop.
    value, low, high: that number in `unit`; None where it can't be said, which the sentence says.
    cells: those that it rests on, by their number in the experiment.
    agrees: of a cross-check, whether it holds; None for all others.
    """

    experiment: str
    sentence: str
    value: Optional[float] = None
    low: Optional[float] = None
    high: Optional[float] = None
    unit: str = ""
    cells: Tuple[int, ...] = ()
    agrees: Optional[bool] = None


AGREEING = 0.15  # the share by which a cross-check's two figures may differ


def cross_check(
    experiment: str,
    claim: str,
    found: Estimate,
    unit: str,
    cells: Tuple[int, ...],
    within: float = AGREEING,
) -> Finding:
    """
    Of a ratio in "1" whether its interval comes within that share of 1; of a change in "%", of 0.
    """
    share = found if unit == "1" else Estimate(*(1 + each / 100 for each in found))
    agrees = share.meets(1 - within, 1 + within)
    sentence = f"cross-check: {claim}: {'agrees' if agrees else 'disagrees'}"
    return Finding(experiment, sentence, *found, unit, cells, agrees)


def of_experiment(dataset: load.Dataset, experiment: str) -> Iterator[Finding]:
    """
    The findings of one experiment of the dataset; none if nobody looks for some, and none of what
    was imported: they rest on samples.
    """
    name = f"{__name__}.{experiment}"
    if (
        dataset.source is None
        and experiment.isidentifier()
        and importlib.util.find_spec(name)
    ):
        yield from importlib.import_module(name).find(dataset)


def of_dataset(dataset: load.Dataset) -> Iterator[Finding]:
    """All findings, in the order of the experiments."""
    for experiment in dataset.experiments:
        yield from of_experiment(dataset, experiment)
