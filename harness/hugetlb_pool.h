/*
 * The machine's pool of huge pages, grown for a run that asks for it, and put back afterwards.
 *
 * On a machine with nodes each node has a pool of its own, and only those grow from which a cell
 * takes memory. Source: Linux, Documentation/admin-guide/mm/hugetlbpage.rst.
 */
#ifndef COPYCOST_HARNESS_HUGETLB_POOL_H
#define COPYCOST_HARNESS_HUGETLB_POOL_H

#include "harness/benchmark.h"

enum { HUGETLB_POOLS_MAX = 64, HUGETLB_REASON_BYTES = 200 };

struct hugetlb_pool {
    int node;                          /* NODE_LOCAL: the machine has one pool */
    uint64_t before, after;            /* its pages */
    char reason[HUGETLB_REASON_BYTES]; /* why it is not as large as is wanted; "" if it is */
};

struct hugetlb_pools { /* all zero: none is grown */
    struct hugetlb_pool pools[HUGETLB_POOLS_MAX];
    size_t count;
    size_t page_bytes;
};

/*
 * Grows the pools so that they have free pages for any of the cells on hugetlb pages that are not
 * skipped: twice what the largest maps, because a launch keeps buffers of earlier cells. What
 * can't be had is no error: it is in the pool's reason. A pool that is large enough is left alone.
 */
void hugetlb_pools_grow(struct hugetlb_pools *pools, const struct cell *cells, size_t count,
                        const struct topology *topology);

/*
 * Takes from every grown pool what was added to it: others may have changed it meanwhile. Error:
 * EIO (which pool keeps how many pages, and how to take them away; of others all the same).
 */
int hugetlb_pools_put_back(const struct hugetlb_pools *pools, struct fault *fault);

#endif
