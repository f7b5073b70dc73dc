#include "harness/measure.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness/sampler.h"

enum { DIFFERENCE_CALLS = 1000, DIFFERENCE_NS_MOST = 1000000 };

const char *const method_names[METHODS + 1] = {"batch", "difference", "single", NULL};

static void *kernel_empty(void *restrict dst, const void *restrict src, size_t bytes)
{
    (void)src;
    (void)bytes;
    return dst;
}

/* Time that the hypervisor gave to others while this CPU wanted to run, since boot. */
static uint64_t steal_ns(int cpu)
{
    char wanted[24], line[256];
    int length = snprintf(wanted, sizeof wanted, "cpu%d ", cpu);
    FILE *file = fopen("/proc/stat", "re");
    unsigned long long steal = 0;
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, wanted, (size_t)length) == 0) {
            if (sscanf(line, "%*s %*u %*u %*u %*u %*u %*u %*u %llu", &steal) != 1)
                steal = 0;
            break;
        }
    if (file)
        fclose(file);
    return steal * (1000000000 / (unsigned long long)sysconf(_SC_CLK_TCK));
}

static struct disturbance disturbance_now(int cpu)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (struct disturbance){
        .context_switches = (uint64_t)usage.ru_nivcsw,
        .page_faults = (uint64_t)(usage.ru_minflt + usage.ru_majflt),
        .steal_ns = steal_ns(cpu),
    };
}

static uint64_t calls_least(const struct cell *cell)
{
    return cell->calls_step ? cell->calls_step : 1;
}

static uint64_t calls_most(const struct cell *cell)
{
    uint64_t most = cell->calls_max ? cell->calls_max : UINT64_C(1) << 40;
    return most - most % calls_least(cell);
}

double measure_sample_ns(const struct cell *cell, const struct environment *environment)
{
    return fmax(clock_sample_ns(environment->clock), cell->sample_ns);
}

/*
 * Raises the number of calls until a sample is long enough. The runs warm caches, too. Writes what
 * the last one took.
 */
static int find_sampling(struct sampler *sampler, struct sampling *sampling, double *region_ns)
{
    double wanted_ns = measure_sample_ns(sampler->cell, sampler->environment);
    uint64_t most = calls_most(sampler->cell), step = calls_least(sampler->cell), calls = step;
    double ns;
    for (;;) {
        int error = sampler_run(sampler, calls, &ns);
        if (!error && calls == step)
            error = sampler_run(sampler, calls, &ns); /* the first call pays for everything cold */
        if (error)
            return error;
        if (ns >= wanted_ns * 0.8 || calls == most)
            break;
        double factor = ns > 0 ? wanted_ns / ns : 16;
        if (factor > 16)
            factor = 16;
        uint64_t next = (uint64_t)((double)calls * factor) + step;
        next -= next % step;
        calls = next < most ? next : most;
    }
    sampling->calls = calls;
    /* A sample of one step is longer than it has to be, however many calls that are. */
    bool fixed_matters =
        calls > step && calls >= DIFFERENCE_CALLS && wanted_ns < DIFFERENCE_NS_MOST;
    sampling->method = calls == 1                           ? METHOD_SINGLE
                       : fixed_matters && calls * 2 <= most ? METHOD_DIFFERENCE
                                                            : METHOD_BATCH;
    *region_ns = ns;
    return 0;
}

static int measure_loop(struct sampler *sampler, uint64_t calls, double *loop_ns)
{
    *loop_ns = NAN;
    if (!sampler->cell->kernel)
        return 0;
    sampler->trial.function = kernel_empty;
    double ns;
    int error = sampler_run(sampler, calls, &ns);
    sampler->trial.function = sampler->cell->kernel->run;
    if (!error)
        *loop_ns = ns / (double)calls;
    return error;
}

static int take_samples(struct sampler *sampler, unsigned count, struct visit *visit,
                        struct sample *samples)
{
    unsigned members = sampler->region.count;
    struct disturbance before = disturbance_now(sampler->cell->asked.cpu);
    uint64_t migrations = 0;
    for (unsigned i = 0; i < count; i++) {
        uint64_t calls = visit->sampling.calls;
        /* Which of N and 2 N comes first in a pair is fixed by its place, which is unrelated to
           what disturbs. */
        if (visit->sampling.method == METHOD_DIFFERENCE && ((i + i / 2) & 1))
            calls *= 2;
        int cpu = sched_getcpu();
        uint64_t start_ns = sampler_now_ns();
        double ns;
        int error = sampler_run(sampler, calls, &ns);
        if (error)
            return error;
        migrations += sched_getcpu() != cpu;
        sampler->trial.timed_calls += calls;
        for (unsigned member = 0; member < members; member++) {
            uint64_t cpu_ns = region_cpu_ns(&sampler->region, member);
            sampler->cpu_ns[member] += cpu_ns;
            samples[(size_t)i * members + member] = (struct sample){
                .ticks = sampler->ticks[member],
                .calls = calls,
                .start_ns = start_ns,
                .cpu_ns = cpu_ns,
            };
        }
    }
    struct disturbance after = disturbance_now(sampler->cell->asked.cpu);
    int throttled =
        throttle_look(sampler->environment->throttle, sampler_now_ns(), visit->throttled_by);
    visit->samples = count;
    visit->members = members;
    visit->disturbance = (struct disturbance){
        .context_switches = after.context_switches - before.context_switches,
        .page_faults = after.page_faults - before.page_faults,
        .migrations = migrations,
        .steal_ns = after.steal_ns - before.steal_ns,
        .throttled = throttled,
    };
    return 0;
}

size_t measure_samples_max(const struct cell *cell, const struct plan *plan)
{
    return (size_t)(plan->samples + 1) * cell->members;
}

/* By the experiment; how long a sample is does not change from visit to visit. */
static int let_sample(struct sampler *sampler, struct visit *visit, struct sample *samples)
{
    double sample_ns;
    int error = visit->sampling.calls ? 0 : find_sampling(sampler, &visit->sampling, &sample_ns);
    visit->sampling.method = visit->sampling.calls == 1 ? METHOD_SINGLE : METHOD_BATCH;
    visit->members = 1;
    return error ? error
                 : sampler->cell->benchmark->sample(&sampler->trial, visit->sampling.calls, samples,
                                                    &visit->samples, sampler->fault);
}

static int visit_sample(struct sampler *sampler, const struct plan *plan, struct visit *visit,
                        struct sample *samples)
{
    double budget_ns = sampler_budget_ns(plan), sample_ns = sampler->cell->lasts_ns;
    if (sampler->cell->benchmark->sample)
        return let_sample(sampler, visit, samples);
    if (sample_ns > 0) {
        visit->sampling = (struct sampling){1, METHOD_SINGLE};
        return take_samples(sampler, sampler_regions(plan, budget_ns, sample_ns), visit, samples);
    }
    bool found = visit->sampling.calls;
    int error = found ? 0 : find_sampling(sampler, &visit->sampling, &sample_ns);
    /* Where a sample takes all that there is, finding how long it is has warmed up. */
    if (!error && (found || sample_ns < budget_ns))
        error = sampler_warm_up(sampler, visit->sampling.calls, budget_ns, &sample_ns);
    if (error)
        return error;
    unsigned count = sampler_regions(plan, budget_ns, sample_ns);
    if (visit->sampling.method == METHOD_DIFFERENCE)
        count = (count + 1) & ~1u;
    error = take_samples(sampler, count, visit, samples);
    /*
     * The empty kernel comes last: branch predictors remember the first target of the loop's
     * indirect call, and predict any other one later (three cycles a call on a Zen 4: minima of two
     * runs then agreed in 67 % of small cells, instead of 93 %). Where a sample takes all that
     * there is, one visit has to do.
     */
    if (error || (found && sample_ns >= budget_ns))
        return error;
    return measure_loop(sampler, visit->sampling.calls, &visit->loop_ns);
}

void measure_visit(const struct cell *cell, const struct environment *environment,
                   const struct plan *plan, uint64_t seed, struct sampling sampling,
                   struct visit *visit, struct sample *samples, struct histogram *histogram)
{
    struct sampler sampler;
    uint64_t begun_ns = sampler_now_ns();
    *visit = (struct visit){.sampling = sampling, .loop_ns = NAN};
    visit->status = sampler_open(&sampler, cell, environment, seed, &visit->fault);
    if (visit->status)
        return;
    sampler.trial.histogram = histogram;
    if (histogram)
        histogram_clear(histogram);
    visit->status = visit_sample(&sampler, plan, visit, samples);
    if (!visit->status && cell->benchmark->verify)
        visit->status = cell->benchmark->verify(&sampler.trial, &visit->fault);
    visit->bins = histogram ? (unsigned)histogram->count : 0;
    visit->got = sampler.trial.got;
    memcpy(visit->reports, sampler.trial.reports, sizeof visit->reports);
    sampler_close(&sampler);
    visit->cost_ns = (double)(sampler_now_ns() - begun_ns);
}
