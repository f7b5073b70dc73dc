"""The explorer's files: names, links, what is refused; nothing here needs a browser."""

from __future__ import annotations

import html.parser
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple
from urllib.parse import unquote, urlsplit

import pandas
import pytest

from plots.site import __main__ as site
from plots.site import collection, data, names, pages, vendor
from results import load
from results.test import specimen

EXPERIMENTS = ("size", "cores")


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files in the place of the library and its licences, so that npm is not asked."""

    def copy(out: Path) -> None:
        (out / "licences").mkdir()
        (out / Path(vendor.LIBRARY).name).touch()
        for name in vendor.LICENCES:
            (out / "licences" / name.replace("/", "-")).touch()

    monkeypatch.setattr(vendor, "copy_library", copy)


@pytest.mark.parametrize(
    "cpu, family",
    [
        ({"model": "ARM Cortex-A76"}, "Cortex-A76"),
        ({"model": "Neoverse-N1"}, "Neoverse-N1"),
        ({"model": "Intel(R) Xeon(R) CPU E5-2690 v4 @ 2.60GHz"}, "Intel Xeon"),
        ({"model": "11th Gen Intel(R) Core(TM) i7-1165G7"}, "Intel Core"),
        ({"model": "AMD EPYC 7763 64-Core Processor"}, "AMD EPYC"),
        ({"model": "AMD Ryzen 9 5950X"}, "AMD Ryzen"),
        ({"model": "Apple M1"}, "Apple M1"),
        ({"model": "C910"}, "C910"),
        ({"model": None, "isa": "riscv64"}, "riscv64"),
        ({}, "unknown"),
    ],
)
def test_family(cpu: Dict[str, Any], family: str) -> None:
    assert names.family({"cpu": cpu}) == family


@pytest.mark.parametrize(
    "name, safe",
    [
        ("rock-5b", "rock-5b"),
        ("../../etc", "etc"),
        ("a b/c", "a-b-c"),
        ("..", "unnamed"),
        ("", "unnamed"),
        ("Müller", "M-ller"),
    ],
)
def test_safe_names(name: str, safe: str) -> None:
    assert names.safe(name) == safe


def test_columns_keep_every_digit() -> None:
    integers = pandas.Series([1, None, 3], dtype="Int64")
    assert data.column(integers) == [1, None, 3]
    assert data.column(pandas.Series([48.2822372, None])) == [48.2822372, None]
    words = pandas.Series(["a", "", "a"], dtype="object")
    assert data.column(words) == {"words": ["a", ""], "index": [0, 1, 0]}


def test_placement_is_an_axis_where_it_tells_cells_apart(folder: Path) -> None:
    dataset = load.dataset(folder)
    frame = dataset.table("size")
    assert list(data.axes(dataset, "size", frame)) == dataset.axes("size")
    twice = pandas.concat([frame, frame.assign(page_asked="thp")])
    assert data.axes(dataset, "size", twice) == [*dataset.axes("size"), "page_asked"]


def test_figures_belong_to_the_longest_name() -> None:
    drawn = ["size.svg", "size-cold.svg", "size-mix.svg", "sizes.svg"]
    known = ["size", "size-mix"]
    assert pages.figures_of("size", known, drawn) == ["size.svg", "size-cold.svg"]
    assert pages.figures_of("size-mix", known, drawn) == ["size-mix.svg"]


class Links(html.parser.HTMLParser):
    """What a page refers to, and its ids."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: List[str] = []
        self.ids: List[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: List[Tuple[str, Optional[str]]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.append(value)
            if name == "id" and value:
                self.ids.append(value)


@pytest.mark.usefixtures("library")
def test_links_lead_somewhere(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    copied = Path(shutil.copytree(folder, tmp_path / "data/run"))
    (copied / "plots").mkdir()
    (copied / "plots/size-cold.svg").write_text("<svg/>")
    site.write([tmp_path / "data"], tmp_path / "out")
    written = sorted((tmp_path / "out").rglob("*.html"))
    assert len(written) == 3
    seen = 0
    for page in written:
        found = Links(page.read_text(encoding="utf-8"))
        assert len(set(found.ids)) == len(found.ids)
        for link in found.links:
            parts = urlsplit(link)
            if parts.scheme == "data":
                continue
            assert not parts.scheme and not parts.netloc, link
            seen += 1
            target = (page.parent / unquote(parts.path)) if parts.path else page
            assert target.is_file(), f"{page.name}: {link}"
            if target == page and parts.fragment:
                assert parts.fragment in found.ids, link
    assert seen > 40


@pytest.mark.usefixtures("library")
def test_files_are_those_of_the_dataset(folder: Path, tmp_path: Path) -> None:
    found = site.write([folder], tmp_path / "out")
    assert [run.identity for run in found.runs] == ["specimen-4/specimen"]
    shown = tmp_path / "out/data/specimen-4/specimen"
    for name in ("size.csv", "cores.csv", "datapackage.json", "machine.json"):
        assert (shown / name).read_bytes() == (folder / name).read_bytes()
    script = (shown / "size.js").read_text(encoding="ascii")
    called = re.fullmatch(r"copycost\.put\((.*)\);\n", script)
    assert called
    identity, experiment, table = json.loads(f"[{called[1]}]")
    assert (identity, experiment) == ("specimen-4/specimen", "size")
    frame = load.dataset(folder).table("size")
    assert table["rows"] == len(frame)
    assert table["columns"]["cell"] == list(frame["cell"])


@pytest.mark.usefixtures("library")
def test_runs_of_one_name_are_kept_apart(folder: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        shutil.copytree(folder, tmp_path / name / "run")
    datasets = load.find([tmp_path, tmp_path / "a"])
    found = site.write_explorer(datasets, tmp_path / "out")
    identities = [run.identity for run in found.runs]
    assert sorted(identities) == ["specimen-4/run", "specimen-4/run-2"]


@pytest.mark.usefixtures("library")
def test_what_can_not_be_read_is_left_out_and_said(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("whole", "broken", "elsewhere"):
        shutil.copytree(folder, tmp_path / "data" / name)
    (tmp_path / "data/broken/size.csv").write_text("nonsense\n")
    outside = tmp_path / "outside.csv"
    shutil.copy(folder / "size.csv", outside)
    package = load.read_json(folder / load.PACKAGE)
    for resource in package["resources"]:
        if resource["name"] == "size":
            resource["path"] = "../../outside.csv"
    specimen.write_package(tmp_path / "data/elsewhere", package)
    out = tmp_path / "out"
    assert site.main([str(tmp_path / "data"), f"--out={out}"]) == 1
    said = capsys.readouterr().err
    assert "broken/size.csv" in said and "'../../outside.csv'" in said
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "broken/size.csv" in page and "datasets: 2" in page
    assert not list(out.rglob("outside.csv"))


@pytest.mark.usefixtures("library")
def test_other_folders_are_not_overwritten(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine").touch()
    assert site.main([str(folder), f"--out={out}"]) == 1
    assert "holds other things than pages" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    (out / "mine").unlink()
    for _ in range(2):
        assert site.main([str(folder), f"--out={out}"]) == 0
        assert capsys.readouterr().out == f"{out / 'index.html'}\n"


def test_no_dataset_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert site.main([str(tmp_path / "nothing")]) == 1
    assert "no dataset in or below" in capsys.readouterr().err


def test_without_npm(folder: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_NPM, str(tmp_path), str(folder)],
        env={"PATH": str(tmp_path), "MPLCONFIGDIR": str(tmp_path)},
        cwd=site.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert "npm is not installed" in done.stderr and done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


WITHOUT_NPM = """
import functools, pathlib, sys
from plots.site import __main__ as site, vendor
folder = pathlib.Path(sys.argv[1])
vendor.copy_library = functools.partial(vendor.copy_library, build=folder / "npm")
sys.exit(site.main([sys.argv[2], f"--out={folder}/out"]))
"""


def test_library_is_pinned() -> None:
    """Each package that is named has one version, and the digest of what it must be."""
    asked, locked = (
        json.loads((vendor.HERE / name).read_text()) for name in vendor.PACKAGES
    )
    assert all(re.fullmatch(r"[\d.]+", each) for each in asked["dependencies"].values())
    found = {name: each for name, each in locked["packages"].items() if name}
    assert {name.split("/", 1)[1] for name in found} == {
        name.split("/")[0] for name in vendor.LICENCES
    }
    for name, each in found.items():
        assert each["integrity"].startswith("sha512-"), name
        assert each["license"] in ("Apache-2.0", "BSD-3-Clause", "0BSD"), name


def test_another_library_is_refused(tmp_path: Path) -> None:
    for name in vendor.PACKAGES:
        shutil.copy(vendor.HERE / name, tmp_path / name)
    build = tmp_path / "npm"
    try:
        vendor.copy_library(tmp_path / "whole", build, tmp_path)
    except vendor.VendorError as error:
        pytest.skip(str(error))
    assert (tmp_path / "whole/echarts.min.js").stat().st_size > 100_000
    lock = tmp_path / vendor.PACKAGES[1]
    text = lock.read_text()
    lock.write_text(re.sub(r'"sha512-...', '"sha512-AAA', text))
    for _ in range(2):
        with pytest.raises(vendor.VendorError, match="EINTEGRITY|integrity"):
            vendor.copy_library(tmp_path / "broken", build, tmp_path)


@pytest.mark.usefixtures("library")
def test_newest_run_comes_first(folder: Path, tmp_path: Path) -> None:
    for day in (22, 24, 23):
        run = Path(shutil.copytree(folder, tmp_path / f"data/{day}"))
        package = {**load.read_json(run / load.PACKAGE)}
        package["created"] = f"2026-11-{day}T00:00:00Z"
        specimen.write_package(run, package)
    found = collection.read(load.find([tmp_path]), tmp_path / "out")
    created = [run.created[8:10] for run in found.machines["specimen-4"]]
    assert created == ["24", "23", "22"]
