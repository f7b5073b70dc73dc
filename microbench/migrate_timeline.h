/*
 * The time line of a course: three phases of a set length, and how often something was done in each
 * millisecond of them.
 */
#ifndef COPYCOST_MICROBENCH_MIGRATE_TIMELINE_H
#define COPYCOST_MICROBENCH_MIGRATE_TIMELINE_H

#include <stdint.h>

#include "harness/clock.h"

enum phase { PHASE_BEFORE, PHASE_AWAY, PHASE_BACK, PHASES };

enum { TIMELINE_BINS_MAX = 512, TIMELINE_BIN_NS = 1000000 };

struct timeline {
    const struct clock *clock;
    uint64_t start;            /* the clock's reading */
    uint64_t ends[PHASES + 1]; /* ticks since then; the first is 0, then each phase's end */
    unsigned bins;             /* the last one may be cut off by a tick's rounding */
    uint32_t counts[TIMELINE_BINS_MAX];
};

/* Phases of so many milliseconds, TIMELINE_BINS_MAX in all at most. The clock must outlive it. */
void timeline_make(struct timeline *timeline, const struct clock *clock,
                   const unsigned phases_ms[PHASES]);

/* Begins anew, now. */
void timeline_start(struct timeline *timeline);

/* Ticks since the start. */
uint64_t timeline_elapsed(const struct timeline *timeline);

/* Counts once in the millisecond of that time; what is later than the last phase is left out. */
void timeline_count(struct timeline *timeline, uint64_t elapsed);

/* Counts per ns in the later half of the phase, in which it has settled if it settles at all. */
double timeline_rate(const struct timeline *timeline, enum phase phase);

#endif
