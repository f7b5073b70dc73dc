#include "microbench/migrate_timeline.h"

#include <string.h>

void timeline_make(struct timeline *timeline, const struct clock *clock,
                   const unsigned phases_ms[PHASES])
{
    *timeline = (struct timeline){.clock = clock};
    for (unsigned phase = 0; phase < PHASES; phase++) {
        timeline->bins += phases_ms[phase];
        timeline->ends[phase + 1] =
            (uint64_t)((double)timeline->bins * TIMELINE_BIN_NS / clock->chosen->ns_per_tick);
    }
}

void timeline_start(struct timeline *timeline)
{
    memset(timeline->counts, 0, sizeof timeline->counts);
    timeline->start = clock_ticks(timeline->clock);
}

uint64_t timeline_elapsed(const struct timeline *timeline)
{
    return clock_ticks(timeline->clock) - timeline->start;
}

static unsigned bin_of(const struct timeline *timeline, uint64_t elapsed)
{
    return (unsigned)(elapsed * timeline->bins / timeline->ends[PHASES]);
}

void timeline_count(struct timeline *timeline, uint64_t elapsed)
{
    if (elapsed < timeline->ends[PHASES])
        timeline->counts[bin_of(timeline, elapsed)]++;
}

double timeline_rate(const struct timeline *timeline, enum phase phase)
{
    uint64_t begin = timeline->ends[phase], end = timeline->ends[phase + 1];
    /* Rounded up, lest a part of the bin belong to what was before; the end is a whole bin's. */
    unsigned first = bin_of(timeline, (begin + end) / 2 - 1) + 1, last = bin_of(timeline, end - 1);
    uint64_t sum = 0;
    for (unsigned bin = first; bin <= last; bin++)
        sum += timeline->counts[bin];
    return (double)sum / ((double)(last - first + 1) * TIMELINE_BIN_NS);
}
