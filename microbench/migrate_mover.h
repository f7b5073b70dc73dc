/*
 * What moves in a course: the calling thread, from its home to another CPU and back, and, where
 * they are to follow, the pages it works on.
 */
#ifndef COPYCOST_MICROBENCH_MIGRATE_MOVER_H
#define COPYCOST_MICROBENCH_MIGRATE_MOVER_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/topology.h"
#include "microbench/migrate_timeline.h"

struct mover_pages {
    unsigned char *start;
    size_t bytes;
};

enum { MOVER_BUFFERS = 2 };

struct mover {
    const struct topology *topology;
    int home, away; /* CPUs */
    struct mover_pages buffers[MOVER_BUFFERS];
    bool follow; /* whether the buffers' pages move, too */
    /* Of the last course: */
    uint64_t set_out[PHASES], arrived[PHASES]; /* ticks since its start; none in PHASE_BEFORE */
    uint64_t followed[PHASES];                 /* when the pages were there, too */
    double followed_share[PHASES];             /* of the pages, as read back */
    int error;                                 /* -errno of the first step that failed, or 0 */
    struct fault fault;
};

/*
 * Moves the calling thread to where it is in that phase of the course; pages follow until all have
 * moved or the phase is over. An error is kept in the mover, and the course goes on where it is.
 */
void mover_enter(struct mover *mover, const struct timeline *timeline, enum phase phase);

/*
 * Brings the pages to the CPU's node. Returns the share of them that is there. Errors, into
 * `fault`: those of nodes_move().
 */
int mover_bring(const struct mover *mover, int cpu, double *share, struct fault *fault);

#endif
