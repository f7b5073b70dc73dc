/*
 * Measures the measurer: work of known length goes through the engine as any experiment's would,
 * and has to come out as long as it is.
 */
#ifndef COPYCOST_HARNESS_SELFTEST_H
#define COPYCOST_HARNESS_SELFTEST_H

#include <stdbool.h>

#include "harness/benchmark.h"

struct selftest_result {
    const char *name;
    const char *expected; /* what has to hold */
    bool passed;
    char found[160];
};

/*
 * Runs all checks in order and reports each as it is done; takes some seconds. `functional` leaves
 * out those that judge times, for machines whose time is not real (emulators). Errors: what the
 * engine says when it can't measure at all.
 */
int selftest_run(const struct environment *environment, bool functional,
                 void (*report)(void *context, const struct selftest_result *result), void *context,
                 struct fault *fault);

#endif
