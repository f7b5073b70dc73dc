"""What on a page can't be read, as a browser shows it: too wide, one over the other, too faint."""

from __future__ import annotations

import json
from typing import Any, Dict, Sequence

from plots.test.site_pages import Reader

CONTRAST, CONTRAST_LARGE = 4.5, 3.0  # WCAG 2.1, 1.4.3
LARGE_PIXELS = 24.0
TOUCHING_PIXELS = 2.0

# The least box of letters is less than the line's.
LOOK = """
const visible = box => box.width > 0 && box.height > 0;
const shrunk = box => ({left: box.left + 1, right: box.right - 1,
    top: box.top + box.height * 0.2, bottom: box.bottom - box.height * 0.2});
const meet = (one, other) => Math.min(one.right, other.right) - Math.max(one.left, other.left) > touching
    && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > touching;
const pairs = (found) => {
    const bad = [];
    found.forEach((one, index) => found.slice(index + 1).forEach(other => {
        if (!one.node.contains(other.node) && !other.node.contains(one.node) && meet(one.box, other.box))
            bad.push([one.node.textContent.trim().slice(0, 60), other.node.textContent.trim().slice(0, 60)]);
    }));
    return bad;
};
// Of the letters, not of the block that they are in; of what can be scrolled, what is seen.
const seen = node => {
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = (node.tagName === 'text' || node.matches('.drawing') ? node : range).getBoundingClientRect();
    const frame = (node.closest('.wide, .drawing') || document.documentElement).getBoundingClientRect();
    const [left, right] = [Math.max(box.left, frame.left), Math.min(box.right, frame.right)];
    return {left, right, top: box.top, bottom: box.bottom, width: right - left, height: box.height};
};
const boxes = nodes => [...nodes].filter(node => node.textContent.trim() && node.checkVisibility())
    .map(node => ({node, box: seen(node)})).filter(each => visible(each.box))
    .map(each => ({node: each.node, box: shrunk(each.box)}));
const overlaps = () => {
    const bad = pairs(boxes(document.querySelectorAll(
        'h1, h2, h3, p, li, td, th, dt, dd, summary, figcaption div, .drawing')));
    document.querySelectorAll('svg').forEach(svg => bad.push(...pairs(boxes(svg.querySelectorAll('text')))));
    return bad;
};
const channels = colour => (colour.match(/[0-9.]+/g) || []).map(Number);
const luminance = colour => channels(colour).slice(0, 3).map(value => value / 255)
    .map(value => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
const ground = node => {
    for (; node && node.nodeType === 1; node = node.parentNode) {
        const colour = getComputedStyle(node).backgroundColor;
        if (channels(colour).length === 3 || channels(colour)[3] > 0) return colour;
    }
    return 'rgb(255, 255, 255)';
};
const contrast = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
};
const own_text = node => [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim());
const faint = () => [...document.body.querySelectorAll('*')].filter(node => own_text(node) &&
    !['STYLE', 'title'].includes(node.tagName) && node.checkVisibility() && visible(node.getBoundingClientRect())).flatMap(node => {
        const look = getComputedStyle(node), letters = node.tagName === 'text' ? look.fill : look.color;
        if (on_colour.includes(letters)) return [];
        const ratio = contrast(letters, ground(node));
        const wanted = parseFloat(look.fontSize) >= large ? contrast_large : contrast_least;
        return ratio < wanted ? [[node.textContent.trim().slice(0, 60), letters, ratio]] : [];
    });
return {
    width: document.documentElement.scrollWidth,
    room: window.innerWidth,
    drawings: [...document.querySelectorAll('figure svg')].map(svg => svg.getBoundingClientRect())
        .map(box => [box.left, box.width, box.height]),
    overlaps: overlaps(),
    faint: faint(),
    requests: performance.getEntriesByType('resource').map(entry => entry.name),
};
"""


def look(reader: Reader, on_colour: Sequence[str]) -> Dict[str, Any]:
    """What LOOK finds of the open page. `on_colour`: letters' colours whose ground is not the page."""
    known = {
        "on_colour": list(on_colour),
        "large": LARGE_PIXELS,
        "touching": TOUCHING_PIXELS,
        "contrast_least": CONTRAST,
        "contrast_large": CONTRAST_LARGE,
    }
    start = [f"const {name} = {json.dumps(each)};" for name, each in known.items()]
    found: Dict[str, Any] = reader.script("".join(start) + LOOK)
    return found
