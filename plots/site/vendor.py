"""
The plotting library, taken from npm when pages are made. package-lock.json holds its version and
the digest of what npm must get; nothing of it is kept in the tree.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE.parents[1] / "build" / "npm"
PACKAGES = ("package.json", "package-lock.json")
LIBRARY = "echarts/dist/echarts.min.js"
# The library's file has those of its parts in it, too.
LICENCES = (
    "echarts/LICENSE",
    "echarts/NOTICE",
    "echarts/licenses/LICENSE-d3",
    "zrender/LICENSE",
    "tslib/LICENSE.txt",
)


class VendorError(Exception):
    """Why the library can't be had, and what to do."""


def copy_library(out: Path, build: Path = BUILD, packages: Path = HERE) -> None:
    """
    Copies the library and its licences into that folder, from `build`, where npm puts what the two
    files in `packages` name. npm is asked once, and again when they change.
    """
    if not _is_installed(build, packages):
        _install(build, packages)
    (out / "licences").mkdir(parents=True, exist_ok=True)
    modules = build / "node_modules"
    shutil.copyfile(modules / LIBRARY, out / Path(LIBRARY).name)
    for name in LICENCES:
        shutil.copyfile(modules / name, out / "licences" / name.replace("/", "-"))


def _is_installed(build: Path, packages: Path) -> bool:
    names = [build / "node_modules" / name for name in (LIBRARY, *LICENCES)]
    return all(name.is_file() for name in names) and all(
        (build / name).is_file()
        and (build / name).read_bytes() == (packages / name).read_bytes()
        for name in PACKAGES
    )


def _install(build: Path, packages: Path) -> None:
    npm = shutil.which("npm")
    if not npm:
        raise VendorError(
            "npm is not installed, and the pages' plotting library comes by it; "
            "install npm (Debian, Fedora, Arch and Alpine call it so)"
        )
    build.mkdir(parents=True, exist_ok=True)
    for name in PACKAGES:
        shutil.copyfile(packages / name, build / name)
    done = subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=build,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode:
        # What is not whole must not be taken for installed the next time.
        (build / PACKAGES[-1]).unlink()
        raise VendorError(
            f"npm ci in {build} failed; with a network, try again:\n{done.stdout.strip()}"
        )
