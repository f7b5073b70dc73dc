"""Datasets as scripts: a page opened from a folder may load those, but no other file."""

from __future__ import annotations

import functools
import json
import re
import shutil
from pathlib import Path
from typing import Any, Dict, Iterator, List, Sequence
from xml.etree import ElementTree

import matplotlib
import pandas

from plots import style
from results import kernels, load

FIGURES = ("median_ns", "low_ns", "high_ns", "min_ns", "gb_per_s", "cycles_per_byte")
FATE = ("verdict", "reason")
SCALE_STEPS = 9
# Elements by which an SVG can run or fetch something, or write an attribute that does.
ACTIVE = {"script", "foreignobject", "iframe", "embed", "object", "a", "set", "animate"}


def write_script(path: Path, function: str, *arguments: Any) -> None:
    """A script that calls the page's function; ASCII, so that it means the same everywhere."""
    texts = (
        json.dumps(each, separators=(",", ":"), allow_nan=False) for each in arguments
    )
    path.write_text(f"copycost.{function}({','.join(texts)});\n", encoding="ascii")


def copy_dataset(dataset: load.Dataset, out: Path, identity: str) -> Iterator[str]:
    """
    Copies tables, descriptions and figures into that new folder, and each table as a script beside
    it. Yields what could not be, in words. Raw samples stay where they are: they are large.
    """
    out.mkdir(parents=True)
    for file in (load.PACKAGE, "machine.json"):
        shutil.copyfile(dataset.path / file, out / file)
    for name in dataset.experiments:
        if name not in shown(dataset):
            path = dataset.resource(name)["path"]
            yield f"{dataset.path}: {path!r} is no name of a table that pages can show"
            continue
        shutil.copyfile(dataset.path / f"{name}.csv", out / f"{name}.csv")
        write_script(out / f"{name}.js", "put", identity, name, table(dataset, name))
    for figure in drawn(dataset):
        if not is_inert(figure):
            yield f"{figure}: is no SVG, or one that runs or fetches something"
            continue
        (out / "plots").mkdir(exist_ok=True)
        shutil.copyfile(figure, out / "plots" / figure.name)


def shown(dataset: load.Dataset) -> List[str]:
    """The experiments whose tables have names that mean the same in a folder and in a link."""
    return [
        name
        for name in dataset.experiments
        if re.fullmatch(r"\w+", name, re.ASCII)
        and dataset.resource(name)["path"] == f"{name}.csv"
    ]


def drawn(dataset: load.Dataset) -> List[Path]:
    """The pictures beside it."""
    return sorted((dataset.path / "plots").glob("*.svg"))


def figures(dataset: load.Dataset) -> List[Path]:
    """Those that pages can show."""
    return [figure for figure in drawn(dataset) if is_inert(figure)]


@functools.lru_cache(maxsize=None)
def is_inert(figure: Path) -> bool:
    """Whether it is an SVG that runs and fetches nothing where it is opened by itself."""
    try:
        elements = list(ElementTree.parse(figure).iter())
    except ElementTree.ParseError:
        return False
    for element in elements:
        if element.tag.rpartition("}")[2].lower() in ACTIVE:
            return False
        for name, value in element.attrib.items():
            link = name.rpartition("}")[2].lower() == "href"
            within = value.startswith(("#", "data:image/png;base64,"))
            if name.lower().startswith("on") or (link and not within):
                return False
    return True


def table(dataset: load.Dataset, experiment: str) -> Dict[str, Any]:
    """The axes of an experiment and its columns that are drawn, each as column() has it."""
    frame = dataset.table(experiment)
    described = [
        {key: field.get(key, "") for key in ("name", "type", "unit", "description")}
        for field in dataset.fields(experiment)
        if field["name"] in axes(dataset, experiment, frame)
    ]
    names = ["cell", *(axis["name"] for axis in described), *FIGURES, *FATE]
    columns = {name: column(frame[name]) for name in names if name in frame}
    return {"axes": described, "rows": len(frame), "columns": columns}


def axes(
    dataset: load.Dataset, experiment: str, frame: pandas.DataFrame
) -> Sequence[str]:
    """Its axes, and where those alone don't tell cells apart, what differs of their placement."""
    found = dataset.axes(experiment)
    if not frame.duplicated(found).any():
        return found
    placement = [
        name
        for name in kernels.PLACEMENT
        if name in frame and frame[name].nunique() > 1
    ]
    return [*found, *placement]


def column(values: pandas.Series) -> Any:
    """Numbers as a list, missing ones None; words as {words, index}, each different one once."""
    if values.dtype == object:
        words = list(dict.fromkeys(values))
        places = {word: place for place, word in enumerate(words)}
        return {"words": words, "index": [places[value] for value in values]}
    number = int if pandas.api.types.is_integer_dtype(values.dtype) else float
    return [None if pandas.isna(value) else number(value) for value in values]


def looks() -> Dict[str, Any]:
    """The house's colours with dashes and markers, and its scale of colours for matrices."""
    lines = [
        {
            "colour": look.colour,
            "dashes": [] if look.dashes == "-" else list(look.dashes[1]),
            "marker": look.marker,
        }
        for look in style.LOOKS
    ]
    colours = matplotlib.colormaps["cividis_r"].resampled(SCALE_STEPS)
    scale = [
        matplotlib.colors.to_hex(colours(step / (SCALE_STEPS - 1)))
        for step in range(SCALE_STEPS)
    ]
    return {"lines": lines, "scale": scale}
