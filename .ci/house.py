"""
The rules of the house that a program can check. Each check looks at the paths it is given and
returns its complaints, one line each; none is good. As a program, `house.py OBJECT...` prints those
about kernels' objects, which may be of any ISA, and exits with 1 if there are some.
"""

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Dict, Iterable, List, Set, Tuple

LAYERS = [
    "arch",
    "harness",
    "microbench",
]  # each may include itself and those before it
LIBRARY_HEADERS = r"(hwloc|numa|numaif|papi|http_parser|pcap|liburing|jansson|zlib|sha2|cmocka)\.h|(hwloc|pcap|libmnl)/.*"
ONE_FILE_HEADERS = [
    "hwloc.h",
    "numa.h",
    "papi.h",
    "http_parser.h",
    "pcap/pcap.h",
    "liburing.h",
    "libmnl/libmnl.h",
    "zlib.h",
    "sha2.h",
    "caml/mlvalues.h",
]
LONGEST_FILE = 400
SOURCE_SUFFIXES = {".c", ".h", ".ml", ".py", ".sh", ".gp", ".S", ".js", ".css", ".html"}

PRINTING = "printf vprintf __printf_chk __vprintf_chk puts putchar perror psignal stdout stderr"
ENDING = "exit quick_exit abort __assert_fail err errx verr verrx warn warnx"
FORBIDDEN_SYMBOLS = {*PRINTING.split(), *ENDING.split()}
COPYING_SYMBOLS = {"memcpy", "memmove", "memset", "bcopy", "bzero", "mempcpy"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
SLEEP = re.compile(r"\b(?:u|nano|clock_nano)?sleep\s*\(")
OUTPUT_NAME = re.compile(
    r"(^|/)(build|results/local|__pycache__)/|\.(o|d|a|so|pyc|tidy|new)$"
)


def includes(file: Path) -> List[Tuple[str, str]]:
    """(`<` or `\"`, header) of each line."""
    return INCLUDE.findall(file.read_text())


def check_layers(root: Path, files: Iterable[Path]) -> List[str]:
    """Who may include whom. `files` lie below root/<layer>/."""
    complaints = []
    for file in files:
        name = file.relative_to(root)
        layer = name.parts[0]
        allowed = LAYERS[: LAYERS.index(layer) + 1]
        for quote, header in includes(file):
            if quote == '"' and "/" in header and header.split("/")[0] not in allowed:
                complaints.append(f"{name}: {layer}/ must not include {header}")
            elif quote == '"' and "/" not in header and header != "build.h":
                complaints.append(f"{name}: {header} has to be named from the root")
            elif layer == "arch" and "test" not in name.parts:
                if re.fullmatch(LIBRARY_HEADERS, header):
                    complaints.append(f"{name}: arch/ includes libc only, not {header}")
    return complaints


def check_one_file_headers(root: Path, files: Iterable[Path]) -> List[str]:
    """A library with a back end of its own shows in that one file."""
    users: Dict[str, List[str]] = defaultdict(list)
    for file in files:
        for _, header in includes(file):
            users[header].append(str(file.relative_to(root)))
    return [
        f"{header} is included by {' and '.join(users[header])}"
        for header in ONE_FILE_HEADERS
        if len(users[header]) > 1
    ]


def undefined_symbols(object_file: Path) -> Set[str]:
    command = ["nm", "--undefined-only", "--format=posix", str(object_file)]
    lines = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    return {line.split()[0].split("@")[0] for line in lines.splitlines()}


def check_symbols(
    root: Path, objects: Iterable[Path], forbidden: Set[str]
) -> List[str]:
    """No object refers to a symbol that it must not use."""
    return [
        f"{file.relative_to(root)} uses {symbol}"
        for file in objects
        for symbol in sorted(undefined_symbols(file) & forbidden)
    ]


def check_copying(root: Path, objects: Iterable[Path]) -> List[str]:
    """
    Kernels do their own copying, but those of the C library, and the compiler's builtin, which is
    meant to become a call.
    """
    own = [file for file in objects if file.stem not in ("libc", "builtin")]
    return check_symbols(root, own, COPYING_SYMBOLS)


def check_sleeps(root: Path, files: Iterable[Path]) -> List[str]:
    """A test that sleeps depends on timing."""
    return [
        f"{file.relative_to(root)} sleeps"
        for file in files
        if SLEEP.search(file.read_text())
    ]


def check_lengths(root: Path, files: Iterable[Path]) -> List[str]:
    """A file is short enough to be read at one sitting."""
    lengths = [(file, len(file.read_text().splitlines())) for file in files]
    return [
        f"{file.relative_to(root)} has {lines} lines, {LONGEST_FILE} are allowed"
        for file, lines in lengths
        if lines > LONGEST_FILE
    ]


def check_tracked(names: Iterable[str]) -> List[str]:
    """Nothing that a build or a run makes is kept under version control."""
    return [f"{name} is an output" for name in names if OUTPUT_NAME.search(name)]


if __name__ == "__main__":
    complaints = check_copying(Path(), map(Path, sys.argv[1:]))
    print(*complaints, sep="\n", end="\n" if complaints else "")
    sys.exit(1 if complaints else 0)
