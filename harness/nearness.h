/*
 * How near two CPUs are: the innermost thing that both share. From the topology's facts alone; what
 * it does not tell (caches on many ARM boards) is not shared.
 */
#ifndef COPYCOST_HARNESS_NEARNESS_H
#define COPYCOST_HARNESS_NEARNESS_H

#include "harness/topology.h"

enum nearness {
    NEAR_CPU,     /* one and the same */
    NEAR_CORE,    /* a core: SMT siblings */
    NEAR_L2,      /* a level 2 cache */
    NEAR_CLUSTER, /* a cluster, as the kernel tells it */
    NEAR_L3,      /* a level 3 cache */
    NEAR_NODE,    /* package and NUMA node, but no cache that is known */
    NEAR_PACKAGE, /* a package, of which they are on different nodes */
    NEAR_MACHINE, /* no more than the machine */
    NEARNESSES
};

/* "cpu", "core", ... "machine". */
extern const char *const nearness_names[NEARNESSES + 1]; /* NULL-terminated */

/* Both CPUs must be in the topology. */
enum nearness nearness_of(const struct topology *topology, int cpu, int other);

#endif
