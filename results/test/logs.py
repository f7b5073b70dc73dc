"""Small logs of other programs' form, made up, to be imported and to be broken."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path
from typing import Dict, List

import pytest

RATES = (
    "C copy backwards (32 byte blocks)                    :    291.0 MB/s (2.2%)",
    "C copy                                               :   1288.5 MB/s (1.1%)",
    "NEON LDP/STP copy                                    :   1300.0 MB/s",
    "C fill                                               :   2604.1 MB/s (0.8%)",
    "---",
    "standard memcpy                                      :   1221.7 MB/s (3.0%)",
)
FORK = (
    "C copy                                           :  11087.4 MB/s (2)",
    "C scan 8                                         :   1297.8 MB/s (3, 0.1%)",
    "libc memcpy copy                                 :  11685.4 MB/s (2)",
)
FRAMEBUFFER = (
    "VFP copy (from framebuffer)                          :     46.9 MB/s (0.8%)",
)
LATENCIES = (
    "1024 :    0.0 ns          /     0.0 ns ",
    "  67108864 :  297.9 ns          /   458.4 ns ",
)
BOX = "=" * 74
HASHES = "#" * 74


def tinymembench(
    rates: tuple[str, ...] = RATES, version: str = "0.4.9", block: str = ""
) -> List[str]:
    """The lines of a run."""
    return [
        f"tinymembench v{version} (simple benchmark for memory throughput and latency)",
        "",
        BOX,
        "== Memory bandwidth tests                                               ==",
        "== Note 1: 1MB = 1000000 bytes                                          ==",
        BOX,
        "",
        *(f" {rate}" for rate in rates),
        "",
        BOX,
        "== Memory latency test                                                  ==",
        BOX,
        "",
        f"block size : single random read / dual random read{block}",
        *(f"      {line}" for line in LATENCIES),
        "",
    ]


def sbc_bench() -> List[str]:
    """The lines of a log with a run on each of two kinds of CPU."""
    return [
        "sbc-bench v0.9.8 Made-up Board 3 extensive (Tue, 21 Jun 2022 18:32:41 +0200)",
        "",
        "Architecture:\tarm64",
        "/usr/bin/gcc (Made-up 11.2.0) 11.2.0",
        "",
        "Linux 5.4.61 (secretname) \t06/21/22 \t_aarch64_\t(6 CPU)",
        "Mem:           960Mi        91Mi       792Mi       1.0Mi        77Mi       852Mi",
        "",
        "Checking cpufreq OPP for cpu0-cpu3 (Cortex-A53):",
        "Cpufreq OPP: 1512    Measured: 1502 (1502.893/1503.541/1502.981)",
        "Cpufreq OPP:  408    Measured: 399.104/399.071/399.193",
        "",
        "Checking cpufreq OPP for cpu4-cpu5 (Cortex-A72):",
        "Cpufreq OPP: 1992    Measured: 432.526/1986.103/1986.079",
        "",
        HASHES,
        "",
        "Executing benchmark on cpu0 (Cortex-A53):",
        "",
        *tinymembench(),
        "Executing benchmark on cpu4 (Cortex-A72):",
        "",
        *tinymembench(FORK, "0.4.9-nuumio", ", [MADV_HUGEPAGE]"),
        HASHES,
        "",
        "Executing ramlat on cpu0 (Cortex-A53), results in ns:",
        "         4k: 4.119 5.238 4.034 5.435 2.011 2.150 4.264 8.231 ",
        "           raid6: neonx8   gen()   703 MB/s",
        "| Made-up Board 3 | 1992/1512 MHz | 5.4 | Made-up arm64 | 450 | 8900 | 9040 | 1220 | 2640 | - |",
    ]


def write(path: Path, lines: List[str]) -> Path:
    """A log of these lines."""
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


THROUGHPUT = (
    "{name} 0 0 -1 64 2 1 1 1 1000000 319 Mbps",
    "{name} 0 1 -1 64 2 1 1 1 1000000 547 Mbps",
    "{name} 0 1 0 65536 2 1 0 1 100000 17202 Mbps",
)
CPUINFO = "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Made-up(R) CPU 7 @ 2.00GHz\nflags\t\t: fpu sse2\n"


def ipc_bench() -> Dict[str, str]:
    """The files of an archive of a machine of two CPUs, by name below its root."""
    files = {
        "logs/cpuinfo": CPUINFO,
        "logs/meminfo": "MemTotal:        4054084 kB\n",
        "logs/uname": "Linux 3.0.0-15-generic x86_64 x86_64 x86_64 GNU/Linux\n",
        "logs/dmesg_virt": "[1.0] warning: `VirtualBox' uses 32-bit capabilities\n",
        "logs/target_cpus": "0,1",
        "logs/sys-node/node0/cpulist": "0-1\n",
        "logs/sys-node/node0/distance": "10\n",
        "logs/sys-node/node0/meminfo": "Node 0 MemTotal:        4189052 kB\n",
        "results/lat/pipe_lat.csv": "0.000007 0.000140 \n0.000000 0.000005 \n",
    }
    for test in ("pipe", "mempipe"):
        lines = [line.format(name=f"{test}_thr") for line in THROUGHPUT]
        files[f"results/01-{test}_thr-headline.log"] = "\n".join(lines) + "\n"
    for pair, time in (("0-0", 7), ("0-1", 140), ("1-0", 0), ("1-1", 5)):
        name = f"results/lat/128/{pair}-pipe_lat/01-pipe_lat-headline.log"
        files[name] = f"pipe_lat 128 10000 0.{time:06}s\n"
    for cpu in ("0", "1"):
        folder = f"logs/sys-cpu/cpu{cpu}"
        files[f"{folder}/topology/thread_siblings_list"] = f"{cpu}\n"
        files[f"{folder}/topology/physical_package_id"] = "0\n"
        for name, text in (
            ("level", "2"),
            ("type", "Unified"),
            ("size", "3072K"),
            ("coherency_line_size", "64"),
            ("shared_cpu_list", "0-1"),
        ):
            files[f"{folder}/cache/index2/{name}"] = f"{text}\n"
    return files


def member(
    name: str, size: int = 0, kind: bytes = tarfile.REGTYPE, link: str = ""
) -> tarfile.TarInfo:
    """The header of an archive's member."""
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname, info.mtime = size, kind, link, 1328118000
    return info


def pack(
    path: Path, files: Dict[str, str], more: tuple[tarfile.TarInfo, ...] = ()
) -> Path:
    """An archive of these, and then of members of which only the header is told."""
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            content = text.encode()
            archive.addfile(
                member(f"tmp/made-up/{name}", len(content)), io.BytesIO(content)
            )
        for info in more:
            archive.addfile(info, io.BytesIO(bytes(info.size)))
    return path


def reference(folder: str) -> List[Path]:
    """The real logs of that folder, where COPYCOST_REFERENCE says where such are; else skips."""
    place = os.environ.get("COPYCOST_REFERENCE")
    if not place:
        pytest.skip("COPYCOST_REFERENCE names no folder of real logs")
    found = sorted(
        p for p in (Path(place) / folder).iterdir() if "LICENSE" not in p.name
    )
    if not found:
        pytest.skip(f"no logs in {folder} of COPYCOST_REFERENCE")
    return found
