#include "harness/system.h"
#include "harness/topology_source.h"

/*
 * What the kernel writes where it knows of no cluster: -1, which is no number here, or, on x86
 * where nobody tells of an L2, its invalid APIC identifier of 16 bits.
 */
enum { CLUSTER_UNKNOWN = 65535 };

static int read_cluster(int cpu)
{
    uint64_t cluster;
    bool known = system_number(&cluster, "/sys/devices/system/cpu/cpu%d/topology/cluster_id", cpu);
    return known && cluster < CLUSTER_UNKNOWN ? (int)cluster : -1;
}

static bool are_together(const struct topology_cpu *cpu, int cluster, int package)
{
    return cpu->cluster == cluster && cpu->package == package;
}

/*
 * Forgets clusters with CPUs of several nodes, which have nothing nearer in common than those (a
 * virtual machine may be one cluster of two nodes).
 */
static void drop_spanning(struct topology *topology)
{
    struct topology_cpu *cpus = topology->cpus;
    for (size_t i = 0; i < topology->cpu_count; i++) {
        int cluster = cpus[i].cluster, package = cpus[i].package;
        bool spans = false;
        for (size_t j = 0; j < topology->cpu_count && cluster >= 0; j++)
            spans |= are_together(&cpus[j], cluster, package) && cpus[j].node != cpus[i].node;
        for (size_t j = 0; j < topology->cpu_count && spans; j++)
            if (are_together(&cpus[j], cluster, package))
                cpus[j].cluster = -1;
    }
}

/* A cluster is called by the lowest number of a CPU in it, so that no two packages share one. */
void topology_read_clusters(struct topology *topology)
{
    struct topology_cpu *cpus = topology->cpus;
    for (size_t i = 0; i < topology->cpu_count; i++)
        cpus[i].cluster = read_cluster(cpus[i].cpu);
    drop_spanning(topology);
    for (size_t i = topology->cpu_count; i-- > 0;) {
        size_t first = 0;
        while (!are_together(&cpus[first], cpus[i].cluster, cpus[i].package))
            first++;
        if (cpus[i].cluster >= 0)
            cpus[i].cluster = cpus[first].cpu;
    }
}
