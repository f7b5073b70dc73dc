#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/system.h"
#include "harness/topology_source.h"
#include "harness/topology_sysfs_parts.h"

/* What the calling thread may use. False where the kernel does not tell: then it may use all. */
static bool read_allowed(char *list, const char *key)
{
    /* thread-self is there since Linux 3.17. */
    return system_field(list, NUMBER_LIST_BYTES, "/proc/thread-self/status", key) ||
           system_field(list, NUMBER_LIST_BYTES, "/proc/self/status", key);
}

static int read_cpus(struct topology *topology, struct fault *fault)
{
    char online[NUMBER_LIST_BYTES], allowed[NUMBER_LIST_BYTES];
    bool restricted = read_allowed(allowed, "Cpus_allowed_list");
    system_line(online, sizeof online, "/sys/devices/system/cpu/online");
    /* Where nobody tells which are online, those that this thread may run on are. */
    const char *list = number_list_count(online) ? online : allowed;
    size_t count = number_list_count(list);
    if (!count)
        return fail(fault, ENOENT,
                    "this machine's CPUs asked for, but neither /sys/devices/system/cpu/online nor "
                    "/proc/self/status names them; mount /sys and /proc");
    topology->cpus = calloc(count, sizeof *topology->cpus);
    if (!topology->cpus)
        return fail(fault, ENOMEM, "out of memory while reading the topology");
    for (struct number_range range = {-1, -1}; number_list_next(&list, &range);)
        for (int number = range.first; number <= range.last; number++)
            topology->cpus[topology->cpu_count++] = (struct topology_cpu){
                .cpu = number, .allowed = !restricted || number_list_has(allowed, number)};
    topology_sysfs_read_cores(topology);
    topology_sysfs_read_caches(topology);
    return topology_sysfs_read_kinds(topology, fault);
}

static void read_node(struct topology *topology, struct topology_node *node)
{
    char list[NUMBER_LIST_BYTES], path[64], key[32];
    system_line(list, sizeof list, TOPOLOGY_SYSFS_NODE "node%d/cpulist", node->node);
    for (size_t i = 0; i < topology->cpu_count; i++)
        if (number_list_has(list, topology->cpus[i].cpu))
            topology->cpus[i].node = node->node;
    snprintf(path, sizeof path, TOPOLOGY_SYSFS_NODE "node%d/meminfo", node->node);
    snprintf(key, sizeof key, "Node %d MemTotal", node->node);
    system_memory_field(&node->bytes, path, key);
}

static int read_nodes(struct topology *topology, struct fault *fault)
{
    char online[NUMBER_LIST_BYTES], allowed[NUMBER_LIST_BYTES];
    bool restricted = read_allowed(allowed, "Mems_allowed_list");
    system_line(online, sizeof online, TOPOLOGY_SYSFS_NODE "online");
    /* A kernel without NUMA support has all memory on node 0. */
    const char *list = number_list_count(online) ? online : "0";
    topology->nodes = calloc(number_list_count(list), sizeof *topology->nodes);
    if (!topology->nodes)
        return fail(fault, ENOMEM, "out of memory while reading the topology");
    for (struct number_range range = {-1, -1}; number_list_next(&list, &range);)
        for (int number = range.first; number <= range.last; number++) {
            struct topology_node *node = &topology->nodes[topology->node_count++];
            node->node = number;
            node->allowed = !restricted || number_list_has(allowed, number);
            read_node(topology, node);
        }
    return 0;
}

/* A row: the distances to all nodes, in their order. False where it is not that. */
static bool read_distances_from(const struct topology *topology, int node, unsigned *row)
{
    char text[NUMBER_LIST_BYTES];
    system_line(text, sizeof text, TOPOLOGY_SYSFS_NODE "node%d/distance", node);
    char *place = text;
    for (size_t to = 0; to < topology->node_count; to++) {
        char *end;
        row[to] = (unsigned)strtoul(place, &end, 10);
        if (end == place)
            return false;
        place = end;
    }
    return *place == '\0';
}

static int read_distances(struct topology *topology, struct fault *fault)
{
    size_t count = topology->node_count;
    if (count < 2)
        return 0;
    topology->distances = calloc(count * count, sizeof *topology->distances);
    if (!topology->distances)
        return fail(fault, ENOMEM, "out of memory while reading the topology");
    bool told = true;
    for (size_t from = 0; told && from < count; from++)
        told = read_distances_from(topology, topology->nodes[from].node,
                                   topology->distances + from * count);
    if (!told) {
        free(topology->distances);
        topology->distances = NULL;
    }
    return 0;
}

static int read_all(struct topology *topology, bool *this_machine, struct fault *fault)
{
    *this_machine = true;
    topology->backend = "sysfs: built without hwloc";
    int status = read_cpus(topology, fault);
    if (!status)
        status = read_nodes(topology, fault);
    return status ? status : read_distances(topology, fault);
}

static int export_none(const struct topology *topology, const char *path, struct fault *fault)
{
    (void)topology;
    return fail(fault, ENOTSUP,
                "the topology asked for as XML in '%s', but this program was built without hwloc, "
                "which writes it",
                path);
}

const struct topology_source topology_sysfs = {read_all, NULL, export_none};
