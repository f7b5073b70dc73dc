/*
 * What machine.json says of the run that made it.
 */
#ifndef COPYCOST_MICROBENCH_RUN_DESCRIPTION_H
#define COPYCOST_MICROBENCH_RUN_DESCRIPTION_H

#include <jansson.h>

#include "harness/hugetlb_pool.h"
#include "harness/run.h"
#include "microbench/command/session.h"

struct run_facts {
    const struct session *session;
    const struct run_outcome *outcome;
    const struct hugetlb_pools *pools; /* that it was to grow */
    const char *started_utc, *finished_utc;
};

/* The object "run". The caller owns it; NULL: no memory. */
json_t *run_describe(const struct run_facts *facts);

#endif
