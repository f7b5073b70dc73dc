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

int nodes_of(const void *start, size_t bytes, size_t page_bytes)
{
    if (nodes_single())
        return 0;
    int found = NODE_UNKNOWN;
    uintptr_t address = (uintptr_t)start;
    for (size_t left = (bytes + page_bytes - 1) / page_bytes; left;) {
        void *pages[PAGES_A_CALL];
        int status[PAGES_A_CALL];
        size_t count = left < PAGES_A_CALL ? left : PAGES_A_CALL;
        for (size_t i = 0; i < count; i++)
            pages[i] = (void *)(address + i * page_bytes);
        if (move_pages(0, count, pages, NULL, status, 0))
            return NODE_UNKNOWN;
        for (size_t i = 0; i < count; i++) {
            if (status[i] < 0)
                return NODE_UNKNOWN;
            if (found != NODE_UNKNOWN && found != status[i])
                found = NODE_MIXED;
            else
                found = status[i];
        }
        if (found == NODE_MIXED)
            return found;
        address += count * page_bytes;
        left -= count;
    }
    return found;
}
