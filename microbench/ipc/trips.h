/*
 * Round trips, each timed by itself, in memory that every process of a region sees.
 */
#ifndef COPYCOST_MICROBENCH_IPC_TRIPS_H
#define COPYCOST_MICROBENCH_IPC_TRIPS_H

#include "harness/benchmark.h"

enum { TRIPS_MOST = 1 << 18 };

/* In place of the time of a region's first trip, which has the waking in it, if it is not alone. */
#define TRIP_FIRST UINT64_MAX

struct trips {
    uint64_t made;              /* so far */
    uint64_t ticks[TRIPS_MOST]; /* of the last ones, or TRIP_FIRST */
};

/* Before the fork. The caller ends with trips_close(). NULL: no memory. */
struct trips *trips_open(void);
void trips_close(struct trips *trips); /* NULL is fine */

static inline void trips_add(struct trips *trips, uint64_t ticks)
{
    trips->ticks[trips->made++ % TRIPS_MOST] = ticks;
}

/*
 * One way, half of a trip, in ns into the trial's histogram: of the trips of its samples, which are
 * the last ones, but TRIP_FIRST; two calls are one. Error: ENOMEM.
 */
int trips_tell(const struct trips *trips, struct trial *trial, struct fault *fault);

#endif
