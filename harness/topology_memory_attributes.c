#include <errno.h>
#include <stdlib.h>

#include "harness/system.h"
#include "harness/topology_source.h"

enum { PATH_BYTES = 128, BYTES_PER_MEGABYTE = 1000000 };

/* 0 where the file is missing or holds no number; the kernel writes 0 for what it was not told. */
static uint64_t read_value(const char *folder, const char *file, uint64_t unit)
{
    uint64_t value;
    return system_number(&value, "%s/%s", folder, file) ? value * unit : 0;
}

static struct memory_attributes read_values(const char *folder)
{
    return (struct memory_attributes){
        .read_bandwidth_bytes_per_s = read_value(folder, "read_bandwidth", BYTES_PER_MEGABYTE),
        .write_bandwidth_bytes_per_s = read_value(folder, "write_bandwidth", BYTES_PER_MEGABYTE),
        .read_latency_ns = read_value(folder, "read_latency", 1),
        .write_latency_ns = read_value(folder, "write_latency", 1),
    };
}

/* Whether the folder of a target has a link to that node. */
static bool is_initiator(const char *folder, int node)
{
    char link[PATH_BYTES + 16], path[PATH_BYTES + 16];
    snprintf(link, sizeof link, "%s/node%d", folder, node);
    return system_match(path, sizeof path, 0, link);
}

/*
 * Access class 1 names the nearest CPUs; class 0, the only one before Linux 5.10, may name a nearer
 * device instead.
 */
static void find_folder(char *folder, int target)
{
    char path[PATH_BYTES];
    snprintf(folder, PATH_BYTES, "/sys/devices/system/node/node%d/access1/initiators", target);
    if (!system_match(path, sizeof path, 0, folder))
        snprintf(folder, PATH_BYTES, "/sys/devices/system/node/node%d/access0/initiators", target);
}

int topology_read_memory_attributes(struct topology *topology, struct fault *fault)
{
    size_t count = topology->node_count;
    struct memory_attributes *list = calloc(count * count, sizeof *list);
    if (!list)
        return fail(fault, ENOMEM, "out of memory while reading the memory attributes");
    topology->memory_attributes = list;
    for (size_t i = 0; i < count; i++) {
        char folder[PATH_BYTES];
        find_folder(folder, topology->nodes[i].node);
        struct memory_attributes found = read_values(folder);
        if (!found.read_bandwidth_bytes_per_s && !found.write_bandwidth_bytes_per_s &&
            !found.read_latency_ns && !found.write_latency_ns)
            continue;
        found.target = topology->nodes[i].node;
        for (size_t j = 0; j < count; j++) {
            found.initiator = topology->nodes[j].node;
            if (topology->nodes[j].cpus && is_initiator(folder, found.initiator))
                list[topology->memory_attributes_count++] = found;
        }
    }
    return 0;
}
