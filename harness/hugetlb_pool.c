#include "harness/hugetlb_pool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "harness/system.h"

enum { PATH_BYTES = 128 };

static void pool_path(const struct hugetlb_pools *pools, int node, const char *file,
                      char path[PATH_BYTES])
{
    char folder[64] = "/sys/kernel/mm";
    if (node != NODE_LOCAL)
        snprintf(folder, sizeof folder, "/sys/devices/system/node/node%d", node);
    snprintf(path, PATH_BYTES, "%s/hugepages/hugepages-%zukB/%s", folder, pools->page_bytes / 1024,
             file);
}

static bool pool_number(const struct hugetlb_pools *pools, int node, const char *file,
                        uint64_t *number)
{
    char path[PATH_BYTES];
    pool_path(pools, node, file, path);
    return system_number(number, "%s", path);
}

static int pool_resize(const struct hugetlb_pools *pools, const struct hugetlb_pool *pool,
                       uint64_t pages)
{
    char path[PATH_BYTES];
    pool_path(pools, pool->node, "nr_hugepages", path);
    return system_write_number(pages, path);
}

/* Pages that a cell could take now: a node's pool does not tell which are promised to others. */
static uint64_t pages_free(const struct hugetlb_pools *pools, int node)
{
    uint64_t pages = 0, promised = 0;
    pool_number(pools, node, "free_hugepages", &pages);
    pool_number(pools, node, "resv_hugepages", &promised);
    return promised < pages ? pages - promised : 0;
}

/* More would leave too little for all else. */
static uint64_t pages_affordable(const struct hugetlb_pools *pools)
{
    uint64_t available = memory_available();
    return available == UINT64_MAX ? 0 : available / 2 / pools->page_bytes;
}

static void grow(const struct hugetlb_pools *pools, struct hugetlb_pool *pool, uint64_t wanted)
{
    uint64_t there = pages_free(pools, pool->node), affordable = pages_affordable(pools);
    if (there >= wanted)
        return;
    uint64_t missing = wanted - there;
    if (missing > affordable) {
        snprintf(pool->reason, sizeof pool->reason,
                 "%llu more pages are wanted, and half of the available memory is %llu",
                 (unsigned long long)missing, (unsigned long long)affordable);
        return;
    }
    int error = pool_resize(pools, pool, pool->before + missing);
    pool_number(pools, pool->node, "nr_hugepages", &pool->after);
    if (error)
        snprintf(pool->reason, sizeof pool->reason,
                 "%llu more pages are wanted, but the kernel refuses: %s%s",
                 (unsigned long long)missing, strerror(-error),
                 error == -EACCES || error == -EPERM || error == -EROFS
                     ? "; it takes root, outside of a container"
                     : "");
    else if (pool->after < pool->before + missing)
        snprintf(pool->reason, sizeof pool->reason,
                 "%llu more pages are wanted, but the kernel found %llu: memory is fragmented",
                 (unsigned long long)missing, (unsigned long long)(pool->after - pool->before));
}

static struct hugetlb_pool *find_pool(struct hugetlb_pools *pools, int node)
{
    for (size_t i = 0; i < pools->count; i++)
        if (pools->pools[i].node == node)
            return &pools->pools[i];
    if (pools->count == HUGETLB_POOLS_MAX)
        return NULL;
    struct hugetlb_pool *pool = &pools->pools[pools->count];
    *pool = (struct hugetlb_pool){.node = node};
    if (pool_number(pools, node, "nr_hugepages", &pool->before))
        pools->count++;
    else
        return NULL;
    pool->after = pool->before;
    return pool;
}

/* The pools that the cell takes pages from, which may be the same one. */
static void pools_of(const struct cell *cell, const struct topology *topology, int nodes[2])
{
    const struct topology_cpu *cpu = topology_cpu(topology, cell->asked.cpu);
    int local = cpu ? cpu->node : 0;
    nodes[0] = cell->asked.src_node == NODE_LOCAL ? local : cell->asked.src_node;
    nodes[1] = cell->asked.dst_node == NODE_LOCAL ? local : cell->asked.dst_node;
    if (topology->node_count == 1)
        nodes[0] = nodes[1] = NODE_LOCAL;
}

void hugetlb_pools_grow(struct hugetlb_pools *pools, const struct cell *cells, size_t count,
                        const struct topology *topology)
{
    uint64_t wanted[HUGETLB_POOLS_MAX] = {0};
    *pools = (struct hugetlb_pools){.page_bytes = topology->huge_page_bytes};
    if (!pools->page_bytes)
        return;
    for (size_t i = 0; i < count; i++) {
        if (cells[i].asked.page != PAGE_HUGETLB || cells[i].skip[0])
            continue;
        /* Each of the mappings is rounded up. */
        uint64_t pages = 2 * (cells[i].memory_bytes / pools->page_bytes + 2);
        int nodes[2];
        pools_of(&cells[i], topology, nodes);
        for (size_t side = 0; side < 2; side++) {
            const struct hugetlb_pool *pool = find_pool(pools, nodes[side]);
            if (pool && wanted[pool - pools->pools] < pages)
                wanted[pool - pools->pools] = pages;
        }
    }
    for (size_t i = 0; i < pools->count; i++)
        grow(pools, &pools->pools[i], wanted[i]);
}

int hugetlb_pools_put_back(const struct hugetlb_pools *pools, struct fault *fault)
{
    int status = 0;
    for (size_t i = 0; i < pools->count; i++) {
        const struct hugetlb_pool *pool = &pools->pools[i];
        if (pool->after <= pool->before)
            continue;
        uint64_t there = pool->after, added = pool->after - pool->before;
        pool_number(pools, pool->node, "nr_hugepages", &there);
        uint64_t wanted = there > added ? there - added : 0;
        int error = pool_resize(pools, pool, wanted);
        uint64_t left = there;
        pool_number(pools, pool->node, "nr_hugepages", &left);
        if (!error && left <= wanted)
            continue;
        char path[PATH_BYTES];
        pool_path(pools, pool->node, "nr_hugepages", path);
        status = fail(fault, EIO,
                      "the hugetlb pool keeps %llu pages that the run added to it; take them away "
                      "by: echo %llu >%s",
                      (unsigned long long)(left - wanted), (unsigned long long)wanted, path);
    }
    return status;
}
