/*
 * A cell made ready in this process: what visits that time and visits that count have in common.
 */
#ifndef COPYCOST_HARNESS_SAMPLER_H
#define COPYCOST_HARNESS_SAMPLER_H

#include "harness/measure.h"
#include "harness/region.h"

struct sampler {
    const struct cell *cell;
    const struct environment *environment;
    struct trial trial;
    struct region region;
    uint64_t ticks[REGION_MEMBERS_MAX];
    uint64_t cpu_ns[REGION_MEMBERS_MAX]; /* of the timed samples */
    struct fault *fault;
};

/* Binds, prepares and starts members. Errors, into `fault` as long as it is open: theirs. */
int sampler_open(struct sampler *sampler, const struct cell *cell,
                 const struct environment *environment, uint64_t seed, struct fault *fault);
void sampler_close(struct sampler *sampler);

/* The experiment's part before a region of so many calls. Errors: its. */
int sampler_restore(struct sampler *sampler, uint64_t calls);

/* Restores and runs one region. Writes the slowest member's time in ns. Errors: of restoring. */
int sampler_run(struct sampler *sampler, uint64_t calls, double *ns);

/*
 * Warms up for as long as a visit samples, but no more than its budget allows; one region at least.
 * Writes the time of the last one. Errors: of restoring.
 */
int sampler_warm_up(struct sampler *sampler, uint64_t calls, double budget_ns, double *region_ns);

/* What one visit of a cell may take of the plan's budget for it. */
double sampler_budget_ns(const struct plan *plan);

/* How many regions the plan wants in a visit, if the budget allows; one at least. */
unsigned sampler_regions(const struct plan *plan, double budget_ns, double region_ns);

/* CLOCK_MONOTONIC. */
uint64_t sampler_now_ns(void);

#endif
