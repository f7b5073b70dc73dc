#include "harness/noise.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { CELLS_MIN = 16 };

/* Writes each launch's median over that of them all; false if the course was not in all, or can't
   tell. */
static bool launch_factors(const struct course *course, unsigned launches,
                           const struct clock *clock, double *scratch, double *factors)
{
    size_t begin = 0;
    unsigned found = 0;
    if (course->cell->lasts_ns > 0) /* however slow the machine is */
        return false;
    for (size_t end = 1; end <= course->count && found < launches; end++) {
        if (end < course->count && course->samples[end].launch == course->samples[begin].launch)
            continue;
        for (size_t i = begin; i < end; i++)
            scratch[i - begin] =
                clock_ns(clock, course->samples[i].ticks) / (double)course->samples[i].calls;
        sort_doubles(scratch, end - begin);
        factors[found++] = quantile_sorted(scratch, end - begin, 0.5);
        begin = end;
    }
    if (found < launches)
        return false;
    for (unsigned i = 0; i < launches; i++)
        scratch[i] = factors[i];
    sort_doubles(scratch, launches);
    double median = quantile_sorted(scratch, launches, 0.5);
    for (unsigned i = 0; i < launches; i++)
        factors[i] /= median;
    return median > 0;
}

static size_t scratch_room(const struct course *courses, size_t count, unsigned launches)
{
    size_t room = count > launches ? count : launches;
    for (size_t i = 0; i < count; i++)
        if (courses[i].count > room)
            room = courses[i].count;
    return room + 1;
}

int noise_find(const struct course *courses, size_t count, unsigned launches,
               const struct clock *clock, uint64_t seed, struct noise *noise)
{
    *noise = (struct noise){1, 1};
    double *factors = calloc((size_t)launches * count + 1, sizeof *factors);
    double *common = calloc(launches + 1, sizeof *common);
    size_t *begin = calloc(launches + 1, sizeof *begin);
    double *scratch = calloc(scratch_room(courses, count, launches), sizeof *scratch);
    int error = factors && common && begin && scratch ? 0 : -ENOMEM;
    size_t cells = 0;
    for (size_t i = 0; !error && i < count; i++)
        if (courses[i].samples &&
            launch_factors(&courses[i], launches, clock, scratch, factors + cells * launches))
            cells++;
    for (unsigned launch = 0; !error && launch < launches; launch++) {
        for (size_t i = 0; i < cells; i++)
            scratch[i] = factors[i * launches + launch];
        begin[launch + 1] = launch + 1;
        if (cells < CELLS_MIN)
            continue;
        sort_doubles(scratch, cells);
        common[launch] = quantile_sorted(scratch, cells, 0.5);
    }
    struct summary summary;
    if (!error && cells >= CELLS_MIN) {
        error = summarise(&(struct launches){common, begin, launches}, seed, &summary);
        if (!error && isfinite(summary.high))
            *noise = (struct noise){summary.low / summary.median, summary.high / summary.median};
    }
    free(factors);
    free(common);
    free(begin);
    free(scratch);
    return error;
}
