"""Publishing: what goes in is valid, what comes out is, and says nothing of anybody."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from pathlib import Path
from typing import Any, List

import pytest

from results import index, load, publish
from results.test import breaking, specimen
from results.validate import validate

SECRETS = ["alice", "lab7", "b8:27:eb:00:11:22", "10.1.2.3", "00012345", "my_disk"]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A specimen in which a person and a host can be read in every file; not to be written to."""
    path = specimen.write(tmp_path_factory.mktemp("lab7") / "run", ("size",))

    def tell(machine: Any) -> None:
        machine["kernel"][
            "command_line"
        ] = "root=LABEL=my_disk ip=10.1.2.3:::lab7 quiet"
        machine["run"]["command"] = ["run", "--load=/home/alice/fast.so:copy"]
        machine["doctor"].append(
            {"finding": "b8:27:eb:00:11:22", "effect": "alice@lab7", "remedy": "none"}
        )

    breaking.edit_json(path, tell, "machine.json")
    breaking.edit_bytes(
        path,
        "topology.xml",
        lambda text: text.replace(
            b'<topology version="2.0"/>',
            b'<topology version="2.0"><info name="DMIProductSerial" value="00012345"/></topology>',
        ),
    )
    line = breaking.line_where(path, verdict="skipped")
    breaking.set_value(path, line, "reason", "/home/alice/x.so: no such file")
    assert validate(path) == []
    return path


def publish_it(path: Path, data: Path, *options: str) -> int:
    return publish.main(
        [str(path), "--license=CC0-1.0", "--strip=lab7", f"--data={data}", *options]
    )


@pytest.fixture
def published(original: Path, tmp_path: Path) -> Path:
    assert publish_it(original, tmp_path / "data") == 0
    (found,) = load.find([tmp_path / "data"])
    return found


def texts(folder: Path) -> str:
    content: List[bytes] = []
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            raw = file.read_bytes()
            content.append(gzip.decompress(raw) if file.suffix == ".gz" else raw)
    return b"\n".join(content).decode("utf-8")


def test_it_is_valid_and_tells_nothing(original: Path, published: Path) -> None:
    assert validate(published) == []
    before, after = texts(original), texts(published)
    for secret in SECRETS:
        assert secret in before and secret not in after


def test_figures_stay(original: Path, published: Path) -> None:
    """Of all columns only texts of a reason changed; samples are the very bytes."""
    old, new = load.dataset(original), load.dataset(published)
    left, right = old.table("size"), new.table("size")
    changed = [name for name in left if not left[name].equals(right[name])]
    assert changed == ["reason"]
    name = "samples/size.csv.gz"
    assert (original / name).read_bytes() == (published / name).read_bytes()


def test_the_original_stays(original: Path, tmp_path: Path) -> None:
    before = texts(original)
    assert publish_it(original, tmp_path / "data") == 0
    assert texts(original) == before


def test_what_is_taken_out_is_shown(
    original: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publish_it(original, tmp_path / "data", "--dry-run") == 0
    said = capsys.readouterr().out
    assert "machine.json: kernel.command_line" in said and "my_disk" in said
    assert "size.csv: line" in said and "topology.xml: info DMIProductSerial" in said
    assert "would be published" in said and not (tmp_path / "data").exists()


def test_license_citation_and_index(original: Path, tmp_path: Path) -> None:
    options = ["--license=CC-BY-4.0", "--author=Ada Lovelace", "--author=B"]
    data = tmp_path / "data"
    assert publish_it(original, data, *options) == 0
    (found,) = load.find([data])
    loaded = load.dataset(found)
    assert loaded.package["licenses"][0]["name"] == "CC-BY-4.0"
    assert [who["title"] for who in loaded.package["contributors"]] == [
        "Ada Lovelace",
        "B",
    ]
    cited = (found / "CITATION.cff").read_text(encoding="utf-8")
    assert 'license: "CC-BY-4.0"' in cited and '- name: "Ada Lovelace"' in cited
    machine = loaded.machine["name"]
    assert re.fullmatch(
        rf"{machine}/\d{{8}}T\d{{6}}Z-quick", str(found.relative_to(data))
    )
    listed = json.loads((data / "index.json").read_text(encoding="utf-8"))
    assert [one["path"] for one in listed["datasets"]] == [str(found.relative_to(data))]
    assert machine in (data / "README.md").read_text(encoding="utf-8")


def test_citation_is_yaml(published: Path) -> None:
    yaml = pytest.importorskip("yaml")
    cited = yaml.safe_load((published / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["cff-version"] == "1.2.0" and cited["type"] == "dataset"
    assert cited["authors"] == [{"name": publish.CONTRIBUTORS}]


def test_another_name(original: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert publish_it(original, data, "--machine=board-3") == 0
    (found,) = load.find([data / "board-3"])
    assert validate(found) == []
    assert load.dataset(found).machine["name"] == "board-3"


def test_what_is_taken_out_is_in_no_file(original: Path, tmp_path: Path) -> None:
    """Also where title, abstract and description are made of what the machine says."""
    model = load.dataset(original).machine["cpu"]["model"]
    word = max(model.split(), key=len)
    options = (f"--strip={word}", "--machine=a-board")
    assert publish_it(original, tmp_path / "data", *options) == 0
    (found,) = load.find([tmp_path / "data"])
    assert word not in texts(found)


def refused(
    path: Path, data: Path, capsys: pytest.CaptureFixture[str], *options: str
) -> str:
    assert publish_it(path, data, *options) == 1
    assert load.find([data]) == []
    return capsys.readouterr().err


def test_refusals(
    original: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    name = load.dataset(original).machine["name"]
    assert "--machine=" in refused(original, data, capsys, f"--strip={name}")
    assert "no machine's name" in refused(original, data, capsys, "--machine=A b")
    broken = tmp_path / "broken"
    shutil.copytree(original, broken)
    (broken / "size.csv").write_text("cell\n", encoding="utf-8")
    assert "not valid" in refused(broken, data, capsys)
    assert "datapackage.json" in refused(tmp_path / "none", data, capsys)


def test_an_interrupted_run_is_refused(
    original: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "half"
    shutil.copytree(original, path)

    def interrupt_run(machine: Any) -> None:
        machine["run"]["interrupted"] = True

    def interrupt_package(package: Any) -> None:
        package["copycost"]["interrupted"] = True

    breaking.edit_json(path, interrupt_run, "machine.json")
    breaking.edit_json(path, interrupt_package)
    assert "interrupted" in refused(path, tmp_path / "data", capsys)


def test_what_is_published_is_not_replaced(
    original: Path, published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = published.parent.parent
    before = texts(data)
    assert publish_it(original, data) == 1
    assert "there already" in capsys.readouterr().err
    assert texts(data) == before


def test_what_is_published_may_be_published_elsewhere(
    published: Path, tmp_path: Path
) -> None:
    assert publish_it(published, tmp_path / "elsewhere") == 0
    (found,) = load.find([tmp_path / "elsewhere"])
    assert validate(found) == []


@pytest.mark.parametrize(
    "arguments", [[], ["a"], ["a", "--license=GPL"], ["a", "b", "--license=CC0-1.0"]]
)
def test_usage(arguments: List[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        publish.main(arguments)
    assert ended.value.code == 2


def test_index_of_what_is_here_is_current() -> None:
    found = index.entries(index.DATA)
    text = (index.DATA / "index.json").read_text(encoding="utf-8")
    assert text == index.json_text(found), "python3 -m results.index makes it anew"
    text = (index.DATA / "README.md").read_text(encoding="utf-8")
    assert text == index.markdown_text(found), "python3 -m results.index makes it anew"
