"""
`python3 -m plots.report [DIR...]`: writes report.html and report.md of these datasets, or of the newest
in results/local, and prints their paths: into the dataset's folder, of several into the nearest
folder that holds them all.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path
from typing import List, Optional, Sequence
from urllib.parse import quote

import jinja2

from plots.report import content
from plots.style import sentence_text
from results import load

LOCAL = Path("results/local")
FINDINGS_SHOWN = 8  # of an experiment; the others are folded away
_FORMS = Path(__file__).parent
_MARKS = re.compile(r"([\\`*_\[\]<>|#])")


def plain(text: str) -> str:
    """Text in Markdown, also within a table, that means nothing but itself."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def forms() -> jinja2.Environment:
    """The templates; what they ask for and is not there is an error."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FORMS),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters.update(plain=plain, urlpath=quote)
    environment.globals.update(sentence=sentence_text, shown=FINDINGS_SHOWN)
    return environment


def folder_of(datasets: Sequence[load.Dataset]) -> Path:
    """Where their report is written."""
    return Path(os.path.commonpath([dataset.path.resolve() for dataset in datasets]))


def write(datasets: Sequence[load.Dataset]) -> List[Path]:
    """Writes both forms; their paths."""
    folder = folder_of(datasets)
    found = content.read(datasets, folder)
    css = (_FORMS / "page.css").read_text(encoding="utf-8")
    paths = []
    for form in ("html", "md"):
        path = folder / f"report.{form}"
        text = forms().get_template(f"page.{form}").render(report=found, css=css)
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def parse(arguments: Optional[Sequence[str]]) -> argparse.Namespace:
    """The command line; usage errors end the program with 2."""
    parser = argparse.ArgumentParser(prog="plots.report", description=__doc__)
    parser.add_argument(
        "datasets", type=Path, nargs="*", metavar="DIR", help="folder of a dataset"
    )
    parser.add_argument(
        "--emulated", action="store_true", help="emulated machines beside real ones"
    )
    return parser.parse_args(arguments)


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """0; 1: something can't be read or written, as a line on stderr says; 2: usage."""
    options = parse(arguments)
    try:
        asked = options.datasets or [load.latest(LOCAL)]
        datasets = load.together(asked, options.emulated)
        for path in write(datasets):
            print(path)
    except (load.DatasetError, OSError) as error:
        print(f"plots.report: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
