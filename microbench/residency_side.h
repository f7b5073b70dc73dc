/*
 * One side of the copies of `residency`: its slots, one a copy, in the order of their use, and how
 * their lines are brought where they shall be.
 *
 *   l1, l2      as many slots as are used between two uses of the same one fill half of the L1, or
 *               several L1s but no more than half of the L2, so that each use finds the slot there:
 *               a copy leaves the state as it was. A source is clean, a destination modified. (A
 *               kernel with non-temporal stores takes its destination out of the caches; the
 *               latency then says so.)
 *   l3          read, then displaced by reading a buffer of twice the L2: in the L3, clean, or
 *               modified if it was copied to before. Where the L3 holds what the L2 has displaced
 *               and nothing else (Zen; Intel's servers, nearly), a use moves the line to the L2.
 *   dram, node  evicted from all caches: invalid everywhere.
 *   core_clean  evicted, then read by another core: exclusive in its caches (MESI's E), invalid in
 *               the copying core's. An inclusive L3 has the line, too, and may answer for it.
 *   core_dirty  written by another core: modified in its caches (M), invalid in the copying core's.
 *               A load makes it shared and written back (MESI) or owned (MOESI), a store takes it
 *               away.
 *
 * A use ends all but the first two, so each of their slots is used once, then made anew.
 */
#ifndef COPYCOST_MICROBENCH_RESIDENCY_SIDE_H
#define COPYCOST_MICROBENCH_RESIDENCY_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/clock.h"
#include "harness/topology.h"

enum residence { AT_L1, AT_L2, AT_L3, AT_DRAM, AT_CORE_CLEAN, AT_CORE_DIRTY, AT_NODE, RESIDENCES };

bool residence_lasts(enum residence residence);   /* l1, l2 */
bool residence_is_core(enum residence residence); /* core_clean, core_dirty */
bool residence_evicted(enum residence residence); /* dram, node, core_clean */

/*
 * Slots of near states lie side by side. Others are apart, because what a prefetcher fetches beyond
 * a slot would be the beginning of its neighbour: those of one line in one half of a pair of lines,
 * others at least a page.
 */
struct slots {
    enum residence residence;
    size_t bytes; /* of a copy, at least 1 */
    size_t pitch; /* whole lines, and a multiple of the kernels' alignments */
    size_t count; /* at least 1 */
};

size_t slots_pitch(const struct topology *topology, int cpu);
uint64_t slots_stride(const struct slots *slots);

/* Bytes of the buffer that they need; UINT64_MAX if that is not to be reckoned with. */
uint64_t slots_extent(const struct slots *slots);

struct side {
    struct slots slots;
    unsigned char *base; /* the buffer's, set by the owner */
    uint32_t *order;     /* where slots begin, in units of SIDE_UNIT_BYTES, in the order of use */
    size_t next;         /* in `order`: the slot to be used next */
};

enum { SIDE_UNIT_BYTES = 64 };

/* Draws the order. The caller closes it. Errors: ENOMEM. */
int side_open(struct side *side, const struct slots *slots, uint64_t seed, struct fault *fault);
void side_close(struct side *side);

/* The slot to be used next, and on to the one after it. */
static inline size_t side_step(struct side *side)
{
    size_t offset = side->order[side->next] * (size_t)SIDE_UNIT_BYTES;
    if (++side->next == side->slots.count)
        side->next = 0;
    return offset;
}

/* Of the `count` slots to be used next: loads all lines; or writes them, their bytes unchanged. */
void side_read(const struct side *side, size_t count);
void side_write(const struct side *side, size_t count);

/*
 * Evicts the `count` slots to be used next. Sets `swept` where that took everything else out of
 * this CPU's caches, too. Errors: those of memory_evict().
 */
int side_evict(const struct side *side, size_t count, const struct topology *topology, bool *swept,
               struct fault *fault);

/*
 * ns of a load whose address depends on the load before it, of one line of each of the next `loads`
 * slots, which are used thereby: the latency of a load and of one logical instruction.
 */
double side_latency_ns(struct side *side, size_t loads, const struct clock *clock);

#endif
