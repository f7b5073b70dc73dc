"""The proxy experiment end to end: its cells, its proofs, its reasons, and what it leaves behind."""

import os
import resource
from typing import Any, List

import pandas
import pytest

from driver import (
    TINY,
    allowed_cpus,
    assert_each_trip,
    assert_option_refused,
    dataset_of,
    quick_cells,
    rows_of,
)
from results.findings import of_experiment
from results.levels import cpu_numbers
from test_remains import assert_missed, children

BY_SOCKET = ["read_write", "readv_writev", "splice", "io_uring", "io_uring_fixed"]
RELAYS = {"direct", "sendfile", *BY_SOCKET}
EVERY = f"--relay={','.join(sorted(RELAYS))}"
# All three take turns on one CPU, so that any machine can do it.
ONE_CPU = ["proxy", "--pair=cpu"]
PLAIN = ["--inspect=none", "--transport=unix", "--buffer=64Ki", "--mode=throughput"]
# What a machine may lack or refuse, by the words of the reason.
EXCUSES = ["io_uring", "registering", "127.0.0.1"]


def assert_measured(rows: pandas.DataFrame) -> pandas.DataFrame:
    """Those that were; the others lack what a machine may well lack."""
    fit = rows["verdict"].isin(["ok", "noisy"])
    for verdict, reason in zip(rows["verdict"][~fit], rows["reason"][~fit]):
        assert verdict == "skipped"
        assert any(words in reason for words in EXCUSES), reason
    return rows[fit]


def cpus_of(members: str) -> List[int]:
    """Those of the members, in order."""
    return [cpu for part in members.split() for cpu in sorted(cpu_numbers(part))]


def test_every_relay_on_one_cpu() -> None:
    """The dataset is valid, and has what only this experiment tells."""
    given = [EVERY, "--message=64,300Ki", "--transport=tcp,unix", "--source=socket"]
    every = ["--inspect=none,header,all", "--mode=throughput,latency", *TINY]
    loaded = dataset_of(*ONE_CPU, *given, "--buffer=64Ki", *every)
    table = loaded.table("proxy")
    assert set(table["relay"]) == RELAYS
    told = table[table["relay"] == "sendfile"]
    assert set(told["verdict"]) == {"skipped"}
    assert told["reason"].str.contains("from a file only").all()
    looked = table[(table["relay"] == "direct") & (table["inspect"] != "none")]
    assert looked["reason"].str.contains("nobody looks").all() and len(looked) == 16
    rest = table.drop(told.index).drop(looked.index)
    assert len(rest) == 2 * 2 * 2 * (1 + 3 * len(BY_SOCKET))
    measured = assert_measured(rest)
    assert (measured["payload_bytes"] == measured["message"]).all()
    assert (measured["region"] == "processes").all()
    assert (measured["members"] == 3).all()
    assert all(len(set(cpus_of(text))) == 1 for text in measured["cpus"])
    direct = measured["relay"] == "direct"
    for name in ("cpu_ns_per_byte", "proxy_cpu_ns", "system_calls"):
        assert measured[direct][name].isna().all()
        assert (measured[~direct][name] > 0).all()
    each = measured[~direct]
    per_byte = each["cpu_ns_per_byte"] * each["message"]
    assert ((each["proxy_cpu_ns"] / per_byte - 1).abs() < 0.01).all()
    pipes = measured["pipe_bytes"].notna()
    assert (pipes == (measured["relay"] == "splice")).all()
    samples = loaded.samples("proxy")
    assert (samples["cpu_ns"][samples["member"] > 0] > 0).all()
    found = list(of_experiment(loaded, "proxy"))
    assert all(set(one.cells) <= set(table["cell"]) for one in found)
    latencies = measured[measured["mode"] == "latency"]
    assert_each_trip(loaded, "proxy", set(latencies["cell"]))


def test_what_calls_of_the_kernel_there_are() -> None:
    """Of small messages, which nothing cuts: in and out, one to look, one for both, one at all."""
    expected = {"read_write": 2, "readv_writev": 2, "splice": 2, "sendfile": 1}
    given = [f"--relay={','.join(expected)}", "--message=64", *PLAIN[1:], *TINY]
    rows = assert_measured(rows_of(*ONE_CPU, *given, "--inspect=none,header"))
    rows = rows[(rows["source"] == "socket") | (rows["relay"] == "sendfile")]
    calls = {
        (relay, inspect): round(count)
        for relay, inspect, count in zip(
            rows["relay"], rows["inspect"], rows["system_calls"]
        )
    }
    for relay, count in expected.items():
        assert calls[relay, "none"] == count
        assert calls[relay, "header"] == count + (relay == "splice")


@pytest.mark.parametrize("message", ["1", "1000", "65537"])
def test_odd_messages(message: str) -> None:
    rows = rows_of(*ONE_CPU, EVERY, f"--message={message}", *PLAIN, *TINY)
    from_file = assert_measured(rows)[lambda each: each["source"] == "file"]
    assert set(from_file["relay"]) == {"read_write", "readv_writev", "sendfile"}


def test_buffers() -> None:
    """One larger than the message is measured only if it was asked for; each has its row."""
    given = ["--relay=read_write,splice", "--message=1500,64Ki", "--source=socket"]
    rows = rows_of(*ONE_CPU, *given, *PLAIN[:2], PLAIN[3], "--buffer=4Ki,1Mi", *TINY)
    assert rows["verdict"].isin(["ok", "noisy"]).all()
    flat = rows[rows["relay"] == "read_write"]
    assert sorted(flat["buffer"]) == [4096, 4096, 1 << 20, 1 << 20]
    assert rows[rows["relay"] == "splice"]["buffer"].isna().all()
    assert len(rows) == 6


def test_who_has_which_cpu() -> None:
    """The proxy alone on the one that was asked for, as far as there are others."""
    cpus = allowed_cpus()
    given = ["--relay=splice", "--message=64", "--source=socket", *PLAIN, *TINY]
    (row,) = rows_of("proxy", *given, f"--cpu={cpus[-1]}").to_dict("records")
    assert row["verdict"] in ("ok", "noisy")
    proxy, client, server = cpus_of(row["cpus"])
    assert proxy == cpus[-1]
    assert (row["pair"] == "cpu") == (len(cpus) == 1)
    assert (client == proxy) == (server == proxy) == (len(cpus) == 1)
    assert (client == server) == (len(cpus) < 3)


def test_one_cpu_alone() -> None:
    """As a process that may use no other: all three take turns there, and the row says so."""
    cpu = allowed_cpus()[0]
    given = ["--relay=read_write,direct", "--message=64", "--source=socket", *TINY]
    rows = rows_of(
        "proxy",
        *given,
        *PLAIN,
        preexec_fn=lambda: os.sched_setaffinity(0, {cpu}),
    )
    assert set(rows["pair"]) == {"cpu"} and len(rows) == 2
    assert rows["verdict"].isin(["ok", "noisy"]).all()


def test_what_is_not_here_is_a_row() -> None:
    given = ["--relay=splice", "--message=64", "--source=socket", *PLAIN, *TINY]
    rows = rows_of("proxy", *given, "--pair=core,package,machine")
    skipped = rows[rows["verdict"] == "skipped"]
    assert len(rows) == 3 and len(skipped) >= 4 - len(allowed_cpus())
    for name, reason in zip(skipped["pair"], skipped["reason"]):
        assert f"no CPU that may be used shares the {name}" in reason


def reason_of(*arguments: str, **options: Any) -> str:
    rows = rows_of(*ONE_CPU, "--transport=unix", *TINY, *arguments, **options)
    assert list(rows["verdict"]) == ["skipped"]
    return str(rows["reason"].iloc[0])


def test_reasons() -> None:
    one = ["--relay=read_write", "--inspect=none", "--source=socket"]
    plain = [*one, "--mode=throughput", "--buffer=64Ki"]
    assert "a message has from 1 to" in reason_of(*plain, "--message=0")
    assert "a message has from 1 to" in reason_of(*plain, "--message=1Gi")
    reason = reason_of(*plain[:-1], "--message=64", "--buffer=64")
    assert "a buffer has from 4096 to" in reason
    by_file = ["--relay=splice", "--message=64", "--inspect=none", "--source=file"]
    assert "from a socket only" in reason_of(*by_file, "--mode=throughput")
    by_file[0] = "--relay=sendfile"
    assert "no answers" in reason_of(*by_file, "--mode=latency")


def test_memory_that_may_not_be_locked() -> None:
    """Registered buffers are; root may, and so may whoever has 64 KiB left."""
    given = ["--relay=io_uring_fixed", "--message=64", "--source=socket", *PLAIN]
    rows = rows_of(
        *ONE_CPU,
        *given,
        *TINY,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_MEMLOCK, (4096, 4096)),
    )
    measured = assert_measured(rows)
    if len(measured) == 0:
        reason = str(rows["reason"].iloc[0])
        assert "ulimit -l" in reason or "io_uring" in reason


@pytest.mark.parametrize(
    "option",
    [
        "--relay=carrier_pigeon",
        "--pair=next_door",
        "--inspect=some",
        "--transport=udp",
        "--source=thin_air",
        "--mode=both",
        "--message=many",
    ],
)
def test_nonsense_is_refused(option: str) -> None:
    assert_option_refused("proxy", option)


def test_the_quick_profile_is_quick() -> None:
    """One axis at a time is varied."""
    assert 100 <= quick_cells("proxy") <= 120


def three_of(program: int) -> List[int]:
    """Proxy, client and server of a cell that is being measured; none if there is none."""
    for launch in children(program):
        others = children(launch)
        if len(others) == 2:
            return [launch, *others]
    return []


@pytest.mark.parametrize("who", range(3), ids=["proxy", "client", "server"])
@pytest.mark.parametrize("relay", ["direct", "read_write", "splice", "io_uring"])
def test_who_is_killed_is_missed(relay: str, who: int) -> None:
    given = [
        f"--relay={relay}",
        "--transport=tcp",
        "--mode=throughput",
        "--buffer=64Ki",
    ]
    given += ["--message=4096", "--source=socket", "--inspect=none"]
    assert_missed(lambda program: three_of(program)[who : who + 1], *ONE_CPU, *given)
