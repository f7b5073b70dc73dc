/*
 * What is the same for all cells of a run: the machine, the clock, where to measure.
 */
#ifndef COPYCOST_HARNESS_ENVIRONMENT_H
#define COPYCOST_HARNESS_ENVIRONMENT_H

#include <stddef.h>

#include "harness/clock.h"
#include "harness/memory.h"
#include "harness/quantity.h"
#include "harness/throttle.h"
#include "harness/topology.h"

struct parameter_value { /* what the user gave for a parameter of an experiment that is run */
    const char *experiment, *name, *value;
};

struct environment {
    const struct topology *topology;
    const struct clock *clock;
    double core_clock_hz;
    struct throttle *throttle; /* looked at in every visit; NULL: nobody wants to know */
    struct quantities known;
    struct placement asked;
    const struct parameter_value *parameters;
    size_t parameter_count;
    int *cpu_order; /* CPUs in the order in which members get them: the asked one, then whole cores
                       before second hardware threads, near before far */
    size_t cpu_count;
};

/*
 * Fills everything but asked, parameters, throttle and, unless it is 0, core_clock_hz, which the
 * caller has set; binds to asked.cpu to measure the core clock. topology, clock, parameters and
 * throttle must outlive it. The caller ends with environment_close(). Errors: ENOMEM, those of
 * topology_bind().
 */
int environment_open(struct environment *environment, const struct topology *topology,
                     const struct clock *clock, struct fault *fault);
void environment_close(struct environment *environment);

/* What the user gave for that parameter of the experiment; NULL: nothing. */
const char *environment_parameter(const struct environment *environment, const char *experiment,
                                  const char *name);

#endif
