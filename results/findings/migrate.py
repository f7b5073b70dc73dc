"""
What a move to another CPU does to the rate of copying: how far it falls, when it has settled, and
whether it comes back.

The rate is read from the copies that ended in each millisecond; it has settled from the change
point on at which it rises to a level that it keeps. Intervals are by bootstrap over launches, as
everywhere, of the millisecond-wise median.
"""

from __future__ import annotations

from typing import Callable, Dict, Iterator, List, NamedTuple

import numpy
import pandas

from results import changes, estimate, load, points
from results.estimate import Estimate
from results.findings import Finding, cross_check

NAME = "migrate"
WHERE: Dict[str, str] = {
    "core": "the other hardware thread of its core",
    "l2": "another core on its L2",
    "cluster": "another core of its cluster",
    "l3": "another core on its L3",
    "node": "another core of its node, with no cache in common",
    "package": "another node of its package",
    "machine": "another package",
}
FAR = ("package", "machine")
BIN_NS = 1e6
VAGUE = 0.25  # half an interval, as a share of the rate before or of the ratio
FOLLOWED_LEAST = 0.99
LEVEL_LEAST = 3  # bins
CHANGE_LEAST = 0.05  # a smaller rise is no recovery
PRICE = (
    3.0  # of a second level, in logarithms of the number of bins; 1.5 would be BIC's
)
# A wrong word on a time by the spread of few launches is easily said.
LAUNCHES_SURE = 6

Figure = Callable[[numpy.ndarray], numpy.ndarray]


class Course(NamedTuple):
    """
    A measured cell. visits: GB/s, a row a visit, a column a millisecond. draws: of launches, in
    place of cells the milliseconds. It set out at millisecond `away`, and for home at `back`.
    """

    cell: int
    where: str
    mover: str
    pages: str
    size: int
    away: int
    back: int
    followed: float
    visits: numpy.ndarray
    draws: estimate.Draws

    @property
    def name(self) -> str:
        """What moved where, as a part of a sentence."""
        who = "the thread" if self.mover == "thread" else "its peer"
        after = ", pages after it" if self.pages == "follow" else ""
        size = self.size / (1 << 20)
        amount = f"{size:.3g} MiB" if size >= 1 else f"{self.size / 1024:.3g} KiB"
        return f"{who} moved to {WHERE[self.where]}{after} ({amount})"

    def before(self, rates: numpy.ndarray) -> numpy.ndarray:
        """The level before the move; its first third warms up."""
        return _level(rates[:, self.away // 3 : self.away])

    def settled(self, rates: numpy.ndarray) -> numpy.ndarray:
        """The level in the later half of the time away."""
        middle = (self.away + self.back) // 2
        return _level(rates[:, middle : self.back])

    def early(self, rates: numpy.ndarray) -> numpy.ndarray:
        """The level in the second quarter of the time away."""
        quarter = (self.back - self.away) // 4
        return _level(rates[:, self.away + quarter : self.away + 2 * quarter])

    def worst(self, rates: numpy.ndarray) -> numpy.ndarray:
        """The least millisecond in the earlier half of the time away."""
        middle = (self.away + self.back) // 2
        return _level(rates[:, self.away : middle], numpy.min)

    def returned(self, rates: numpy.ndarray) -> numpy.ndarray:
        """The level in the later half of the time back home."""
        return _level(rates[:, (self.back + rates.shape[1]) // 2 :])

    def ratio(self, level: Figure) -> Estimate:
        """A level over that before the move."""

        def share(rates: numpy.ndarray) -> numpy.ndarray:
            with numpy.errstate(all="ignore"):  # where nothing was copied before
                return level(rates) / self.before(rates)

        return self.draws.estimate(share)

    def recovery_ms(self) -> Estimate:
        """From the move until the rate has risen to where it stays; a bin's width of doubt."""
        found = self.draws.estimate(
            lambda rates: changes.rise(rates[:, self.away : self.back])
        )
        return Estimate(found.value, max(0.0, found.low - 1), found.high + 1)


def _level(
    part: numpy.ndarray, level: Callable[..., numpy.ndarray] = numpy.median
) -> numpy.ndarray:
    """Of each row; NAN of a phase for which the course was too late."""
    return level(part, axis=1) if part.shape[1] else numpy.full(len(part), numpy.nan)


def read(dataset: load.Dataset) -> List[Course]:
    """The courses of the usual kernel that were measured, near before far."""
    table = dataset.table(NAME)
    table = table[table["verdict"].isin(points.MEASURED)]
    table = table[table["kernel"] == points.usual_kernel(dataset, NAME)]
    if table.empty:
        return []
    bins = dataset.histogram(NAME).set_index("cell")
    found = [_course(row, bins.loc[[row["cell"]]]) for _, row in table.iterrows()]
    order = list(WHERE)
    return sorted(found, key=lambda course: order.index(course.where))


def _course(row: pandas.Series, bins: pandas.DataFrame) -> Course:
    """Milliseconds in which nothing was copied have no bin."""
    whole = range(round(float(row["course_ns"]) / BIN_NS))
    counts = bins.set_index(["launch", "sweep", "ms"])["count"].unstack(fill_value=0)
    rates = counts.reindex(columns=whole, fill_value=0) * row["copy_bytes"] / BIN_NS
    return Course(
        cell=int(row["cell"]),
        where=str(row["where"]),
        mover=str(row["mover"]),
        pages=str(row["pages"]),
        size=int(row["size"]),
        away=int(float(row["away_at_ns"]) / BIN_NS),
        back=int(float(row["back_at_ns"]) / BIN_NS),
        followed=float(row["followed_share"]),
        visits=rates.to_numpy(dtype=float),
        draws=estimate.draw(rates.groupby("launch").median().T, whole),
    )


def find(dataset: load.Dataset) -> Iterator[Finding]:
    """Of each course ratio and recovery; what can't be said; whether the rate comes back."""
    courses = read(dataset)
    for course in courses:
        yield ratio(course)
        yield from _recovery(course)
    yield from _unsaid(dataset)
    if courses:
        yield _check_return(courses)
    yield from _far_checks(dataset, courses)


def percent(share: Estimate) -> Estimate:
    """The same in %."""
    return Estimate(*(100 * each for each in share))


def ratio(course: Course) -> Finding:
    """What is left of the rate."""
    found, cells = percent(course.ratio(course.settled)), (course.cell,)
    rate = estimate.digits(course.draws.estimate(course.before).value)
    if not found.known:
        text = "too little was copied to tell what is left of the rate"
        return Finding(NAME, f"{course.name}: {text}", cells=cells)
    if _is_vague(course.ratio(course.settled)):
        text = f"what is left of {rate} GB/s can't be told: {estimate.text(found, '%')}"
        return Finding(NAME, f"{course.name}: {text}", cells=cells)
    worst = 100 * course.ratio(course.worst).value
    text = (
        f"copies at {estimate.text(found, '%')} of the {rate} GB/s before, at "
        f"{estimate.digits(worst, 2)} % in the worst millisecond"
    )
    return Finding(NAME, f"{course.name}: {text}", *found, "%", cells)


def _is_vague(share: Estimate) -> bool:
    """Whether its interval is too wide to be told, or to check anything by."""
    return not share.known or share.half > VAGUE * max(1, share.value)


def is_told(course: Course, recovery: Estimate) -> bool:
    """Whether the rate rises again, and enough launches agree on when."""
    spread = recovery.high - recovery.low
    enough = course.draws.launches >= LAUNCHES_SURE
    return enough and recovery.value > 0 and spread <= (course.back - course.away) / 2


def _recovery(course: Course) -> Iterator[Finding]:
    """When the rate has risen again to where it stays, if it does."""
    found, count, cells = course.recovery_ms(), course.draws.launches, (course.cell,)
    if is_told(course, found):
        text = f"the rate settles {recovery_text(found)} after the move"
        yield Finding(NAME, f"{course.name}: {text}", *found, "ms", cells)
    elif count < LAUNCHES_SURE or found.value > 0:
        text = f"when the rate settles can't be said from {count} launches"
        yield Finding(NAME, f"{course.name}: {text}", cells=cells)
    elif course.pages == "follow":
        text = "the rate does not rise again while it is away"
        yield Finding(NAME, f"{course.name}: {text}", cells=cells)


def recovery_text(found: Estimate) -> str:
    """Whole milliseconds."""
    return f"{found.value:.0f} ms ({found.low:.0f} to {found.high:.0f})"


def _unsaid(dataset: load.Dataset) -> Iterator[Finding]:
    """What this machine can't tell, and why."""
    table = dataset.table(NAME)
    left = table[table["verdict"] == "skipped"]
    lacking = left[left["mover"] == ""].drop_duplicates("where")
    if lacking["reason"].nunique() > 1:
        names = ", ".join(lacking["where"])
        text = f"no two CPUs that may be used have in common just: {names}"
        yield Finding(NAME, f"other moves can't be judged here: {text}")
        left = left[left["mover"] != ""]
    for reason in left["reason"].unique():
        yield Finding(NAME, f"a move can't be judged here: {reason}")


def _check(course: Course, claim: str, share: Estimate) -> Finding:
    """That the share is 1."""
    if _is_vague(share):
        text = f"cross-check: can't be made: {claim}: {estimate.text(share, '')}"
        return Finding(NAME, text, cells=(course.cell,))
    return cross_check(NAME, claim, share, "1", (course.cell,))


def _check_return(courses: List[Course]) -> Finding:
    """All courses; where one disagrees, the one that does most."""
    claim = "back home the rate is what it was"
    checks = [
        _check(course, f"{claim}, {course.name}", course.ratio(course.returned))
        for course in courses
    ]
    wrong = [check for check in checks if check.agrees is False]
    if wrong:
        return max(wrong, key=lambda check: abs((check.value or 0) - 1))
    right = [check for check in checks if check.agrees]
    if not right:
        return checks[0]
    cells = tuple(cell for check in right for cell in check.cells)
    return Finding(NAME, f"cross-check: {claim}: agrees", cells=cells, agrees=True)


def _far_checks(dataset: load.Dataset, courses: List[Course]) -> Iterator[Finding]:
    """Between nodes: pages left behind stay remote, pages that followed are local again."""
    far = [course for course in courses if course.where in FAR]
    most = max((course.size for course in far), default=0)
    for course in far:
        if course.mover == "thread" and course.size == most:
            if course.pages == "follow":
                yield _check_followed(course)
            else:
                yield _check_left(dataset, course)


def _check_left(dataset: load.Dataset, course: Course) -> Finding:
    if dataset.machine.get("numa_balancing"):
        text = "whether pages left behind stay can't be said: NUMA balancing is on"
        return Finding(NAME, f"{course.name}: {text}", cells=(course.cell,))
    found = course.draws.estimate(
        lambda rates: course.settled(rates) / course.early(rates)
    )
    claim = f"without its pages the rate does not recover, {course.name}"
    return _check(course, claim, found)


def _check_followed(course: Course) -> Finding:
    if not course.followed > FOLLOWED_LEAST:
        text = f"{100 * course.followed:.0f} % of the pages had followed in time"
        share, cells = course.followed, (course.cell,)
        return Finding(NAME, f"{course.name}: {text}", share, unit="1", cells=cells)
    claim = f"once pages have followed the rate is what it was, {course.name}"
    return _check(course, claim, course.ratio(course.settled))


def headline(courses: List[Course]) -> str:
    """What fell furthest, of the thread's moves if there are some."""
    own = [course for course in courses if course.mover == "thread"] or courses
    told = [course for course in own if not _is_vague(_settled_share(course))]
    fallen = min(told or own, key=lambda course: _settled_share(course).value)
    return ratio(fallen).sentence


def _settled_share(course: Course) -> Estimate:
    return course.ratio(course.settled)
