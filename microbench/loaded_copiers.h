/*
 * The neighbours of `loaded`: threads that copy as fast as they can, or only so large a share of
 * the time, until the probe has finished.
 *
 * Copies are of 4 KiB, one after the other through two buffers that no cache holds, and each is
 * followed by a look whether to stop: so what a copier does beyond the probe's end is one copy at
 * most. A throttled one copies as many as the clock can time, and then waits, spinning, until that
 * was its share of the time. At first it waits the shorter the lower its number, so that not all
 * copy at the same moment.
 */
#ifndef COPYCOST_MICROBENCH_LOADED_COPIERS_H
#define COPYCOST_MICROBENCH_LOADED_COPIERS_H

#include <stdatomic.h>

#include "harness/benchmark.h"
#include "harness/pair.h"

enum { COPIERS_CHUNK = 4096 };

struct copier {
    struct pair pair;
    size_t at, first;      /* in the buffers: the next chunk, and the visit's first */
    unsigned burst_chunks; /* until it waits, if it is throttled */
    uint64_t bytes, ticks; /* copied in the visit so far, and how long that took */
};

struct copiers {
    const struct kernel *kernel;
    const struct clock *clock;
    unsigned count, rate; /* rate: per cent of the time in which each copies */
    uint64_t burst_ticks;
    struct copier *copiers;
    atomic_uint ready; /* those that have copied in this region */
    atomic_bool stop;
};

/* Bytes of each of a copier's two buffers. */
size_t copiers_bytes(const struct environment *environment);

/* Error: ENOMEM. */
int copiers_open(struct copiers *copiers, const struct environment *environment,
                 const struct kernel *kernel, unsigned count, unsigned rate, struct fault *fault);
void copiers_close(struct copiers *copiers);

/*
 * In the thread of that copier, member index + 1. The first writes where its destination is into
 * trial->got. Errors: those of pair_take().
 */
int copiers_enter(struct copiers *copiers, unsigned index, struct trial *trial,
                  struct fault *fault);

/* Before a region. */
void copiers_restart(struct copiers *copiers);

void copiers_run(struct copiers *copiers, unsigned index);

/* By the probe: waits until each has copied, and stops them. */
void copiers_await(const struct copiers *copiers);
void copiers_stop(struct copiers *copiers);

/* What all copied together, each byte counted once. */
double copiers_gb_per_s(const struct copiers *copiers);

/* Whether what each copied first arrived. Errors: EILSEQ. */
int copiers_verify(const struct copiers *copiers, struct fault *fault);

#endif
