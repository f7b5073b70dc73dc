/*
 * The parts of the back end that reads the kernel's files: Linux,
 * Documentation/ABI/{stable,testing}/sysfs-devices-{system-cpu,node} and
 * Documentation/admin-guide/cputopology.rst.
 */
#ifndef COPYCOST_HARNESS_TOPOLOGY_SYSFS_PARTS_H
#define COPYCOST_HARNESS_TOPOLOGY_SYSFS_PARTS_H

#include "harness/topology.h"

#define TOPOLOGY_SYSFS_CPU "/sys/devices/system/cpu/cpu%d/"
#define TOPOLOGY_SYSFS_NODE "/sys/devices/system/node/"

/* Room for every list that the kernel writes: 8192 CPUs, each other one, are 20 KiB. */
enum { NUMBER_LIST_BYTES = 32768 };

/* A part of a list; {-1, -1} before the first. */
struct number_range {
    int first, last;
};

/*
 * The next range of a list of CPUs or nodes, "0-3,8": ascending, none twice. False at its end, and
 * where it goes on as something else. Advances `list`.
 */
bool number_list_next(const char **list, struct number_range *range);
size_t number_list_count(const char *list);
bool number_list_has(const char *list, int number);

/*
 * Everything below fills in what it is named after, of the CPUs whose numbers are there already.
 */

/* topology_sysfs_cpu.c: package, core and smt. */
void topology_sysfs_read_cores(struct topology *topology);
/* Cache sizes, who shares them, cache_source. */
void topology_sysfs_read_caches(struct topology *topology);

/*
 * topology_sysfs_kinds.c: `kind` of each CPU and `kinds`, by the first of these that tells CPUs
 * apart: Intel's type of core, the capacity that the scheduler goes by, the nominal frequency, or
 * where that is not told the highest frequency. Errors: ENOMEM.
 */
int topology_sysfs_read_kinds(struct topology *topology, struct fault *fault);

#endif
