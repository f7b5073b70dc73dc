#include "harness/sampler.h"

#include <math.h>
#include <string.h>
#include <time.h>

uint64_t sampler_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int sampler_open(struct sampler *sampler, const struct cell *cell,
                 const struct environment *environment, uint64_t seed, struct fault *fault)
{
    sampler->cell = cell;
    sampler->environment = environment;
    sampler->fault = fault;
    sampler->trial = (struct trial){
        .cell = cell,
        .environment = environment,
        .function = cell->kernel ? cell->kernel->run : NULL,
        .got = cell->asked,
        .seed = seed,
        .cpu_ns = sampler->cpu_ns,
    };
    memset(sampler->cpu_ns, 0, sizeof sampler->cpu_ns);
    sampler->trial.got.src_node = sampler->trial.got.dst_node = NODE_UNKNOWN;
    sampler->trial.got.huge_share = -1;
    for (size_t i = 0; i < REPORTS_MAX; i++)
        sampler->trial.reports[i] = NAN;
    int error = topology_bind(environment->topology, cell->asked.cpu, fault);
    if (error || (error = cell->benchmark->prepare(&sampler->trial, fault)))
        return error;
    error = region_open(&sampler->region, &sampler->trial, fault);
    if (error)
        cell->benchmark->release(&sampler->trial);
    return error;
}

void sampler_close(struct sampler *sampler)
{
    region_close(&sampler->region);
    sampler->cell->benchmark->release(&sampler->trial);
}

int sampler_restore(struct sampler *sampler, uint64_t calls)
{
    const struct benchmark *benchmark = sampler->cell->benchmark;
    int error = benchmark->restore ? benchmark->restore(&sampler->trial, calls, sampler->fault) : 0;
    return error ? error : region_arrange(&sampler->region, calls, sampler->fault);
}

int sampler_run(struct sampler *sampler, uint64_t calls, double *ns)
{
    int error = sampler_restore(sampler, calls);
    if (error)
        return error;
    uint64_t ticks = region_run(&sampler->region, calls, sampler->ticks);
    *ns = clock_ns(sampler->environment->clock, ticks);
    return 0;
}

int sampler_warm_up(struct sampler *sampler, uint64_t calls, double budget_ns, double *region_ns)
{
    double spent_ns = 0;
    for (unsigned i = 0; i < 4 && (i == 0 || spent_ns < budget_ns / 4); i++) {
        int error = sampler_run(sampler, calls, region_ns);
        if (error)
            return error;
        spent_ns += *region_ns;
    }
    return 0;
}

unsigned sampler_regions(const struct plan *plan, double budget_ns, double region_ns)
{
    double affordable = region_ns > 0 ? budget_ns / region_ns : plan->samples;
    if (affordable >= plan->samples)
        return plan->samples;
    return affordable < 1 ? 1 : (unsigned)affordable;
}

double sampler_budget_ns(const struct plan *plan)
{
    return plan->budget_ns / (plan->launches * plan->sweeps);
}
