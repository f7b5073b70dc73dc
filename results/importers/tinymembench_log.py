"""
The runs of tinymembench in a log, which may be its output alone or that of sbc-bench around it.

What the figures are (main.c of tinymembench 0.4.9 and of its fork 0.4.9-nuumio): a rate is the best
of up to ten repeats of half a second at least, each copying the same 32 MiB again and again; in
brackets the repeats (fork) and their sample standard deviation in % of the best, from 0.1 % on. A
latency is the least of the repeats, less that of the same reads in two bytes; dual is the time of
two independent reads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from results.importers import Unplaced, clean, number

_VERSION = re.compile(r" *tinymembench v(\S{1,40}) \(simple benchmark\b.*")
_BANDWIDTH = "== Memory bandwidth tests"
_HEADING = re.compile(r"=={1,80}(?: .*)?")
_END = re.compile(r"#{20,}|Executing .*|sbc-bench v.*|System health .*")
_EXECUTING = re.compile(
    r"Executing (?:benchmark|tinymembench) on (?:(?:cpu([0-9]{1,5}))|a (little|big) core)"
    r"(?: \(([^()]{1,60})\))?:"
)
_SETTING = re.compile(
    r" *(?:CFLAGS|(?:bandwidth|latency) test [a-z ]+\(-[a-zA-Z]\)):.*"
)
_RATE = re.compile(
    r" {1,8}([A-Za-z0-9][A-Za-z0-9 /().,+-]{0,70}?) *: +([0-9]{1,9}[.,][0-9]) MB/s"
    r"(?: \((?:([0-9]{1,4})|([0-9]{1,6}[.,][0-9])%|([0-9]{1,4}), ([0-9]{1,6}[.,][0-9])%)\))? *"
)
_BLOCK = re.compile(
    r"block size : (?:read access time \()?single random read / dual random read\)?"
    r"(?:, \[MADV_((?:NO)?HUGEPAGE)\])? *"
)
_LATENCY = re.compile(
    r" *([0-9]{1,12}) : +([0-9]{1,9}[.,][0-9]) ns +/ +([0-9]{1,9}[.,][0-9]) ns *"
)
_RESULT = re.compile(r".*(?: MB/s\b|[0-9] ns +/).*")
# Not tinymembench's: what the kernel says of itself while it boots, and sbc-bench's own words.
_FOREIGN = re.compile(r" *(?:raid6|xor):.*|==.*|  \* memcpy: .*")
FRAMEBUFFER = " (from framebuffer)"
_OPERATIONS = (
    ("copy", re.compile(r"\bcopy\b|\bmemcpy\b")),
    ("fill", re.compile(r"\bfill\b|\bmemset\b")),
    ("read", re.compile(r"\bread\b|\bload\b|\bscan\b|\bmemchr\b")),
)


class Rate(NamedTuple):
    """MB/s, the best of so many repeats, and their deviation in % of it."""

    mb_per_s: float
    repeats: Optional[int]
    deviation: Optional[float]


@dataclass
class Run:
    """
    One run: where it begins, on which CPU, by number, size ("little") or core ("Cortex-A53"), and
    its tables. latencies: single and dual in ns by pages ("", "base", "thp") and bytes.
    """

    line: int
    version: Optional[str]
    cpu: Optional[int] = None
    size: Optional[str] = None
    core: Optional[str] = None
    rates: Dict[str, Rate] = field(default_factory=dict)
    latencies: Dict[Tuple[str, int], Tuple[float, float]] = field(default_factory=dict)


def operation(name: str) -> Optional[str]:
    """What a kernel of that name does; None if that is not known."""
    return next((word for word, form in _OPERATIONS if form.search(name)), None)


def read(
    file: str, lines: Sequence[str], whole: bool
) -> Tuple[List[Run], List[Unplaced]]:
    """The runs, and the lines of theirs that could not be placed. `whole`: the last line ends."""
    return _Reader(file, lines, whole).read()


class _Reader:
    """Goes through the lines; knows in which run it is, and in which table of latencies."""

    def __init__(self, file: str, lines: Sequence[str], whole: bool) -> None:
        self.file, self.lines, self.whole = file, lines, whole
        self.runs: List[Run] = []
        self.unplaced: List[Unplaced] = []
        self.run: Optional[Run] = None
        self.pages: Optional[str] = None
        self.where: Tuple[Optional[int], Optional[str], Optional[str]] = (None,) * 3

    def read(self) -> Tuple[List[Run], List[Unplaced]]:
        """All of it."""
        for number_, line in enumerate(self.lines, 1):
            if not self._opens(number_, line):
                why = self._place(line, number_)
                if why:
                    self.unplaced.append(Unplaced(self.file, number_, clean(line), why))
        return self.runs, self.unplaced

    def _opens(self, place: int, line: str) -> bool:
        """Whether a run begins or ends here, or the line says where the next one will be."""
        version = _VERSION.fullmatch(line)
        headless = line.startswith(_BANDWIDTH) and (
            self.run is None or bool(self.run.rates)
        )
        if version or headless:
            cpu, size, core = self.where
            name = clean(version.group(1)) if version else None
            self.run = Run(place, name, cpu, size, core)
            self.runs.append(self.run)
            self.pages, self.where = None, (None,) * 3
            return True
        if not _END.fullmatch(line):
            return False
        found = _EXECUTING.fullmatch(line.strip())
        if found:
            cpu_text, size, core = found.groups()
            core = clean(core) if core else None
            self.where = (int(cpu_text) if cpu_text else None, size, core)
        self.run = None
        return True

    def _place(self, line: str, place: int) -> str:
        """Why the line has no place; "" if it has one, or needs none."""
        if self.run is None:
            strange = _RESULT.fullmatch(line) and not _FOREIGN.fullmatch(line)
            return "a result outside of any run" if strange else ""
        if not line.strip() or line.strip() == "---":
            return ""
        if _HEADING.fullmatch(line.strip()) or _SETTING.fullmatch(line):
            return ""
        if place == len(self.lines) and not self.whole:
            return "the log was cut here"
        rate, latency = _RATE.fullmatch(line), _LATENCY.fullmatch(line)
        block = _BLOCK.fullmatch(line.strip())
        if rate:
            return self._place_rate(self.run, rate)
        if latency:
            return self._place_latency(self.run, latency)
        if block:
            kinds = {None: "", "HUGEPAGE": "thp", "NOHUGEPAGE": "base"}
            self.pages = kinds[block.group(1)]
            return ""
        return "not a line of tinymembench's that is known"

    @staticmethod
    def _place_rate(run: Run, found: re.Match[str]) -> str:
        name, rate = found.group(1), number(found.group(2))
        repeats = found.group(3) or found.group(5)
        deviation = found.group(4) or found.group(6)
        if operation(name) is None:
            return "what it does is not known"
        if name in run.rates:
            return "stands in this run already"
        if rate <= 0:
            return "no rate"
        run.rates[name] = Rate(
            rate,
            int(repeats) if repeats else None,
            number(deviation) if deviation else None,
        )
        return ""

    def _place_latency(self, run: Run, found: re.Match[str]) -> str:
        if self.pages is None:
            return "a latency before any heading of such"
        point = (self.pages, int(found.group(1)))
        if point in run.latencies:
            return "stands in this run already"
        run.latencies[point] = (number(found.group(2)), number(found.group(3)))
        return ""
