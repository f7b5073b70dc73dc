#include <errno.h>

#include "harness/memory.h"
#include "harness/nodes.h"

const char *const nodes_backend = "none: built without libnuma";

int nodes_bind(void *start, size_t bytes, int node, struct fault *fault)
{
    (void)start;
    (void)bytes;
    if (node == 0 && nodes_single())
        return 0;
    return fail(fault, ENOTSUP,
                "node %d asked for, but this program was built without libnuma and can't choose a "
                "node; build it with libnuma, or ask for local memory",
                node);
}

int nodes_interleave(void *start, size_t bytes, struct fault *fault)
{
    (void)start;
    (void)bytes;
    return fail(fault, ENOTSUP,
                nodes_single()
                    ? "interleaved memory asked for, but this machine has one node"
                    : "interleaved memory asked for, but this program was built without libnuma; "
                      "build it with libnuma, or ask for local memory");
}

int nodes_move(const void *start, size_t pages, size_t page_bytes, int node, size_t *there,
               struct fault *fault)
{
    *there = 0;
    int error = nodes_bind((void *)start, pages * page_bytes, node, fault);
    if (!error)
        *there = pages;
    return error;
}

int nodes_of(const void *start, size_t bytes, size_t page_bytes)
{
    (void)start;
    (void)bytes;
    (void)page_bytes;
    return nodes_single() ? 0 : NODE_UNKNOWN;
}

int nodes_of_interleaved(const void *start, size_t bytes, size_t page_bytes, size_t unit_bytes)
{
    (void)unit_bytes;
    return nodes_of(start, bytes, page_bytes);
}
