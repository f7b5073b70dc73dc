"""python3 -m results.ab as its user sees it: status, table, Markdown, JUnit, JSON, refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, List
from xml.etree import ElementTree

import jsonschema
import pytest

from results import load, schema
from results.ab import __main__ as command
from results.ab import pairs, record
from results.test import specimen_pairs

Document = Dict[str, Any]
Break = Callable[[Document], None]
CASE_RESULTS = {"failure", "error", "skipped", "system-out"}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with some of everything."""
    path = tmp_path_factory.mktemp("pairs") / "mixed.json.gz"
    return specimen_pairs.write(path, specimen_pairs.content(specimen_pairs.mixed()))


def small(**options: Any) -> Document:
    """What a file with few cells holds."""
    return specimen_pairs.content(specimen_pairs.pairs(count=3, **options))


def run(
    capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, List[str], str]:
    """Status, lines of the output, and of the errors."""
    status = command.main(arguments)
    captured = capsys.readouterr()
    return status, captured.out.splitlines(), captured.err


def test_reading_gives_back_what_was_written(mixed: Path) -> None:
    before, after = specimen_pairs.mixed(), pairs.read(mixed)
    assert specimen_pairs.content(before) == specimen_pairs.content(after)


def test_table(mixed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, lines, errors = run(capsys, str(mixed))
    assert (status, errors) == (1, "")
    assert lines[0].endswith("regressed: 2 of 60 cells are slower by more than 1.5 %")
    outcomes = [line.split()[0] for line in lines if "memcpy" in line]
    wanted = ["regressed"] * 2 + ["placement"] * 4 + ["inconclusive"] + ["improved"] * 4
    assert outcomes == wanted
    assert any("CPU 1" in line and "Specimen 4000" in line for line in lines)
    assert any("none alarmed" in line for line in lines)
    _, every, _ = run(capsys, str(mixed), "--all")
    assert sum("memcpy" in line for line in every) == 60


@pytest.mark.parametrize(
    "options, status, said",
    [
        ({}, 0, "not regressed: none of 3 cells is slower by 2 %"),
        ({"truth": lambda point: 1.05}, 1, "regressed: 3 of 3 cells"),
        ({"control": 1.05}, 3, "no verdict: the control alarmed"),
        ({"launches": 5}, 3, "no verdict: there is no control"),
        (
            {"truth": lambda point: 1.2, "same": lambda point: 1.0},
            0,
            "by 2 % but by where its code lies",
        ),
    ],
)
def test_status_and_first_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: Dict[str, Any],
    status: int,
    said: str,
) -> None:
    path = specimen_pairs.write(tmp_path / "pairs.json", small(**options))
    found, lines, _ = run(capsys, str(path))
    assert found == status
    assert said in lines[0]


def test_markdown(
    mixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, lines, _ = run(capsys, str(mixed), "--markdown", "-")
    assert status == 1
    assert lines[0].startswith("### ") and "regressed: 2 of 60" in lines[0]
    table = [line for line in lines if line.startswith("|")]
    assert len({line.replace(r"\|", "").count("|") for line in table}) == 1
    assert table[2].startswith("| regressed |")
    assert any("sha256 " + "f" * 64 in line for line in lines)
    out = tmp_path / "gate.md"
    _, printed, _ = run(capsys, str(mixed), "--markdown", str(out))
    assert out.read_text(encoding="utf-8").splitlines() == lines
    assert "Copy cost" not in "\n".join(printed)


def test_names_can_not_break_markdown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = small(truth=lambda point: 1.1)
    for cell in document["cells"]:
        cell["function"] = "a|b<script>*_c"
    path = specimen_pairs.write(tmp_path / "pairs.json", document)
    _, lines, _ = run(capsys, str(path), "--markdown", "-")
    row = next(line for line in lines if line.startswith("| regressed"))
    assert row.replace(r"\|", "").count("|") == 8
    assert r"\<script\>" in row


def test_code_in_the_same_pages_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = small()
    path = specimen_pairs.write(tmp_path / "pairs.json", document)
    assert "same pages" not in "\n".join(run(capsys, str(path))[1])
    document["new"]["shared_code"] = "Permission denied"
    specimen_pairs.write(path, document)
    lines = run(capsys, str(path))[1]
    (said,) = [line for line in lines if "same pages in all launches" in line]
    assert "libnew.so" in said and "Permission denied" in said


def junit(path: Path, *files: Path) -> ElementTree.Element:
    """The report of these files."""
    command.main([*map(str, files), "--junit", str(path)])
    return ElementTree.parse(path).getroot()


def test_junit(mixed: Path, tmp_path: Path) -> None:
    """Elements, order and attributes of the schema of Ant's task, which all readers take."""
    root = junit(tmp_path / "gate.xml", mixed)
    assert root.tag == "testsuites"
    (suite,) = root
    assert [child.tag for child in suite][0] == "properties"
    assert {child.tag for child in suite} == {"properties", "testcase"}
    for element in (root, suite):
        counted = [element.get(each) for each in ("tests", "failures", "errors")]
        assert counted == ["61", "2", "1"]
        assert element.get("skipped") == "1"
    names = set()
    for case in suite.findall("testcase"):
        assert set(case.keys()) == {"classname", "name", "time"}
        assert float(case.get("time", "")) >= 0
        assert len(case) <= 1 and {child.tag for child in case} <= CASE_RESULTS
        names.add((case.get("classname"), case.get("name")))
    assert len(names) == 61
    failure = suite.find(".//failure")
    assert failure is not None and failure.get("type") == "regressed"
    assert failure.text and "+3.7 to +4.1 %" in failure.text
    assert failure.text.startswith("regressed: memcpy 1 KiB, src +0")


def test_junit_without_a_verdict_has_one_error(tmp_path: Path) -> None:
    document = small(truth=lambda point: 1.5, control=1.1)
    path = specimen_pairs.write(tmp_path / "pairs.json", document)
    root = junit(tmp_path / "gate.xml", path)
    results = [child.tag for case in root.iter("testcase") for child in case]
    assert results == ["error"] + ["skipped"] * 3


def test_json_is_as_its_schema_has_it(mixed: Path, tmp_path: Path) -> None:
    cut = small(launches=5)
    cut["ended"] = "interrupted: after 5 of 40 launches"
    other = specimen_pairs.write(tmp_path / "cut.json", cut)
    out = tmp_path / "gate.json"
    status = command.main([str(mixed), str(other), "--json", str(out)])
    document = load.read_json(out)
    jsonschema.validate(document, schema.verdict_schema())
    assert document["format"] == record.FORMAT
    assert document["status"] == status == 1
    assert [each["status"] for each in document["comparisons"]] == [1, 3]
    first = document["comparisons"][0]
    assert len(first["cells"]) == len(first["control"]) == 60
    assert {cell["outcome"] for cell in first["cells"]} == set(
        "regressed placement inconclusive improved skipped".split()
    ) | {"not regressed"}
    assert first["alpha"] == 0.005


def test_several_files_are_judged_each_for_itself(
    mixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = specimen_pairs.write(tmp_path / "other.json", small())
    status, lines, _ = run(capsys, str(mixed), str(other))
    assert status == 1
    assert sum("split among the files" in line for line in lines) == 2
    assert sum("regressed: " in line for line in lines) == 2
    root = junit(tmp_path / "gate.xml", mixed, other)
    names = [(c.get("classname"), c.get("name")) for c in root.iter("testcase")]
    assert len(names) == len(set(names)) == 65


def put(*keys: Any, value: Any) -> Break:
    """A document's value by its keys."""

    def edit(document: Document) -> None:
        place: Any = document
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = value

    return edit


def drop(*keys: Any) -> Break:
    """The key is missing."""

    def edit(document: Document) -> None:
        place: Any = document
        for key in keys[:-1]:
            place = place[key]
        del place[keys[-1]]

    return edit


@pytest.mark.parametrize(
    "broken, said",
    [
        (drop("plan"), "'plan' is a required property"),
        (drop("cells", 1, "old_ns"), "cells[1]: 'old_ns' is a required property"),
        (drop("cells", 1, "size"), "cells[1]: 'size' is a required property"),
        (drop("machine", "emulated"), "machine: 'emulated' is a required property"),
        (put("format", value="copycost-pairs/2"), "format: 'copycost-pairs/1'"),
        (put("cells", value=[]), "cells: [] is too short"),
        (put("cells", value={}), "cells: {} is not of type 'array'"),
        (put("cells", 1, "old_ns", 3, value=-1.0), "old_ns: holds a time that is not"),
        (put("cells", 1, "new_ns", 3, value=0), "new_ns: holds a time that is not"),
        (put("cells", 1, "new_ns", 3, value="1"), "new_ns: holds what is no number"),
        (put("cells", 1, "new_ns", 3, value=None), "new_ns: holds what is no number"),
        (
            put("cells", 1, "new_ns", 3, value=10**400),
            "new_ns: holds what is no number",
        ),
        (
            put("cells", 1, "new_ns", value=[1.0]),
            "new_ns: has 1 values, launch has 600",
        ),
        (put("cells", 1, "new_first", 0, value=2), "new_first: holds what is neither"),
        (put("cells", 1, "launch", 0, value=0.5), "launch: holds what is no launch's"),
        (put("cells", 1, "launch", 0, value=900), "launch: has 41 launches, 40 were"),
        (put("cells", 1, "calls", value=0), "calls: is 0, though there are pairs"),
        (put("cells", 1, "cell", value=0), "is the same cell as cells[0]"),
        (put("cells", 1, "size", value=64), "is the same cell as cells[0]"),
        (put("cells", 1, "verdict", value="skipped"), "reason: is missing, though"),
        (
            put("cells", 1, "function", value="a\x1b[2J"),
            "function: 'a\\x1b[2J' does not",
        ),
        (put("old", "label", value="\ud800"), "old.label: '\\ud800' does not match"),
        (put("old", "sha256", value="x"), "old.sha256: 'x' does not match"),
        (put("plan", "threshold", value=0.02), "plan.threshold: 0.02 is not below"),
        (put("plan", "alpha", value=0), "plan.alpha: 0 is less than or equal to"),
        (
            put("plan", "launches", value=10**9),
            "plan.launches: 1000000000 is greater",
        ),
    ],
)
def test_a_broken_file_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], broken: Break, said: str
) -> None:
    document = small()
    broken(document)
    path = specimen_pairs.write(tmp_path / "pairs.json", document)
    status, lines, errors = run(capsys, str(path))
    assert (status, lines) == (2, [])
    assert errors.startswith(f"results.ab: {path}: ") and said in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    "name, content, said",
    [
        ("pairs.json", b"", "not JSON"),
        ("pairs.json", b"[" * 100000, "not JSON"),
        ("pairs.json", b"\xff\xfe", "not UTF-8 at byte 0"),
        ("pairs.json", b'{"format": NaN}', "NaN is no JSON"),
        ("pairs.json", b"[1]", "is not of type 'object'"),
        ("pairs.json.gz", b"{}", "not a whole gzip file"),
        ("pairs.json.gz", b"\x1f\x8b\x08\x00", "not a whole gzip file"),
    ],
)
def test_what_is_no_file_of_pairs_is_refused(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    content: bytes,
    said: str,
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    status, lines, errors = run(capsys, str(path))
    assert (status, lines) == (2, [])
    assert said in errors and errors.count("\n") == 1


def test_a_file_that_is_cut_is_refused(
    mixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cut.json.gz"
    path.write_bytes(mixed.read_bytes()[:-100])
    assert run(capsys, str(path))[0] == 2


def test_missing_files_and_usage(
    mixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, lines, errors = run(capsys, str(mixed), str(tmp_path / "none.json"))
    assert (status, lines) == (2, [])
    assert "cannot be read (No such file or directory)" in errors
    status, _, errors = run(capsys, str(mixed), "--junit", str(tmp_path / "no" / "a"))
    assert status == 2 and "No such file" in errors
    for arguments in ((), ("--nothing", str(mixed))):
        with pytest.raises(SystemExit) as ended:
            command.main(arguments)
        assert ended.value.code == 2
