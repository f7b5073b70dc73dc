"""A valid dataset, and a fresh copy of it for each test that breaks one."""

import shutil
from pathlib import Path

import pytest

from results.test import specimen, specimen_cells, specimen_history


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The specimen with all its experiments; not to be changed."""
    path = tmp_path_factory.mktemp("whole") / "specimen"
    return specimen.write(path, tuple(specimen_cells.CELLS))


@pytest.fixture(scope="session")
def _small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return specimen.write(
        tmp_path_factory.mktemp("small") / "specimen", ("size", "null", "mix")
    )


@pytest.fixture
def copied(_small: Path, tmp_path: Path) -> Path:
    """A copy of a specimen with experiments size, null and mix, to be broken."""
    return Path(shutil.copytree(_small, tmp_path / "specimen"))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The datasets of a machine's history; not to be changed."""
    return specimen_history.write(tmp_path_factory.mktemp("history"))
