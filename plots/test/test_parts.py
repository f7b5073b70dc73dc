"""The parts that decide what is drawn where."""

from __future__ import annotations

import pandas
import pytest

from plots import best, kernels, labels, limits, machine, style
from results import levels as cache_levels


@pytest.mark.parametrize(
    "size, text",
    [
        (1, "1 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (1536, "1.5 KiB"),
        (3 << 20, "3 MiB"),
    ],
)
def test_sizes_are_iec(size: int, text: str) -> None:
    assert style.size_text(size) == text


@pytest.mark.parametrize(
    "value, text", [(1234.4, "1234"), (100.2, "100"), (9.876, "9.88"), (0.5, "0.500")]
)
def test_numbers_have_three_digits(value: float, text: str) -> None:
    assert style.number_text(value) == text


@pytest.mark.parametrize(
    "value, text", [(2.5, "2.5 ns"), (1500, "1.5 µs"), (2e6, "2 ms"), (3e9, "3 s")]
)
def test_times_have_a_short_unit(value: float, text: str) -> None:
    assert style.time_text(value) == text


def test_spread_keeps_order_distance_and_bounds() -> None:
    wanted = [0.0, 1.0, 1.0, 1.0, 9.0, 50.0, 99.9]
    places = labels.spread(wanted, 5.0, 0.0, 100.0)
    assert all(second - first >= 5 - 1e-9 for first, second in zip(places, places[1:]))
    assert places[0] >= 0 and places[-1] <= 100
    assert places[5] == 50.0


def test_spread_leaves_alone_what_does_not_touch() -> None:
    assert labels.spread([10.0, 20.0, 40.0], 5.0, 0.0, 100.0) == [10.0, 20.0, 40.0]


def test_families_and_names() -> None:
    assert kernels.family("copy_avx512_nontemporal") == "avx512"
    assert kernels.family("mine") == "mine"
    assert (
        kernels.label_in_family("copy_avx512_nontemporal_prefetch")
        == "avx512 (nontemporal prefetch)"
    )
    assert kernels.label_in_family("copy_libc_memcpy") == "libc memcpy"
    assert (
        kernels.operation({"kernels": [{"name": "mine", "operation": "copy"}]}, "mine")
        == "copy"
    )


def test_looks_differ_and_libc_is_black() -> None:
    names = ["libc", "avx2", "x", "q", "rep", "first", "second"]
    chosen = kernels.looks(names)
    assert len(set(chosen.values())) == len(names)
    assert chosen["libc"] == style.LIBC_LOOK
    assert kernels.looks(["avx2"])["avx2"] == chosen["avx2"]


def lines_of(times: dict[str, list[float]]) -> pandas.DataFrame:
    """A size table with these medians at 1, 2, 4, ... KiB and intervals of 2 % on either side."""
    rows = [
        {"kernel": kernel, "size": 1024 << place, "median_ns": time}
        for kernel, values in times.items()
        for place, time in enumerate(values)
    ]
    table = pandas.DataFrame(rows)
    return table.assign(
        low_ns=table["median_ns"] * 0.98, high_ns=table["median_ns"] * 1.02
    )


def test_the_nearest_line_is_left_out_and_libc_never() -> None:
    times = {
        f"copy_f{place}_x": [10.0 * 1.5**place] for place in range(kernels.LINES_MAX)
    }
    table = lines_of({**times, "copy_libc_memcpy": [10.4]})
    found, note = kernels.lines(table)
    assert len(found) == kernels.LINES_MAX
    assert "libc" in found and "f0" not in found
    assert note == "Families not drawn: f0 (within 4 % of libc)."


def test_stretches_are_the_fewest_kernels_that_are_best() -> None:
    table = lines_of(
        {
            "copy_libc_memcpy": [10.0, 10.0, 30.0, 30.0],
            "copy_a": [9.9, 10.1, 9.9, 20.0],
            "copy_b": [20.0, 20.0, 20.0, 10.0],
        }
    )
    found = best.stretches(table, "copy_libc_memcpy", 1.1)
    assert found == [
        best.Stretch("copy_a", 1024, 4096),
        best.Stretch("copy_b", 8192, 8192),
    ]


def test_stretches_name_libc_where_it_ties() -> None:
    table = lines_of({"copy_libc_memcpy": [10.0, 10.0], "copy_a": [9.9, 9.9]})
    assert best.name_best(table, "copy_libc_memcpy")[0] == [
        best.Stretch("copy_libc_memcpy", 1024, 2048)
    ]


def test_names_stay_few_where_everything_is_noise() -> None:
    times = {f"copy_f{place}": [14.0] * 20 for place in range(20)}
    for place in range(20):
        times[f"copy_f{place}"][place] = 10.0
    table = lines_of({"copy_libc_memcpy": [14.0] * 20, **times}).assign(
        low_ns=5.0, high_ns=30.0
    )
    found, most = best.name_best(table, "copy_libc_memcpy")
    assert len(best.stretches(table, "copy_libc_memcpy", best.TIES[0])) == 20
    assert found == [best.Stretch("copy_libc_memcpy", 1024, 1024 << 19)]
    assert most == 1.5


def cache(level: int, size: int, cpus: str) -> dict:
    """A cache as machine.json has it."""
    return {
        "level": level,
        "bytes": size,
        "cpus": cpus,
        "shared_cpus": len(cache_levels.cpu_numbers(cpus)),
    }


def test_levels_are_those_of_the_cpu() -> None:
    about = {
        "caches": [
            cache(1, 32768, "0-3"),
            cache(1, 65536, "4,6"),
            cache(2, 1 << 20, "0-7"),
        ]
    }
    little, big = cache_levels.levels(about, 1), cache_levels.levels(about, 6)
    assert [level.name for level in little] == ["L1", "L2", "DRAM"]
    assert little[0].upto == 32768 and big[0].upto == 65536
    assert big[1].above == 65536 and big[1].shared_cpus == 8
    assert cache_levels.levels({"caches": []}, 0) == []


def test_a_shared_cache_is_left_sooner_by_many_threads() -> None:
    levels = cache_levels.levels(
        {"caches": [cache(1, 32768, "0"), cache(2, 1 << 20, "0-7")]}, 0
    )
    assert limits.place_text(levels, 256 << 10, 1) == "L2"
    assert limits.place_text(levels, 256 << 10, 8) == "DRAM"


def test_limit_is_the_slower_of_load_and_best_store() -> None:
    rates = {"load": 12.0, "store": 5.0, "nontemporal": 6.0, "copy": 4.0}
    cell = pandas.DataFrame({"kind": list(rates), "gb_per_s": list(rates.values())})
    assert limits.limit_of(cell.set_index("kind")) == (6.0, pytest.approx(4.0))
    assert limits.limit_of(cell[cell["kind"] != "load"].set_index("kind")) is None
