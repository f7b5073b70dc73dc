"""The ipc experiment end to end: its cells, its proofs, its reasons, and what it leaves behind."""

import os

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
from test_remains import assert_missed, grandchildren

TRANSPORTS = {
    *["pipe", "unix_stream", "unix_dgram", "tcp", "tcp_nodelay", "mq"],
    *["shm_futex", "shm_spin", "process_vm_readv", "process_vm_writev"],
    *["vmsplice", "vmsplice_gift", "vmsplice_huge"],
}
# Whoever spins would take the turns of the other one.
SLEEPING = ",".join(sorted(TRANSPORTS - {"shm_spin"}))
ONE_CPU = ["--pair=cpu", f"--transport={SLEEPING}"]
PLAIN = ["--producer=in_place", "--consumer=in_place", "--touch=all"]
SMALL = ["ipc", *ONE_CPU, *PLAIN, *TINY]
# What a machine may lack or refuse, by the words of the reason.
EXCUSES = {
    "mq": ["message"],
    "process_vm_readv": ["process_vm_readv"],
    "process_vm_writev": ["process_vm"],
    "tcp": ["127.0.0.1"],
    "tcp_nodelay": ["127.0.0.1"],
    "vmsplice": ["vmsplice"],
    "vmsplice_gift": ["vmsplice", "whole pages"],
    "vmsplice_huge": ["huge page", "vmsplice"],
}


def assert_measured(verdict: str, reason: str, transport: str) -> None:
    """Or skipped, for what this transport may well lack."""
    if verdict == "skipped":
        assert any(words in reason for words in EXCUSES.get(transport, [])), reason
    else:
        assert verdict in ("ok", "noisy"), reason


def test_every_transport_on_one_cpu() -> None:
    """The dataset is valid, and has what only this experiment tells."""
    loaded = dataset_of(*SMALL, "--chunk=64,4096")
    table = loaded.table("ipc")
    assert set(table["transport"]) == TRANSPORTS - {"shm_spin"}
    assert len(table) == 2 * 2 * len(TRANSPORTS - {"shm_spin"})
    for verdict, reason, name in zip(
        table["verdict"], table["reason"], table["transport"]
    ):
        assert_measured(verdict, reason, name)
    measured = table[table["verdict"] != "skipped"]
    assert (measured["payload_bytes"] == measured["chunk"]).all()
    assert (measured["region"] == "processes").all()
    assert (measured["members"] == 2).all()
    assert all(len(cpu_numbers(text.split()[0])) == 1 for text in measured["cpus"])
    both = measured["producer_cpu_ns"] + measured["consumer_cpu_ns"]
    per_byte = measured["cpu_ns_per_byte"] * measured["chunk"]
    assert ((both / per_byte - 1).abs() < 0.5).all()
    copies = dict(zip(measured["transport"], measured["kernel_copies"]))
    assert copies["pipe"] == 2 and copies["shm_futex"] == 0
    found = list(of_experiment(loaded, "ipc"))
    assert all(set(one.cells) <= set(table["cell"]) for one in found)
    latencies = measured[measured["mode"] == "latency"]
    assert_each_trip(loaded, "ipc", set(latencies["cell"]))


def test_the_four_switches_are_the_same_everywhere() -> None:
    rows = rows_of(
        "ipc",
        *ONE_CPU,
        *TINY,
        "--chunk=4096",
        "--mode=throughput",
        "--producer=in_place,copy_in",
        "--consumer=in_place,copy_out",
        "--touch=none,all",
    )
    counts = rows.groupby("transport").size()
    assert (counts == 2 * 2 * 2).all()
    for _, row in rows.iterrows():
        assert_measured(row["verdict"], row["reason"], row["transport"])


@pytest.mark.parametrize("chunk", ["1", "1000", "65537"])
def test_odd_chunks(chunk: str) -> None:
    rows = rows_of(*SMALL, f"--chunk={chunk}", "--mode=throughput")
    for _, row in rows.iterrows():
        assert_measured(row["verdict"], row["reason"], row["transport"])


def test_offsets_are_honoured() -> None:
    given = ["--transport=pipe", "--pair=cpu", "--src-offset=3", "--dst-offset=8"]
    rows = rows_of("ipc", *given, *PLAIN, *TINY, "--chunk=64", "--mode=throughput")
    assert list(rows["src_offset_got"]) == [3] and list(rows["dst_offset_got"]) == [8]


def test_spinning_on_one_cpu_ends() -> None:
    """However bad it is: each turn that is waited for in vain ends."""
    spinning = ["--transport=shm_spin", "--pair=cpu", *PLAIN, *TINY]
    rows = rows_of("ipc", *spinning, "--chunk=64,64Ki")
    assert len(rows) == 4 and rows["verdict"].isin(["ok", "noisy"]).all()


def test_near_and_far() -> None:
    """They stand for what is here; where both are the same, it is measured once."""
    given = ["--transport=shm_futex", "--chunk=64", "--mode=throughput", *PLAIN, *TINY]
    rows = rows_of("ipc", *given, "--pair=near,far")
    if len(allowed_cpus()) == 1:
        assert set(rows["verdict"]) == {"skipped"}
        assert rows["reason"].str.contains("the only one that may be used").all()
        return
    assert not set(rows["pair"]) & {"near", "far", "cpu"}
    assert rows["pair"].is_unique
    assert rows["verdict"].isin(["ok", "noisy"]).all()
    for cpus in rows["cpus"]:
        assert len(cpu_numbers(cpus.replace(" ", ","))) == 2


def test_what_is_not_here_is_a_row() -> None:
    names = ["core", "l2", "cluster", "l3", "node", "package", "machine"]
    given = ["--transport=pipe", "--chunk=64", "--mode=throughput", *PLAIN, *TINY]
    rows = rows_of("ipc", *given, f"--pair={','.join(names)}")
    assert list(rows["pair"]) == names
    skipped = rows[rows["verdict"] == "skipped"]
    assert len(skipped) >= len(names) - len(allowed_cpus()) + 1
    for name, reason in zip(skipped["pair"], skipped["reason"]):
        assert (
            f"no CPU that may be used shares the {name}, and nothing nearer" in reason
        )


def test_one_cpu_alone() -> None:
    """As a process that may use no other."""
    cpu = allowed_cpus()[0]
    given = ["--transport=pipe", "--chunk=64", "--mode=throughput", *PLAIN, *TINY]
    rows = rows_of(
        "ipc",
        *given,
        "--pair=near;cpu",
        preexec_fn=lambda: os.sched_setaffinity(0, {cpu}),
    )
    assert list(rows["verdict"])[0] == "skipped"
    assert f"CPU {cpu} is the only one" in list(rows["reason"])[0]
    assert list(rows["verdict"])[1] in ("ok", "noisy")


def reason_of(*arguments: str) -> str:
    rows = rows_of("ipc", *PLAIN, *TINY, "--mode=throughput", "--pair=cpu", *arguments)
    assert list(rows["verdict"]) == ["skipped"]
    return str(rows["reason"].iloc[0])


def test_reasons() -> None:
    assert "a chunk has from 1 to" in reason_of("--transport=pipe", "--chunk=0")
    reason = reason_of("--transport=mq", "--chunk=1Gi")
    assert "message" in reason
    assert "whole pages" in reason_of("--transport=vmsplice_gift", "--chunk=100")
    reason = reason_of("--transport=shm_futex", "--chunk=1024Gi")
    assert "quarter of the memory" in reason or "a chunk has" in reason


@pytest.mark.parametrize(
    "option",
    [
        "--transport=carrier_pigeon",
        "--pair=next_door",
        "--producer=copy_out",
        "--consumer=copy_in",
        "--touch=some",
        "--mode=both",
        "--chunk=many",
    ],
)
def test_nonsense_is_refused(option: str) -> None:
    assert_option_refused("ipc", option)


def test_the_quick_profile_is_quick() -> None:
    """One axis at a time is varied."""
    assert 100 <= quick_cells("ipc") <= 13 * 2 * 9


@pytest.mark.parametrize("transport", sorted(TRANSPORTS))
def test_a_peer_that_is_killed_is_noticed(transport: str) -> None:
    """Who waits for the dead does not wait for ever."""
    given = [*PLAIN, "--pair=cpu", f"--transport={transport}", "--chunk=4096"]
    assert_missed(grandchildren, "ipc", *given)
