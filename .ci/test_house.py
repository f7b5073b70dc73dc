"""The house rules: a broken specimen shows that each check can fail, then the tree has to pass."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import List

import pytest

import house

ROOT = Path(__file__).resolve().parent.parent
TEST_FOLDERS = ["arch", "harness", "microbench", "results", "plots", "lab"]
BUILD = ROOT / os.environ["COPYCOST_BUILD"]


def sources() -> List[Path]:
    return [
        file
        for layer in house.LAYERS
        for file in sorted((ROOT / layer).rglob("*.[ch]"))
    ]


def objects(*layers: str) -> List[Path]:
    """Those of the build whose source is still there, without the tests'."""
    found = [
        file.relative_to(BUILD)
        for layer in layers
        for file in (BUILD / layer).rglob("*.o")
    ]
    return [
        BUILD / name
        for name in sorted(found)
        if "test" not in name.parts and (ROOT / name).with_suffix(".c").exists()
    ]


def specimen(root: Path, name: str, text: str) -> List[Path]:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return [file]


def compiled(root: Path, text: str) -> List[Path]:
    source = specimen(root, "specimen.c", text)[0]
    subprocess.run(
        ["cc", "-c", "-O2", "-fno-builtin", source.name], cwd=root, check=True
    )
    return [root / "specimen.o"]


@pytest.mark.parametrize(
    "name, line",
    [
        ("arch/broken.c", '#include "harness/clock.h"'),
        ("harness/broken.c", '# include "microbench/region.h"'),
        ("harness/broken.h", '#include "clock.h"'),
        ("arch/broken.h", "#include <hwloc.h>"),
    ],
)
def test_wrong_include_is_seen(tmp_path: Path, name: str, line: str) -> None:
    files = specimen(tmp_path, name, f"#include <stdio.h>\n{line}\n")
    assert len(house.check_layers(tmp_path, files)) == 1


def test_layers() -> None:
    assert house.check_layers(ROOT, sources()) == []


def test_second_user_of_a_library_is_seen(tmp_path: Path) -> None:
    files = specimen(tmp_path, "harness/a.c", "#include <numa.h>\n")
    assert house.check_one_file_headers(tmp_path, files) == []
    files += specimen(tmp_path, "harness/b.c", "#include <numa.h>\n")
    assert house.check_one_file_headers(tmp_path, files) == [
        "numa.h is included by harness/a.c and harness/b.c"
    ]


def test_one_file_headers() -> None:
    files = [file for file in sources() if "test" not in file.relative_to(ROOT).parts]
    assert house.check_one_file_headers(ROOT, files) == []


@pytest.mark.parametrize(
    "call",
    [
        'printf("")',
        'puts("")',
        "fputs(text, stdout)",
        'perror("")',
        "exit(1)",
        "abort()",
    ],
)
def test_forbidden_call_is_seen(tmp_path: Path, call: str) -> None:
    text = "#include <stdio.h>\n#include <stdlib.h>\n"
    text += f"void broken(const char *text);\nvoid broken(const char *text) {{ (void)text; {call}; }}\n"
    assert (
        len(
            house.check_symbols(
                tmp_path, compiled(tmp_path, text), house.FORBIDDEN_SYMBOLS
            )
        )
        == 1
    )


def test_nothing_below_the_commands_prints_or_ends() -> None:
    commands = {
        BUILD / "microbench/main.o",
        *(BUILD / "microbench/command").glob("*.o"),
    }
    below = [file for file in objects(*house.LAYERS) if file not in commands]
    assert below, "no objects: has the build run?"
    assert house.check_symbols(BUILD, below, house.FORBIDDEN_SYMBOLS) == []


def test_only_forked_processes_are_ended() -> None:
    """Where a launch, a member of a region, or who makes namespaces is a process of its own."""
    forking = [BUILD / f"harness/{name}.o" for name in ("launch", "region", "veth")]
    others = [file for file in objects(*house.LAYERS) if file not in forking]
    assert house.check_symbols(BUILD, others, {"_exit", "_Exit"}) == []


def test_kernel_that_calls_memcpy_is_seen(tmp_path: Path) -> None:
    text = (
        "#include <string.h>\nvoid *broken(void *dst, const void *src, size_t bytes)\n"
    )
    text += "{ memcpy(dst, src, bytes); return dst; }\n"
    files = compiled(tmp_path, text)
    assert house.check_copying(tmp_path, files) == ["specimen.o uses memcpy"]
    command = [sys.executable, house.__file__, files[0].name]
    done = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert (done.returncode, done.stdout) == (1, "specimen.o uses memcpy\n")


def test_kernels_do_their_own_copying() -> None:
    kernels = [file for file in objects("arch") if file.parent.parent == BUILD / "arch"]
    assert kernels, "no objects: has the build run?"
    assert house.check_copying(BUILD, kernels) == []


@pytest.mark.parametrize(
    "call", ["sleep(1)", "time.sleep(0.1)", "usleep (5)", "nanosleep(&a, 0)"]
)
def test_sleep_is_seen(tmp_path: Path, call: str) -> None:
    assert (
        len(
            house.check_sleeps(
                tmp_path, specimen(tmp_path, "test.py", f"    {call};\n")
            )
        )
        == 1
    )


def test_no_test_sleeps() -> None:
    tests = [
        file
        for layer in TEST_FOLDERS
        for file in sorted((ROOT / layer).glob("test/*.*"))
    ]
    assert (
        house.check_sleeps(
            ROOT, [file for file in tests if file.suffix in (".c", ".h", ".py")]
        )
        == []
    )


def test_long_file_is_seen(tmp_path: Path) -> None:
    text = "\n" * (house.LONGEST_FILE + 1)
    assert len(house.check_lengths(tmp_path, specimen(tmp_path, "long.c", text))) == 1


def test_lengths() -> None:
    folders = [ROOT / name for name in (".ci", *TEST_FOLDERS)]
    files = [file for folder in folders for file in sorted(folder.rglob("*"))]
    sources = [
        file
        for file in files
        if file.suffix in house.SOURCE_SUFFIXES
        and not house.OUTPUT_NAME.search(file.relative_to(ROOT).as_posix())
    ]
    assert (
        house.check_lengths(ROOT, [*sources, ROOT / "Makefile", ROOT / "run.sh"]) == []
    )


@pytest.mark.parametrize(
    "name", ["build/x/copycost", "arch/kernel.o", "plots/__pycache__/a.pyc"]
)
def test_tracked_output_is_seen(name: str) -> None:
    assert len(house.check_tracked([name, "arch/kernel.c"])) == 1


def test_no_output_is_tracked() -> None:
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("no git repository here")
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files"]
    names = subprocess.run(
        command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    assert house.check_tracked(names.splitlines()) == []
