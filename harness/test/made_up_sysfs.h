/*
 * Made-up machines as the kernel describes them in /sys and /proc: with the lists that copycost
 * reads and the masks that hwloc reads. Sets of CPUs are given as masks.
 */
#ifndef COPYCOST_HARNESS_TEST_MADE_UP_SYSFS_H
#define COPYCOST_HARNESS_TEST_MADE_UP_SYSFS_H

#include "harness/test/tree.h"

#define SYSFS_CPU "/sys/devices/system/cpu/"
#define SYSFS_NODE "/sys/devices/system/node/"

__attribute__((format(printf, 2, 3))) static inline void sysfs_write(const char *text,
                                                                     const char *format, ...)
{
    char path[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(path, sizeof path, format, arguments);
    va_end(arguments);
    tree_write(path, text);
}

/* "0-3,8\n" */
static inline void sysfs_list(char *list, size_t bytes, unsigned mask)
{
    size_t used = 0;
    list[0] = '\0';
    for (int first = 0; first < 32; first++) {
        if (!(mask >> first & 1))
            continue;
        int last = first;
        while (last + 1 < 32 && mask >> (last + 1) & 1)
            last++;
        used += (size_t)snprintf(list + used, bytes - used, "%s%d", used ? "," : "", first);
        if (last > first)
            used += (size_t)snprintf(list + used, bytes - used, "-%d", last);
        first = last;
    }
    snprintf(list + used, bytes - used, "\n");
}

/* The two files of a set, as "topology/core_cpus" and "topology/core_cpus_list". */
static inline void sysfs_set(const char *folder, const char *mask_file, const char *list_file,
                             unsigned mask)
{
    char list[128], digits[16];
    sysfs_list(list, sizeof list, mask);
    snprintf(digits, sizeof digits, "%08x\n", mask);
    sysfs_write(list, "%s/%s", folder, list_file);
    sysfs_write(digits, "%s/%s", folder, mask_file);
}

static inline void sysfs_online(unsigned cpus)
{
    char list[128], text[512];
    sysfs_list(list, sizeof list, cpus);
    sysfs_write(list, SYSFS_CPU "online");
    snprintf(text, sizeof text, "Name:\ttest\nCpus_allowed_list:\t%sMems_allowed_list:\t0-31\n",
             list);
    tree_write("/proc/thread-self/status", text);
}

static inline void sysfs_cpu(int cpu, int core, unsigned core_cpus, int package,
                             unsigned package_cpus)
{
    char folder[64], number[16];
    snprintf(folder, sizeof folder, SYSFS_CPU "cpu%d/topology", cpu);
    sysfs_set(folder, "core_cpus", "core_cpus_list", core_cpus);
    sysfs_set(folder, "thread_siblings", "thread_siblings_list", core_cpus);
    sysfs_set(folder, "package_cpus", "package_cpus_list", package_cpus);
    sysfs_set(folder, "core_siblings", "core_siblings_list", package_cpus);
    snprintf(number, sizeof number, "%d\n", core);
    sysfs_write(number, "%s/core_id", folder);
    snprintf(number, sizeof number, "%d\n", package);
    sysfs_write(number, "%s/physical_package_id", folder);
}

static inline void sysfs_cache(int cpu, int index, const char *level, const char *type,
                               const char *size, unsigned cpus)
{
    char folder[64];
    snprintf(folder, sizeof folder, SYSFS_CPU "cpu%d/cache/index%d", cpu, index);
    sysfs_write(level, "%s/level", folder);
    sysfs_write(type, "%s/type", folder);
    sysfs_write(size, "%s/size", folder);
    sysfs_write("64\n", "%s/coherency_line_size", folder);
    sysfs_set(folder, "shared_cpu_map", "shared_cpu_list", cpus);
}

static inline void sysfs_node(int node, unsigned cpus, unsigned mebibytes, const char *distance)
{
    char folder[64], text[96];
    snprintf(folder, sizeof folder, SYSFS_NODE "node%d", node);
    sysfs_set(folder, "cpumap", "cpulist", cpus);
    snprintf(text, sizeof text, "Node %d MemTotal:       %u kB\nNode %d MemFree: 1 kB\n", node,
             mebibytes * 1024, node);
    sysfs_write(text, "%s/meminfo", folder);
    sysfs_write(distance, "%s/distance", folder);
}

/* Eight CPUs in three clusters: four slow, two fast, two faster; an L2 each, an L3 for all. */
static inline void sysfs_rk3588(void)
{
    static const char *const capacities[] = {"530\n", "1005\n", "1024\n"};
    sysfs_online(0xff);
    for (int cpu = 0; cpu < 8; cpu++) {
        unsigned self = 1u << cpu;
        bool fast = cpu >= 4;
        sysfs_cpu(cpu, cpu % 4, self, 0, 0xff);
        sysfs_write(fast ? cpu < 6 ? "7\n" : "2\n" : "0\n", SYSFS_CPU "cpu%d/topology/cluster_id",
                    cpu);
        sysfs_write(capacities[fast ? cpu / 2 - 1 : 0], SYSFS_CPU "cpu%d/cpu_capacity", cpu);
        sysfs_write(fast ? "2256000\n" : "1800000\n", SYSFS_CPU "cpu%d/cpufreq/cpuinfo_max_freq",
                    cpu);
        sysfs_cache(cpu, 0, "1\n", "Data\n", fast ? "64K\n" : "32K\n", self);
        sysfs_cache(cpu, 1, "1\n", "Instruction\n", fast ? "64K\n" : "32K\n", self);
        sysfs_cache(cpu, 2, "2\n", "Unified\n", fast ? "512K\n" : "128K\n", self);
        sysfs_cache(cpu, 3, "3\n", "Unified\n", "3072K\n", 0xff);
    }
}

/* Two nodes of two cores with two threads each, the second threads being CPUs 4 to 7. */
static inline void sysfs_two_nodes(void)
{
    sysfs_online(0xff);
    sysfs_write("0-1\n", SYSFS_NODE "online");
    for (int cpu = 0; cpu < 8; cpu++) {
        int core = cpu % 4, package = core / 2;
        unsigned threads = 0x11u << core, cpus = package ? 0xcc : 0x33;
        sysfs_cpu(cpu, core % 2, threads, package, cpus);
        sysfs_cache(cpu, 0, "1\n", "Data\n", "48K\n", threads);
        sysfs_cache(cpu, 1, "2\n", "Unified\n", "2048K\n", threads);
        sysfs_cache(cpu, 2, "3\n", "Unified\n", "30720K\n", cpus);
    }
    sysfs_node(0, 0x33, 4096, "10 21\n");
    sysfs_node(1, 0xcc, 2048, "21 10\n");
}

/* The same with memory that has no CPUs as nodes 2 and 5. */
static inline void sysfs_memory_nodes(void)
{
    sysfs_two_nodes();
    sysfs_write("0-2,5\n", SYSFS_NODE "online");
    sysfs_node(0, 0x33, 4096, "10 21 14 24\n");
    sysfs_node(1, 0xcc, 2048, "21 10 24 14\n");
    sysfs_node(2, 0, 16384, "14 24 10 28\n");
    sysfs_node(5, 0, 8192, "24 14 28 10\n");
}

#endif
