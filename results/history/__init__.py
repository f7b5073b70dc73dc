"""
The datasets of a machine in time: where a cell's cost went to another level, and what else changed
at that time.

A point is the least time of a cell in a run (results.minima), a change one that
results.changes.divide() finds. What it needs is not little: ten runs, three of them after the
change, and with thousands of cells rather twenty.
"""

from __future__ import annotations

from pathlib import Path
from typing import List, NamedTuple, Sequence, Tuple

import numpy
import pandas

from results import changes, estimate, facts, load, minima
from results.estimate import Estimate
from results.facts import Difference
from results.minima import Run

SLOWER, FASTER, CODE = "slower", "faster", "code differs"
_HOMES = ("data", "local")
_DRAWS = 1000


class Change(NamedTuple):
    """
    Of the cell `key`. place: the run that begins the new level. before_ns, after_ns: both levels.
    ratio: of the new to the old one. newest: no other change follows. differences: what machine.json
    says of that run and the one before in which the cell was measured, and the code of either level.
    verdict: SLOWER, FASTER, or CODE, where that is not the same.
    """

    key: Tuple[str, ...]
    place: int
    before_ns: float
    after_ns: float
    ratio: Estimate
    newest: bool
    differences: List[Difference]
    verdict: str


class History(NamedTuple):
    """
    runs: in time. left_out: what was not taken, and why. minima: ns, a row a cell and a column a
    run. judged: cells with enough points. changes: the newest first, of one run the worst first.
    """

    runs: List[Run]
    left_out: List[str]
    minima: pandas.DataFrame
    judged: int
    changes: List[Change]

    @property
    def emulated(self) -> bool:
        """Whether times mean nothing."""
        return self.runs[-1].facts["emulated"] == "True"

    @property
    def worse(self) -> List[Change]:
        """Of the newest levels those that are slower."""
        return [
            change
            for change in self.changes
            if change.newest and change.verdict == SLOWER
        ]

    @property
    def is_worse(self) -> bool:
        """Whether that is told of a machine whose times mean something."""
        return bool(self.worse) and not self.emulated


def machine_folders(name: str) -> List[Path]:
    """Where datasets of a machine of that name are kept."""
    results = Path(load.__file__).parent
    return [
        results / home / name for home in _HOMES if (results / home / name).is_dir()
    ]


def folders(names: Sequence[str]) -> List[Path]:
    """Of names of machines, or folders; DatasetError of what is neither."""
    found: List[Path] = []
    for name in names:
        places = [Path(name)] if Path(name).is_dir() else machine_folders(name)
        if not places:
            raise load.DatasetError(
                f"{name}: neither a folder nor a machine below results/data or results/local"
            )
        found += places
    return found


def of(names: Sequence[str]) -> History:
    """Of machines by name, or folders; DatasetError if there is no dataset that can be read."""
    runs, left_out = minima.read_all(folders(names))
    if not runs:
        raise load.DatasetError(
            "; ".join(left_out) or f"{', '.join(names)}: no dataset in or below it"
        )
    found = study(runs)
    return found._replace(left_out=left_out + found.left_out)


def study(runs: Sequence[Run]) -> History:
    """Of runs in time; those of another machine or profile than the last are left out."""
    last, taken, left_out = runs[-1], [], []
    for run in runs:
        other = [
            difference
            for difference in facts.differences(run.facts, last.facts)
            if difference.name in (*facts.MACHINE, facts.CPU_KIND, "profile")
        ]
        if other:
            texts = ", ".join(difference.text for difference in other)
            left_out.append(f"left out: {run.path}: not as the last run: {texts}")
        else:
            taken.append(run)
    usual = minima.matrix(taken, "samples").median(axis=1)
    series = minima.of_alike(taken, usual)
    enough = series.notna().sum(axis=1) >= changes.POINTS_LEAST
    judged = series[enough]
    codes = minima.matrix(taken, "code").reindex(judged.index)
    found = [
        change
        for row, places in enumerate(changes.divide(numpy.log(judged.to_numpy())))
        for change in _changes(taken, judged.iloc[row], codes.iloc[row], places)
    ]
    found.sort(key=lambda change: (-change.place, -change.ratio.value))
    return History(taken, left_out, series, len(judged), found)


def levels(series: pandas.Series, places: Sequence[int]) -> List[pandas.Series]:
    """The points of each level, by run."""
    ends = [0, *places, len(series)]
    parts = [series.iloc[start:stop] for start, stop in zip(ends, ends[1:])]
    return [part.dropna() for part in parts]


def _changes(
    runs: Sequence[Run],
    series: pandas.Series,
    codes: pandas.Series,
    places: Sequence[int],
) -> List[Change]:
    parts = levels(series, places)
    found = []
    for number, place in enumerate(places):
        before, after = parts[number], parts[number + 1]
        ratio = _ratio(before, after)
        code = Difference(
            "code", _usual(codes[before.index]), _usual(codes[after.index])
        )
        same = code.before == code.after
        differences = facts.differences(runs[before.index[-1]].facts, runs[place].facts)
        found.append(
            Change(
                tuple(str(part) for part in series.name),
                place,
                float(before.median()),
                float(after.median()),
                ratio,
                place == places[-1],
                differences + [code] * (not same),
                CODE if not same else SLOWER if ratio.value > 1 else FASTER,
            )
        )
    return found


def _usual(codes: pandas.Series) -> str:
    """That of most runs, as a change's place may be off by one."""
    return str(codes.mode().iloc[0])


def _ratio(before: pandas.Series, after: pandas.Series) -> Estimate:
    """Of the medians, with its interval by bootstrap over runs."""
    random = numpy.random.default_rng(1)
    drawn = [
        numpy.median(random.choice(part.to_numpy(), (_DRAWS, len(part))), axis=1)
        for part in (before, after)
    ]
    middle = numpy.array([[before.median(), after.median()]])
    least = min(len(before), len(after))
    draws = estimate.Draws(middle, numpy.column_stack(drawn), least, least)
    return draws.estimate(lambda levels_ns: levels_ns[:, 1] / levels_ns[:, 0])
