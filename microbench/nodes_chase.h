/*
 * The latency of memory: a chain of loads through a set that has been evicted from all caches, so
 * each comes from memory, whatever the caches' size.
 *
 * Each load gives the address of the next. Next to each other in the chain are places drawn at
 * random from the whole set, which is small enough for its address translations to stay at hand.
 * Places are CHASE_STRIDE_BYTES apart: processors fetch a neighbouring line along with the one that
 * is asked for (the other one of a pair of 128 bytes, or of a region that was seen in use), and a
 * chain through all lines then finds half of them in a cache: 84 to 120 ns a load instead of 152 on
 * a Zen 4, where all strides from 128 bytes up agree within 2 %. The chains of
 * harness/cache_chase.h come from memory by exceeding the caches, which takes longer to link than a
 * visit may last, and each of their loads misses a translation, too.
 */
#ifndef COPYCOST_MICROBENCH_NODES_CHASE_H
#define COPYCOST_MICROBENCH_NODES_CHASE_H

#include <stddef.h>
#include <stdint.h>

#include "arch/fault.h"
#include "harness/cache_chase.h"
#include "harness/topology.h"

enum {
    CHASE_BYTES = 2 << 20,
    CHASE_STRIDE_BYTES = 256,
    CHASE_LOADS = CHASE_BYTES / CHASE_STRIDE_BYTES /* once around */
};

struct nodes_chase {
    unsigned char *base;
    size_t *order; /* of the places */
    void *at;      /* where the chain was left */
    uint64_t done; /* loads up to there */
    uint64_t cold; /* loads from there on whose lines are in no cache */
};

/*
 * Links the CHASE_BYTES at base, aligned to a page, into a closed chain in an order drawn from the
 * seed. The caller ends with nodes_chase_close(). Error: ENOMEM.
 */
int nodes_chase_open(struct nodes_chase *chase, unsigned char *base, uint64_t seed,
                     struct fault *fault);
void nodes_chase_close(struct nodes_chase *chase);

/*
 * Sees to it that the next so many loads, CHASE_LOADS at most, come from memory. Errors: those of
 * memory_evict().
 */
int nodes_chase_evict(struct nodes_chase *chase, uint64_t loads, const struct topology *topology,
                      struct fault *fault);

/* So many loads, a multiple of CACHE_CHASE_UNROLLED, from where the chain was left. */
void nodes_chase_walk(struct nodes_chase *chase, uint64_t loads);

/* Whether it was left where its loads lead to. Error: EILSEQ. */
int nodes_chase_verify(const struct nodes_chase *chase, struct fault *fault);

#endif
