"""Round trips that an experiment times one by one, and keeps in its histogram."""

from __future__ import annotations

from typing import List, Sequence, Tuple

import numpy
import pandas

from results import histograms, load

TRIPS_MOST = 1 << 18  # that a visit keeps


def percentile(bins: pandas.DataFrame, cell: int, percent: float) -> float:
    """One way in ns that so many per cent of a cell's trips do not exceed; NAN of too few."""
    ordered = bins[bins["cell"] == cell].sort_values("one_way_ns")
    return histograms.percentile(ordered, "one_way_ns", percent)


def times_us(bins: pandas.DataFrame, cell: int) -> Tuple[float, float]:
    """What half of a cell's trips do not exceed, and 99 %; of few trips the longest one."""
    ordered = bins[bins["cell"] == cell].sort_values("one_way_ns")
    half = histograms.percentile(ordered, "one_way_ns", 50, least=0)
    late = percentile(bins, cell, 99)
    return (
        half / 1000,
        (ordered["one_way_ns"].max() if numpy.isnan(late) else late) / 1000,
    )


def lost(dataset: load.Dataset, experiment: str, cells: Sequence[int]) -> List[int]:
    """
    Of these cells, those whose histogram has not each trip of their samples that was kept: all but
    the first of a sample, which is there in datasets of older versions.
    """
    samples = dataset.samples(experiment)
    regions = samples[samples["member"] == 0].groupby("cell")["calls"]
    calls, firsts = regions.sum(), regions.count()
    visits = samples.groupby("cell")[["launch", "sweep"]].apply(
        lambda rows: len(rows.drop_duplicates())
    )
    counted = dataset.histogram(experiment).groupby("cell")["count"].sum()
    wrong = []
    for cell in cells:
        made, kept = calls[cell] // 2, counted.get(cell, 0)
        most = min(made, TRIPS_MOST * visits[cell])
        if not most - firsts[cell] <= kept <= made:
            wrong.append(cell)
    return wrong
