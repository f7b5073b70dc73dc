/*
 * /proc/interrupts: a line that names CPUs, then a row for each source of interrupts, with how many
 * each of those CPUs has taken since boot.
 */
#ifndef COPYCOST_HARNESS_INTERRUPTS_H
#define COPYCOST_HARNESS_INTERRUPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/topology.h"

/* A walk over the counts of one row: the rest of the first line, and of the row behind its colon.
 */
struct interrupts_walk {
    const char *columns, *counts;
};

/* The next CPU of the walk and its count. False if there is none. */
bool interrupts_next(struct interrupts_walk *walk, int *cpu, uint64_t *count);

/*
 * How many interrupts of the row with that name (on x86 "TLB": shootdowns) the CPUs for which
 * `wanted` is true have taken, together. False (taken untouched) where there is no such row.
 */
bool interrupts_taken(const char *row, const struct topology *topology, topology_filter *wanted,
                      const void *argument, uint64_t *taken);

#endif
