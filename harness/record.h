/*
 * One cell's record: what a run leaves of it.
 */
#ifndef COPYCOST_HARNESS_RECORD_H
#define COPYCOST_HARNESS_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/benchmark.h"
#include "harness/counters.h"
#include "harness/measure.h"
#include "harness/statistics.h"

enum verdict { VERDICT_OK, VERDICT_NOISY, VERDICT_SKIPPED, VERDICT_FAILED, VERDICTS };
extern const char *const verdict_names[VERDICTS + 1]; /* NULL-terminated */

enum stop { STOP_NONE, STOP_PRECISE, STOP_BUDGET, STOP_TIME, STOP_INTERRUPTED, STOPS };
extern const char *const stop_names[STOPS + 1]; /* "" for none; NULL-terminated */

struct record {
    const struct cell *cell;
    const struct environment *environment;
    const struct counters *counters;
    enum verdict verdict;
    char reason[256];
    enum stop stop;
    /* Only where the verdict is ok or noisy: */
    struct placement got;
    struct sampling sampling;
    double fixed_ns; /* of a sample beyond its calls, taken off; 0 but for METHOD_DIFFERENCE */
    struct summary summary; /* ns per call */
    double loop_ns;
    struct disturbance disturbance;
    double counted[COUNTERS_MAX];      /* per call, median of the regions counted; NAN where not */
    double reports[REPORTS_MAX];       /* median over visits; NAN where not */
    const struct histogram *histogram; /* of all visits; there while the record is handed on */
};

bool record_has_figures(const struct record *record);

#endif
