"""Percentiles of what an experiment's histogram holds of a cell."""

from __future__ import annotations

import numpy
import pandas

BEYOND_LEAST = 10  # values beyond a percentile, for it to be one


def percentile(
    bins: pandas.DataFrame, key: str, percent: float, least: int = BEYOND_LEAST
) -> float:
    """
    Of one cell's bins, ascending by their column `key`, the key that so many per cent of all do not
    exceed; NAN where fewer than `least` do.
    """
    upto = bins["count"].cumsum().to_numpy(dtype=float)
    if not len(upto):
        return float("nan")
    beyond = upto[-1] * (1 - percent / 100)
    if beyond < least:
        return float("nan")
    return float(bins[key].iloc[int(numpy.searchsorted(upto, upto[-1] - beyond))])
