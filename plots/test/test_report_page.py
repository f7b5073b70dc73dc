"""The report in a browser: as wide as a phone and a desktop, in the light and in the dark."""

from __future__ import annotations

import shutil
from pathlib import Path
import pytest
from matplotlib.colors import to_rgb

from plots import style
from plots.report import __main__ as command
from plots.test.reading import look
from plots.test.site_pages import Reader

EXPERIMENTS = ("layers", "remap", "size", "align", "cores", "ipc")
NARROW, WIDE = 400, 1400
LEAST_PIXELS = 300
ON_COLOUR = [
    "rgb({}, {}, {})".format(*(round(255 * part) for part in to_rgb(ink)))
    for ink in (style.DARK_INK, style.LIGHT_INK)
]


@pytest.fixture(scope="module", name="page")
def fixture_page(
    reader: Reader, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Made only where there is a browser."""
    assert reader
    path = tmp_path_factory.mktemp("report") / "specimen"
    shutil.copytree(folder, path)
    assert command.main([str(path)]) == 0
    return path / "report.html"


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page(reader: Reader, page: Path, width: int, scheme: str) -> None:
    reader.open(page.as_uri(), width, scheme)
    seen = look(reader, ON_COLOUR)
    assert reader.log("browser") == []
    assert seen["requests"] == []
    asked = [url for url in reader.requests() if not url.startswith("data:")]
    assert set(asked) <= {page.as_uri()}
    assert seen["width"] <= seen["room"]
    assert len(seen["drawings"]) == len(list((page.parent / "plots").glob("*.svg")))
    for left, wide, high in seen["drawings"]:
        assert 0 <= left < width and wide >= LEAST_PIXELS and high > 0
    assert seen["overlaps"] == []
    assert seen["faint"] == []


def test_folded_parts_open_and_are_well(reader: Reader, page: Path) -> None:
    reader.open(page.as_uri(), NARROW, "light")
    reader.script(
        "document.querySelectorAll('details').forEach(each => each.open = true)"
    )
    seen = look(reader, ON_COLOUR)
    assert seen["width"] <= seen["room"] and seen["faint"] == []
    assert seen["overlaps"] == []


BROKEN = {
    "overlaps": "<p style='height: 4px; margin: 0'>one line of text</p><p style='margin: 0'>another line of text</p>",
    "drawn": "<svg viewBox='0 0 100 20'><text x='5' y='15'>one name</text>"
    "<text x='8' y='16'>another</text></svg>",
    "faint": "<p style='color: #bbb'>grey on white</p>",
    "faint letters": "<svg viewBox='0 0 300 20'><text x='5' y='15' fill='#e69f00'>a</text></svg>",
    "width": "<div style='width: 3000px'>wide</div>",
    "requests": "<img src='http://127.0.0.1:9/none.png' alt='none'>",
    "complaints": "<script>console.error('something')</script>",
}


@pytest.mark.parametrize("what", BROKEN)
def test_broken_pages_are_seen(reader: Reader, tmp_path: Path, what: str) -> None:
    page = tmp_path / "broken.html"
    page.write_text(f"<!DOCTYPE html><title>broken</title>{BROKEN[what]}")
    reader.open(page.as_uri(), NARROW, "light")
    seen = look(reader, [])
    complaints = reader.log("browser")
    asked = [url for url in reader.requests() if url.startswith("http")]
    found = {
        "overlaps": bool(seen["overlaps"]),
        "faint": bool(seen["faint"]),
        "width": seen["width"] > seen["room"],
        "requests": bool(asked and seen["requests"]),
        "complaints": bool(complaints),
    }
    wanted = {"drawn": "overlaps", "faint letters": "faint"}.get(what, what)
    assert found[wanted]
    others = set(found) - {wanted}
    if what == "requests":
        others.discard("complaints")  # what can't be loaded is complained of
    assert not any(found[name] for name in others), found
