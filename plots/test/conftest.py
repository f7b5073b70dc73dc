"""Datasets to draw: the specimen of results/, and a browser to look at pages."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Iterator, Tuple

import pytest

from plots.test import site_pages
from results import load
from results.test import specimen

Experiments = Tuple[str, ...]
USUAL: Experiments = ("size", "align", "limits", "mix")


@pytest.fixture(scope="session", name="specimens")
def specimens_so_far() -> Dict[Experiments, Path]:
    """Those written so far."""
    return {}


@pytest.fixture(scope="module")
def folder(
    request: pytest.FixtureRequest,
    specimens: Dict[Experiments, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The specimen with the EXPERIMENTS of the test's module on disk; not to be written to."""
    experiments: Experiments = getattr(request.module, "EXPERIMENTS", USUAL)
    if experiments not in specimens:
        path = tmp_path_factory.mktemp("specimen") / "specimen"
        specimens[experiments] = specimen.write(path, experiments)
    return specimens[experiments]


@pytest.fixture
def dataset(folder: Path) -> load.Dataset:
    """The specimen, read afresh, so that a test may break it."""
    return load.dataset(folder)


@pytest.fixture(scope="module")
def reader() -> Iterator[site_pages.Reader]:
    """A browser for the module's tests; skipped where there is none."""
    driver = site_pages.start_browser()
    yield site_pages.Reader(driver)
    driver.quit()
