"""What others measured, drawn as far as it says: points, without intervals that nobody stated."""

from __future__ import annotations

import re
from typing import Iterable, List, Tuple

import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from plots import cores, ipc, kernels, labels, layout, machine, style
from results import load
from results.findings.ipc import NEARNESS

Figures = Iterable[Tuple[str, Figure]]

ROW_INCHES = 0.17
GROUPS = {"copy": "copies", "fill": "fills", "read": "reads"}
COLOURS = {"copy": style.BLUE, "fill": style.ORANGE, "read": style.GREEN}
LIBC = ("memcpy", "memset", "memchr")
BEST_NOTE = (
    "Each point is the best of the log's repeats, of the same buffers again and again; the line ends "
    "one sample standard deviation below it, where the log states one. Payload bytes counted once. "
    "Bold: the C library's."
)
LOADS_NOTE = (
    "Mean of random loads, one after the other, or of two at a time for both; what is no longer than a "
    "load from L1 is not drawn. Without an interval, which the log does not state."
)
IN_PLACE, COPIED = "read in place", "copied out first"
WAYS_NOTE = (
    "Each point is one other CPU, from CPU 0; the mean of one run of many chunks. All of a chunk is "
    "made where the way takes it, and looked at. Payload bytes counted once."
)
LATENCY_NOTE = (
    "Half of a round trip's mean, which the archive has to 1 µs: what is less is hatched. Row: who "
    "begins; column: who answers. Where both are on one CPU, it is not drawn. Colours are logarithmic."
)


def draw_size(dataset: load.Dataset) -> Figures:
    """size: the rate of each kernel at the one size that there is."""
    table = dataset.table("size")
    size = style.size_text(float(table["size"].max()))
    what = f"Copying, filling, reading {size}"
    yield "size", draw_kernels(dataset, table, "size", what)


def draw_framebuffer(dataset: load.Dataset) -> Figures:
    """framebuffer: the rate of each kernel that reads from there."""
    table = dataset.table("framebuffer")
    what = "Copying out of a framebuffer"
    yield "framebuffer", draw_kernels(dataset, table, "framebuffer", what)


def draw_kernels(
    dataset: load.Dataset, table: pandas.DataFrame, experiment: str, what: str
) -> Figure:
    """A row a kernel."""
    table = table.astype({"gb_per_s": float}).dropna(subset=["gb_per_s"])
    if table.empty:
        raise kernels.Undrawable(f"{experiment}.csv: nothing to draw: no rate")
    does = [kernels.operation(dataset.machine, name) for name in table["kernel"]]
    table = table.assign(does=pandas.Categorical(does, list(GROUPS)))
    table = table.sort_values(["does", "gb_per_s"], ascending=[True, False])
    copies = table[table["does"] == "copy"]
    said = (copies if len(copies) else table).iloc[0]
    libc = copies[copies["kernel"].str.contains("memcpy")]
    finding = f"Fastest: {said['kernel']}, {style.number_text(said['gb_per_s'])} GB/s"
    if len(libc):
        finding += f"; libc: {style.number_text(libc['gb_per_s'].iloc[0])} GB/s"
    widest = max(
        style.text_width_inches(name, style.FOOTER_POINTS, "bold")
        for name in table["kernel"]
    )
    page = layout.open_page(
        f"{what}, {machine.title(dataset)}",
        f"{finding}.",
        machine.marks(dataset),
        [BEST_NOTE, where(dataset)],
        ROW_INCHES * (len(table) + 1),
        (widest + 0.15, 0.1),
    )
    draw_rates(page.add_axes(), table.reset_index(drop=True))
    return page.figure


def draw_latency(dataset: load.Dataset) -> Figures:
    """latency: what loads take beyond those from L1, by the size of the buffer."""
    table = dataset.table("latency").astype({"beyond_l1_ns": float})
    table = table[table["beyond_l1_ns"] > 0]
    if table.empty:
        raise kernels.Undrawable("latency.csv: nothing to draw: no time above 0")
    last = table[table["size"] == table["size"].max()]
    page = layout.open_page(
        f"Random loads, {machine.title(dataset)}",
        f"Beyond a load from L1, in {style.size_text(float(table['size'].max()))}: "
        f"{', '.join(load_text(row) for _, row in last.iterrows())}.",
        machine.marks(dataset),
        [LOADS_NOTE, where(dataset)],
        3.6,
        (0.6, 1.9),
    )
    axes = page.add_axes()
    style.bytes_axis(axes, *style.bytes_range(table["size"]), "bytes of the buffer")
    low, high = table["beyond_l1_ns"].min(), table["beyond_l1_ns"].max()
    style.log_axis(axes, low / 1.5, high * 1.5, "ns beyond a load from L1")
    axes.grid(axis="y")
    ends = []
    lines = table.groupby(["reads", "page_asked"], dropna=False, sort=False)
    for look, (_, rows) in zip(style.LOOKS, lines):
        rows = rows.sort_values("size")
        values = pandas.DataFrame({"value": rows["beyond_l1_ns"]})
        values = values.assign(low=float("nan"), high=float("nan"))
        style.draw_line(axes, rows["size"], values, look)
        end = rows.iloc[-1]
        text = load_name(end)
        ends.append(labels.End(end["size"], end["beyond_l1_ns"], text, look.colour))
    labels.label_ends(axes, ends)
    yield "latency", page.figure


def load_name(row: pandas.Series) -> str:
    """ "one load, thp pages"."""
    many = {"single": "one load", "dual": "two loads"}[row["reads"]]
    page = row["page_asked"]
    return f"{many}, {page} pages" if isinstance(page, str) and page else many


def load_text(row: pandas.Series) -> str:
    """The same with its time."""
    return f"{load_name(row)}: {style.number_text(row['beyond_l1_ns'])} ns"


def where(dataset: load.Dataset) -> str:
    """Which machine and when, as far as the log says."""
    about, run = dataset.machine, dataset.machine["run"]
    hertz = about["core_clock"]["hz"]
    parts = [about["cpu"]["model"] or "CPU model unknown"]
    parts.append(f"{hertz / 1e6:.0f} MHz" if hertz else "clock unknown")
    parts.append(
        f"Linux {about['kernel']['release']}" if about["kernel"]["release"] else ""
    )
    parts.append(str(run["started_utc"] or "date unknown")[:10])
    return " · ".join(filter(None, parts))


def draw_rates(axes: Axes, table: pandas.DataFrame) -> None:
    """A row a kernel, the fastest of each group on top, a step in colour between groups."""
    highest = float(table["gb_per_s"].max())
    ipc.open_rows(axes, list(table["kernel"]), True)
    axes.tick_params(axis="y", labelsize=style.FOOTER_POINTS)
    axes.set_xlim(0, highest * 1.12)
    axes.set_xlabel("GB/s (10⁹ bytes a second)")
    axes.grid(axis="x")
    for place, row in table.iterrows():
        rate, colour = row["gb_per_s"], COLOURS[row["does"]]
        spread = row.get("deviation_percent")
        low = rate * (1 - (0.0 if pandas.isna(spread) else spread) / 100)
        axes.plot(
            [max(low, 0), rate], [place, place], color=colour, linewidth=1.6, alpha=0.55
        )
        axes.plot([rate], [place], color=colour, marker="o", markersize=4, linestyle="")
        ipc.write_number(axes, place, rate, rate, "right")
        if any(word in row["kernel"] for word in LIBC):
            axes.get_yticklabels()[place].set_weight("bold")
    there = [group for group in GROUPS if group in set(table["does"])]
    if len(there) < 2:
        return
    handles = [
        Line2D([], [], color=COLOURS[g], marker="o", linestyle="") for g in there
    ]
    axes.legend(
        handles,
        [GROUPS[group] for group in there],
        loc="lower right",
        frameon=False,
        fontsize=style.LABEL_POINTS,
        handletextpad=0.2,
    )


def draw_ipc(dataset: load.Dataset) -> Figures:
    """ipc: Gb/s of each way by chunk; ipc-latency: a matrix of CPUs for each way."""
    table = dataset.table("ipc").astype({"gb_per_s": float, "median_ns": float})
    table = table[table["verdict"].isin(["ok", "noisy"])]
    speed = table[table["mode"] == "throughput"]
    late = table[(table["mode"] == "latency") & (table["from"] != table["to"])]
    if speed.empty and late.empty:
        raise kernels.Undrawable("ipc.csv: nothing to draw: no rate and no latency")
    if len(speed):
        yield "ipc", draw_ways(dataset, speed.assign(gb=8 * speed["gb_per_s"]))
    if len(late):
        yield "ipc-latency", draw_latencies(dataset, late)


def draw_ways(dataset: load.Dataset, table: pandas.DataFrame) -> Figure:
    """A panel for each chunk: a row a way, a point each pair of CPUs."""
    chunks = ipc.even(sorted(table["chunk"].unique()), ipc.COLUMNS_MAX)
    last = table[table["chunk"] == chunks[-1]]
    best = last.groupby("transport")["gb"].max().sort_values(ascending=False)
    names = list(best.index) + sorted(set(table["transport"]) - set(best.index))
    fastest = last.loc[last["gb"].idxmax()]
    page = layout.open_page(
        f"Handing data to another process, {machine.title(dataset)}",
        f"Fastest with {style.size_text(chunks[-1])} chunks: {fastest['transport']}, "
        f"{style.number_text(fastest['gb'])} Gb/s.",
        machine.marks(dataset),
        [WAYS_NOTE, where(dataset)],
        0.3 * len(names) + 0.4,
        (ipc.NAMES_INCHES + 0.3, 0.1),
    ).below(0.3)
    grid = page.add_grid(1, len(chunks), 0.09, 0)
    for place, chunk in enumerate(chunks):
        axes = page.figure.add_subplot(grid[0, place])
        ipc.open_rows(axes, names, place == 0)
        ipc.value_axis(axes, table["gb"].min() / 1.5, table["gb"].max() * 1.5, "Gb/s")
        axes.set_title(f"{style.size_text(chunk)} chunks", weight="bold", size=10)
        draw_pairs(axes, table[table["chunk"] == chunk], names)
    write_key(page, table)
    return page.figure


def draw_pairs(axes: Axes, table: pandas.DataFrame, names: List[str]) -> None:
    """The points of a panel: colour for nearness, hollow where chunks are copied out first."""
    for nearness, rows in table.groupby("pair", dropna=False):
        for consumer, part in rows.groupby("consumer"):
            hollow = consumer != "in_place"
            colour = near_colour(str(nearness))
            shift = 0.16 if hollow else -0.16
            axes.plot(
                part["gb"],
                part["transport"].map(names.index) + shift,
                linestyle="",
                marker="o",
                markersize=5,
                color=colour,
                markerfacecolor="white" if hollow else colour,
                zorder=3,
            )


def near_colour(nearness: str) -> str:
    """Of a pair that has that in common."""
    near = (style.GREY, style.PURPLE, style.GREEN, style.SKY, style.BLUE)
    far = (style.ORANGE, style.VERMILION, style.BLACK)
    return dict(zip(NEARNESS, near + far)).get(nearness, style.BLACK)


def write_key(page: layout.Page, table: pandas.DataFrame) -> None:
    """What colours and hollow points are, above the panels at the right."""
    known = [near for near in NEARNESS if near in set(table["pair"])]
    handles = [
        Line2D([], [], color=near_colour(near), marker="o", linestyle="")
        for near in known
    ]
    words = ["same CPU" if near == "cpu" else f"share: {near}" for near in known]
    words = [re.sub("share: l", "share: L", word) for word in words]
    for text, face in ((IN_PLACE, style.BLACK), (COPIED, "white")):
        if text == IN_PLACE or (table["consumer"] == "copy_out").any():
            handles.append(
                Line2D([], [], color=style.BLACK, marker="o", mfc=face, linestyle="")
            )
            words.append(text)
    page.figure.legend(
        handles,
        words,
        loc="lower right",
        bbox_to_anchor=(page.right, page.above(0.28)),
        ncol=len(words),
        frameon=False,
        fontsize=style.LABEL_POINTS,
        borderaxespad=0,
        columnspacing=1.2,
        handletextpad=0.2,
    )


def draw_latencies(dataset: load.Dataset, table: pandas.DataFrame) -> Figure:
    """A matrix for each way, all of one scale."""
    table = table.assign(median_ns=table["median_ns"] / 1000)  # the maps' numbers: µs
    means = table.groupby("transport")["median_ns"].median().sort_values()
    names = list(means.index)
    chunk = style.size_text(float(table["chunk"].iloc[0]))
    side = min(1.9, 8.6 / len(names) - 0.35)
    page = layout.open_page(
        f"One way of {chunk} between CPUs, {machine.title(dataset)}",
        f"In the middle of the pairs shown: {means_text(means)}.",
        machine.marks(dataset),
        [LATENCY_NOTE, where(dataset)],
        side + 0.3,
        (0.5, 0.2),
    )
    scale = cores.open_scale(table["median_ns"])
    for place, name in enumerate(names):
        rows = table[table["transport"] == name]
        axes = cores.inches(page, place * (side + 0.3), side, side)
        rows = rows.assign(nearness=rows["pair"].where(rows["pair"] != "", "machine"))
        cores.draw_matrix(axes, cores.matrix(rows), scale)
        axes.set_title(name, weight="bold", size=style.LABEL_POINTS)
        axes.set_ylabel("from CPU" if place == 0 else "")
    left = len(names) * (side + 0.3) - 0.1
    colours = cores.inches(page, left, cores.SCALE_INCHES, side)
    cores.draw_scale(colours, scale)
    colours.set_title("µs", size=style.LABEL_POINTS)
    return page.figure


def means_text(means: pandas.Series) -> str:
    """ "pipe 6.5 µs, tcp 15 µs"."""
    return ", ".join(f"{name} {value:.3g} µs" for name, value in means.items())


DRAWN = {
    "size": draw_size,
    "framebuffer": draw_framebuffer,
    "latency": draw_latency,
    "ipc": draw_ipc,
}
