#include <stdlib.h>
#include <unistd.h>

#include "build.h"
#include "harness/cgroup.h"
#include "harness/system.h"
#include "harness/topology_source.h"

static void count_cpus(struct topology *topology)
{
    for (size_t i = 0; i < topology->node_count; i++)
        for (size_t j = 0; j < topology->cpu_count; j++)
            topology->nodes[i].cpus += topology->cpus[j].node == topology->nodes[i].node;
}

static void read_memory(struct topology *topology, bool this_machine)
{
    uint64_t bytes;
    for (size_t i = 0; i < topology->node_count; i++)
        topology->memory_bytes += topology->nodes[i].bytes;
    if (this_machine) {
        /* A node's own count may leave out memory that was plugged in later. */
        if (system_memory(&bytes, "MemTotal")) {
            topology->memory_bytes = bytes;
            if (topology->node_count == 1)
                topology->nodes[0].bytes = bytes;
        }
        uint64_t limit = cgroup_memory_limit();
        if (limit < topology->memory_bytes)
            topology->memory_bytes = limit;
    }
    topology->page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    if (system_memory(&bytes, "Hugepagesize") ||
        system_number(&bytes, "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size"))
        topology->huge_page_bytes = (size_t)bytes;
}

int topology_open_from(const struct topology_source *source, struct topology *topology,
                       struct fault *fault)
{
    *topology = (struct topology){.source = source, .kinds = 1};
    bool this_machine;
    int status = source->read(topology, &this_machine, fault);
    if (!status) {
        count_cpus(topology);
        read_memory(topology, this_machine);
        topology_read_interrupts(topology);
    }
    if (!status && this_machine)
        topology_read_clusters(topology);
    if (!status && this_machine)
        status = topology_read_memory_attributes(topology, fault);
    if (status)
        topology_close(topology);
    return status;
}

int topology_open(struct topology *topology, struct fault *fault)
{
    return topology_open_from(&BUILD_TOPOLOGY, topology, fault);
}

void topology_close(struct topology *topology)
{
    if (topology->handle)
        topology->source->close(topology->handle);
    free(topology->cpus);
    free(topology->nodes);
    free(topology->distances);
    free(topology->memory_attributes);
    *topology = (struct topology){.backend = NULL};
}

int topology_export(const struct topology *topology, const char *path, struct fault *fault)
{
    return topology->source->export(topology, path, fault);
}
