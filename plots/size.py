"""The size experiment: what one copy costs by its size, for libc and the best of each family."""

from __future__ import annotations

from typing import Iterable

import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from plots import best, kernels, labels, layout, limits, machine, style
from plots.kernels import Rows
from results import load, reference
from results.findings import size as findings
from results.findings.size import SMALL_BYTES
from results.levels import cpu_of

LINES_NOTE = (
    "Line: the family's fastest kernel at each size; in parentheses the one at the end. "
    f"{kernels.SHADE_NOTE} "
)


def draw(dataset: load.Dataset) -> Iterable[tuple[str, Figure]]:
    """size, size-small, size-ratio, size-cold: as many as there is data for."""
    rows = kernels.read_rows(dataset, "size", ["kernel", "size", "temperature"])
    copies = kernels.only(dataset.machine, rows.drawn, "copy")
    copies = copies[copies["size"] > 0]
    if copies.empty:
        raise kernels.Undrawable(
            "size.csv: nothing to draw: no copy of more than 0 bytes"
        )
    warm, cold = (copies[copies["temperature"] == name] for name in ("warm", "cold"))
    main, temperature = (warm, "warm") if len(warm) else (cold, "cold")
    yield "size", draw_rates(dataset, rows._replace(drawn=main), temperature)
    if (main["size"] <= SMALL_BYTES).any():
        small = rows._replace(drawn=main[main["size"] <= SMALL_BYTES])
        yield "size-small", draw_small(dataset, small, temperature)
    libc = kernels.libc_kernel(main)
    if libc and main["kernel"].nunique() > 1:
        ratio = best.draw_ratio(dataset, rows._replace(drawn=main), libc, temperature)
        yield "size-ratio", ratio
    if len(warm) and len(cold):
        yield "size-cold", best.draw_cold(dataset, rows._replace(drawn=copies))


VALUES = {
    "gb_per_s": ["gb_per_s", "slow", "fast"],
    "median_ns": ["median_ns", "low_ns", "high_ns"],
}


def with_rates(table: pandas.DataFrame) -> pandas.DataFrame:
    """Adds slow and fast: the interval as GB/s."""
    payload = table["payload_bytes"]
    return table.assign(slow=payload / table["high_ns"], fast=payload / table["low_ns"])


def draw_rates(dataset: load.Dataset, rows: Rows, temperature: str) -> Figure:
    """GB/s against bytes, one line a family, cache levels as bands, the machine's limits."""
    found, left_out = kernels.lines(rows.drawn)
    bounds = limits.level_limits(dataset)
    notes = [LINES_NOTE + "Payload bytes counted once. " + left_out]
    if bounds:
        notes.append(
            "Limits: the best load-only and store-only rates of one thread in that level."
        )
    if rows.drawn["size"].max() >= 32 << 20:
        notes.append(reference.range_text("libc's copy of 32 MiB", "libc_copy_32mib"))
    page = layout.open_page(
        f"What one copy costs by size ({temperature}), {machine.title(dataset)}",
        style.sentence_text(findings.rates(findings.read(dataset)).sentence),
        machine.marks(dataset),
        machine.footer(dataset, rows, notes),
        4.3,
        labels.margins(map(name_end, found.values())),
    )
    axes = page.add_axes()
    shown = pandas.concat(found.values())
    style.bytes_axis(axes, *style.bytes_range(shown["size"]), style.COPIED_AXIS)
    highest = max([shown["gb_per_s"].max(), *(b.rate for b in bounds)])
    style.log_axis(
        axes,
        shown["gb_per_s"].min() / 1.3,
        highest * 1.4,
        "GB/s (10⁹ payload bytes a second)",
    )
    axes.grid(axis="y")
    machine.draw_levels(axes, dataset.machine, cpu_of(rows.drawn))
    limits.draw_level_limits(axes, bounds)
    draw_families(axes, found, "gb_per_s")
    return page.figure


def name_end(rows: pandas.DataFrame) -> str:
    """A line's name: the family, and its kernel at the end."""
    return kernels.label_in_family(rows["kernel"].iloc[-1])


def draw_families(axes: Axes, found: dict[str, pandas.DataFrame], value: str) -> None:
    """All lines, each named at its end with its kernel there, or where it leaves the axes."""
    chosen = kernels.looks(list(found))
    top = axes.get_ylim()[1]
    ends, leaving = [], []
    for family, rows in found.items():
        style.draw_line(
            axes, rows["size"], with_rates(rows)[VALUES[value]], chosen[family]
        )
        last, text = rows.iloc[-1], name_end(rows)
        end = labels.End(
            float(last["size"]), float(last[value]), text, chosen[family].colour
        )
        if end.y <= top:
            ends.append(end)
            continue
        inside = rows[rows[value] <= top]["size"]
        text += f": {style.number_text(end.y)} ns at {style.size_text(end.x)}"
        leaving.append(
            end._replace(
                x=float(inside.max()) if len(inside) else 0.0, y=top, text=text
            )
        )
    labels.label_ends(axes, ends)
    labels.label_leaving(axes, leaving)


def visible_ns(found: dict[str, pandas.DataFrame]) -> float:
    """The top of a linear axis on which most lines can be told apart; the slowest may leave it."""
    highest = sorted(float(rows["median_ns"].max()) for rows in found.values())
    usual = highest[(len(highest) - 1) // 2]
    return 1.12 * max(value for value in highest if value <= 2.5 * usual)


def draw_small(dataset: load.Dataset, rows: Rows, temperature: str) -> Figure:
    """ns per copy up to SMALL_BYTES on linear axes, so that steps are seen."""
    found, left_out = kernels.lines(rows.drawn)
    page = layout.open_page(
        f"What a small copy costs ({temperature}), {machine.title(dataset)}",
        style.sentences_text(filter(None, [findings.small(findings.read(dataset))])),
        machine.marks(dataset),
        machine.footer(dataset, rows, [LINES_NOTE + left_out]),
        4.3,
        labels.margins(map(name_end, found.values())),
    )
    axes = page.add_axes()
    axes.set_xlabel("bytes copied")
    axes.set_ylabel("ns per copy")
    axes.set_xlim(0, SMALL_BYTES)
    axes.set_xticks(range(0, SMALL_BYTES + 1, 32))
    axes.set_xticks(range(0, SMALL_BYTES + 1, 16), minor=True)
    axes.set_ylim(0, visible_ns(found))
    axes.grid(axis="both")
    draw_families(axes, found, "median_ns")
    return page.figure
