/*
 * A chain of dependent loads through a working set: each line holds the address of the next, so a
 * load can't begin before the one before it has come, and nothing but the caches' latency shows.
 *
 * Two orders. Blockwise, the chain takes a block of 4 KiB after the other, in random order, and the
 * lines of a block in an order that no stride describes: prefetchers find no stream, and address
 * translation is missed once a block at most, so what it costs is shared by the block's lines. That
 * shows where caches end, but not what memory's latency is: some prefetchers fetch the lines around
 * one that was missed, all of a block's after a few (a Zen 4 then takes 50 to 100 ns a load instead
 * of 165). Apart, each load is in another block than the one before it, in random order, and a
 * block's next line comes only when all blocks have had one: nothing that was fetched beside a line
 * is still there, and where pages are as small as blocks, each load has an address to translate.
 */
#ifndef COPYCOST_HARNESS_CACHE_CHASE_H
#define COPYCOST_HARNESS_CACHE_CHASE_H

#include <stddef.h>

#include "harness/clock.h"
#include "harness/memory.h"
#include "harness/random.h"
#include "harness/topology.h"

enum {
    CACHE_CHASE_BLOCK_BYTES = 4096,
    CACHE_CHASE_LINE_BYTES_MIN = 32,
    CACHE_CHASE_UNROLLED = 8 /* loads of a walk are a multiple of this */
};

enum cache_chase_order { CACHE_CHASE_BLOCKWISE, CACHE_CHASE_APART };

struct cache_chase {
    const struct clock *clock;
    enum cache_chase_order kind;
    struct mapping mapping;
    /*
     * The topology's, a power of two, or else 32, the shortest of any core that the suite knows:
     * where lines are longer, a chain of halves of lines sees the same edges, only lower, but a
     * chain that skips lines would see them too far out.
     */
    size_t line_bytes;
    size_t lines;                                                       /* of a block */
    size_t order[CACHE_CHASE_BLOCK_BYTES / CACHE_CHASE_LINE_BYTES_MIN]; /* of a block's lines */
    size_t *blocks; /* their order; room for all of the mapping */
    size_t last;    /* blockwise: of which only the first last_lines are in the chain */
    size_t last_lines;
    struct random random;
    void *at; /* where the chain was left */
};

/* The line_bytes that a chain of that CPU has. */
size_t cache_chase_line_bytes(const struct topology *topology, int cpu);

/*
 * Takes memory as asked for, for sets of up to its `bytes`. The caller closes it where it returns
 * 0. Errors: ENOMEM, those of mapping_make().
 */
int cache_chase_open(struct cache_chase *chase, const struct topology *topology, int cpu,
                     const struct clock *clock, const struct mapping_request *request,
                     enum cache_chase_order kind, struct fault *fault);
void cache_chase_close(struct cache_chase *chase);

/*
 * Makes the first `bytes` of the memory one closed chain, a new one each time. `bytes` is a
 * multiple of the line's (blockwise) or of a block's (apart), and what was opened at most.
 */
void cache_chase_link(struct cache_chase *chase, size_t bytes);

/* Where so many loads lead to, each from the address that the one before gave; all have come then.
 */
void *cache_chase_follow(void *at, size_t loads);

/* Follows the chain from where it was left, by so many loads; the last has come when it returns. */
void cache_chase_walk(struct cache_chase *chase, size_t loads);

/* ns of such a walk. */
double cache_chase_walk_ns(struct cache_chase *chase, size_t loads);

/*
 * A cache_latency of a struct cache_chase: links the set, goes through it once, and returns the
 * least of three samples of what follows, each as long as clock_sample_ns() and 8192 loads or once
 * around, whichever is less. Few loads, because what takes the CPU away comes every few
 * milliseconds; no fewer, because the share of them that misses has to be that of the whole set.
 */
double cache_chase_latency(void *context, size_t bytes);

#endif
