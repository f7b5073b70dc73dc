#include "microbench/ipc/trips.h"

#include <math.h>
#include <sys/mman.h>

struct trips *trips_open(void)
{
    struct trips *trips =
        mmap(NULL, sizeof *trips, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return trips == MAP_FAILED ? NULL : trips;
}

void trips_close(struct trips *trips)
{
    if (trips)
        munmap(trips, sizeof *trips);
}

int trips_tell(const struct trips *trips, struct trial *trial, struct fault *fault)
{
    uint64_t count = trial->timed_calls / 2;
    if (count > TRIPS_MOST)
        count = TRIPS_MOST;
    int error = 0;
    for (uint64_t i = trips->made - count; !error && i < trips->made; i++) {
        uint64_t ticks = trips->ticks[i % TRIPS_MOST];
        double ns = clock_ns(trial->environment->clock, ticks) / 2;
        if (ticks != TRIP_FIRST)
            error = histogram_add(trial->histogram, (uint64_t)llround(ns), 1, fault);
    }
    return error;
}
