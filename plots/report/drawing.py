"""
Figures as SVG elements of a page: as wide as there is room, in the page's colours, with ids that no
other figure has.
"""

from __future__ import annotations

import io
import re
from typing import Dict
from xml.etree import ElementTree

from plots import style
from plots.layout import Sheet

SVG = "http://www.w3.org/2000/svg"
LINK = "http://www.w3.org/1999/xlink"

# The names that the page's style sheet has for the colours of figures, by its light ones. Letters
# need more contrast than areas, so they have names of their own.
AREAS: Dict[str, str] = {
    "#ffffff": "paper",
    style.BLACK: "ink",
    style.QUIET: "quiet",
    style.BAND: "band",
    "#dddddd": "grid",
    style.ORANGE: "orange",
    style.SKY: "sky",
    style.GREEN: "green",
    style.BLUE: "blue",
    style.VERMILION: "vermilion",
    style.PURPLE: "purple",
    style.GREY: "grey",
}
_NAMES = {colour.lower(): name for colour, name in AREAS.items()}
_LETTERS = {"paper", "ink", "quiet"}
_COLOUR = re.compile(r"#[0-9a-f]{6}\b")
_REFERENCE = re.compile(r"#([A-Za-z][-\w]*)")


def inline(figure: Sheet, prefix: str) -> str:
    """
    The drawing without the words around it, as one <svg> element. `prefix` begins its ids, and is
    no other figure's on the page.
    """
    root = ElementTree.fromstring(_written(figure))
    for child in list(root):
        if child.tag == f"{{{SVG}}}metadata":
            root.remove(child)
    for parent in root.iter():
        for child in list(parent):
            if child.tag == f"{{{SVG}}}style":
                parent.remove(child)
    for element in root.iter():
        _colour(element)
    _rename(root, prefix)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    finding = str(figure.get_label())
    root.set("role", "img")
    root.set("aria-label", finding)
    title = ElementTree.Element(f"{{{SVG}}}title")
    title.text = finding
    root.insert(0, title)
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", LINK)
    return ElementTree.tostring(root, encoding="unicode")


def _written(figure: Sheet) -> bytes:
    """The figure's drawing as an SVG file, on no ground."""
    for text in figure.written:
        text.set_visible(False)
    file = io.BytesIO()
    figure.savefig(
        file,
        format="svg",
        bbox_inches=figure.drawing,
        transparent=True,
        metadata={"Date": None},
    )
    for text in figure.written:
        text.set_visible(True)
    return file.getvalue()


def _colour(element: ElementTree.Element) -> None:
    """The page's colours in place of the paper's, as far as it has names for them."""
    letters = element.tag == f"{{{SVG}}}text"

    def named(match: re.Match[str]) -> str:
        name = _NAMES.get(match[0])
        if not name or (letters and name == "paper"):
            return match[0]
        return f"var(--{name}{'-text' if letters and name not in _LETTERS else ''})"

    for attribute in ("style", "fill", "stroke"):
        if attribute in element.attrib:
            element.set(
                attribute,
                _COLOUR.sub(
                    named,
                    element.attrib[attribute].lower()
                    if attribute != "style"
                    else element.attrib[attribute],
                ),
            )


def _rename(root: ElementTree.Element, prefix: str) -> None:
    """Ids that something refers to are made the figure's own; all others go."""
    used: Dict[str, str] = {}

    def own(match: re.Match[str]) -> str:
        return "#" + used.setdefault(match[1], f"{prefix}-{len(used)}")

    for element in root.iter():
        for name, value in element.attrib.items():
            if "url(#" in value:
                element.set(name, re.sub(r"(?<=url\()#([-\w]+)", own, value))
            elif name in ("href", f"{{{LINK}}}href") and value.startswith("#"):
                element.set(name, _REFERENCE.sub(own, value))
    for element in root.iter():
        found = element.attrib.pop("id", None)
        if found in used:
            element.set("id", used[found])
