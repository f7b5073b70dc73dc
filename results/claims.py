"""
What firmware claims of the cost of getting from node to node, held against what was measured.

Claims are costs on any scale: only their order counts. Measured costs are put into plateaus first,
so that noise orders nothing. Two places disagree if they claim the same and lie on different
plateaus, or if the one that claims less lies higher. Which of two that disagree is wrong is told by
the others: the one that disagrees with most of them is taken out, until no two are left that do.
"""

from __future__ import annotations

from typing import List, Sequence

import numpy

from results.estimate import Estimate

APART = 0.10  # by which plateaus differ, at least


def plateaus(found: Sequence[Estimate]) -> List[int]:
    """
    The plateau of each, counted from 0 at the lowest: a new one begins where the next higher figure
    is more than APART above the one before, and their intervals do not meet.
    """
    ranks = [0] * len(found)
    order = sorted(range(len(found)), key=lambda place: found[place].value)
    for before, place in zip(order, order[1:]):
        lower, higher = found[before], found[place]
        certain = numpy.isfinite(higher.low) and higher.low > lower.high
        step = certain and higher.value > (1 + APART) * lower.value
        ranks[place] = ranks[before] + int(step)
    return ranks


def wrong(claimed: Sequence[float], ranks: Sequence[int]) -> List[int]:
    """The places whose claims do not fit the plateaus, ascending."""
    left = list(range(len(claimed)))
    taken: List[int] = []

    def disagreeing(one: int) -> int:
        """With how many of those left."""
        return sum(
            (ranks[one] - ranks[other]) * (claimed[one] - claimed[other]) <= 0
            for other in left
            if ranks[one] != ranks[other]
        )

    while left:
        worst = max(left, key=disagreeing)
        if not disagreeing(worst):
            break
        left.remove(worst)
        taken.append(worst)
    return sorted(taken)
