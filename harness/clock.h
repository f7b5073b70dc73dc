/*
 * The clock. Candidates are validated before one is used: it ticks, never runs backwards, and its
 * rate agrees with CLOCK_MONOTONIC_RAW; then its cost and its smallest step are measured, and the
 * one with the smaller of (cost + step) is taken, CLOCK_MONOTONIC_RAW only where that is a quarter
 * smaller.
 */
#ifndef COPYCOST_HARNESS_CLOCK_H
#define COPYCOST_HARNESS_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "arch/fault.h"

enum { CLOCK_CANDIDATES = 2 }; /* the ISA's counter and CLOCK_MONOTONIC_RAW */

struct clock_candidate {
    const char *name; /* "tsc", "cntvct", "rdtime", "clock_monotonic_raw" */
    uint64_t (*read)(void);
    double ns_per_tick;
    double cost_ns;     /* of one reading, median */
    double step_ns;     /* smallest observed difference > 0 */
    double rate_spread; /* relative spread of the rate over the repetitions of the validation */
    char rejected[128]; /* "" if it can be used, else why not; the figures are 0 then */
};

struct clock {
    struct clock_candidate candidates[CLOCK_CANDIDATES];
    size_t candidate_count;
    const struct clock_candidate *chosen; /* points into candidates: do not copy the struct */
};

/* Takes some 60 ms, where clocks are coarse some 500. Errors: ENOTSUP (no clock can be used; says
 * why for each). */
int clock_open(struct clock *clock, struct fault *fault);

/*
 * Takes the clock that another process of the same run has chosen, with the figures that it found,
 * so that ticks of both are the same. Error: ENOTSUP (no clock of that name).
 */
int clock_adopt(struct clock *clock, const struct clock_candidate *found, struct fault *fault);

/*
 * Validates and measures a candidate of which `name` and `read` are set, and writes the rest. Its
 * rate is taken against `reference`, which returns ns; a candidate that is the reference itself has
 * the rate 1 by definition.
 *
 * Rejected: one that stands still, that runs backwards, or whose rate spreads by more than 0.1 %
 * over five windows of 8 ms. Windows grow so that what a reading costs and the steps of either
 * clock stay a small part of them.
 */
void clock_candidate_validate(struct clock_candidate *candidate, uint64_t (*reference)(void));

uint64_t clock_ticks(const struct clock *clock);
double clock_ns(const struct clock *clock, uint64_t ticks);

/*
 * How long a sample has to be, in ns: at least 500 times the clock's cost and step, so that both
 * stay below 0.2 % of it, and at least 15 us (statistics: shorter is dearer, longer is noisier).
 */
double clock_sample_ns(const struct clock *clock);

/*
 * Estimates the core's clock in Hz by a chain of dependent register additions (one cycle each on
 * every core that the suite knows; registers, because recent cores execute additions of a constant
 * while renaming). The maximum of several short runs, because anything that disturbs slows it.
 * Meant for a core that has been busy for a while: one that is still speeding up counts as slow.
 */
double core_clock_estimate(const struct clock *clock);

/*
 * Runs a chain of about that many dependent additions (a multiple of 64, at least 64). Returns the
 * number done.
 */
uint64_t core_clock_chain(uint64_t additions);

#endif
