"""A comparison in words and tables: what differs and what was found first, then the worst."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Sequence, Tuple

import numpy
import pandas

from results import minima
from results.compare import CODE, FASTER, SAMPLES, SLOWER, Comparison
from results.compare.fences import ALARMS, LIKE_LEAST
from results.estimate import digits
from results.minima import SAMPLES_ALIKE

UNTOLD = {
    CODE: "the code, or where it lies,",
    SAMPLES: f"the number of samples, by more than a factor of {SAMPLES_ALIKE:.0f},",
}
ROWS = 20
EXAMPLES = 3
Table = Tuple[List[str], List[List[str]]]


def found(comparison: Comparison) -> str:
    """The answer, in a sentence."""
    fences = comparison.fences
    if fences is None:
        return f"advisory: {comparison.advisory}"
    said = []
    for word, beyond in ((SLOWER, fences.slower), (FASTER, fences.faster)):
        verdict = f"{word}" if fences.changed(beyond) else f"not {word}"
        as_many = int((beyond[:-1] >= beyond[-1]).sum())
        said.append(
            f"{verdict}: {beyond[-1]} cells are beyond what runs like the base show; of those "
            f"{fences.runs} runs {as_many} have as many, {int(beyond[:-1].max())} at most"
        )
    chance = (
        f"if nothing has changed, it is told slower in {100 * ALARMS:.0f} % at most"
    )
    return f"{'; '.join(said)} ({chance})"


def heads(comparison: Comparison) -> Iterator[str]:
    """What both runs are, what differs, what can be told, what is not compared."""
    for name, run in (("base", comparison.base), ("new", comparison.new)):
        when = run.when.strftime("%Y-%m-%d %H:%M")
        yield f"{name}: {run.path} ({run.title}, {when} UTC)"
    if "True" in (run.facts["emulated"] for run in (comparison.base, comparison.new)):
        yield "EMULATED: no timing"
    for difference in comparison.differences:
        yield f"differs: {difference.text}"
    for verdict, words in UNTOLD.items():
        untold = comparison.cells[comparison.cells["verdict"] == verdict]
        if len(untold):
            names = _examples(list(dict.fromkeys(_kernel(key) for key in untold.index)))
            yield (
                f"differs: {words} of {len(untold)} cells, whose ratios say nothing of the "
                f"machine: {names}"
            )
    yield f"found: {found(comparison)}"


def _kernel(key: Sequence[str]) -> str:
    return key[1] or f"{key[0]} (without a kernel)"


def _examples(texts: List[str], all_of_them: bool = False) -> str:
    """Some of them and how many more there are."""
    shown = texts if all_of_them else texts[:EXAMPLES]
    more = len(texts) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def unmatched(comparison: Comparison, everything: bool) -> Iterator[str]:
    """Cells that only one of them has: counts by reason, with examples."""
    for name, cells in (
        ("only in the base", comparison.missing),
        ("only in the new run", comparison.added),
    ):
        for reason, part in cells.groupby(cells, sort=False):
            texts = [minima.cell_text(key) for key in part.index]
            yield f"{name}: {len(part)} cells ({reason}): {_examples(texts, everything)}"


def groups(comparison: Comparison, by: List[str]) -> Table:
    """What each experiment, or kernel of one, did as a whole, the slowest first."""
    rows = []
    grouped = comparison.cells.groupby(by, sort=False)
    order = grouped["ratio"].median().sort_values(ascending=False, kind="stable")
    for name in order.index:
        part = grouped.get_group(name if len(by) == 1 else tuple(name))
        words = part["verdict"].value_counts()
        low, middle, high = numpy.quantile(part["ratio"], (0.25, 0.5, 0.75))
        rows.append(
            [
                *([name] if len(by) == 1 else name),
                str(len(part)),
                f"{middle:.3f}",
                f"{low:.3f} to {high:.3f}",
                f"{part['ratio'].max():.3f}",
                *(str(words.get(word, 0)) for word in (SLOWER, FASTER, *UNTOLD)),
            ]
        )
    counts = [SLOWER, FASTER, *UNTOLD]
    return [*by, "cells", "ratio", "half of them", "worst", *counts], rows


def cells(comparison: Comparison) -> Table:
    """A row a cell, the slowest by ratio first."""
    rows = []
    for key, row in comparison.cells.iterrows():
        like = "?"
        if numpy.isfinite(row["like_high"]):
            like = f"{row['like_low']:.3f} to {row['like_high']:.3f}"
        median = f"{row['median_ratio']:.3f}"
        if numpy.isfinite(row["median_low"]):
            median += f" ({row['median_low']:.3f} to {row['median_high']:.3f})"
        times = [digits(row["base_ns"]), digits(row["new_ns"])]
        shown = [f"{row['ratio']:.3f}", like, *times, median, row["verdict"]]
        rows.append([*shown, minima.cell_text(key)])
    names = ["ratio", "like runs", "base ns", "new ns", "of medians", "verdict"]
    return [*names, "cell"], rows


def terminal(table: Table, most: int) -> Iterator[str]:
    """Columns of the same width, the last one as it comes."""
    names, rows = table
    shown = rows[:most]
    widths = [max(map(len, column)) for column in zip(names, *shown)][:-1]
    for row in [names, *shown]:
        padded = [text.ljust(width) for text, width in zip(row, widths)]
        yield "  ".join([*padded, row[-1]]).rstrip()
    if len(rows) > len(shown):
        yield f"... and {len(rows) - len(shown)} more; --all shows them"


def markdown_table(table: Table, most: int) -> Iterator[str]:
    """The same for Markdown."""
    names, rows = table
    for row in [names, ["---"] * len(names), *rows[:most]]:
        yield "| " + " | ".join(text.replace("|", "\\|") for text in row) + " |"
    if len(rows) > most:
        yield f"\n... and {len(rows) - most} more; `--all` shows them"


def report(comparison: Comparison, everything: bool, markdown: bool) -> Iterator[str]:
    """All lines."""
    bullet, title = ("- ", "## ") if markdown else ("", "")
    show = markdown_table if markdown else terminal
    yield from (bullet + line for line in heads(comparison))
    yield from (bullet + line for line in unmatched(comparison, everything))
    if comparison.cells.empty:
        yield f"{bullet}no cell is in both"
        return
    most = len(comparison.cells) if everything else ROWS
    tables = {
        "Experiments": groups(comparison, ["experiment"]),
        "Kernels": groups(comparison, ["experiment", "kernel"]),
        "Cells": cells(comparison),
    }
    for name, table in tables.items():
        yield f"\n{title}{name}, the slowest first (new / base, of least times)\n"
        yield from show(table, most)


def data(comparison: Comparison) -> Dict[str, Any]:
    """All of it for other programs."""

    def number(value: Any) -> Any:
        return None if isinstance(value, float) and not numpy.isfinite(value) else value

    def rows(frame: pandas.DataFrame) -> List[Dict[str, Any]]:
        records = frame.reset_index().to_dict("records")
        return [{name: number(row[name]) for name in row} for row in records]

    fences = comparison.fences
    return {
        "base": comparison.base.path,
        "new": comparison.new.path,
        "found": found(comparison),
        "slower": comparison.changed,
        "advisory": comparison.advisory or None,
        "like_runs": fences.runs if fences else None,
        "like_runs_needed": LIKE_LEAST,
        "slower_cells_by_run": fences.slower.tolist() if fences else None,
        "differences": [each._asdict() for each in comparison.differences],
        "cells": rows(comparison.cells),
        "missing": rows(comparison.missing.rename("reason").to_frame()),
        "added": rows(comparison.added.rename("reason").to_frame()),
    }
