/*
 * The facts that travel with a dataset, and what here will spoil a measurement.
 */
#ifndef COPYCOST_HARNESS_MACHINE_H
#define COPYCOST_HARNESS_MACHINE_H

#include <jansson.h>
#include <stddef.h>

#include "arch/fault.h"
#include "harness/cache_edges.h"
#include "harness/clock.h"
#include "harness/counters.h"
#include "harness/throttle.h"
#include "harness/topology.h"

struct machine_sources {
    const struct topology *topology;
    const struct clock *clock;
    const struct counters *counters;
    double core_clock_hz; /* estimated; 0 not measured */
    const char *name;     /* the user's name for the machine, or NULL: made from the facts */
    const struct throttle *throttle; /* of the CPU that is measured on; NULL: not known */
    const struct cache_edges *cache_edges;
};

/*
 * Everything known, as one JSON object in the form of results/schema/machine.schema.json, the
 * caller's to json_decref(). What this machine does not tell is null. NULL when out of memory.
 */
json_t *machine_describe(const struct machine_sources *sources);

/*
 * The machine's name as a folder name: lower-case letters, digits and hyphens, from the board's
 * model (device tree) or the CPU's, the number of CPUs and "emulated" where that is so. Never the
 * host's name.
 */
void machine_name(const struct machine_sources *sources, char *name, size_t name_bytes);

/*
 * The doctor's list: an array of {"finding", "effect", "remedy"}; empty if nothing was found. It
 * changes nothing. Part of machine_describe() too, as "doctor".
 */
json_t *machine_doctor(const struct machine_sources *sources);

#endif
