"""Two hundred datasets: what the page for comparing loads, and whether fifty machines can be told apart."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import List

import pytest

from plots.site import __main__ as site
from plots.site import vendor
from plots.test import site_pages
from plots.test.site_pages import Reader
from results import load
from results.test import specimen

MACHINES, RUNS = 50, 4
FIRST_REQUESTS = 20  # the page, its style, scripts, index, and the tables chosen first
FIRST_BYTES = 1_400_000  # of which the library is 1,100,000
MODELS = ["Cortex-A53", "Cortex-A76", "AMD EPYC 7763", "Intel(R) Xeon(R) Gold", "C910"]


@pytest.fixture(scope="module", name="folder")
def write_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Without the machines' own pages, which don't change with how many there are."""
    data = tmp_path_factory.mktemp("data")
    first = specimen.write(data / "first", ("size",))
    shutil.rmtree(first / "samples")
    for number in range(MACHINES):
        for run in range(RUNS):
            folder = data / f"{number}/{run}"
            shutil.copytree(first, folder)
            site_pages.change_created(folder, f"2026-11-{run + 1:02}T11:55:00Z")
            cpu = {"model": MODELS[number % len(MODELS)]}
            site_pages.change_machine(folder, name=f"machine-{number:02}", cpu=cpu)
    shutil.rmtree(first)
    out = tmp_path_factory.mktemp("site") / "out"
    try:
        site.write_explorer(load.find([data]), out)
    except vendor.VendorError as error:
        pytest.skip(str(error))
    return out


def files(reader: Reader, folder: Path) -> List[Path]:
    base = folder.as_uri()
    asked = [url for url in reader.requests() if not url.startswith("data:")]
    return [site_pages.file_of(url, base, folder) for url in asked]


def test_an_index_first_then_what_is_chosen(reader: Reader, folder: Path) -> None:
    reader.open(f"{folder.as_uri()}/compare.html")
    asked = files(reader, folder)
    tables = [file for file in asked if file.name == "size.js"]
    assert len(tables) == 6 and len(asked) <= FIRST_REQUESTS
    assert sum(file.stat().st_size for file in asked) <= FIRST_BYTES
    assert (folder / "data/index.js").stat().st_size < 400 * MACHINES * RUNS
    reader.choose("y", "gb")
    assert files(reader, folder) == []
    reader.click("#machines input[value='machine-07/3']")
    assert len(files(reader, folder)) == (
        folder / "data/machine-07/3/size.js" not in tables
    )


@pytest.mark.parametrize("width", [400, 1400])
def test_fifty_machines_can_be_told_apart(
    reader: Reader, folder: Path, width: int
) -> None:
    reader.open(f"{folder.as_uri()}/compare.html#e=size&y=gb", width)
    reader.click("#all")
    names = reader.script(
        "return [...document.querySelectorAll('#legend button')].map((item) => item.textContent)"
    )
    assert sorted(names) == [f"machine-{number:02}" for number in range(MACHINES)]
    looks = reader.script(
        "return [...document.querySelectorAll('#legend svg')].map((item) => item.innerHTML)"
    )
    assert len(set(looks)) >= MACHINES * 0.6
    assert reader.touching() == []
    assert reader.script("return document.documentElement.scrollWidth") <= width
    groups = reader.script(
        "return [...document.querySelectorAll('#machines legend')].map((each) => each.textContent)"
    )
    assert groups == ["AMD EPYC", "C910", "Cortex-A53", "Cortex-A76", "Intel Xeon"]


def test_too_many_lines_are_said(reader: Reader, folder: Path) -> None:
    kernels = "copy_libc_memcpy,copy_movsb"
    reader.open(f"{folder.as_uri()}/compare.html#e=size&v={kernels}")
    reader.click("#all")
    assert "36 more lines are not drawn" in reader.text("#status")
