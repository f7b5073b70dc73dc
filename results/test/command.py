"""The package's programs as a user starts them."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from results import load

ROOT = Path(load.__file__).parents[1]


def run(module: str, *arguments: Any) -> "subprocess.CompletedProcess[str]":
    """Of results; any warning is an error."""
    line = [sys.executable, "-W", "error", "-m", f"results.{module}"]
    return subprocess.run(
        [*line, *map(str, arguments)], capture_output=True, text=True, cwd=ROOT
    )
