/* Visits that count instead of timing. */
#include <math.h>

#include "harness/sampler.h"

size_t measure_counts_max(const struct plan *plan)
{
    return (size_t)plan->samples * COUNTERS_MAX;
}

double measure_count_budget_ns(const struct plan *plan)
{
    return fmax(plan->budget_ns / 10, sampler_budget_ns(plan));
}

/* One region. What could not be counted whole is no error of the cell's, and not kept. */
static int count_region(struct sampler *sampler, struct counters *counters, unsigned pass,
                        struct visit *visit, struct count *counts)
{
    long long values[COUNTERS_MAX];
    struct fault uncounted;
    int error = sampler_restore(sampler, visit->sampling.calls);
    if (error)
        return error;
    if (counters_start(counters, pass, &uncounted))
        return 0;
    region_run(&sampler->region, visit->sampling.calls, sampler->ticks);
    if (counters_stop(counters, pass, values, &uncounted))
        return 0;
    for (size_t i = 0; i < counters->count; i++)
        if (!counters->counter[i].reason[0] && counters->counter[i].pass == pass)
            counts[visit->counts++] = (struct count){i, values[i]};
    return 0;
}

static int count_regions(struct sampler *sampler, const struct plan *plan,
                         struct counters *counters, struct visit *visit, struct count *counts)
{
    double region_ns;
    /* Warm, as the samples were. */
    int error = sampler_warm_up(sampler, visit->sampling.calls, 0, &region_ns);
    if (error)
        return error;
    unsigned regions =
        sampler_regions(plan, measure_count_budget_ns(plan), region_ns * counters->passes);
    for (unsigned region = 0; !error && region < regions; region++)
        for (unsigned pass = 0; !error && pass < counters->passes; pass++)
            error = count_region(sampler, counters, pass, visit, counts);
    return error;
}

void measure_count(const struct cell *cell, const struct environment *environment,
                   const struct plan *plan, struct counters *counters, uint64_t seed,
                   struct sampling sampling, struct visit *visit, struct count *counts)
{
    struct sampler sampler;
    uint64_t begun_ns = sampler_now_ns();
    *visit = (struct visit){.sampling = sampling, .loop_ns = NAN};
    visit->status = sampler_open(&sampler, cell, environment, seed, &visit->fault);
    if (visit->status)
        return;
    visit->status = count_regions(&sampler, plan, counters, visit, counts);
    visit->got = sampler.trial.got;
    sampler_close(&sampler);
    visit->cost_ns = (double)(sampler_now_ns() - begun_ns);
}
