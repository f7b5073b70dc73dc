#include <stdlib.h>
#include <string.h>

#include "harness/system.h"
#include "harness/topology_sysfs_parts.h"

/* A level has at most one cache of data and one of instructions. */
enum { CACHES = 2 * TOPOLOGY_LEVELS };

/* The online CPUs of a list, as one of them sees it. */
struct sharers {
    int first; /* their lowest number, which is what tells one group from another; -1 unknown */
    unsigned count;
    int rank; /* how many of them are before this CPU */
};

static struct sharers find_sharers(const struct topology *topology, int cpu, const char *list)
{
    struct sharers sharers = {-1, 0, 0};
    if (!number_list_has(list, cpu))
        return sharers;
    for (struct number_range range = {-1, -1}; number_list_next(&list, &range);)
        for (size_t i = 0; i < topology->cpu_count; i++) {
            int other = topology->cpus[i].cpu;
            if (other < range.first || other > range.last)
                continue;
            if (!sharers.count++)
                sharers.first = other;
            sharers.rank += other < cpu;
        }
    return sharers;
}

/* Of a file in the CPU's folder `topology`, or of its name before Linux 5.3. */
static struct sharers read_sharers(const struct topology *topology, int cpu, const char *file,
                                   const char *older_file)
{
    char list[NUMBER_LIST_BYTES];
    if (!system_line(list, sizeof list, TOPOLOGY_SYSFS_CPU "topology/%s", cpu, file))
        system_line(list, sizeof list, TOPOLOGY_SYSFS_CPU "topology/%s", cpu, older_file);
    return find_sharers(topology, cpu, list);
}

void topology_sysfs_read_cores(struct topology *topology)
{
    for (size_t i = 0; i < topology->cpu_count; i++) {
        struct topology_cpu *cpu = &topology->cpus[i];
        struct sharers core =
            read_sharers(topology, cpu->cpu, "core_cpus_list", "thread_siblings_list");
        cpu->core = core.first;
        cpu->smt = core.rank;
        cpu->cluster = -1;
        cpu->package =
            read_sharers(topology, cpu->cpu, "package_cpus_list", "core_siblings_list").first;
    }
}

/* "32K"; 0 for anything else. */
static size_t parse_size(const char *text)
{
    char *end;
    unsigned long long kibibytes = strtoull(text, &end, 10);
    return strcmp(end, "K") || kibibytes > SIZE_MAX / 1024 ? 0 : (size_t)kibibytes * 1024;
}

static void read_cache(const struct topology *topology, struct topology_cpu *cpu, size_t index)
{
    char type[32], size[32], list[NUMBER_LIST_BYTES];
    uint64_t level, line_bytes;
    if (!system_number(&level, TOPOLOGY_SYSFS_CPU "cache/index%zu/level", cpu->cpu, index) ||
        level < 1 || level > TOPOLOGY_LEVELS)
        return;
    system_line(type, sizeof type, TOPOLOGY_SYSFS_CPU "cache/index%zu/type", cpu->cpu, index);
    if (strcmp(type, "Data") != 0 && strcmp(type, "Unified") != 0)
        return;
    system_line(size, sizeof size, TOPOLOGY_SYSFS_CPU "cache/index%zu/size", cpu->cpu, index);
    size_t bytes = parse_size(size);
    if (!bytes)
        return;
    system_line(list, sizeof list, TOPOLOGY_SYSFS_CPU "cache/index%zu/shared_cpu_list", cpu->cpu,
                index);
    struct sharers sharers = find_sharers(topology, cpu->cpu, list);
    cpu->cache_bytes[level - 1] = bytes;
    cpu->cache_id[level - 1] = sharers.first;
    cpu->cache_cpus[level - 1] = sharers.count;
    if (system_number(&line_bytes, TOPOLOGY_SYSFS_CPU "cache/index%zu/coherency_line_size",
                      cpu->cpu, index))
        cpu->line_bytes = (size_t)line_bytes;
}

void topology_sysfs_read_caches(struct topology *topology)
{
    topology->cache_source = CACHE_UNKNOWN;
    for (size_t i = 0; i < topology->cpu_count; i++) {
        struct topology_cpu *cpu = &topology->cpus[i];
        for (size_t level = 0; level < TOPOLOGY_LEVELS; level++)
            cpu->cache_id[level] = -1;
        for (size_t index = 0; index < CACHES; index++)
            read_cache(topology, cpu, index);
        for (size_t level = 0; level < TOPOLOGY_LEVELS; level++)
            if (cpu->cache_bytes[level])
                topology->cache_source = CACHE_TOPOLOGY;
    }
}
