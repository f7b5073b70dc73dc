#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/system.h"
#include "harness/topology_sysfs_parts.h"

/*
 * Highest frequencies that are no farther apart are those of favoured cores, not of another design.
 * Source of the figure: hwloc, topology-linux.c (cpukinds_maxfreq_adjust).
 */
enum { ALIKE_PERCENT = 10 };

/* How fast that CPU is, in any unit; 0: not told. */
typedef uint64_t speed_source(int cpu);

/* Intel's hybrid parts have a counter unit for each kind. */
static uint64_t speed_by_type(int cpu)
{
    static const char *const types[] = {"atom", "core"};
    char list[NUMBER_LIST_BYTES];
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        system_line(list, sizeof list, "/sys/devices/cpu_%s/cpus", types[i]);
        if (number_list_has(list, cpu))
            return i + 1;
    }
    return 0;
}

static uint64_t read_speed(int cpu, const char *file)
{
    uint64_t speed;
    return system_number(&speed, TOPOLOGY_SYSFS_CPU "%s", cpu, file) ? speed : 0;
}

static uint64_t speed_by_capacity(int cpu)
{
    return read_speed(cpu, "cpu_capacity");
}

static uint64_t speed_by_nominal_frequency(int cpu)
{
    return read_speed(cpu, "acpi_cppc/nominal_freq");
}

static uint64_t speed_by_highest_frequency(int cpu)
{
    return read_speed(cpu, "cpufreq/cpuinfo_max_freq");
}

static int compare_speeds(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* The lowest speed of each kind, ascending, moved to the front; returns how many kinds there are.
 */
static unsigned find_kinds(uint64_t *speeds, size_t count, unsigned alike_percent)
{
    unsigned kinds = 0;
    qsort(speeds, count, sizeof *speeds, compare_speeds);
    for (size_t i = 0; i < count; i++)
        if (!kinds || speeds[i] > speeds[kinds - 1] + speeds[kinds - 1] * alike_percent / 100)
            speeds[kinds++] = speeds[i];
    return kinds;
}

/* Returns the number of kinds; 0 where the source is silent about a CPU. */
static unsigned rank_cpus(struct topology *topology, uint64_t *speeds, speed_source *speed_of,
                          unsigned alike_percent)
{
    for (size_t i = 0; i < topology->cpu_count; i++)
        if (!(speeds[i] = speed_of(topology->cpus[i].cpu)))
            return 0;
    unsigned kinds = find_kinds(speeds, topology->cpu_count, alike_percent);
    for (size_t i = 0; i < topology->cpu_count; i++) {
        uint64_t speed = speed_of(topology->cpus[i].cpu);
        unsigned kind = 0;
        while (kind + 1 < kinds && speeds[kind + 1] <= speed)
            kind++;
        topology->cpus[i].kind = (int)kind;
    }
    topology->kinds = kinds;
    return kinds;
}

int topology_sysfs_read_kinds(struct topology *topology, struct fault *fault)
{
    uint64_t *speeds = calloc(topology->cpu_count, sizeof *speeds);
    if (!speeds)
        return fail(fault, ENOMEM, "out of memory while reading the kinds of core");
    /* Many kernels give all cores one capacity, so that alone says nothing. */
    if (rank_cpus(topology, speeds, speed_by_type, 0) < 2 &&
        rank_cpus(topology, speeds, speed_by_capacity, 0) < 2 &&
        !rank_cpus(topology, speeds, speed_by_nominal_frequency, 0))
        rank_cpus(topology, speeds, speed_by_highest_frequency, ALIKE_PERCENT);
    free(speeds);
    return 0;
}
