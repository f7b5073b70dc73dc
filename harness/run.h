/*
 * A run: all cells of all chosen experiments, launch after launch.
 *
 * Each launch visits every open cell `sweeps` times in random order, so every cell's samples are
 * spread over the whole run: noise is time. After each launch a cell whose interval is narrow
 * enough, or whose launches are used up, becomes a record. Counters are counted in a launch of
 * their own after the first, as often in a visit as the plan has samples.
 */
#ifndef COPYCOST_HARNESS_RUN_H
#define COPYCOST_HARNESS_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/counters.h"
#include "harness/course.h"
#include "harness/measure.h"
#include "harness/record.h"

struct run_progress {
    unsigned launch, launches; /* the one at work, from 1 */
    size_t visits, visits_all;
    size_t open, cells;       /* cells still measured, of those that can be */
    double elapsed_s, left_s; /* left_s < 0: not known yet */
};

struct run_listener {
    void *context;
    /* Raw samples and bins as they come: samples x members and bins entries. Non-zero ends the run
       with that. */
    int (*samples)(void *context, const struct cell *cell, unsigned launch, unsigned sweep,
                   const struct visit *visit, const struct sample *samples,
                   const struct histogram_bin *bins, struct fault *fault);
    /* Raw counts as they come. Non-zero ends the run with that. */
    int (*counts)(void *context, const struct cell *cell, unsigned launch, unsigned sweep,
                  const struct visit *visit, const struct count *counts, struct fault *fault);
    /* A cell is finished. Non-zero ends the run with that. */
    int (*record)(void *context, const struct record *record, struct fault *fault);
    void (*progress)(void *context, const struct run_progress *progress);
    bool (*interrupted)(void *context);
};

struct run {
    const struct cell *cells;
    size_t count;
    const struct environment *environment;
    const struct plan *plan;
    const struct counters
        *counters;        /* as opened in this process; the launch that counts adopts them */
    char *const *command; /* for struct launch; NULL: launches are forked only */
    struct run_listener listener;
};

struct run_outcome {
    size_t verdicts[VERDICTS];
    bool interrupted;                       /* what was measured until then is in the records */
    int broken;                             /* 0, or why a launch after the first could not be made,
                                               which interrupts a run; `fault` of run_cells() says it */
    struct noise noise;                     /* of the whole run; it is in all intervals */
    size_t throttled;                       /* cells in whose visits the CPU was slowed */
    char throttled_by[THROTTLE_TEXT_BYTES]; /* in the first of them */
    double visits_s; /* spent in visits: preparing, warming up, sampling, proving */
};

/*
 * Measures everything; every cell becomes exactly one record, also after an interruption. Errors:
 * those of the first launch (launch_run()) but EINTR, and of the listener.
 */
int run_cells(const struct run *run, struct run_outcome *outcome, struct fault *fault);

/* What run_cells() will take at most, in seconds, as far as it can be told beforehand. */
double run_expected_s(const struct run *run);

#endif
