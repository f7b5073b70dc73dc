"""The published datasets are whole and valid."""

from __future__ import annotations

from pathlib import Path

import pytest

from results import load
from results.validate import validate

DATA = Path(__file__).resolve().parent.parent / "data"


@pytest.mark.parametrize("path", load.find([DATA]), ids=lambda path: path.name)
def test_published_dataset_is_valid(path: Path) -> None:
    assert validate(path) == []
