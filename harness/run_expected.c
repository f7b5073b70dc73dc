/* What a run will take, as far as it can be told beforehand. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/measure.h"
#include "harness/run.h"

/* What a visit costs beside its samples: pinning, readings of the kernel's, messages. */
static const double visit_overhead_ns = 200e3;

/* A rate that most large cells reach: half of what the C library copies at; bytes per ns. */
static double sober_rate(const struct environment *environment)
{
    size_t bytes = (size_t)(environment->known.memory_bytes / 128);
    bytes = bytes < 16 << 20 ? bytes : 16 << 20;
    char *src = malloc(bytes), *dst = malloc(bytes);
    double rate = 0.1;
    if (src && dst) {
        const struct kernel *memcpy_here = kernel_find("copy_libc_memcpy");
        memset(src, 1, bytes);
        memcpy_here->run(dst, src, bytes); /* once for the page faults */
        uint64_t begun = clock_ticks(environment->clock);
        memcpy_here->run(dst, src, bytes);
        double ns = clock_ns(environment->clock, clock_ticks(environment->clock) - begun);
        rate = (double)bytes / ns / 2;
    }
    free(src);
    free(dst);
    return rate;
}

/* Of the visit that counts. */
static double expected_count_ns(const struct run *run, double one_ns)
{
    unsigned passes = run->counters->passes;
    double regions_ns =
        fmin(one_ns * passes * run->plan->samples, measure_count_budget_ns(run->plan));
    return fmax(regions_ns, one_ns * passes) + one_ns + visit_overhead_ns;
}

double run_expected_s(const struct run *run)
{
    const struct plan *plan = run->plan;
    double visits = (double)plan->launches * plan->sweeps, total_ns = 0;
    double rate = sober_rate(run->environment);
    for (size_t i = 0; i < run->count; i++) {
        const struct cell *cell = &run->cells[i];
        if (cell->skip[0])
            continue;
        double least_ns = fmax(measure_sample_ns(cell, run->environment), cell->lasts_ns);
        double one_ns = fmax((double)cell->payload_bytes / rate, least_ns);
        double samples_ns = fmin(one_ns * (plan->samples + 4), plan->budget_ns / visits * 1.25);
        total_ns += visits * (fmax(samples_ns, one_ns * 2) + visit_overhead_ns);
        if (run->counters->passes)
            total_ns += expected_count_ns(run, one_ns);
    }
    return plan->time_s > 0 ? fmin(plan->time_s, total_ns / 1e9) : total_ns / 1e9;
}
