"""The send experiment end to end: its cells, its proofs, its reasons, and what it leaves behind."""

import os
import signal
import time
from pathlib import Path
from typing import Any, List, Set

import pandas
import pytest

from driver import (
    ENDLESS,
    TINY,
    allowed_cpus,
    assert_option_refused,
    assert_refused,
    copycost,
    dataset_of,
    quick_cells,
    rows_of,
    rows_of_ordinary_user,
)
from results.findings import of_experiment
from test_interrupt import Running
from test_remains import assert_missed, grandchildren

SENDINGS = {"copy", "zerocopy", "send_zc"}
DISCARDED = ["send", "--receiver=discard"]
LOUD = [option for option in TINY if option != "--quiet"]
# What a machine may lack or refuse, by the words of the reason.
EXCUSES = [
    "namespace",
    "veth",
    "bridge",
    "libmnl",
    "io_uring",
    "SO_ZEROCOPY",
    "SEGMENT",
]
EXCUSES += ["ulimit -l", "may be used"]
GONE_S = 60


def assert_measured(rows: pandas.DataFrame) -> pandas.DataFrame:
    """Those that were; the others lack what a machine may well lack."""
    fit = rows["verdict"].isin(["ok", "noisy"])
    for verdict, reason in zip(rows["verdict"][~fit], rows["reason"][~fit]):
        assert verdict == "skipped", reason
        assert any(words in reason for words in EXCUSES), reason
    return rows[fit]


def test_everything() -> None:
    """The dataset is valid, and has what only this experiment tells."""
    loaded = dataset_of("send", "--size=1000,20000,300Ki", *TINY)
    table = loaded.table("send")
    # Two kinds of datagrams and a connection; large messages by the latter alone.
    assert len(table) == len(SENDINGS) * (3 + 3 + 1)
    measured = assert_measured(table)
    if measured.empty:
        pytest.skip(str(table["reason"].iloc[0]))
    assert (measured["payload_bytes"] == measured["size"]).all()
    assert (measured["left_share"] >= 1).all() and (measured["left_share"] < 1.2).all()
    alone = measured["receiver"] == "discard"
    assert (measured["members"] == 2 - alone).all()
    assert (measured["region"][alone] == "thread").all()
    assert measured["receiver_cpu_ns"][alone].isna().all()
    assert (measured["receiver_cpu_ns"][~alone] > 0).all()
    per_byte = measured["cpu_ns_per_byte"] * measured["size"]
    assert ((measured["sender_cpu_ns"] / per_byte - 1).abs() < 0.01).all()
    told = measured["sending"] != "copy"
    assert measured["notices"][~told].isna().all()
    assert (measured["notices"][told] >= 1).all()
    assert measured["copied_share"][told].between(0, 1).all()
    timed = measured["reap_ns"].notna()
    assert (timed == (measured["sending"] == "zerocopy")).all()
    found = list(of_experiment(loaded, "send"))
    assert all(set(one.cells) <= set(table["cell"]) for one in found)


@pytest.mark.parametrize("size", ["1", "1472", "1473", "65507"])
def test_odd_messages(size: str) -> None:
    rows = rows_of(*DISCARDED, f"--size={size}", *TINY)
    assert len(rows) == len(SENDINGS)
    assert_measured(rows)


@pytest.mark.parametrize("mtu", ["576", "9000", "65535"])
def test_interfaces_of_other_sizes(mtu: str) -> None:
    loaded = dataset_of("send", f"--mtu={mtu}", "--size=3000", *TINY)
    assert_measured(loaded.table("send"))
    assert {"name": "mtu", "value": mtu}.items() <= given_of(loaded.machine).items()


def given_of(machine: Any) -> Any:
    """The only parameter."""
    (given,) = machine["run"]["parameters"]
    return given


@pytest.mark.parametrize("mtu", ["0", "575", "65536", "1500.0", "many", "-1"])
def test_no_such_interface(mtu: str) -> None:
    done = copycost("run", "send", "--out=none", f"--mtu={mtu}")
    assert_refused(done, 2, f"--mtu={mtu}", "576 to 65535")


def test_one_cpu_alone() -> None:
    """As a process that may use no other: nobody receives, but what is discarded is measured."""
    cpu = allowed_cpus()[0]
    rows = rows_of(
        "send",
        "--size=3000",
        *TINY,
        preexec_fn=lambda: os.sched_setaffinity(0, {cpu}),
    )
    received = rows[rows["receiver"] == "socket"]
    assert set(received["verdict"]) == {"skipped"}
    assert received["reason"].str.contains("may be used").all()
    assert_measured(rows[rows["receiver"] == "discard"])


def reason_of(*arguments: str) -> str:
    rows = rows_of("send", "--sending=copy", *TINY, *arguments)
    assert list(rows["verdict"]) == ["skipped"]
    return str(rows["reason"].iloc[0])


def test_reasons() -> None:
    """What can't be is a row only where it was asked for."""
    no_end = ["--receiver=discard", "--protocol=tcp", "--size=3000"]
    assert "nobody acknowledges" in reason_of(*no_end)
    assert "65507 B at most" in reason_of(
        "--receiver=discard", "--protocol=udp", "--size=64Ki"
    )
    at_all = ["--receiver=discard", "--protocol=udp"]
    assert "from 1 to" in reason_of(*at_all, "--size=0")
    assert "without offsets" in reason_of(*at_all, "--size=100", "--src-offset=1")


@pytest.mark.parametrize(
    "option",
    ["--sending=pigeon", "--receiver=lo", "--protocol=sctp", "--size=many"],
)
def test_nonsense_is_refused(option: str) -> None:
    """Loopback above all: there is no way to ask for it."""
    assert_option_refused("send", option)


def test_the_quick_profile_is_quick() -> None:
    assert 50 <= quick_cells("send") <= 120


def test_an_ordinary_user_is_enough() -> None:
    assert_measured(rows_of_ordinary_user(*DISCARDED, "--size=1000,60000", *TINY))


def namespaces() -> Set[str]:
    """Those of networks that processes are in, or have open."""
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        for link in (path / "ns/net", *path.glob("fd/*")):
            try:
                target = os.readlink(link)
            except OSError:
                continue
            found |= {target} if target.startswith("net:") else set()
    return found


def interfaces() -> List[str]:
    return sorted(path.name for path in Path("/sys/class/net").glob("*"))


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_no_namespace_stays(name: str) -> None:
    """Nor an interface. Others come and go meanwhile, but not with those that this run had."""
    before, seen = interfaces(), namespaces()
    with Running("send", "--size=8Ki", *LOUD, *ENDLESS) as running:
        deadline = time.monotonic() + GONE_S
        while not (had := namespaces() - seen) and time.monotonic() < deadline:
            assert running.program.poll() is None
        os.kill(running.program.pid, getattr(signal, name))
        running.assert_all_gone()
    assert interfaces() == before
    assert not had or not had <= namespaces()


def test_a_killed_peer_is_noticed() -> None:
    if len(allowed_cpus()) < 2:
        pytest.skip("the receiver needs a CPU of its own")
    assert_missed(
        grandchildren, "send", "--receiver=socket", "--size=8Ki", "--sending=copy"
    )
