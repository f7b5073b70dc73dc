"""Random sizes: those that were copied are those that were asked for, whatever gave them."""

import math
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Dict, List

import numpy
import pandas
import pytest
from scipy import stats

from driver import (
    EMULATOR,
    TINY,
    assert_refused,
    copycost,
    dataset_of,
    output_of,
)
from results import findings, load

LIBC = ["mix", "--kernel=copy_libc_memcpy", *TINY]
FRAMES = range(64, 1519)
# Below this the sizes are not those asked for, but once in ten thousand tests.
UNLIKELY = 1e-4
EXPECTED_LEAST = 8

Shares = Dict[int, float]

ASKED: Dict[str, Shares] = {
    "uniform": {size: 1 / len(FRAMES) for size in FRAMES},
    "loguniform": {
        size: math.log1p(1 / size) / math.log(1519) for size in range(1, 1519)
    },
    "imix": {64: 7 / 12, 570: 4 / 12, 1518: 1 / 12},
}
GIVEN: Dict[int, float] = {40: 12, 41: 0.5, 300: 7, 65536: 0.5}
CAPTURED = [60] * 50 + [1514] * 30 + [9014] * 2 + [300, 301, 302]


def likelihood(copied: pandas.DataFrame, asked: Shares) -> float:
    """
    p of a chi-square test: so many copies of each size, against the shares. Neighbouring sizes are
    put together until enough copies are expected of them. 0 if one is not asked for at all.
    """
    counts = dict(zip(copied["bytes"], copied["count"]))
    if set(counts) - set(asked):
        return 0.0
    total = sum(counts.values())
    observed: List[float] = []
    expected: List[float] = []
    seen = wanted = 0.0
    for size in sorted(asked):
        seen += counts.get(size, 0)
        wanted += asked[size] * total
        if wanted >= EXPECTED_LEAST:
            observed.append(seen)
            expected.append(wanted)
            seen = wanted = 0.0
    observed[-1] += seen
    expected[-1] += wanted
    return float(stats.chisquare(observed, expected).pvalue)


def bins(loaded: load.Dataset, distribution: str, sequence: str) -> pandas.DataFrame:
    """The one cell's."""
    table = loaded.table("mix")
    chosen = (table["distribution"] == distribution) & (table["sequence"] == sequence)
    (cell,) = table["cell"][chosen]
    frame = loaded.histogram("mix")
    return frame[frame["cell"] == cell]


def write_sizes(path: Path) -> Shares:
    lines = [f"{size},{weight}" for size, weight in GIVEN.items()]
    path.write_text("\n".join(["bytes,weight", *reversed(lines)]) + "\n")
    return {size: weight / sum(GIVEN.values()) for size, weight in GIVEN.items()}


def write_capture(path: Path) -> Shares:
    """No more than 96 bytes of each packet are kept."""
    packets = [struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 96, 1)]
    for length in CAPTURED:
        kept = min(length, 96)
        packets.append(struct.pack("<IIII", 0, 0, kept, length) + bytes(kept))
    path.write_bytes(b"".join(packets))
    return {size: CAPTURED.count(size) / len(CAPTURED) for size in set(CAPTURED)}


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> load.Dataset:
    """Those that need no file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("mix"))
        loaded = dataset_of(*LIBC, "--distribution=uniform,loguniform,imix")
        loaded.path = loaded.path.absolute()
        return loaded


@pytest.mark.parametrize("distribution", ASKED)
def test_sizes_copied_are_those_asked_for(
    measured: load.Dataset, distribution: str
) -> None:
    copied = bins(measured, distribution, "random")
    assert copied["count"].sum() > 100
    assert likelihood(copied, ASKED[distribution]) > UNLIKELY


@pytest.mark.parametrize("distribution", ASKED)
def test_what_is_wrong_is_seen(measured: load.Dataset, distribution: str) -> None:
    """Sizes cut to 8 bits, as in two well-known benchmarks for years, or of other frequencies."""
    copied = bins(measured, distribution, "random")
    cut = copied.assign(bytes=copied["bytes"] % 256).groupby("bytes", as_index=False)
    assert likelihood(cut["count"].sum(), ASKED[distribution]) < UNLIKELY
    upper = copied["bytes"] > copied["bytes"].median()
    shifted = copied["count"].where(~upper, copied["count"] * 2)
    skewed = copied.assign(count=shifted)
    assert likelihood(skewed, ASKED[distribution]) < UNLIKELY


@pytest.mark.parametrize("distribution", ASKED)
def test_the_other_side_copies_the_mean(
    measured: load.Dataset, distribution: str
) -> None:
    mean = sum(size * share for size, share in ASKED[distribution].items())
    table = measured.table("mix")
    payload = table[table["distribution"] == distribution]["payload_bytes"]
    assert payload.nunique() == 1 and payload.iloc[0] == pytest.approx(mean, abs=0.6)
    assert list(bins(measured, distribution, "fixed")["bytes"]) == [payload.iloc[0]]


def test_findings_and_the_check_of_sizes(measured: load.Dataset) -> None:
    found = list(findings.of_experiment(measured, "mix"))
    assert {one.agrees for one in found} == {None, True}
    assert "copy_libc_memcpy (imix, 354 B on average)" in found[0].sentence


def test_a_file_gives_the_sizes() -> None:
    asked = write_sizes(Path("my sizes.csv"))
    loaded = dataset_of(*LIBC, "--distribution=histogram", "--sizes=my sizes.csv")
    assert likelihood(bins(loaded, "histogram", "random"), asked) > UNLIKELY
    given = {"experiment": "mix", "name": "sizes", "value": "my sizes.csv"}
    assert loaded.machine["run"]["parameters"] == [given]


def test_a_capture_gives_the_sizes() -> None:
    asked = write_capture(Path("packets.pcap"))
    options = [*LIBC, "--distribution=pcap", "--pcap=packets.pcap"]
    if "built without libpcap" in copycost("run", *options, "--dry-run").stderr:
        pytest.skip("built without libpcap")
    loaded = dataset_of(*options)
    assert likelihood(bins(loaded, "pcap", "random"), asked) > UNLIKELY
    mean = numpy.mean(CAPTURED)
    assert (abs(loaded.table("mix")["payload_bytes"] - mean) < 3).all()


def test_without_a_file_it_is_said() -> None:
    text = output_of("run", *LIBC, "--distribution=histogram,pcap", "--dry-run")
    assert text.count("skipped: no --sizes=FILE is given") == 2
    assert text.count("no --pcap=FILE") + text.count("built without libpcap") == 2
    table = dataset_of(*LIBC, "--distribution=histogram,imix").table("mix")
    assert set(table["verdict"][table["distribution"] == "histogram"]) == {"skipped"}


def test_files_that_are_refused() -> None:
    Path("garbage.csv").write_text("bytes,weight\n64,1\nmany,2\n")
    for option, words in {
        "--sizes=nowhere.csv": ["--sizes: 'nowhere.csv'", "No such file"],
        "--sizes=garbage.csv": ["--sizes: 'garbage.csv', line 3: 'many,2'"],
        "--pcap=garbage.csv": ["--pcap: 'garbage.csv'"],
    }.items():
        assert_refused(copycost("run", *LIBC, option, "--out=dataset"), 2, *words)
    assert not Path("dataset").exists()


def test_parameters_that_are_refused() -> None:
    Path("sizes.csv").write_text("bytes,weight\n64,1\n")
    given = "--sizes=sizes.csv"
    done = copycost("run", "size", given, "--quiet")
    assert_refused(done, 2, "--sizes is an option of none of these", "copycost list")
    assert_refused(copycost("run", *LIBC, given, given), 2, "--sizes", "twice")
    assert output_of("run", "mix", "null", given, "--dry-run", "--quiet")


BROKEN = r"""
#include <stddef.h>
#include <string.h>
void *cut(void *dst, const void *src, size_t bytes)
{
    return memcpy(dst, src, bytes & 0xff);
}
void *beyond(void *dst, const void *src, size_t bytes)
{
    return memcpy(dst, src, bytes + 1);
}
"""


@pytest.mark.parametrize("symbol", ["cut", "beyond"])
def test_a_kernel_that_copies_other_sizes_fails(symbol: str) -> None:
    if not shutil.which("cc") or EMULATOR:
        pytest.skip("no compiler for the CPU that the program runs on")
    Path("broken.c").write_text(BROKEN)
    command = ["cc", "-shared", "-fPIC", "-o", "broken.so", "broken.c"]
    subprocess.run(command, check=True)
    options = [f"--load=./broken.so:{symbol}", f"--kernel=copy_{symbol}"]
    loaded = dataset_of("mix", "--distribution=imix", *TINY, *options, status=1)
    assert set(loaded.table("mix")["verdict"]) == {"failed"}
    assert "wrong byte" in loaded.table("mix")["reason"].iloc[0]
    assert loaded.histogram("mix").empty
