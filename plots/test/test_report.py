"""The report needs nothing but itself, its links lead somewhere, and it says what there is to say."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Dict, List, Tuple
from urllib.parse import unquote

import pytest

from plots.report import __main__ as command
from plots.report import content, drawing
from plots.test import look
from results import answer, load
from results.findings import Finding
from results.importers import tinymembench
from results.test import logs, specimen

EXPERIMENTS = ("layers", "remap", "limits", "cores", "null", "mix")
MOST_BYTES = 10 << 20


class Reader(HTMLParser):
    """What a page refers to, its ids, its drawings, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: List[str] = []
        self.ids: List[str] = []
        self.drawings: List[Dict[str, str]] = []
        self.tags: List[str] = []
        self.words: List[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: List[Tuple[str, str]]) -> None:  # type: ignore[override]
        found = dict(attrs)
        self.tags.append(tag)
        self.links += [
            found[name] for name in ("href", "src", "xlink:href") if name in found
        ]
        for value in found.values():
            self.links += re.findall(r"url\((.*?)\)", value or "")
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "svg":
            self.drawings.append(found)

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        """All of it, in its order."""
        return " ".join(" ".join(self.words).split())


def page_of(folder: Path) -> Reader:
    return Reader((folder / "report.html").read_text(encoding="utf-8"))


def lost(links: List[str], ids: List[str], folder: Path) -> List[str]:
    """Those that lead nowhere, or out of the folder."""
    found = []
    for link in links:
        if link.startswith("#"):
            there = link[1:] in ids
        elif re.match(r"[a-z]+:|//|/", link):
            there = link.startswith("data:")
        else:
            there = (folder / unquote(link)).is_file()
        if not there:
            found.append(link)
    return found


@pytest.fixture(scope="module", name="made")
def fixture_made(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset with a doctor's warning, and its report."""
    path = tmp_path_factory.mktemp("report") / "specimen"
    shutil.copytree(folder, path)
    facts = json.loads((path / "machine.json").read_text())
    facts["doctor"] = [
        {"finding": "runs hot", "effect": "all is slower", "remedy": "a fan"}
    ]
    (path / "machine.json").write_text(json.dumps(facts))
    assert command.main([str(path)]) == 0
    return path


def test_page_needs_nothing_but_itself(made: Path) -> None:
    page = page_of(made)
    assert "script" not in page.tags and "iframe" not in page.tags
    assert lost(page.links, page.ids, made) == []
    assert len(page.ids) == len(set(page.ids))
    assert (made / "report.html").stat().st_size < MOST_BYTES
    source = (made / "report.html").read_text(encoding="utf-8")
    assert "@import" not in source and "@font-face" not in source


def test_lost_links_are_seen(tmp_path: Path) -> None:
    (tmp_path / "a b.csv").write_text("")
    links = ["a%20b.csv", "#here", "data:,"]
    wrong = ["c.csv", "#there", "https://example.org/", "//example.org/", "/etc/passwd"]
    assert lost(links + wrong, ["here"], tmp_path) == wrong


def test_every_drawing_says_what_it_shows(made: Path) -> None:
    page = page_of(made)
    pictures = sorted((made / "plots").glob("*.svg"))
    assert len(page.drawings) == len(pictures) == 5
    dataset = load.dataset(made)
    labels = [
        figure.get_label()
        for experiment in ("layers", "remap", "cores", "limits", "mix")
        for figure in look.draw(dataset, experiment).values()
    ]
    assert [svg["aria-label"] for svg in page.drawings] == labels
    for svg in page.drawings:
        assert svg["role"] == "img" and "viewbox" in svg and "width" not in svg


def test_order_of_what_is_said(made: Path) -> None:
    text = page_of(made).text
    wanted = [
        "What copying memory costs: Specimen 4000",
        answer.QUESTION,
        "16 CPUs · 3.00 GHz · L1 32 KiB",
        "up another layer",
        "from 64 B on, the smallest size",
        "through a proxy",
        "not measured",
        "runs hot",
        "Findings",
        "A copied layer costs",
        "What does layers find?",
        "A sentence on layers that somebody believes.",
        "Cross-checks:",
        "How it was measured:",
        "what each layer does to pass a packet up",
        "layers.csv",
        "What does remap find?",
        "The first 40 of",
        "What does cores find?",
    ]
    places: List[int] = []
    for words in wanted:
        places.append(text.find(words, places[-1] if places else 0))
        assert places[-1] >= 0, words


def test_same_bytes_on_a_second_run(made: Path) -> None:
    before = {
        path: path.read_bytes()
        for path in [*made.glob("report.*"), *made.glob("plots/*")]
    }
    assert command.main([str(made)]) == 0
    assert {path: path.read_bytes() for path in before} == before


def test_markdown(made: Path) -> None:
    text = (made / "report.md").read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.M)
    anchors = [heading.lower().replace(" ", "-") for heading in headings]
    links = re.findall(r"(?<!\\)\]\(([^)]*)\)", text)
    assert any(link.endswith(".svg") for link in links) and "layers.csv" in links
    assert lost(links, anchors, made) == []
    assert crooked(text) == []
    assert headings[1:] == ["layers", "remap", "cores", "limits", "mix", "null"]
    assert answer.QUESTION in text and "runs hot: all is slower" in text
    assert "- A copied layer costs" in text and "\n- Cross-check: " in text


def crooked(text: str) -> List[str]:
    """Lines of tables that have not as many cells as the table's head, or that no head precedes."""
    found, cells = [], 0
    for line in text.splitlines():
        count = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        if count and cells and count != cells:
            found.append(line)
        cells = count
    heads = re.findall(r"^\|.*\|\n\|(?:---\|)+$", text, re.M)
    return found + ["no head"] * (len(heads) != len(re.findall(r"\n\n\|", text)))


def test_crooked_tables_are_seen() -> None:
    head = "\n\n| a | b |\n|---|---|\n"
    assert crooked(head + "| 1 | 2 |\n") == []
    assert crooked(head + "| 1 | 2 \\| 3 |\n") == []
    assert crooked(head + "| 1 | 2 | 3 |\n") == ["| 1 | 2 | 3 |"]
    assert crooked("\n\n| 1 | 2 |\n") == ["no head"]


def changed(made: Path, path: Path, **facts: object) -> Path:
    """A copy of the dataset, with other facts of its machine."""
    shutil.copytree(made, path)
    content = json.loads((path / "machine.json").read_text())
    content.update(facts)
    (path / "machine.json").write_text(json.dumps(content))
    return path


def test_hostile_names_mean_nothing_but_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "<script>alert('a|b')</script> *x* & \"y\""
    path = specimen.write(tmp_path / "a b#c", ("null",))
    content = json.loads((path / "machine.json").read_text())
    content["cpu"]["model"] = name
    content["name"] = name
    (path / "machine.json").write_text(json.dumps(content))
    monkeypatch.chdir(tmp_path)
    assert command.main(["a b#c"]) == 0
    page = page_of(path)
    assert "script" not in page.tags and name in page.text
    text = (path / "report.md").read_text(encoding="utf-8")
    assert crooked(text) == [] and "<script>" not in re.sub(r"\\.", "", text)


def test_what_cannot_be_drawn_is_said(tmp_path: Path) -> None:
    path = specimen.write(tmp_path / "specimen", ("limits",))
    table = path / "limits.csv"
    text = re.sub(r",(ok|noisy),[^,\n]*", r",skipped,forbidden here", table.read_text())
    table.write_text(text)
    assert command.main([str(path)]) == 0
    page = page_of(path)
    assert (
        page.drawings == [] and "No picture: limits.csv: nothing to draw" in page.text
    )
    assert "can't be said: forbidden here" in page.text
    assert re.search(r"[0-9]+ skipped: forbidden here", page.text)


def test_marks_stand_out(made: Path, tmp_path: Path) -> None:
    path = changed(made, tmp_path / "specimen", emulated=True, emulated_by="QEMU")
    assert command.main([str(path)]) == 0
    page = page_of(path)
    assert page.text.count("EMULATED: no timing (by QEMU)") == 1 + len(page.drawings)


def test_cross_checks_that_disagree_stand_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = specimen.write(tmp_path / "specimen", ("null",))
    found = [
        Finding("null", f"cross-check: {name}: {verdict}", agrees=verdict == "agrees")
        for name, verdict in (("first", "agrees"), ("second", "disagrees"))
    ]
    monkeypatch.setattr(content, "of_experiment", lambda *_: iter(found))
    assert command.main([str(path)]) == 0
    text = page_of(path).text
    assert "1 of 2 cross-checks disagrees: see below before believing this." in text
    assert text.index("second: disagrees") < text.index("first: agrees")
    assert "<details open>" in (path / "report.html").read_text(encoding="utf-8")


def test_several_machines_side_by_side(made: Path, tmp_path: Path) -> None:
    one = changed(made, tmp_path / "all of them" / "one", name="first")
    other = changed(made, tmp_path / "all of them" / "two" / "run", name="second")
    assert command.main([str(one), str(other)]) == 0
    folder = tmp_path / "all of them"
    page = page_of(folder)
    assert lost(page.links, page.ids, folder) == []
    assert len(page.ids) == len(set(page.ids))
    together = len(list((folder / "plots").glob("*.svg")))
    assert (
        together > 0
        and len(page.drawings) == together + 2 * 5
        and "two/run/layers.csv" in page.links
    )
    assert page.text.count("first") > 3 and page.text.count("second") > 3
    text = (folder / "report.md").read_text(encoding="utf-8")
    assert crooked(text) == []
    assert "### layers: Specimen 4000 at 3.00 GHz, second" in text


def test_figures_of_several_machines_come_first(tmp_path: Path) -> None:
    folders = [
        specimen.write(tmp_path / name, ("size",), seed)
        for seed, name in enumerate(("one", "two"), 1)
    ]
    assert command.main([str(folder) for folder in folders]) == 0
    page = page_of(tmp_path)
    assert lost(page.links, page.ids, tmp_path) == []
    assert len(page.ids) == len(set(page.ids))
    pictures = [link for link in page.links if link.endswith(".svg")]
    together = [f"plots/{path.name}" for path in (tmp_path / "plots").glob("*.svg")]
    assert together and set(pictures[: len(together)]) == set(together)
    assert pictures[len(together)] == "one/plots/size.svg"


def test_what_others_measured_is_marked(tmp_path: Path) -> None:
    log = logs.write(tmp_path / "board.txt", logs.tinymembench())
    assert tinymembench.main([f"--out={tmp_path / 'out'}", str(log)]) == 0
    (path,) = load.find([tmp_path / "out"])
    assert command.main([str(path)]) == 0
    page = page_of(path)
    assert lost(page.links, page.ids, path) == []
    assert page.drawings and "NOT MEASURED BY COPYCOST: tinymembench" in page.text
    assert "not measured by copycost" in page.text
    assert crooked((path / "report.md").read_text(encoding="utf-8")) == []


def test_who_says_nothing_of_the_answer_is_folded(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "both"
    log = logs.write(tmp_path / "board.txt", logs.tinymembench())
    assert tinymembench.main([f"--out={folder}", str(log)]) == 0
    (board,) = load.find([folder])
    one = changed(made, folder / "one", name="first")
    assert command.main([str(board), str(one)]) == 0
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert html.count('<table class="answer">') == 1
    assert "<summary>Machines that say nothing of this: 1</summary>" in html
    text = (folder / "report.md").read_text(encoding="utf-8")
    assert crooked(text) == []
    assert text.count("| where the data goes |") == 1
    assert "NOT MEASURED" in text[text.index("Machines that say nothing of this:") :]


def test_emulated_beside_real_only_if_meant(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = changed(made, tmp_path / "one")
    other = changed(made, tmp_path / "two", emulated=True)
    assert command.main([str(one), str(other)]) == 1
    assert "--emulated shows both" in capsys.readouterr().err
    assert not (tmp_path / "report.html").exists()


def test_newest_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command.main([]) == 1
    assert "./run.sh makes one" in capsys.readouterr().err
    specimen.write(tmp_path / "results" / "local" / "specimen", ("null",))
    assert command.main([]) == 0
    paths = capsys.readouterr().out.splitlines()
    folder = tmp_path / "results" / "local" / "specimen"
    assert paths == [str(folder / "report.html"), str(folder / "report.md")]


def test_drawing_takes_the_page_s_colours(dataset: load.Dataset) -> None:
    (figure,) = look.draw(dataset, "limits").values()
    svg = drawing.inline(figure, "a")  # type: ignore[arg-type]
    for colour in ("#ffffff", "#f1f1f1", "#e69f00", "#555555"):
        assert colour not in svg
    assert "var(--paper)" in svg and "var(--orange)" in svg and "var(--quiet)" in svg
    assert 'href="#a-0"' in svg or "url(#a-0)" in svg
    ids = re.findall(r'\bid="(.*?)"', svg)
    assert ids and all(each.startswith("a-") for each in ids)
    assert len(ids) == len(set(ids))
    title = str(figure.words.title)  # type: ignore[attr-defined]
    assert title not in svg and title in look.words(figure)
