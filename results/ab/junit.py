"""
A verdict as a JUnit report: a suite a file, a test case a cell, and one more for the control.

GitLab shows a case's classname and name, takes only the first of a name, and shows the failure's
text, not its message; Jenkins and GitHub's readers show both. Suites have `properties` first, as
in the schema of Ant's task, from which all of them come.
"""

from __future__ import annotations

from typing import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from results.ab import texts
from results.ab.pairs import FAILED, SKIPPED
from results.ab.verdict import ALARMED, INCONCLUSIVE, REGRESSED, Judged, Verdict

_WORDS = {
    REGRESSED: "failure",
    INCONCLUSIVE: "error",
    FAILED: "error",
    SKIPPED: "skipped",
}


def report(verdicts: Sequence[Verdict]) -> str:
    """The XML."""
    root = Element("testsuites", name="copycost ab")
    for found in verdicts:
        _add_suite(root, found, str(found.pairs.path) if len(verdicts) > 1 else "")
    _count(root)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _add_suite(root: Element, found: Verdict, path: str) -> None:
    suite = SubElement(root, "testsuite", name=path or "copycost ab")
    properties = SubElement(suite, "properties")
    for name, text in texts.circumstances(found):
        SubElement(properties, "property", name=name, value=text)
    place = f"{path}." if path else ""
    control = _add_case(suite, f"{place}control", "old against its own copy", 0.0)
    if found.why:
        lines = [texts.headline(found)]
        lines += [_text(each) for each in found.control if each.outcome == ALARMED]
        _add_result(control, "error", "no verdict", lines)
    for judged in sorted(found.change, key=lambda judged: judged.cell.number):
        point = judged.cell.point
        name = texts.point(point).replace(f"{point.function} ", "", 1)
        case = _add_case(suite, f"{place}{point.function}", name, judged.cell.seconds)
        # One that is open for all cells alike is said once, by the control.
        word = "skipped" if found.why else _WORDS.get(judged.outcome)
        if word:
            _add_result(case, word, judged.outcome, [_text(judged)])
        else:
            SubElement(case, "system-out").text = _text(judged)
    _count(suite)


def _add_case(suite: Element, classname: str, name: str, seconds: float) -> Element:
    return SubElement(
        suite, "testcase", classname=classname, name=name, time=f"{seconds:.6f}"
    )


def _add_result(case: Element, word: str, kind: str, lines: Sequence[str]) -> None:
    result = SubElement(case, word, message=lines[0])
    if word != "skipped":
        result.set("type", kind)
        result.text = "\n".join(lines)


def _text(judged: Judged) -> str:
    """The cell in a line."""
    header = dict(zip(texts.HEADER, texts.row(judged)))
    figures = ""
    if header["change"]:
        figures = (
            f" {header['old ns']} ns before, {header['new ns']} ns now, "
            f"{texts.change(judged.ratio)}"
        )
    remark = f" ({header['remark']})" if header["remark"] else ""
    return f"{header['outcome']}: {header['cell']}:{figures}{remark}"


def _count(element: Element) -> None:
    """Cases by result, and their time, as attributes."""
    cases = element.findall(".//testcase")
    element.set("tests", str(len(cases)))
    for attribute, word in (
        ("failures", "failure"),
        ("errors", "error"),
        ("skipped", "skipped"),
    ):
        element.set(attribute, str(len(element.findall(f".//{word}"))))
    seconds = sum(float(case.get("time", 0)) for case in cases)
    element.set("time", f"{seconds:.6f}")
