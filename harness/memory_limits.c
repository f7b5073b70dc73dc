#include "harness/memory_limits.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cgroup.h"
#include "harness/nodes.h"
#include "harness/quantity.h"
#include "harness/system.h"

enum { QUANTITY_BYTES = 32 };

uint64_t memory_available(void)
{
    uint64_t available = UINT64_MAX;
    uint64_t cached;
    /* Linux before 3.14 does not say; page cache that can't be dropped is the error then. */
    if (!system_memory(&available, "MemAvailable") && system_memory(&available, "MemFree") &&
        system_memory(&cached, "Cached"))
        available += cached;
    uint64_t group = cgroup_memory_available();
    return group < available ? group : available;
}

/* Free huge pages of the pool: of one node, or those that nobody has reserved. */
static uint64_t hugetlb_free(const struct topology *topology, int node)
{
    char text[64];
    uint64_t free_pages = 0;
    if (node >= 0 && !nodes_single()) {
        system_number(&free_pages,
                      "/sys/devices/system/node/node%d/hugepages/hugepages-%zukB/free_hugepages",
                      node, topology->huge_page_bytes / 1024);
        return free_pages;
    }
    if (system_field(text, sizeof text, "/proc/meminfo", "HugePages_Free"))
        free_pages = strtoull(text, NULL, 10);
    uint64_t reserved = 0;
    if (system_field(text, sizeof text, "/proc/meminfo", "HugePages_Rsvd"))
        reserved = strtoull(text, NULL, 10);
    return reserved < free_pages ? free_pages - reserved : 0;
}

static int check_hugetlb(const struct mapping_request *request, const struct topology *topology,
                         struct fault *fault)
{
    char asked[QUANTITY_BYTES];
    char page[QUANTITY_BYTES];
    if (!topology->huge_page_bytes)
        return fail(fault, ENOTSUP,
                    "hugetlb pages asked for, but this kernel has none; ask for base or thp");
    size_t page_bytes = topology->huge_page_bytes;
    uint64_t pages = request->bytes / page_bytes + (request->bytes % page_bytes != 0);
    uint64_t there = hugetlb_free(topology, request->node);
    if (there >= pages)
        return 0;
    quantity_bytes_text(request->bytes, asked, sizeof asked);
    quantity_bytes_text(page_bytes, page, sizeof page);
    return fail(fault, there ? ENOMEM : ENOTSUP,
                "%s on hugetlb pages asked for, that is %llu of %s, but %llu are free%s; make them "
                "by: sysctl vm.nr_hugepages=N (as root, with N beyond what others use)",
                asked, (unsigned long long)pages, page, (unsigned long long)there,
                request->node >= 0 ? " on that node" : "");
}

/* The kernel takes madvise() all the same where it never grants any. */
static int check_transparent(struct fault *fault)
{
    char text[64];
    if (!system_line(text, sizeof text, "/sys/kernel/mm/transparent_hugepage/enabled") ||
        !strstr(text, "[never]"))
        return 0;
    return fail(fault, ENOTSUP,
                "transparent huge pages asked for, but this kernel never grants them; as root: "
                "echo madvise >/sys/kernel/mm/transparent_hugepage/enabled");
}

static int check_node(int node, const struct topology *topology, struct fault *fault)
{
    if (node == NODE_LOCAL || node == NODE_INTERLEAVED)
        return 0;
    const struct topology_node *entry = topology_node(topology, node);
    if (!entry)
        return fail(fault, EINVAL,
                    "memory on node %d asked for, but this machine has %zu nodes, up to %d", node,
                    topology->node_count, topology->nodes[topology->node_count - 1].node);
    if (!entry->allowed)
        return fail(fault, EPERM,
                    "memory on node %d asked for, but this process may not use it (numactl or the "
                    "container's cpuset decide)",
                    node);
    return 0;
}

/*
 * What the node can give, UINT64_MAX where none was asked for or it does not say: a strict binding
 * to a full node ends in the kernel killing the process instead of an error.
 */
static uint64_t node_available(int node)
{
    char path[96];
    char key[32];
    char text[64];
    uint64_t bytes = 0;
    if (node < 0 || nodes_single())
        return UINT64_MAX;
    static const char *const parts[] = {"MemFree", "Inactive(file)"};
    snprintf(path, sizeof path, "/sys/devices/system/node/node%d/meminfo", node);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        snprintf(key, sizeof key, "Node %d %s", node, parts[i]);
        if (!system_field(text, sizeof text, path, key))
            return UINT64_MAX;
        bytes += strtoull(text, NULL, 10) * 1024;
    }
    return bytes;
}

static int check_available(size_t bytes, int node, struct fault *fault)
{
    char asked[QUANTITY_BYTES];
    char there[QUANTITY_BYTES];
    uint64_t available = memory_available();
    uint64_t on_node = node_available(node);
    if (on_node < available)
        available = on_node;
    if (bytes <= available)
        return 0;
    quantity_bytes_text(bytes, asked, sizeof asked);
    quantity_bytes_text(available, there, sizeof there);
    return fail(fault, ENOMEM, "%s of memory asked for, but %s are available%s; ask for less",
                asked, there, on_node == available && node >= 0 ? " on that node" : "");
}

int memory_check(const struct mapping_request *request, const struct topology *topology,
                 size_t bytes, struct fault *fault)
{
    int status = check_node(request->node, topology, fault);
    if (status)
        return status;
    if (request->page == PAGE_HUGETLB)
        return check_hugetlb(request, topology, fault);
    if (request->page == PAGE_THP && !request->shared) /* shared ones go by shmem_enabled */
        status = check_transparent(fault);
    if (status)
        return status;
    return check_available(bytes, request->node, fault);
}
