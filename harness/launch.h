/*
 * A launch: one fresh process that visits cells in a given order. What varies between processes
 * varies between launches: the addresses of code, stack and libraries, physical pages, and the
 * minute's noise; so a launch is executed anew, not only forked.
 */
#ifndef COPYCOST_HARNESS_LAUNCH_H
#define COPYCOST_HARNESS_LAUNCH_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/measure.h"

struct channel;

struct launch_stop { /* one visit of the tour */
    size_t cell;
    unsigned sweep;
};

struct launch {
    unsigned number;
    const struct cell *cells;
    size_t cell_count;
    struct launch_stop
        *tour; /* a stop that ends its process is moved ahead of those lost with it */
    size_t tour_count;
    const struct sampling *samplings; /* by cell; the launch finds those that are not known */
    const struct environment *environment;
    const struct plan *plan;
    uint64_t seed;
    const struct counters *counters; /* to count by instead of taking samples; NULL: samples */
    /*
     * The command line of this program that plans the same cells and then calls launch_serve();
     * NULL: the process is forked and not executed, and serves the cells as they are here.
     */
    char *const *command;
    /*
     * Called in the parent after each visit, with samples x members, counts and bins entries. A
     * non-zero return ends the launch and is returned.
     */
    int (*visited)(void *context, const struct launch_stop *stop, const struct visit *visit,
                   const struct sample *samples, const struct count *counts,
                   const struct histogram_bin *bins);
    /* Asked between visits and while waiting; true ends the launch with -EINTR. */
    bool (*interrupted)(void *context);
    void *context;
};

/*
 * Starts a process, waits, hands on what comes. A process that dies or hangs in a cell fails that
 * cell (its visit says of what), and another process goes on with the rest of the tour. Errors:
 * EAGAIN (can't start one, or it can't serve), EINTR, what visited() returns.
 */
int launch_run(const struct launch *launch, struct fault *fault);

/* What the run has found out and its launches must not find out anew, lest they differ. */
struct launch_circumstances {
    int cpu;
    struct clock_candidate clock; /* name and figures; `read` does not go over */
    char clock_name[32];
    double core_clock_hz;
    struct throttle throttle;            /* without sources if the run has none */
    size_t cache_bytes[TOPOLOGY_LEVELS]; /* measured on that CPU, by level; all 0: not measured */
};

/*
 * In the executed process: whether this is one, and its circumstances (waits for the run's word).
 * Error: EIO (the run is gone).
 */
bool launch_is_served(void);
int launch_receive(struct launch_circumstances *circumstances, struct fault *fault);

/*
 * In the executed process, after launch_receive(): tells the run that it is ready, or why not
 * (`error`, in which case nothing else matters), and serves. Returns the process's exit status.
 */
int launch_serve(int error, const struct fault *fault, const struct cell *cells, size_t count,
                 const struct environment *environment);

/* The forked process's part, over its ends of the channel. Returns its exit status. */
int launch_serve_forked(const struct launch *launch, size_t first, const struct channel *channel);

#endif
