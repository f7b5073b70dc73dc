#include <string.h>

#include "harness/doctor.h"
#include "harness/memory.h"
#include "harness/quantity.h"
#include "harness/system.h"

static void check_thp(const struct doctor *doctor)
{
    char text[128];
    if (system_line(text, sizeof text, "/sys/kernel/mm/transparent_hugepage/enabled") &&
        strstr(text, "[never]"))
        doctor_find(doctor, "cells that ask for transparent huge pages get base pages",
                    "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled",
                    "transparent huge pages are switched off");
}

static void check_numa_balancing(const struct doctor *doctor)
{
    uint64_t value;
    if (doctor->sources->topology->node_count > 1 &&
        system_number(&value, "/proc/sys/kernel/numa_balancing") && value)
        doctor_find(doctor, "the kernel unmaps and moves pages while they are measured",
                    "sysctl kernel.numa_balancing=0", "automatic NUMA balancing is on");
}

static void check_swap(const struct doctor *doctor)
{
    uint64_t total, left;
    char used[32];
    if (!system_memory(&total, "SwapTotal") || !system_memory(&left, "SwapFree") || left >= total)
        return;
    quantity_bytes_text(total - left, used, sizeof used);
    doctor_find(doctor, "memory is or was short: buffers may be swapped out and read back",
                "stop what needs the memory, then swapoff -a", "%s of swap are in use", used);
}

static size_t last_level_bytes(const struct topology *topology)
{
    size_t largest = 0;
    for (size_t i = 0; i < topology->cpu_count; i++) {
        size_t bytes = topology_last_level_bytes(topology, topology->cpus[i].cpu);
        if (bytes > largest)
            largest = bytes;
    }
    return largest;
}

static void check_memory_size(const struct doctor *doctor)
{
    enum { SMALL_BYTES = 64 << 20 };
    size_t cache = last_level_bytes(doctor->sources->topology);
    uint64_t available = memory_available();
    char text[32];
    if (available >= SMALL_BYTES && available >= 8 * (uint64_t)cache)
        return;
    quantity_bytes_text(available, text, sizeof text);
    doctor_find(doctor, "copies in DRAM, far beyond the caches, can't be measured or are few",
                "free memory, or raise the container's limit", "%s of memory are available", text);
}

static void check_caches(const struct doctor *doctor)
{
    const char *reason = doctor->sources->cache_edges->reason;
    if (doctor->sources->topology->cache_source == CACHE_UNKNOWN)
        doctor_find(doctor, "sizes can't follow the caches, and plots show no cache levels",
                    "give them if they are known: --cache L1:32Ki,L2:256Ki",
                    "the machine does not tell its cache sizes%s%s%s", reason[0] ? " (" : "",
                    reason, reason[0] ? ")" : "");
}

doctor_check *const doctor_memory_checks[] = {
    check_thp, check_numa_balancing, check_swap, check_memory_size, check_caches, NULL,
};
