"""Round trips that an experiment times one by one, and keeps in its histogram."""

from __future__ import annotations

from typing import List, Sequence

from results import load

TRIPS_MOST = 1 << 18  # that a visit keeps


def lost(dataset: load.Dataset, experiment: str, cells: Sequence[int]) -> List[int]:
    """Of these cells, those whose histogram has not each trip of their samples that was kept."""
    samples = dataset.samples(experiment)
    calls = samples[samples["member"] == 0].groupby("cell")["calls"].sum()
    visits = samples.groupby("cell")[["launch", "sweep"]].apply(
        lambda rows: len(rows.drop_duplicates())
    )
    counted = dataset.histogram(experiment).groupby("cell")["count"].sum()
    wrong = []
    for cell in cells:
        made, kept = calls[cell] // 2, counted.get(cell, 0)
        if not min(made, TRIPS_MOST * visits[cell]) <= kept <= made:
            wrong.append(cell)
    return wrong
