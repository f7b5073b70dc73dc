#include "harness/nearness.h"

const char *const nearness_names[NEARNESSES + 1] = {"cpu",  "core",    "l2",      "cluster", "l3",
                                                    "node", "package", "machine", NULL};

/* Whether both have the same number of a kind in which -1 is unknown. */
static bool shared(int one, int other)
{
    return one >= 0 && one == other;
}

enum nearness nearness_of(const struct topology *topology, int cpu, int other)
{
    const struct topology_cpu *one = topology_cpu(topology, cpu);
    const struct topology_cpu *two = topology_cpu(topology, other);
    bool same_package = one->package == two->package;
    if (cpu == other)
        return NEAR_CPU;
    if (shared(one->core, two->core))
        return NEAR_CORE;
    if (shared(one->cache_id[1], two->cache_id[1]))
        return NEAR_L2;
    if (shared(one->cluster, two->cluster))
        return NEAR_CLUSTER;
    if (shared(one->cache_id[2], two->cache_id[2]))
        return NEAR_L3;
    if (!same_package)
        return NEAR_MACHINE;
    return one->node == two->node ? NEAR_NODE : NEAR_PACKAGE;
}
