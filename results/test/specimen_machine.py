"""machine.json of the specimen: a machine that does not exist."""

from typing import Any, Callable, Dict, List, Optional, Sequence

NS_PER_TICK = 0.4
CORE_CLOCK_HZ = 3.0e9
L1, L2, L3 = 32 << 10, 1 << 20, 32 << 20

COUNTERS = (
    ("cycles", "PAPI_TOT_CYC", ""),
    ("instructions", "PAPI_TOT_INS", ""),
    ("l1_misses", "PAPI_L1_DCM", ""),
    ("l2_misses", "PAPI_L2_DCM", ""),
    ("l3_misses", None, "PAPI 6.0.0: this CPU has no such counter"),
    ("tlb_misses", "dTLB-load-misses:u", ""),
    ("branch_misses", "PAPI_BR_MSP", ""),
)

# name: (needs, missing here, ns of a call with 0 bytes, bytes per ns by level L1, L2, L3, memory)
KERNELS: Dict[str, Any] = {
    "copy_byte_forward": ("", None, 1.0, (2.9, 2.9, 2.8, 2.6)),
    "copy_word_unrolled": ("", None, 1.5, (23.0, 20.0, 14.0, 7.5)),
    "copy_libc_memcpy": ("", None, 2.4, (88.0, 46.0, 21.0, 9.4)),
    "copy_movsb": ("erms", None, 9.0, (75.0, 48.0, 22.0, 10.1)),
    "copy_avx2": ("avx2", None, 2.0, (92.0, 45.0, 20.0, 8.2)),
    "copy_avx2_nontemporal": ("avx2", None, 60.0, (11.0, 11.2, 11.4, 12.0)),
    "copy_avx512": ("avx512f", "avx512f", 2.0, (120.0, 60.0, 22.0, 8.4)),
    "read_avx2": ("avx2", None, 1.2, (170.0, 80.0, 30.0, 14.5)),
    "fill_avx2": ("avx2", None, 1.3, (95.0, 60.0, 28.0, 9.0)),
    "fill_avx2_nontemporal": ("avx2", None, 40.0, (13.0, 13.0, 13.2, 16.0)),
}

# What an experiment's specimen needs otherwise of its machine.
CHANGES: Dict[str, Callable[[Dict[str, Any]], None]] = {}


def code_mod_64(kernel: str) -> int:
    """Kernels of the project start on a line; the C library's where it pleases."""
    return 32 if "libc" in kernel else 0


def code_hash(kernel: str) -> str:
    """Any 16 digits that differ from kernel to kernel."""
    return f"{sum(ord(letter) << 7 * place for place, letter in enumerate(kernel)) % 2**64:016x}"


def _kernels() -> List[Dict[str, Any]]:
    return [
        {
            "name": name,
            "operation": name.split("_")[0],
            "summary": f"{' '.join(name.split('_')[1:])} loop",
            "needs": needs,
            "missing": missing,
            "resolved": "__memmove_avx_unaligned_erms" if "libc" in name else None,
            "granule": 1,
            "alignment": 1,
            "code_mod_64": code_mod_64(name),
            "code_hash": code_hash(name),
        }
        for name, (needs, missing, _, _) in KERNELS.items()
    ]


def _clock() -> Dict[str, Any]:
    tsc: Dict[str, Any] = {
        "name": "tsc",
        "ns_per_tick": NS_PER_TICK,
        "cost_ns": 18.0,
        "step_ns": 0.8,
    }
    raw = {
        "name": "clock_monotonic_raw",
        "ns_per_tick": 1.0,
        "cost_ns": 24.0,
        "step_ns": 1.0,
    }
    candidates = [
        {**candidate, "rate_spread": 1e-6, "rejected": None} for candidate in (tsc, raw)
    ]
    return {**tsc, "candidates": candidates}


def _cache(level: int, size: int, shared: int) -> Dict[str, Any]:
    cpus = "0" if shared == 1 else "0-3"
    return {
        "level": level,
        "bytes": size,
        "line_bytes": 64,
        "shared_cpus": shared,
        "cpus": cpus,
    }


def _memory_attributes(initiator: int, target: int) -> Dict[str, Any]:
    return {
        "initiator": initiator,
        "target": target,
        "read_bandwidth_bytes_per_s": 20480000000,
        "write_bandwidth_bytes_per_s": 10240000000,
        "read_latency_ns": 80,
        "write_latency_ns": None,
    }


def _backend(event: Optional[str]) -> Optional[str]:
    if event is None:
        return None
    return "PAPI 6.0.0" if event.startswith("PAPI_") else "perf_event_open"


def machine(experiments: Sequence[str]) -> Dict[str, Any]:
    """The content of machine.json after a run of these experiments."""
    content = _machine(experiments)
    for experiment in experiments:
        CHANGES.get(experiment, lambda unchanged: None)(content)
    return content


def _machine(experiments: Sequence[str]) -> Dict[str, Any]:
    return {
        "format": "copycost-machine-1",
        "name": "specimen-4",
        "board": None,
        "hypervisor": None,
        "emulated": False,
        "emulated_by": None,
        "cpu": {
            "model": "Specimen 4000 at 3.00 GHz",
            "vendor": "Specimen",
            "isa": "x86_64",
            "microcode": "0x1",
            "features": ["avx2", "erms"],
            "online": 4,
            "allowed": "0-3",
            "packages": 1,
            "cores": 4,
            "smt": 1,
            "kinds": [{"kind": 0, "cpus": "0-3"}],
        },
        "caches": [_cache(1, L1, 1), _cache(2, L2, 1), _cache(3, L3, 4)],
        "cache_source": "topology",
        "cache_plateaus": None,
        "cache_reason": None,
        "cache_curve": None,
        "memory": {
            "bytes": 16 << 30,
            "page_bytes": 4096,
            "huge_page_bytes": 2 << 20,
            "hugetlb_pages_free": 0,
            "thp": "madvise",
            "dram": None,
        },
        "nodes": [{"node": 0, "bytes": 16 << 30, "cpus": 4}],
        "distances": [[10]],
        "memory_attributes": [_memory_attributes(0, 0)],
        "kernel": {"release": "6.1.0", "version": "#1 SMP", "command_line": ""},
        "mitigations": {"meltdown": "Not affected"},
        "frequency": {
            "governor": "performance",
            "driver": "specimen_freq",
            "min_hz": 800000000,
            "max_hz": 3000000000,
            "boost": False,
            "throttle_sources": ["cooling device cpufreq-cpu0", "clock limit of CPU 1"],
        },
        "numa_balancing": False,
        "libc": {
            "name": "glibc",
            "version": "2.36",
            "memcpy": "__memmove_avx_unaligned_erms",
        },
        "allocator": {"object": "libc.so.6", "version": "2.36", "preloaded": []},
        "build": {
            "compiler": "cc 12.2.0",
            "flags": "-O2",
            "commit": "0123456789ab",
            "triplet": "x86_64-linux-gnu",
            "version": "1.0.0",
            "ocaml": "4.13.1",
        },
        "backends": {
            "topology": "hwloc 2.9.0",
            "nodes": "libnuma",
            "counters": "perf_event_open, PAPI 6.0.0",
            "heads": "http-parser 2.9.4",
            "uring": "liburing 2.3",
        },
        "clock": _clock(),
        "core_clock": {"hz": CORE_CLOCK_HZ, "source": "estimate"},
        "counters": [
            {
                "name": name,
                "event": event,
                "backend": _backend(event),
                "reason": reason or None,
            }
            for name, event, reason in COUNTERS
        ],
        "kernels": _kernels(),
        "doctor": [],
        "run": {
            "command": ["copycost", "run", *experiments],
            "profile": "quick",
            "seed": 1,
            "started_utc": "2026-11-22T11:53:00Z",
            "finished_utc": "2026-11-22T11:55:00Z",
            "experiments": list(experiments),
            "launches": 4,
            "interrupted": False,
            "left_out": [],
        },
    }
