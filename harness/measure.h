/*
 * Measuring one cell in one visit: how many calls make a sample, warming up, sampling, and what
 * else happened to the CPU meanwhile.
 */
#ifndef COPYCOST_HARNESS_MEASURE_H
#define COPYCOST_HARNESS_MEASURE_H

#include <stddef.h>
#include <stdint.h>

#include "harness/benchmark.h"
#include "harness/counters.h"
#include "harness/throttle.h"

struct plan {
    unsigned launches;     /* fresh processes, at most */
    unsigned launches_min; /* before a cell may stop because it is precise */
    unsigned sweeps;       /* visits of each cell in a launch */
    unsigned samples;      /* per visit, at most */
    double precision;      /* half the interval over the median, 0.03 for 3 % */
    double budget_ns;      /* time for one cell, over all its visits */
    double time_s;         /* for the whole run, at most; 0: as long as it takes */
    double hang_s;         /* a visit that takes longer is ended; 0: ten times the budget, a minute
                              at least */
    uint64_t seed;
};

enum method {
    METHOD_BATCH,      /* a sample is many calls */
    METHOD_DIFFERENCE, /* samples of N and of 2 N calls alternate; their difference gives the cost
                          of a sample beyond its calls, which is taken off. Where more than 1000
                          calls, and more than one step of them, make a sample, and the clock lets
                          it be shorter than 1 ms: the cost, some 100 ns, is nothing beside a longer
                          one */
    METHOD_SINGLE,     /* a sample is one call, which takes longer than a sample has to */
    METHODS
};
extern const char *const method_names[METHODS + 1]; /* NULL-terminated */

/* How a cell is sampled: found at its first visit, kept for all later ones. calls 0: not found. */
struct sampling {
    uint64_t calls;
    enum method method;
};

struct sample { /* of one member */
    uint64_t ticks;
    uint64_t calls;
    uint64_t start_ns; /* CLOCK_MONOTONIC; the same for all members of a region */
    uint64_t cpu_ns;   /* that the member used; 0 unless the experiment wants CPU time */
};

struct count { /* of one region, by one counter */
    size_t counter;
    long long value;
};

struct disturbance {           /* over the timed samples of a visit or of all visits */
    uint64_t context_switches; /* involuntary */
    uint64_t page_faults;
    uint64_t migrations; /* samples that ended on another CPU than they began on */
    uint64_t steal_ns;   /* by /proc/stat: whole ticks of the kernel */
    int64_t throttled;   /* visits in which the CPU was slowed; -1: it can't be seen */
};

struct visit {
    int status; /* 0, or -errno with the text in `fault` */
    struct fault fault;
    struct sampling sampling;
    double cost_ns;   /* what the visit took, all in all */
    unsigned samples; /* regions timed; samples x members entries are kept */
    unsigned counts;  /* entries that are kept of regions counted instead, each of sampling.calls */
    unsigned bins;    /* of its histogram, that are kept */
    unsigned members;
    double loop_ns; /* per call, with an empty kernel in the same loop; NAN if there is no kernel */
    struct placement got;
    struct disturbance disturbance;
    char throttled_by[THROTTLE_TEXT_BYTES]; /* "" if it was not, or can't be seen */
    double reports[REPORTS_MAX];
};

/* The most samples entries that measure_visit() writes for the cell. */
size_t measure_samples_max(const struct cell *cell, const struct plan *plan);

/* What a sample of the cell lasts at least: the clock and the cell both have a say. */
double measure_sample_ns(const struct cell *cell, const struct environment *environment);

/*
 * Visits a cell: prepare, start members, find the sampling if it is not known yet, warm up, take
 * samples, verify, release. Errors are in the visit. `samples` has room for measure_samples_max().
 * `histogram` gets the visit's, in place of what is in it; NULL if the experiment has none.
 */
void measure_visit(const struct cell *cell, const struct environment *environment,
                   const struct plan *plan, uint64_t seed, struct sampling sampling,
                   struct visit *visit, struct sample *samples, struct histogram *histogram);

/* The most counts entries that measure_count() writes for any cell. */
size_t measure_counts_max(const struct plan *plan);

/*
 * What a visit that counts may take: a tenth of the cell's budget, or as much as an ordinary visit,
 * whichever is more.
 */
double measure_count_budget_ns(const struct plan *plan);

/*
 * Visits a cell to count instead of to time: as many regions a pass of the counters as the plan has
 * samples in a visit, passes taking turns, as far as the budget reaches; one at least. A region
 * that could not be counted whole is left out. `counts` has room for measure_counts_max().
 */
void measure_count(const struct cell *cell, const struct environment *environment,
                   const struct plan *plan, struct counters *counters, uint64_t seed,
                   struct sampling sampling, struct visit *visit, struct count *counts);

#endif
