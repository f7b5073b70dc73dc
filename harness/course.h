/*
 * What a run gathers of one cell, and the record that it becomes.
 */
#ifndef COPYCOST_HARNESS_COURSE_H
#define COPYCOST_HARNESS_COURSE_H

#include "harness/record.h"

struct course_sample {
    uint64_t ticks; /* the slowest member's */
    uint64_t calls;
    unsigned launch;
};

struct course {
    const struct cell *cell;
    bool open; /* still visited */
    struct sampling sampling;
    struct course_sample *samples; /* in order of launches */
    size_t count;
    unsigned visits;
    double loop_ns; /* least of all visits; NAN before the first */
    double cost_ns; /* of a visit, likewise */
    struct placement got;
    struct disturbance disturbance;
    char throttled_by[THROTTLE_TEXT_BYTES]; /* the first time */
    double counted[COUNTERS_MAX];           /* as in struct record */
    double *reports;            /* visits x REPORTS_MAX; NULL if the experiment has none */
    struct histogram histogram; /* of all visits; empty if kept by visit */
    int error;                  /* why it failed or can't be measured here; 0 if neither */
    struct fault fault;
};

/* By what intervals are widened; see harness/noise.h. */
struct noise {
    double low, high; /* factors around 1 */
};

void course_begin(struct course *course, const struct cell *cell);
void course_end(struct course *course);

/* Adds a visit that went well. Error: ENOMEM. */
int course_add(struct course *course, unsigned launch, const struct visit *visit,
               const struct sample *samples, const struct histogram_bin *bins, struct fault *fault);

/* Takes the medians of the one visit that counts. Error: ENOMEM. */
int course_count(struct course *course, const struct visit *visit, const struct count *counts,
                 struct fault *fault);

/*
 * Whether its interval may be that narrow at all, by the spread of its last launches: a cheap
 * question that spares most summaries of a noisy machine.
 */
bool course_may_be_precise(const struct course *course, double precision);

/* The summary so far. Error: ENOMEM. */
int course_summarise(const struct course *course, const struct clock *clock,
                     const struct noise *noise, uint64_t seed, struct summary *summary,
                     double *fixed_ns);

/* Half the interval over the median; INFINITY where there is no interval. */
double summary_half_width(const struct summary *summary);

/* Writes the record: verdict, reason and figures. The histogram remains the course's. Error:
 * ENOMEM.
 */
int course_record(const struct course *course, const struct environment *environment,
                  const struct counters *counters, const struct plan *plan,
                  const struct noise *noise, enum stop stop, struct record *record,
                  struct fault *fault);

#endif
