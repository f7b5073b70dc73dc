"""Datasets to draw: the specimen of results/, and how to look at what was drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from results import load
from results.test import specimen


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The specimen on disk; not to be written to."""
    path = tmp_path_factory.mktemp("dataset") / "specimen"
    return specimen.write(path, ("size", "align", "limits", "mix"))


@pytest.fixture
def dataset(folder: Path) -> load.Dataset:
    """The specimen, read afresh, so that a test may break it."""
    return load.dataset(folder)
