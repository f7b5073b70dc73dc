"""What pages take of a dataset that is not as it should be."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from plots.site import collection, data, pages
from results import load
from results.test import specimen

BAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink">{}</svg>'


@pytest.fixture(scope="module", name="folder")
def specimen_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset without pictures; not to be written to."""
    return specimen.write(tmp_path_factory.mktemp("data") / "specimen", ("size",))


@pytest.mark.parametrize(
    "inside, inert",
    [
        ('<g id="a"/><use x:href="#a"/>', True),
        ('<image x:href="data:image/png;base64,AAAA"/>', True),
        ("<script>window.hacked=1</script>", False),
        ('<g onclick="window.hacked=1"/>', False),
        ('<a href="javascript:window.hacked=1"/>', False),
        ('<use x:href="https://example.org/x.svg#a"/>', False),
        ('<image href="data:image/svg+xml,%3Csvg/%3E"/>', False),
        ("<foreignObject/>", False),
        ("<g>", False),
    ],
)
def test_a_picture_that_does_something_is_left_out(
    folder: Path, tmp_path: Path, inside: str, inert: bool
) -> None:
    shutil.copytree(folder, tmp_path / "run")
    (tmp_path / "run/plots").mkdir()
    (tmp_path / "run/plots/size.svg").write_text(BAD.format(inside))
    dataset = load.dataset(tmp_path / "run")
    said = list(data.copy_dataset(dataset, tmp_path / "out", "a/run"))
    assert [line for line in said if "size.svg: is no SVG, or one" in line] == said
    assert (len(said) == 0) is inert
    assert (tmp_path / "out/plots/size.svg").exists() is inert


def test_a_dataset_without_its_samples_has_a_page_still(
    folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "run")
    samples = tmp_path / "run/samples/size.csv.gz"
    samples.write_bytes(samples.read_bytes()[:-20])
    found = collection.read([tmp_path / "run"], tmp_path / "out")
    (runs,) = found.machines.values()
    parts = {part["name"]: part for part in pages.sections(runs[0], found.left_out)}
    (said,) = parts["size"]["findings"]
    assert said.startswith("Nothing can be said: ") and "size.csv.gz" in said
    assert [line for line in found.left_out if "size.csv.gz" in line] == found.left_out
    assert found.left_out and len(parts) == len(("size",))
