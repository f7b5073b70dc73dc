"""A verdict as a table: for a terminal, and in Markdown for a merge request."""

from __future__ import annotations

import re
from typing import Iterator, Sequence

from results.ab import texts
from results.ab.verdict import FINE, SLOWER, Verdict

_RIGHT = ("old ns", "new ns", "change", "interval")


def terminal(found: Verdict, every: bool) -> Iterator[str]:
    """The lines: the verdict first, then its cells, then the circumstances."""
    yield f"{found.pairs.path}: {texts.headline(found)}"
    yield f"  {texts.counts(found)}"
    rows = [texts.row(judged) for judged in texts.listed(found, every)]
    if rows:
        yield ""
        yield from _aligned([texts.HEADER, *rows])
        yield ""
    for name, text in texts.circumstances(found):
        yield f"  {name:<8} {text}"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        cells = [
            text.rjust(width) if name in _RIGHT else text.ljust(width)
            for name, text, width in zip(texts.HEADER, row, widths)
        ]
        yield "  ".join(cells).rstrip()


def markdown(found: Verdict, every: bool) -> Iterator[str]:
    """The same for a merge request."""
    mark = {FINE: "✅", SLOWER: "❌"}.get(found.status, "⚠️")
    yield f"### {mark} Copy cost: {_escaped(texts.headline(found))}"
    yield ""
    yield _escaped(texts.counts(found))
    rows = [texts.row(judged) for judged in texts.listed(found, every)]
    if rows:
        yield ""
        yield _line(texts.HEADER)
        yield _line(["---:" if name in _RIGHT else "---" for name in texts.HEADER])
        yield from (_line([_escaped(text) for text in row]) for row in rows)
    yield ""
    for name, text in texts.circumstances(found):
        yield f"- {name}: {_escaped(text)}"
    yield ""


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """So that names stand there as they are."""
    return re.sub(r"([\\`*_{}\[\]<>|#~@])", r"\\\1", text)
