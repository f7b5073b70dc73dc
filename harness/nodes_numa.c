#include <errno.h>
#include <numa.h>
#include <numaif.h>
#include <stdint.h>
#include <string.h>

#include "harness/memory.h"
#include "harness/nodes.h"

const char *const nodes_backend = "libnuma";

enum { PAGES_A_CALL = 512 };

int nodes_bind(void *start, size_t bytes, int node, struct fault *fault)
{
    if (node == 0 && nodes_single())
        return 0;
    if (node < 0 || node > numa_max_possible_node())
        return fail(fault, EINVAL, "node %d asked for, but the highest possible here is %d", node,
                    numa_max_possible_node());
    struct bitmask *mask = numa_allocate_nodemask();
    numa_bitmask_setbit(mask, (unsigned)node);
    long status = mbind(start, bytes, MPOL_BIND, mask->maskp, mask->size + 1, MPOL_MF_STRICT);
    int error = errno;
    numa_bitmask_free(mask);
    if (!status)
        return 0;
    return fail(fault, error == ENOSYS ? ENOTSUP : error,
                "node %d asked for, but the kernel does not bind memory to it (%s); choose another "
                "node, or allow mbind where a container forbids it",
                node, strerror(error));
}

/* What the kernel says of as many pages: -errno, or the node of each. */
static int ask_pages(uintptr_t address, size_t count, size_t page_bytes, const int *nodes,
                     int *status)
{
    void *pages[PAGES_A_CALL];
    for (size_t i = 0; i < count; i++)
        pages[i] = (void *)(address + i * page_bytes);
    /* A positive answer is the number of pages that did not move (Linux 4.17). */
    return move_pages(0, count, pages, nodes, status, nodes ? MPOL_MF_MOVE : 0) < 0 ? -errno : 0;
}

static int move_some(uintptr_t address, size_t count, size_t page_bytes, int node, size_t *there)
{
    int nodes[PAGES_A_CALL], status[PAGES_A_CALL];
    for (size_t i = 0; i < PAGES_A_CALL; i++)
        nodes[i] = node;
    int error = ask_pages(address, count, page_bytes, nodes, status);
    /* The status of a page that moved as a part of a huge one is an error; where it is, is not. */
    if (!error || error == -ENOENT)
        error = ask_pages(address, count, page_bytes, NULL, status);
    for (size_t i = 0; !error && i < count; i++)
        *there += status[i] == node;
    return error;
}

int nodes_move(const void *start, size_t pages, size_t page_bytes, int node, size_t *there,
               struct fault *fault)
{
    *there = 0;
    if (node == 0 && nodes_single()) {
        *there = pages;
        return 0;
    }
    uintptr_t address = (uintptr_t)start;
    int error = 0;
    for (size_t left = pages; !error && left;) {
        size_t count = left < PAGES_A_CALL ? left : PAGES_A_CALL;
        error = move_some(address, count, page_bytes, node, there);
        address += count * page_bytes;
        left -= count;
    }
    if (!error)
        return 0;
    error = error == -ENODEV   ? -EINVAL
            : error == -ENOSYS ? -ENOTSUP
            : error == -EACCES ? -EPERM
                               : error;
    return fail(fault, -error,
                "pages were to move to node %d, but the kernel does not move them there (%s); "
                "choose another node, or allow move_pages where a container forbids it",
                node, strerror(-error));
}

int nodes_interleave(void *start, size_t bytes, struct fault *fault)
{
    struct bitmask *mask = numa_get_mems_allowed();
    unsigned nodes = numa_bitmask_weight(mask);
    long status = -1;
    int error = EINVAL;
    if (nodes > 1) {
        status = mbind(start, bytes, MPOL_INTERLEAVE, mask->maskp, mask->size + 1, MPOL_MF_STRICT);
        error = errno;
    }
    numa_bitmask_free(mask);
    if (!status)
        return 0;
    if (nodes < 2)
        return fail(fault, ENOTSUP, "interleaved memory asked for, but one node may be used only");
    return fail(fault, error == ENOSYS ? ENOTSUP : error,
                "interleaved memory asked for, but the kernel does not spread it over %u nodes "
                "(%s); allow mbind where a container forbids it",
                nodes, strerror(error));
}

/* False where the kernel can't say. */
static bool see_pages(struct nodes_seen *seen, uintptr_t address, size_t pages_left,
                      size_t page_bytes)
{
    while (pages_left) {
        int status[PAGES_A_CALL];
        size_t count = pages_left < PAGES_A_CALL ? pages_left : PAGES_A_CALL;
        if (ask_pages(address, count, page_bytes, NULL, status))
            return false;
        for (size_t i = 0; i < count; i++)
            if (!nodes_see(seen, status[i]))
                return false;
        address += count * page_bytes;
        pages_left -= count;
    }
    return true;
}

int nodes_of(const void *start, size_t bytes, size_t page_bytes)
{
    return nodes_of_interleaved(start, bytes, page_bytes, 0);
}

int nodes_of_interleaved(const void *start, size_t bytes, size_t page_bytes, size_t unit_bytes)
{
    if (nodes_single())
        return 0;
    struct nodes_seen seen = {.count = 0};
    if (!see_pages(&seen, (uintptr_t)start, (bytes + page_bytes - 1) / page_bytes, page_bytes))
        return NODE_UNKNOWN;
    struct bitmask *mask = numa_get_mems_allowed();
    unsigned allowed = numa_bitmask_weight(mask);
    numa_bitmask_free(mask);
    return nodes_verdict(&seen, allowed, unit_bytes / page_bytes);
}
