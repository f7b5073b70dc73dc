"""What sbc-bench writes around its runs of tinymembench: the board, its clocks, when it was."""

from __future__ import annotations

import re
import statistics
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from results.importers import clean, machine, number
from results.levels import cpu_numbers, cpu_text

_HEAD = re.compile(
    r"sbc-bench v([0-9][0-9.a-z-]{0,20})(?: --)?(?: (.{0,200}?))? ?\(?"
    r"([A-Z][a-z]{2}, [0-9]{1,2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} [+-][0-9]{4})\)?\s*"
)
_HEAD_ANY = re.compile(r"sbc-bench v([0-9][0-9.a-z-]{0,20})\b.*")
_ROW = re.compile(r"\|([^|]{1,200})\|[^|]{1,60}\|(?:[^|]{0,200}\|){3,12}.{0,20}")
_TITLE = re.compile(r"# (.{1,200})")
_UNAME = re.compile(
    r"Linux (\S{1,80}) \([^()]{0,100}\)\s+[0-9/.-]+\s+_(\w{1,20})_\s+\(([0-9]{1,5}) CPU\)"
)
_DPKG = re.compile(r"Architecture:\t(\w{1,20})")
_USERLAND = re.compile(r" ?Userland: (\w{1,20})")
_MEMORY = re.compile(r"Mem: +(\S{1,12}) .*")
_COMPILER = re.compile(r"/usr/bin/(gcc \(.{1,100})")
_MODEL = re.compile(r"Model name: +(.{1,100})")
_CLOCKS = re.compile(
    r"Checking cpufreq OPP(?: for cpu([0-9]{1,5})(?:-cpu([0-9]{1,5}))?)?.*:"
)
_READINGS = r"([0-9]{1,6}(?:[.,][0-9]{1,3})?(?:/[0-9]{1,6}[.,][0-9]{1,3})*)(?: .*)?"
_OPP = re.compile(r"Cpufreq OPP: +([0-9]{1,6}) .*Measured: +" + _READINGS)
_MEASURED = re.compile(
    r"No cpufreq support available\. Measured on cpu[0-9]{1,5}: " + _READINGS
)
_PAGE = re.compile(r"Page size: ([0-9]{1,6})kB")
_CACHE = re.compile(
    r"/sys/devices/system/cpu/cpu([0-9]{1,5})/cache/index[0-9]/size: ([0-9]{1,9}K), "
    r"level: ([1-4]), type: (Data|Unified)"
)
_MEMCPY = re.compile(r"  \* memcpy: ([0-9]{1,9}[.,][0-9]) MB/s,.*")


class Clock(NamedTuple):
    """Of these CPUs ("" for all): the highest operating point, and what was measured at it."""

    cpus: str
    hz: Optional[int]
    measured_hz: float


class Description(NamedTuple):
    """The log's head and tail. memcpy: MB/s as sbc-bench sums it up, where it does."""

    version: str
    started: Optional[str]
    machine: Dict[str, Any]
    clocks: List[Clock]
    memcpy: Optional[float]


def read(lines: Sequence[str]) -> Optional[Description]:
    """None if it is no log of sbc-bench's."""
    head = _HEAD.fullmatch(lines[0].strip()) if lines else None
    known = head or (_HEAD_ANY.fullmatch(lines[0].strip()) if lines else None)
    if not known:
        return None
    described = machine.unknown()
    described["board"] = _board(lines, clean(head.group(2) or "") if head else "")
    uname = _first(_UNAME, lines)
    if uname:
        described["kernel"]["release"] = clean(uname.group(1))
        described["cpu"]["online"] = int(uname.group(3)) or None
    words = [_text(_DPKG, lines), _text(_USERLAND, lines)]
    words.append(uname.group(2) if uname else None)
    described["cpu"]["isa"] = next(filter(None, map(machine.isa, words)), None)
    described["cpu"]["model"] = _model(lines)
    described["memory"]["bytes"] = machine.size_bytes(_text(_MEMORY, lines) or "")
    page = _text(_PAGE, lines)
    described["memory"]["page_bytes"] = int(page) * 1024 or None if page else None
    described["build"]["compiler"] = _text(_COMPILER, lines)
    described["caches"] = _caches(lines)
    if described["caches"]:
        described["cache_source"] = "topology"
    memcpy = _text(_MEMCPY, lines)
    return Description(
        known.group(1),
        _utc(head.group(3)) if head else None,
        described,
        _clocks(lines),
        number(memcpy) if memcpy else None,
    )


def clock_of(
    clocks: Sequence[Clock], cpu: Optional[int], size: Optional[str]
) -> Optional[Clock]:
    """That of the CPU, or of the little or big cores, which are the first and last that are told."""
    if size and len(clocks) > 1:
        return clocks[0 if size == "little" else -1]
    fit = [c for c in clocks if not c.cpus or cpu in cpu_numbers(c.cpus)]
    return fit[0] if fit and (cpu is not None or len(clocks) == 1) else None


def _first(form: re.Pattern[str], lines: Sequence[str]) -> Optional[re.Match[str]]:
    matches = (form.fullmatch(line.rstrip()) for line in lines)
    return next((found for found in matches if found), None)


def _text(form: re.Pattern[str], lines: Sequence[str]) -> Optional[str]:
    found = _first(form, lines)
    return clean(found.group(1)) or None if found else None


def _board(lines: Sequence[str], headed: str) -> Optional[str]:
    """By the closing row or, before there was one, the title of the summary or the first line."""
    row = next((found for found in map(_ROW.fullmatch, reversed(lines)) if found), None)
    tested = [
        place for place, line in enumerate(lines) if line.startswith("Tested with sbc-")
    ]
    titles = [
        found
        for place in tested[-1:]
        for line in lines[max(0, place - 3) : place]
        for found in [_TITLE.fullmatch(line)]
        if found
    ]
    named = row.group(1) if row else titles[0].group(1) if titles else headed
    return clean(re.sub(r"^[ /]+| (?:extensive|review)$", "", clean(named))) or None


def _model(lines: Sequence[str]) -> Optional[str]:
    models = {
        clean(f.group(1)) for f in map(_MODEL.fullmatch, map(str.rstrip, lines)) if f
    }
    models.discard("-")
    return models.pop() if len(models) == 1 else None


def _utc(text: str) -> Optional[str]:
    try:
        moment = parsedate_to_datetime(text).astimezone(timezone.utc)
    except (TypeError, ValueError, OverflowError):
        return None
    sane = datetime(1990, 1, 1, tzinfo=timezone.utc) < moment
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if sane else None


def _clocks(lines: Sequence[str]) -> List[Clock]:
    """Of each group of CPUs, as they are told before the benchmarks."""
    found: Dict[str, Clock] = {}
    cpus: Optional[str] = None
    for line in map(str.strip, lines):
        group, point = _CLOCKS.fullmatch(line), _OPP.fullmatch(line)
        if group:
            first, last = group.groups()
            cpus = "" if first is None else f"{first}-{last}" if last else first
        alone = _MEASURED.search(line)
        if cpus is None or not (point or alone):
            continue
        readings = (point.group(2) if point else alone.group(1) if alone else "").split(
            "/"
        )
        measured = 1e6 * statistics.median(map(number, readings))
        hertz = 1_000_000 * int(point.group(1)) if point else None
        before = found.get(cpus)
        if before is None or (hertz or 0) > (before.hz or 0):
            found[cpus] = Clock(cpus, hertz, measured)
    return list(found.values())


def _caches(lines: Sequence[str]) -> List[Dict[str, Any]]:
    """As the kernel's files have them, where the log has those; who shares which it does not say."""
    found: Dict[Any, List[int]] = {}
    for told in filter(None, map(_CACHE.fullmatch, map(str.strip, lines))):
        size = machine.size_bytes(told.group(2))
        if size:
            found.setdefault((int(told.group(3)), size), []).append(int(told.group(1)))
    return [
        machine.cache(level, size, None, cpu_text(cpus), None)
        for (level, size), cpus in sorted(found.items())
    ]
