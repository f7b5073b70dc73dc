"""What identifies a person or a host is taken out; what describes a machine stays."""

from __future__ import annotations

import pytest

from results.identity import STRIPPED, Cleaner


def cleaned(text: str, *words: str) -> str:
    return Cleaner(words).text("machine.json", "kernel.command_line", text)


@pytest.mark.parametrize(
    "before, after",
    [
        ("root=UUID=1b2c-33 ro quiet", f"root={STRIPPED} ro quiet"),
        ("BOOT_IMAGE=/vmlinuz-6.1 isolcpus=3", f"BOOT_IMAGE={STRIPPED} isolcpus=3"),
        ("ip=10.1.2.3::10.1.2.1:255.0.0.0:lab7:eth0", f"ip={STRIPPED}"),
        ("disk 0f3e8a10-1111-2222-3333-444455556666 is", "disk (UUID) is"),
        ("smsc95xx.macaddr=B8:27:EB:00:11:22 x", f"smsc95xx.macaddr={STRIPPED} x"),
        ("by b8:27:eb:00:11:22 on eth0", "by (MAC) on eth0"),
        ("from 01-b8-27-eb-00-11-22", "from (MAC)"),
        ("at 192.168.7.20, port 7", "at (IP address), port 7"),
        ("at fe80::ba27:ebff:fe00:1122 too", "at (IP address) too"),
        ("#1 SMP (alice@builder) 2026", "#1 SMP (person) 2026"),
        ("--load=/home/alice/work/my.so:copy", "--load=my.so:copy"),
        ("'/srv/lab/pcap/a.pcap' can't be read", "'a.pcap' can't be read"),
        ("in ~/work/copycost", "in copycost"),
        ("started in /home/alice", "started in (home)"),
        ("/Users/alice, /usr/lib/x.so", "(home), /usr/lib/x.so"),
    ],
)
def test_taken_out(before: str, after: str) -> None:
    assert cleaned(before) == after
    assert cleaned(after) == after, "a second time changes nothing"


@pytest.mark.parametrize(
    "text",
    [
        "6.12.0-1-amd64, glibc 2.36, PAPI 7.0.0, http-parser 2.9.4",
        "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
        "/usr/lib/x86_64-linux-gnu/libc.so.6",
        "#1 SMP PREEMPT_DYNAMIC @0",
        "2026-11-22T20:22:06Z",
        "127.0.0.1 can't be bound to; 1 of 2 MiB, 16.5 GB/s, 3/4 of it",
        "mitigations=auto isolcpus=1-3 nohz_full=1-3 hugepages=64",
        "shared by CPUs 0-3 8; cpu@0; a::b is C++",
        "f0:e1 is no address, nor is 12:34:56",
    ],
)
def test_what_describes_a_machine_stays(text: str) -> None:
    cleaner = Cleaner(["lab7"])
    assert cleaner.text("machine.json", "doctor", text) == text
    assert cleaner.changes == []


def test_words_of_this_host_and_user() -> None:
    assert cleaned("made on LAB7 by bob.", "lab7", "bob") == (
        f"made on {STRIPPED} by {STRIPPED}."
    )
    untouched = "bobbin, lab70, sysctl lab7.nr_hugepages"
    assert cleaned(untouched, "lab7", "bob") == untouched


def test_every_change_is_noted_with_its_place() -> None:
    cleaner = Cleaner()
    document = {"run": {"command": ["run", "--load=/home/alice/my.so:f"], "seed": 7}}
    assert cleaner.document("machine.json", document) == {
        "run": {"command": ["run", "--load=my.so:f"], "seed": 7}
    }
    (change,) = cleaner.changes
    assert (change.file, change.place) == ("machine.json", "run.command[1]")
    assert "alice" in change.before and "alice" not in change.after


def test_topology() -> None:
    """Infos that name a host go, those that name a CPU stay, and so does the rest as written."""
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<topology version="2.0">\n'
        '  <info name="HostName" value="lab7"/>\n'
        '  <info name="DMIBoardSerial" value="00012345"/>\n'
        '  <info name="CPUModel" value="ARMv8 &amp; more"/>\n'
        '  <info name="LinuxCgroup" value="/user.slice/user-1000.slice"/>\n'
        "</topology>\n"
    )
    cleaner = Cleaner()
    after = cleaner.topology("topology.xml", text)
    assert len(cleaner.changes) == 3
    for gone in ("lab7", "00012345", "user-1000"):
        assert gone not in after
    assert '  <info name="CPUModel" value="ARMv8 &amp; more"/>\n' in after
