/*
 * A launch: one fresh process that visits cells in a given order. What varies between processes
 * varies between launches: physical pages, the stack's position, the minute's noise. (Code and
 * libraries keep their addresses within a run; their place modulo 64 is in the record.)
 */
#ifndef COPYCOST_HARNESS_LAUNCH_H
#define COPYCOST_HARNESS_LAUNCH_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/measure.h"

struct launch_stop { /* one visit of the tour */
    size_t cell;
    unsigned sweep;
};

struct launch {
    unsigned number;
    const struct cell *cells;
    const struct launch_stop *tour;
    size_t tour_count;
    const struct sampling *samplings; /* by cell; the launch finds those that are not known */
    const struct environment *environment;
    const struct plan *plan;
    uint64_t seed;
    bool counting;      /* count events instead of taking samples */
    const char *events; /* for counters_open() */
    /*
     * Called in the parent after each visit, with samples x members entries. A non-zero return ends
     * the launch and is returned.
     */
    int (*visited)(void *context, const struct launch_stop *stop, const struct visit *visit,
                   const struct sample *samples);
    /* Asked between visits and while waiting; true ends the launch with -EINTR. */
    bool (*interrupted)(void *context);
    void *context;
};

/*
 * Forks, waits, hands on what comes. A process that dies or hangs in a cell fails that cell (its
 * visit says of what), and another process goes on with the rest of the tour. Errors: EAGAIN (can't
 * fork), EINTR, what visited() returns.
 */
int launch_run(const struct launch *launch, struct fault *fault);

#endif
